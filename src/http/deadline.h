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

#include <stdbool.h>

#define DEADLINE_CONNECTIONS 128	/* past so many one must go */
#define DEADLINE_CROWD 112	/* past so many the slow ones must go */
#define DEADLINE_PLACES 256	/* with those that are on their way out */
#define DEADLINE_SLOW 0.5	/* seconds without a whole request */
#define DEADLINE_READ 30.0	/* seconds for head and body */
#define DEADLINE_ANSWER 60.0	/* seconds to take the answer */
#define DEADLINE_RATE 1048576.0	/* and one more for so many bytes */

enum deadline_phase {
	DEADLINE_READING,	/* the client is to send */
	DEADLINE_WORKING,	/* a handler works: it sees to its own time */
	DEADLINE_ANSWERING,	/* the client is to read */
};

struct deadlines;
struct deadline;		/* of one connection */

/* Starts the thread.  0, ERR_MEMORY or ERR_IO. */
int
deadlines_new(struct deadlines **all);

/* All connections must be gone.  Accepts NULL. */
void
deadlines_free(struct deadlines *all);

/* A connection on socket, reading; NULL when there are DEADLINE_PLACES.  It
 * must be removed before its socket is closed. */
struct deadline *
deadline_add(struct deadlines *all, int socket);
void
deadline_remove(struct deadline *deadline);

/* A new phase, for which bytes are to be moved. */
void
deadline_set(struct deadline *deadline, enum deadline_phase phase,
    unsigned long long bytes);

/* Connections that are at work or answering. */
int
deadlines_busy(struct deadlines *all);

#endif
