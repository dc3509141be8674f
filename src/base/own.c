#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that root just made at path becomes its folder's owner's. */
static void
own_give(int fd, const char *path)
{
	char copy[PATH_MAX];
	struct stat folder;

	if (geteuid() != 0)
		return;
	snprintf(copy, sizeof copy, "%s", path);
	/* Where that is not possible it stays root's, and usable by root. */
	if (stat(dirname(copy), &folder) < 0 ||
	    fchown(fd, folder.st_uid, folder.st_gid) < 0)
		errno = 0;
}

int
own_make(const char *path, int flags, mode_t mode)
{
	/* What is there already, a link for one, is not given away. */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags,
	    mode);

	if (fd >= 0)
		own_give(fd, path);
	return fd;
}

int
own_open(const char *path, int flags)
{
	int fd;

	do {
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags);
		if (fd < 0 && errno == ENOENT)
			fd = own_make(path, flags, 0600);
		/* Another process may have been quicker. */
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

int
own_check(const char *path, struct message *m)
{
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 ||
	    errno == ENOENT)
		return 0;
	return own_refused(path, m);
}

int
own_refused(const char *path, struct message *m)
{
	int error = errno;
	int code = error == ENOSPC || error == EDQUOT ? ERR_FULL : ERR_IO;

	if (error == EROFS)
		return message_set(m, code, "cannot write to %s: %s: make it "
		    "writable, or choose another place for the state",
		    path, strerror(error));
	if (error == EACCES || error == EPERM)
		return message_set(m, code, "cannot write to %s: %s: let user "
		    "%u, who runs l2ld, own it, or choose another place for "
		    "the state", path, strerror(error), (unsigned)geteuid());
	return message_set(m, code, "cannot open %s: %s", path,
	    strerror(error));
}
