/* A team of threads that share out items of work.
 *
 * The result of team_run must not depend on which thread took which item: that
 * is the caller's side of "same bits for any number of threads". */
#ifndef L2LD_BASE_TEAM_H
#define L2LD_BASE_TEAM_H

#include <stddef.h>

struct team;

/* A team of `threads` (>= 1), the calling thread counted among them: threads -
 * 1 are started.  Returns 0 or ERR_MEMORY (of threads, too); freed by team_free. */
int
team_new(int threads, struct team **team);

/* Ends the threads; accepts NULL. */
void
team_free(struct team *team);

/* Members, 1 for NULL. */
int
team_size(const struct team *team);

/* Call work(arg, item, member) once for each item below items, member from 0 to
 * team_size - 1 saying who works (for scratch memory).  Returns when all are
 * done.  NULL is a team of the caller alone.  One caller at a time. */
void
team_run(struct team *team, size_t items,
    void (*work)(void *arg, size_t item, int member), void *arg);

#endif
