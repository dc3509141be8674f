#include "data/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#define ZLIB_BUFFER (128 * 1024)
#define READ_MAX ((size_t)1 << 30)	/* gzread counts in int */

/* zlib hands on as they are the bytes of a file that is not compressed. */
static ptrdiff_t
source_file_read(void *arg, void *to, size_t len, struct message *m)
{
	const struct source_file *f = arg;
	size_t got = 0;
	int code, k;

	while (got < len) {
		size_t want = len - got < READ_MAX ? len - got : READ_MAX;

		k = gzread(f->zip, (char *)to + got, (unsigned)want);
		if (k <= 0)
			break;
		got += (size_t)k;
	}
	if (got == len)
		return (ptrdiff_t)got;
	gzerror(f->zip, &code);
	switch (code) {
	case Z_OK:
	case Z_STREAM_END:
		return (ptrdiff_t)got;
	case Z_MEM_ERROR:
		return message_set(m, ERR_MEMORY, "no memory to unpack %s",
		    f->source.name);
	case Z_ERRNO:
		return message_set(m, ERR_IO, "cannot read %s: %s", f->source.name,
		    strerror(errno));
	case Z_BUF_ERROR:
		return message_set(m, ERR_FORMAT, "%s is cut short: its gzip "
		    "stream has no end", f->source.name);
	default:
		return message_set(m, ERR_FORMAT, "%s is damaged: its gzip "
		    "stream does not unpack", f->source.name);
	}
}

int
source_open(const char *path, struct source_file *f, struct message *m)
{
	/* O_NONBLOCK keeps the opening of a pipe, which is then refused, from
	 * waiting for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = ERR_IO;
	struct stat st;

	f->source = (struct source){ path, f, source_file_read };
	f->zip = NULL;
	if (fd < 0 || fstat(fd, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			r = ERR_NOT_FOUND;
		message_set(m, r, "cannot read %s: %s", path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		message_set(m, r, "%s is not a regular file", path);
		goto out;
	}
	f->zip = gzdopen(fd, "rb");
	if (f->zip == NULL) {
		r = message_set(m, ERR_MEMORY, "no memory to read %s", path);
		goto out;
	}
	fd = -1;
	gzbuffer(f->zip, ZLIB_BUFFER);
	r = 0;
out:
	if (fd >= 0)
		close(fd);
	return r;
}

void
source_close(struct source_file *f)
{
	/* Its code repeats what source_file_read has seen. */
	gzclose_r(f->zip);
}

bool
source_find(const char *folder, const char *name, char found[PATH_MAX])
{
	static const char *const ends[] = { "", ".gz" };

	for (int i = 0; i < 2; i++) {
		int len = snprintf(found, PATH_MAX, "%s/%s%s", folder, name,
		    ends[i]);

		if (len < PATH_MAX && access(found, F_OK) == 0)
			return true;
	}
	return false;
}
