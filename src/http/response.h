/* What a handler answers.
 *
 * A handler sets a status, a body and headers of its own; the headers that
 * every answer has are added in serve.c.  An answer that could not be built for
 * want of memory becomes a fixed 503. */
#ifndef L2LD_HTTP_RESPONSE_H
#define L2LD_HTTP_RESPONSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define RESPONSE_HEADERS_MAX 12

struct response_header {
	const char *name;	/* a literal */
	char value[448];
};

/* All zero is an answer that nothing was said of yet. */
struct response {
	int status;
	const char *type;	/* media type, a literal; NULL without a body */
	struct buf body;	/* owned */
	const void *fixed;	/* or bytes that live for ever */
	size_t fixed_len;
	bool has_file;		/* or what this descriptor, owned, reads */
	int file;
	uint64_t file_len;
	int headers_len;
	struct response_header headers[RESPONSE_HEADERS_MAX];
	bool close;		/* the connection must end with it */
};

void
response_free(struct response *rs);

/* Add a header; the value is cut at a line break and at 447 bytes. */
void
response_header(struct response *rs, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answer with value, which is taken; NULL (memory was out) becomes a 503. */
void
response_json(struct response *rs, int status, json_t *value);

/* Answer with what was written to body, which is emptied; its error too. */
void
response_buf(struct response *rs, int status, const char *type,
    struct buf *body);

/* Answer with the len bytes that file reads from its beginning; it is taken. */
void
response_file(struct response *rs, int status, const char *type, int file,
    uint64_t len);

/* Bytes of the body. */
uint64_t
response_size(const struct response *rs);

/* An error: application/problem+json with type, title, status, detail and code.
 * What the answer was before is dropped, its headers stay. */
void
response_problem(struct response *rs, int status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with more members, an object, which is taken (NULL: none). */
void
response_problem_with(struct response *rs, int status, const char *code,
    json_t *members, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The answer to an ERR_* that needs no words of its own.  what is the thing
 * asked for, such as "job 3"; it begins the sentence. */
void
response_error(struct response *rs, int error, const char *what);

/* 503, come again: too many ask for large answers. */
void
response_busy(struct response *rs, int seconds);

/* The name of a status, "Not Found". */
const char *
response_title(int status);

#endif
