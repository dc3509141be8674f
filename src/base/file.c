#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Whether what was opened may be trusted to be known to its owner only. */
static int
check_secret(const char *path, const struct stat *st, mode_t forbidden,
    struct message *m)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return message_set(m, ERR_INVALID, "%s belongs to another "
		    "user (%u): chown it to the one who runs l2ld", path,
		    (unsigned)st->st_uid);
	if ((st->st_mode & forbidden) != 0)
		return message_set(m, ERR_INVALID, "others may read or write "
		    "%s (mode %04o): chmod %04o it", path,
		    (unsigned)st->st_mode & 07777, 0640u & ~forbidden);
	return 0;
}

/* forbidden 0: it is no secret. */
static int
read_file(const char *path, size_t limit, mode_t forbidden, char **data,
    size_t *len, struct message *m)
{
	int r = ERR_INTERNAL, fd;
	char *bytes = NULL;
	size_t got = 0;
	struct stat st;
	ssize_t k;

	*data = NULL;
	*len = 0;
	/* Not to wait for the other end, should it be a pipe. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
		message_set(m, r, "cannot read %s: %s%s", path, strerror(errno),
		    forbidden != 0 && errno == EACCES ? ": chown it to the one "
		    "who runs l2ld" : "");
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		r = message_set(m, ERR_IO, "%s is not a regular file", path);
		goto out;
	}
	if (forbidden != 0) {
		r = check_secret(path, &st, forbidden, m);
		if (r < 0)
			goto out;
	}
	if (st.st_size < 0 || (unsigned long long)st.st_size > limit) {
		r = message_set(m, ERR_LIMIT, "%s has %lld bytes; at most %zu "
		    "are read", path, (long long)st.st_size, limit);
		goto out;
	}
	bytes = malloc((size_t)st.st_size + 1);
	if (bytes == NULL) {
		r = message_set(m, ERR_MEMORY, "no memory to read %s", path);
		goto out;
	}
	while (got < (size_t)st.st_size) {
		k = read(fd, bytes + got, (size_t)st.st_size - got);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			r = message_set(m, ERR_IO, "cannot read %s: %s", path,
			    strerror(errno));
			goto out;
		}
		if (k == 0)
			break;
		got += (size_t)k;
	}
	bytes[got] = 0;
	*data = bytes;
	*len = got;
	bytes = NULL;
	r = 0;
out:
	free(bytes);
	if (fd >= 0)
		close(fd);
	return r;
}

int
file_read(const char *path, size_t limit, char **data, size_t *len,
    struct message *m)
{
	return read_file(path, limit, 0, data, len, m);
}

int
file_read_secret(const char *path, size_t limit, mode_t forbidden, char **data,
    size_t *len, struct message *m)
{
	return read_file(path, limit, forbidden, data, len, m);
}

static int
write_all(int fd, const char *data, size_t len)
{
	ssize_t k;

	while (len > 0) {
		k = write(fd, data, len);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		data += k;
		len -= (size_t)k;
	}
	return 0;
}

int
file_sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd, r;

	snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_IO;
	r = fsync(fd);
	close(fd);
	return r < 0 ? ERR_IO : 0;
}

/* Say that path could not be written, as errno has it. */
static int
write_failed(const char *path, struct message *m)
{
	return message_set(m, errno == ENOSPC || errno == EDQUOT ? ERR_FULL :
	    ERR_IO, "cannot write %s: %s%s", path, strerror(errno),
	    errno == EROFS || errno == EACCES ? ": choose a place that can be "
	    "written" : "");
}

int
file_temporary(const char *path, char temporary[FILE_PATH_MAX],
    struct message *m)
{
	int fd;

	if (snprintf(temporary, FILE_PATH_MAX, "%s.XXXXXX", path) >=
	    FILE_PATH_MAX)
		return message_set(m, ERR_INVALID, "the path is too long");
	fd = mkostemp(temporary, O_CLOEXEC);
	return fd >= 0 ? fd : write_failed(path, m);
}

static int
sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

/* Rename, never over another file. */
static int
rename_new(const char *from, const char *to)
{
	int r = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

	/* Some file systems cannot; all that matter here have links then. */
	if (r < 0 && errno == EINVAL) {
		r = link(from, to);
		if (r == 0)
			unlink(from);
	}
	return r;
}

int
file_place(const char *temporary, const char *path, bool replace,
    struct message *m)
{
	if (sync_file(temporary) < 0)
		return write_failed(path, m);
	if ((replace ? rename(temporary, path) :
	    rename_new(temporary, path)) < 0) {
		if (errno == EEXIST)
			return message_set(m, ERR_CONFLICT, "%s is there "
			    "already", path);
		return write_failed(path, m);
	}
	return file_sync_folder(path) == 0 ? 0 : write_failed(path, m);
}

static int
write_file(const char *path, const void *data, size_t len, bool secret,
    struct message *m)
{
	char temporary[FILE_PATH_MAX];
	int fd = file_temporary(path, temporary, m), r;

	if (fd < 0)
		return fd;
	if (write_all(fd, data, len) < 0 ||
	    fchmod(fd, secret ? 0600 : 0644) < 0)
		r = write_failed(path, m);
	else
		r = file_place(temporary, path, !secret, m);
	close(fd);
	if (r < 0)
		unlink(temporary);
	return r;
}

int
file_write(const char *path, const void *data, size_t len, struct message *m)
{
	return write_file(path, data, len, false, m);
}

int
file_write_secret(const char *path, const void *data, size_t len,
    struct message *m)
{
	return write_file(path, data, len, true, m);
}

int
file_make_folder(const char *path, struct message *m)
{
	char part[PATH_MAX];
	struct stat st;

	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return message_set(m, ERR_INVALID, "the path is too long");
	for (char *p = part + (part[0] != 0);; p++) {
		if (*p != '/' && *p != 0)
			continue;
		char end = *p;

		*p = 0;
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return message_set(m, ERR_IO, "cannot make the folder "
			    "%s: %s: choose another place for it, or make it "
			    "yourself", part, strerror(errno));
		if (end == 0)
			break;
		*p = end;
	}
	/* What is there already may be something else. */
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return message_set(m, ERR_IO, "%s is not a folder", path);
	return 0;
}

long long
file_free_bytes(const char *path)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return -1;
	return (long long)fs.f_bavail * (long long)fs.f_frsize;
}
