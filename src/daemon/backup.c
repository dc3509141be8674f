/* l2ld backup FILE: a copy of the database, whether it is being served or not. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/client.h"
#include "daemon/command.h"
#include "http/token.h"
#include "store/store.h"

static bool interrupted;

static bool
stopped(void)
{
	interrupted = interrupted || signals_wait(0) != 0;
	return interrupted;
}

static bool
store_stopped(void *arg)
{
	(void)arg;
	return stopped();
}

/* Who serves the database makes the copy and sends it.  On loopback our user is
 * enough; a server that listens elsewhere wants the token, which may not be there
 * or not for us to read: then it says so. */
static int
backup_served(const struct options *o, const char *database, const char *path,
    int file, struct message *m)
{
	const char *certificate = o->certificate[0] != 0 ? o->certificate : NULL;
	char url[512], address[600];
	struct token token;
	int r;

	if (store_holder(database, url, sizeof url) < 0)
		return message_set(m, ERR_CONFLICT, "%s is in use, but not by a "
		    "server that could be asked: try again in a moment",
		    database);
	snprintf(address, sizeof address, "%sapi/v1/backup", url);
	token_read(&token, o->token, NULL);
	r = client_post(address, certificate, token.text, file, path,
	    stopped, m);
	explicit_bzero(&token, sizeof token);
	return r;
}

/* Fill the temporary file. */
static int
backup_fill(const struct options *o, const char *database,
    const char *temporary, int file, struct message *m)
{
	int r = store_backup_closed(database, temporary, store_stopped, NULL,
	    m);

	if (r == ERR_CONFLICT) {
		*m = (struct message){ "" };
		r = backup_served(o, database, temporary, file, m);
	}
	return r;
}

int
command_backup(const struct options *o, const char *path)
{
	char temporary[FILE_PATH_MAX], database[OPTIONS_PATH_MAX + 32];
	struct message m = { "" };
	struct stat st = { 0 };
	int file, r;

	if (path == NULL) {
		fprintf(stderr, "l2ld: backup wants a FILE to write to\n");
		return STATUS_USAGE;
	}
	if (!o->force && access(path, F_OK) == 0) {
		fprintf(stderr, "l2ld: %s is there already; --force replaces "
		    "it\n", path);
		return STATUS_FAILED;
	}
	snprintf(database, sizeof database, "%s/l2ld.sqlite", o->state);
	file = file_temporary(path, temporary, &m);
	r = file < 0 ? file : backup_fill(o, database, temporary, file,
	    &m);
	if (r == 0) {
		fstat(file, &st);
		r = file_place(temporary, path, o->force, &m);
	}
	if (file >= 0) {
		close(file);
		if (r < 0)
			unlink(temporary);
	}
	if (r < 0) {
		fprintf(stderr, "l2ld: no backup was made: %s\n", m.text);
		return STATUS_FAILED;
	}
	printf("%s: %lld bytes\n", path, (long long)st.st_size);
	return STATUS_OK;
}
