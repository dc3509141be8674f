/* A byte buffer that grows: what is written to files and answers. */
#ifndef L2LD_BASE_BUF_H
#define L2LD_BASE_BUF_H

#include <stddef.h>

/* All zero is an empty buffer.  data is NUL-terminated once anything was put.
 * After a failed allocation error is set, data is gone and puts do nothing:
 * check once at the end with buf_error. */
struct buf {
	char *data;
	size_t len;
	size_t room;
	int error;
};

void
buf_put(struct buf *buf, const void *bytes, size_t len);
void
buf_text(struct buf *buf, const char *text);
void
buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The shortest decimal that reads back as the same double, with '.' whatever
 * the locale; nan, inf and -inf are spelled so. */
void
buf_double(struct buf *buf, double value);

/* 0, or ERR_MEMORY when any put failed. */
int
buf_error(const struct buf *buf);

/* Frees the bytes and leaves an empty buffer. */
void
buf_free(struct buf *buf);

#endif
