/* The HTTP server: an address, and the handlers behind it. */
#ifndef L2LD_HTTP_HTTP_H
#define L2LD_HTTP_HTTP_H

#include "base/err.h"
#include "job/server.h"

struct http_config {
	const char *address;	/* "127.0.0.1", "::1", "localhost", ... */
	int port;		/* 0: the system picks one */
	/* Further names that may stand in Host, with or without a port; NULL at
	 * the end, or NULL. */
	const char *const *hosts;
	struct server *server;	/* must outlive the HTTP server */
};

struct http;

/* Bind, listen and serve; only an address of this machine alone is accepted.
 * Returns 0, or ERR_IO, ERR_INVALID, ERR_LIMIT or ERR_MEMORY with a sentence. */
int
http_start(const struct http_config *config, struct http **http,
    struct message *m);

/* The port it listens on. */
int
http_port(const struct http *http);

/* How long the HTTP side has done nothing though there was something to do: the
 * watch over slow clients, or taking new connections.  It is little when all is
 * well, however many clients there are.  To be called every second or so, from
 * one thread. */
double
http_silent_seconds(struct http *http);

/* The server is about to end: long polls are answered at once, and all that is
 * asked from now on is refused with 503 and Retry-After.  It wakes the store's
 * waiters for good.  Accepts NULL. */
void
http_drain(struct http *http);

/* Drain, and stop: no new connections, answers under way have two seconds.  Joins
 * all threads and frees; accepts NULL. */
void
http_stop(struct http *http);

#endif
