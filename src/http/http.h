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
	/* Paths, which must live as long as the HTTP server.  The token's file
	 * is made if the address is of this machine alone; NULL: nobody but
	 * this user and root may do anything, and no other address will do. */
	const char *token;
	const char *certificate, *key;	/* PEM; both NULL: plain HTTP */
	struct server *server;	/* must outlive the HTTP server */
};

struct http;

/* Bind, listen and serve; an address that other machines can reach is refused
 * unless there is a token.  Returns 0, or an error with a sentence. */
int
http_start(const struct http_config *config, struct http **http,
    struct message *m);

/* The port it listens on. */
int
http_port(const struct http *http);

/* Read token and certificate again, and take other hosts (as in http_config).  0,
 * or an error with a sentence: then all stays as it was. */
int
http_reload(struct http *http, const char *const *hosts, struct message *m);

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
