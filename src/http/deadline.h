/* How long a connection may take.
 *
 * The HTTP library's own timeout is for silence only: a client that sends a byte
 * a second would live for ever; and past its limit of connections it closes the
 * new one.  Here each connection has a time by which what it is doing must be
 * done, and a thread shuts down the sockets that are late.  When connections are
 * many, those that have waited longest for their clients go first, so that slow
 * clients cannot keep others out. */
#ifndef L2LD_HTTP_DEADLINE_H
#define L2LD_HTTP_DEADLINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_CONNECTIONS 128	/* past so many one must go */
#define DEADLINE_CROWD 112	/* past so many the slow ones must go */
#define DEADLINE_PLACES 256	/* with those that are on their way out */
#define DEADLINE_FULL 224	/* past so many whoever waited longest must go */
#define DEADLINE_SLOW 0.5	/* seconds without a whole request */
#define DEADLINE_SILENCE 15.0	/* seconds until the next request begins */
#define DEADLINE_HEAD_ROOM 10.0	/* seconds for a head */
#define DEADLINE_BODY_ROOM 30.0	/* seconds for a body */
#define DEADLINE_ANSWER 60.0	/* seconds to take the answer */
#define DEADLINE_RATE 1048576.0	/* and one more for so many bytes */

enum deadline_phase {
	DEADLINE_IDLE,		/* answered; the client may ask again */
	DEADLINE_HEAD,		/* the client is to send a head */
	DEADLINE_BODY,		/* and a body */
	DEADLINE_WORKING,	/* a handler works: it sees to its own time */
	DEADLINE_ANSWERING,	/* the client is to read */
};

struct deadlines;
struct deadline;		/* of one connection */

/* Starts the thread.  0 or ERR_MEMORY. */
int
deadlines_new(struct deadlines **all);

/* All connections must be gone.  Accepts NULL. */
void
deadlines_free(struct deadlines *all);

/* A connection on socket, whose head is awaited; NULL when there are
 * DEADLINE_PLACES.  It must be removed before its socket is closed. */
struct deadline *
deadline_add(struct deadlines *all, int socket);
void
deadline_remove(struct deadline *deadline);

/* A new phase, for which bytes are to be moved. */
void
deadline_set(struct deadline *deadline, enum deadline_phase phase,
    unsigned long long bytes);

/* The first line of a request has come.  On a new connection it has had its
 * time already; on one that was idle that begins now. */
void
deadline_head(struct deadline *deadline);

/* Set, about each second, while a handler works for a client that has closed its
 * side: nobody else reads the socket then. */
const atomic_bool *
deadline_gone(const struct deadline *deadline);

/* Connections that are at work or answering. */
int
deadlines_busy(struct deadlines *all);

struct deadline_counts {
	int open;		/* now, without those on their way out */
	int held;		/* places taken, with those */
	uint64_t accepted;	/* so far */
	uint64_t slow;		/* shut because they were late, so far */
	uint64_t crowded;	/* shut for others that were waiting, so far */
	double silent_seconds;	/* since the thread last looked; over a few: it
				 * hangs */
};
void
deadlines_count(struct deadlines *all, struct deadline_counts *counts);

#endif
