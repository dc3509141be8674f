/* The store's jobs: their rows, the queue, their states, and each one's log. */
#ifndef L2LD_STORE_JOBS_H
#define L2LD_STORE_JOBS_H

#include "store/store.h"

enum job_state {
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_PAUSED,
	JOB_SUCCEEDED,
	JOB_DIVERGED,
	JOB_CANCELLED,
	JOB_FAILED,
	JOB_STATES
};

/* "queued" ...; the inverse gives -1 for another word. */
const char *
job_state_name(enum job_state state);
int
job_state_find(const char *name);

struct job_row {
	int64_t id;
	char *name, *type;
	enum job_state state;
	char *reason;		/* NULL or a stable word */
	char *spec;		/* the filled-in spec, JSON text */
	char *tags;		/* JSON array of strings, never NULL */
	char *notes;
	char *environment;	/* JSON object or NULL */
	char *results;		/* the evaluation tables, JSON text or NULL */
	int64_t priority;
	int64_t attempts;
	int64_t created, started, finished;	/* clock_now(); 0: not yet */
	double done, total;	/* progress in `unit`s */
	char *unit;
	double run_seconds;	/* time spent running, all attempts */
	int64_t memory, disk;	/* estimated bytes; 0: not known */
	int64_t crashes;	/* of the daemon, in a row, because of it */
};

void
job_row_free(struct job_row *row);

struct job_new {
	const char *name, *type, *spec;
	const char *tags;	/* JSON array of strings; NULL: [] */
	const char *notes;
	int64_t priority;
	int64_t memory, disk;	/* estimated bytes */
	/* Refuse with ERR_FULL unless it and what the others will still write
	 * (then in *disk_left, if given) fit in so many bytes; NULL: no limit. */
	const int64_t *disk_room;
	int64_t *disk_left;
	const char *key;	/* idempotency key or NULL */
	const char *body;	/* with a key: a digest of the request */
	int64_t queue_limit;	/* refuse with ERR_LIMIT past so many queued;
				 * 0: none */
};

/* Insert a queued job.  With a key that is known: *existing is set and *id is
 * the job of that key when body is equal; ERR_CONFLICT when it is not.  A
 * deleted job's key is free again. */
int
store_job_insert(struct store *store, const struct job_new *job, int64_t *id,
    bool *existing);

int
store_job_read(struct store *store, int64_t id, struct job_row *row);

struct job_filter {
	int state;		/* -1: any */
	const char *type;	/* NULL: any */
	const char *tag;
	const char *text;	/* in name, notes or tags; a to z equal A to Z,
				 * no character is special */
	int64_t before;		/* cursor: ids below it (0: all); with
				 * oldest_first, ids above it */
	bool oldest_first;
	int limit;		/* at most so many rows */
};

/* Rows without spec, environment and results (NULL there).  *rows is malloc'd;
 * free it with job_rows_free. */
int
store_job_list(struct store *store, const struct job_filter *filter,
    struct job_row **rows, size_t *count);
void
job_rows_free(struct job_row *rows, size_t count);

/* Give the head of the queue, the oldest job of the highest priority, to a
 * worker: it becomes running with this incarnation and attempts + 1, committed
 * before the return.  started is set the first time.  only: this job or none (0:
 * any).  ERR_NOT_FOUND: there is none.  ERR_LIMIT: its memory and that of the
 * running jobs exceed budget (0: none); it keeps its place and nobody overtakes
 * it, so that small jobs cannot hold up a large one for ever. */
int
store_job_claim(struct store *store, int64_t only, int64_t budget,
    struct job_row *row);

/* The head of the queue; ERR_NOT_FOUND: it is empty. */
struct job_next {
	int64_t id, priority, memory;
};
int
store_job_next(struct store *store, struct job_next *next);

/* Bytes that queued and running jobs will still write, by their estimates. */
int
store_job_disk_left(struct store *store, int64_t *left);
int
store_job_set_size(struct store *store, int64_t id, int64_t memory,
    int64_t disk);

/* Change a state: from must contain the present one (bits 1 << state), or
 * ERR_CONFLICT.  *present (may be NULL) says which it is after the call.
 * Appends to the history; sets finished for the end states, clears it
 * otherwise. */
int
store_job_move(struct store *store, int64_t id, unsigned from,
    enum job_state to, const char *reason, enum job_state *present);

/* Forget results, curves, snapshots, checkpoint, crashes and progress and put the
 * job into the queue, in one commit; otherwise as store_job_move.  History, log
 * and attempts stay. */
int
store_job_restart(struct store *store, int64_t id, unsigned from,
    const char *reason, enum job_state *present);

/* Every running row goes back to queued with the reason "restarted", whatever
 * incarnation it had: called once at boot.  guilty (0: nobody) is the job that
 * crashed the daemon; starved: the system ended it for want of memory, then those
 * that had written nothing are suspected.  Who is either for the third time in a
 * row becomes failed, crash_loop.  *count and *failed say how many.  A job that was
 * paused with the reason "retry" is restarted. */
int
store_job_requeue(struct store *store, int64_t guilty, bool starved,
    int64_t *count, int64_t *failed);

struct job_patch {
	const char *name, *tags, *notes;	/* NULL: as it is */
	const int64_t *priority;
};
int
store_job_patch(struct store *store, int64_t id, const struct job_patch *patch);

/* Deletes the job and everything of it, snapshots too.  The space goes back to
 * the disk within the next seconds, some at a time.  ERR_CONFLICT while it is
 * running. */
int
store_job_delete(struct store *store, int64_t id);

/* NULL removes the text. */
int
store_job_set_environment(struct store *store, int64_t id, const char *json);
int
store_job_set_results(struct store *store, int64_t id, const char *json);
int
store_job_progress_async(struct store *store, int64_t id, double done,
    double total, const char *unit, double run_seconds);

struct job_change {
	int64_t at;
	enum job_state state;
	char *reason;		/* or NULL */
};
int
store_job_history(struct store *store, int64_t id, struct job_change **changes,
    size_t *count);
void
job_changes_free(struct job_change *changes, size_t count);

/* Jobs in a state. */
int
store_job_count(struct store *store, enum job_state state, int64_t *count);
/* Queued jobs that would run before a new one of this priority. */
int
store_job_ahead(struct store *store, int64_t priority, int64_t *count);

struct log_row {
	int64_t at;
	char *level, *text;
};
int
store_log_async(struct store *store, int64_t job, const char *level,
    const char *text);
int
store_log_read(struct store *store, int64_t job, struct log_row **rows,
    size_t *count);
void
log_rows_free(struct log_row *rows, size_t count);

#endif
