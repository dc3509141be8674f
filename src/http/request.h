/* A request as a handler sees it: nothing of the HTTP library, nothing of a
 * socket. */
#ifndef L2LD_HTTP_REQUEST_H
#define L2LD_HTTP_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/gate.h"
#include "http/query.h"
#include "http/response.h"
#include "http/route.h"
#include "http/token.h"
#include "job/server.h"

#define SITE_POLLS_MAX 16	/* long polls at once */
#define SITE_POLL_SECONDS 30	/* the longest of them */
#define SITE_POLL_RETRY 2	/* seconds until one past the limit comes again */
#define SITE_UPLOADS_MAX (96ll * 1024 * 1024)	/* bytes of bodies held at once */
#define SITE_REPLIES_MAX (256ll * 1024 * 1024)	/* and of answers */
#define SITE_HEAVY_MAX 2	/* large answers that are made at once */
#define SITE_HEAVY_ROWS 4096	/* rows of a curve that make one large */
#define SITE_HEAVY_SECONDS 20	/* the longest that one waits for its turn */
#define SITE_BUSY_RETRY 5	/* seconds until one that had none comes again */

struct deadlines;

/* What all requests of a server share.  The counters may be used by any thread;
 * the rest does not change while requests are served. */
struct site {
	struct server *server;
	pthread_rwlock_t lock;		/* guards the two that follow, which */
	struct gate gate;		/* a reload replaces */
	struct token token;
	double started;			/* clock_seconds() */
	double started_at;		/* seconds since 1970 */
	struct deadlines *deadlines;	/* of the connections; NULL: none */
	atomic_bool stopping;		/* refuse what comes */
	atomic_int polls;		/* long polls that wait now */
	atomic_llong uploads;		/* bytes of bodies held now */
	atomic_llong replies;		/* bytes of answers held now */
	atomic_int heavy;		/* large answers being made */
	atomic_ullong answers[6];	/* by hundreds of their status */
};

struct request {
	struct site *site;
	struct server *server;
	const struct route *route;	/* NULL: a static file */
	const char *method;
	char *path;			/* raw, without the query; owned */
	int64_t id;			/* of the path, 0: none */
	char name[ROUTE_NAME_MAX];	/* or format, of the path */
	struct query query;		/* owned */
	const char *key;		/* Idempotency-Key, NULL: none */
	const char *if_none_match;	/* NULL: none */
	/* Set once the client has closed its side: what waits for news should
	 * wait no longer.  NULL: nobody looks. */
	const atomic_bool *gone;
	char *body;			/* owned, NUL-terminated; or NULL */
	size_t body_len;		/* bytes received so far */
	size_t body_size;		/* bytes announced */
	size_t reply_size;		/* bytes of the answer that it holds */
};

/* Large answers take all of a core while they are made: a few are made at a time,
 * so that many clients that ask for them hold up nobody else.  False: there was
 * no turn within seconds.  One that was taken is given back. */
bool
site_heavy_take(struct site *site, double seconds);
void
site_heavy_give(struct site *site);

/* Count the bytes of the answer until request_free.  False: others' answers take
 * too much; one alone may be of any size. */
bool
request_hold(struct request *rq, size_t bytes);

/* Frees what it owns and gives its shares of uploads and answers back. */
void
request_free(struct request *rq);

/* Read the query against the route's table into options (NULL where the route
 * has no table: then there may be no parameters).  False: the answer
 * says what is wrong. */
bool
request_options(const struct request *rq, struct response *rs, void *options);

/* Set the ETag of the answer to tag (without quotes).  True when the client has
 * that version already: the answer is then 304. */
bool
request_has_tag(const struct request *rq, struct response *rs,
    const char *tag);

/* Read a list's cursor: decimal, "" is 0.  False: the answer says what is
 * wrong. */
bool
request_cursor(struct response *rs, const char *cursor, int64_t *id);

#endif
