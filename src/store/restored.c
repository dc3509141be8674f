/* A database that was put in another's place. */
#include "store/internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the header, 1: without a write-ahead log; 2: with one. */
#define FORMAT_AT 18

int
restored_check(const char *path, const char *log, struct message *m)
{
	unsigned char format[2] = { 2, 2 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool plain;

	/* What cannot be read SQLite will find out too. */
	if (fd < 0)
		return 0;
	plain = pread(fd, format, 2, FORMAT_AT) == 2 && format[0] == 1;
	close(fd);
	if (!plain || stat(log, &st) < 0 || st.st_size == 0)
		return 0;
	return message_set(m, ERR_CONFLICT, "%s is a backup, but the log of "
	    "the database that was there before, %s, is still beside it and "
	    "would be taken for its own: move that log away", path, log);
}
