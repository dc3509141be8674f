/* Reading a database without being its server. */
#include "store/internal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* A URI that SQLite reads as exactly this path. */
static char *
still_uri(const char *path)
{
	char *uri = malloc(3 * strlen(path) + 32), *to = uri;

	if (uri == NULL)
		return NULL;
	to += sprintf(to, "file:");
	for (; *path != 0; path++) {
		unsigned char c = (unsigned char)*path;

		if (isalnum(c) || strchr("/._-", c) != NULL)
			*to++ = (char)c;
		else
			to += sprintf(to, "%%%02x", c);
	}
	sprintf(to, "?immutable=1");
	return uri;
}

static bool
is_beside(const char *path, const char *suffix)
{
	char *name = path_join(path, suffix);
	bool there = name != NULL && access(name, F_OK) == 0;

	free(name);
	return there;
}

static bool
can_make_beside(const char *path)
{
	char *folder = strdup(path);
	bool can = folder != NULL &&
	    faccessat(AT_FDCWD, dirname(folder), W_OK | X_OK, AT_EACCESS) == 0;

	free(folder);
	return can;
}

int
still_open(struct still *still, const char *path, struct message *m)
{
	struct conn *c = &still->conn;
	char *name;
	int r = ERR_MEMORY;

	*still = (struct still){ 0 };
	stat(path, &still->before);
	/* While a server runs, and after one was killed, there is a log. */
	still->immutable = !is_beside(path, "-wal") &&
	    !is_beside(path, "-journal");
	if (access(path, R_OK) < 0)
		return message_set(m, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "cannot read the database %s: %s", path, strerror(errno));
	if (!still->immutable && !is_beside(path, "-shm") &&
	    !can_make_beside(path))
		return message_set(m, ERR_IO, "%s has a log, and SQLite can read "
		    "that only where it can make files beside it: copy both to "
		    "a place that can be written", path);
	name = still->immutable ? still_uri(path) : path_join(path, "");
	if (name != NULL)
		r = conn_open(c, name, SQLITE_OPEN_READONLY |
		    (still->immutable ? SQLITE_OPEN_URI : 0));
	free(name);
	if (r < 0)
		return message_set(m, r, "cannot open the database %s", path);
	sqlite3_busy_timeout(c->db, STORE_BUSY);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return conn_do(c, "PRAGMA temp_store = MEMORY");
}

int
still_changed(const struct still *still, const char *path, struct message *m)
{
	const struct stat *before = &still->before;
	struct stat after = { 0 };

	/* stat opens nothing: see store_lock. */
	stat(path, &after);
	if (!still->immutable || (before->st_size == after.st_size &&
	    before->st_mtim.tv_sec == after.st_mtim.tv_sec &&
	    before->st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
	    !is_beside(path, "-wal")))
		return 0;
	return message_set(m, ERR_CONFLICT, "%s was changed while it was read: "
	    "try again", path);
}

int
store_snapshot_still(const char *database, int64_t id,
    struct snapshot_row *row, struct message *m)
{
	struct still still;
	int64_t version = 0;
	int r;

	*row = (struct snapshot_row){ 0 };
	r = still_open(&still, database, m);
	if (r == 0)
		r = schema_identify(&still.conn, database, &version, m);
	if (r == 0) {
		r = version > 0 ? snapshot_load(&still.conn, id, row) :
		    ERR_NOT_FOUND;
		if (r == ERR_NOT_FOUND)
			message_set(m, r, "there is no snapshot %lld in %s",
			    (long long)id, database);
		else if (r < 0)
			message_set(m, r, "cannot read %s: %s", database,
			    sqlite3_errmsg(still.conn.db));
		if (r == 0 || r == ERR_NOT_FOUND)
			r = still_changed(&still, database, m) < 0 ?
			    ERR_CONFLICT : r;
	}
	conn_close(&still.conn);
	if (r < 0)
		snapshot_row_free(row);
	return r;
}

int
store_holder(const char *database, char *url, size_t room)
{
	char *name = path_join(database, ".lock"), text[512], *line, *end;
	ssize_t len = -1;
	int fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;

	url[0] = 0;
	free(name);
	if (fd < 0)
		return ERR_NOT_FOUND;
	/* Whoever holds it wrote its address, once it could be reached. */
	len = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	text[len > 0 ? len : 0] = 0;
	line = strchr(text, '\n');
	end = line != NULL ? strchr(line + 1, '\n') : NULL;
	if (end == NULL || (size_t)(end - line) > room)
		return ERR_NOT_FOUND;
	*end = 0;
	strcpy(url, line + 1);
	return 0;
}

void
store_announce(struct store *store, const char *url)
{
	char text[512];
	int len = snprintf(text, sizeof text, "%ld\n%s\n", (long)getpid(), url);

	/* Only `l2ld backup` reads it: without it that says so. */
	if (len >= (int)sizeof text ||
	    pwrite(store->lock, text, (size_t)len, 0) < len)
		log_warning("database: cannot write where it is served from");
}
