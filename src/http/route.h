/* The route table and how an address is matched to it.
 *
 * A pattern is a path whose segments may hold {id} (a positive whole number
 * without sign or leading zero), {name} (letters, digits, '_', '-', '.') or
 * {id}.{format}; everything else stands for itself. */
#ifndef L2LD_HTTP_ROUTE_H
#define L2LD_HTTP_ROUTE_H

#include <stdint.h>
#include <stdbool.h>

#include "base/param.h"

#define ROUTE_NAME_MAX 64

struct request;
struct response;

/* What a client must be allowed to do to use a route. */
enum authority {
	AUTHORITY_NONE,		/* anyone who can reach the server */
	AUTHORITY_READ,		/* who may see the jobs */
	AUTHORITY_CHANGE,	/* who may change them */
};

/* What a request carries. */
enum route_body {
	BODY_NONE,
	BODY_JSON,
	BODY_BYTES,		/* application/octet-stream */
};

struct route {
	const char *method;	/* "GET" serves HEAD too */
	const char *pattern;
	void (*handler)(const struct request *rq, struct response *rs);
	enum authority authority;
	enum route_body body;
	const struct param *query;	/* its parameters; NULL: none */
	const char *takes;	/* schema of the body, NULL: none */
	const char *status;	/* of success */
	const char *gives;	/* schema of the answer; NULL: see media */
	const char *media;	/* media type of the answer; NULL: JSON */
	const char *name;	/* operationId: one word */
	const char *text;	/* one sentence */
};

/* All routes; handler is NULL at the end (routes.c). */
extern const struct route routes[];

struct route_match {
	const struct route *route;	/* NULL: none */
	bool known;		/* the path exists, for another method */
	int64_t id;		/* {id}; 0: the pattern has none */
	char name[ROUTE_NAME_MAX];	/* {name} or {format} */
};

/* Whether path fits pattern; then id and name of match are set. */
bool
route_fits(const char *pattern, const char *path, struct route_match *match);

/* Find the route of method and path (raw, without its query) in table. */
void
route_find(const struct route *table, const char *method, const char *path,
    struct route_match *match);

/* The methods that table has for path, "GET, HEAD, POST", for Allow; text is
 * empty when there are none. */
void
route_methods(const struct route *table, const char *path, char text[64]);

#endif
