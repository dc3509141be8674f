/* A copy of the database to hand out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/server.h"
#include "job/server_state.h"

/* The copy's name while it is made; one at a time. */
static void
backup_path(const struct server *server, char path[SERVER_PATH_MAX])
{
	snprintf(path, SERVER_PATH_MAX, "%s/l2ld.sqlite.backup",
	    server->state_folder);
}

void
server_backup_clean(const struct server *server)
{
	static const char *const suffixes[] = { "", "-wal", "-journal" };
	char path[SERVER_PATH_MAX], name[SERVER_PATH_MAX + 16];

	backup_path(server, path);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

/* An empty file of this user alone; what a killed server left goes first. */
static int
backup_create(const struct server *server, const char *path, struct message *m)
{
	int fd;

	server_backup_clean(server);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return message_set(m, errno == ENOSPC || errno == EDQUOT ?
		    ERR_FULL : ERR_IO, "cannot make %s: %s", path,
		    strerror(errno));
	close(fd);
	return 0;
}

static int
backup_make(struct server *server, int *fd, int64_t *size, struct message *m)
{
	char path[SERVER_PATH_MAX];
	struct stat st;
	int r;

	backup_path(server, path);
	r = backup_create(server, path, m);
	if (r == 0)
		r = store_backup(server->store, path, m);
	if (r == 0) {
		*fd = open(path, O_RDONLY | O_CLOEXEC);
		if (*fd < 0 || fstat(*fd, &st) < 0)
			r = message_set(m, ERR_IO, "cannot read %s: %s", path,
			    strerror(errno));
		else
			*size = (int64_t)st.st_size;
	}
	if (r < 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	server_backup_clean(server);
	return r;
}

int
server_backup(struct server *server, int *fd, int64_t *size, struct message *m)
{
	bool busy;
	int r;

	*fd = -1;
	*size = 0;
	pthread_mutex_lock(&server->mutex);
	busy = server->backing_up;
	server->backing_up = true;
	pthread_mutex_unlock(&server->mutex);
	if (busy)
		return message_set(m, ERR_CONFLICT, "another backup is being "
		    "made");
	r = backup_make(server, fd, size, m);
	pthread_mutex_lock(&server->mutex);
	server->backing_up = false;
	pthread_mutex_unlock(&server->mutex);
	return r;
}
