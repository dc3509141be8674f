/* The jobs' side of a running server: what handlers and programs call.
 *
 * Everything here may be called from any thread. */
#ifndef L2LD_JOB_SERVER_H
#define L2LD_JOB_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/spec.h"
#include "store/jobs.h"

#define SERVER_QUEUE_LIMIT 1000

struct server_config {
	const char *state_folder;	/* the database's folder */
	const char *data_folder;
	int workers;
	/* Used where a spec says 0; 0: the cores, shared out among the jobs
	 * that run or wait when one begins.  Results do not depend on it. */
	int threads_per_job;
	/* What follows server_reload can change.  Bytes, 0: no limit.  Of all
	 * running jobs together, and of one. */
	_Atomic int64_t memory, job_memory;
	/* Of the database, and what one job may write. */
	_Atomic int64_t disk, job_disk;
	_Atomic int64_t disk_reserve;	/* kept free on the disk */
};

struct server;

/* Opens the store in state_folder/l2ld.sqlite, puts interrupted jobs back into
 * the queue; starts no worker yet. */
int
server_new(const struct server_config *config, struct server **server,
    struct message *m);

/* Start the workers.  only: they take this job and no other (0: any). */
int
server_start(struct server *server, int64_t only, struct message *m);

/* End: running jobs save a checkpoint and go back to the queue, workers are
 * joined, the store is closed.  Accepts NULL.  server_stop does all but freeing
 * and may come first: handlers that are still running get ERR_SHUTDOWN. */
void
server_stop(struct server *server);
void
server_free(struct server *server);

/* Take other limits of memory and disk: for jobs that come and that begin; those
 * that run are left alone. */
void
server_reload(struct server *server, const struct server_config *config);

/* The server stops or will: running jobs save no checkpoint any more, the next
 * start goes on from their last one.  Accepts NULL. */
void
server_hurry(struct server *server);

struct server_health {
	int workers;		/* that there should be */
	int started;		/* that there are */
	int busy;		/* of them, at a job */
	/* Since the most silent of them was last seen to have used the CPU.  One
	 * with a long piece of work uses it all the time, one with nothing to do
	 * every few seconds when it looks at the queue: more means that it
	 * hangs.  As of the last server_look. */
	double silent_seconds;
};
void
server_health(struct server *server, struct server_health *health);

/* The same after a look at all workers: to be called every second or so, from one
 * thread, and not while the server stops. */
void
server_look(struct server *server, struct server_health *health);

const struct server_config *
server_config(const struct server *server);
/* Threads that a job which does not say would get now. */
int
server_threads(struct server *server);
struct store *
server_store(struct server *server);
bool
server_stopping(const struct server *server);
/* Whether the disk has no room: jobs wait, and the store may refuse writes. */
bool
server_full(const struct server *server);

/* Submit.  text is the body.  On 0 *id is the job; *existing says that the key
 * was known.  ERR_INVALID: faults; ERR_FULL: no room for it, one fault with the
 * numbers; ERR_CONFLICT: the key belongs to another body; ERR_LIMIT: the queue is
 * full; others from the store. */
int
server_submit(struct server *server, const char *text, size_t len,
    const char *key, int64_t *id, bool *existing, struct faults *faults);

/* Check only: the answer of a dry run (spec, estimate, whether it would be
 * admitted, queue position, ETA), a new reference. */
int
server_dry_run(struct server *server, const char *text, size_t len,
    json_t **answer, struct faults *faults);

/* Changes of state.  ERR_CONFLICT with *present where it cannot be.  cancel and
 * pause of a running job return once the worker has let go of it. */
int
server_cancel(struct server *server, int64_t id, enum job_state *present);
int
server_pause(struct server *server, int64_t id, enum job_state *present);
/* These two and the next are admitted anew: ERR_INVALID and ERR_FULL with faults,
 * as in server_submit.  retry begins any job anew. */
int
server_resume(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults);
int
server_retry(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults);
/* A new job with the same spec, new id in *copy. */
int
server_duplicate(struct server *server, int64_t id, int64_t *copy,
    struct faults *faults);
/* Change what a job says of itself; a priority counts at once. */
int
server_patch(struct server *server, int64_t id, const struct job_patch *patch);
/* Copy the database (store_backup) into a file without a name: *fd reads its
 * *size bytes from the beginning, and closing it is its end.  ERR_CONFLICT while
 * another is being made; others with a sentence. */
int
server_backup(struct server *server, int *fd, int64_t *size, struct message *m);
/* Delete; a running job is cancelled first. */
int
server_delete(struct server *server, int64_t id);

/* ETA of a job in seconds (NaN unknown) from what it has done so far, or for
 * one that has not begun from this machine's measured rate. */
double
server_eta(struct server *server, const struct job_row *row);

/* What a queued job waits for: "disk", a free "worker", "memory" that running jobs
 * have, or its "turn" behind others.  NULL: nothing, or it is not queued. */
const char *
server_waits_for(struct server *server, const struct job_row *row);

/* What a job ran on: version, compiler, BLAS, CPU, threads.  A new reference. */
json_t *
server_environment(const struct server *server, int threads);

#endif
