/* The page: files that were built into the program, found by their exact path. */
#ifndef L2LD_HTTP_STATIC_H
#define L2LD_HTTP_STATIC_H

#include "base/embedded.h"

struct request;
struct response;

/* The files; name is NULL at the end (made from www/ and the chart library). */
extern const struct embedded http_assets[];

/* The file at path ("/" is index.html), or NULL. */
const struct embedded *
static_find(const char *path);

/* Answer with the file at the request's path, which must be one. */
void
static_answer(const struct request *rq, struct response *rs);

#endif
