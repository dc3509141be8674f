/* The store: one SQLite file with jobs, curves, snapshots and checkpoints.
 *
 * One thread of the store owns the only connection that writes; it runs every
 * write in the order of the calls and commits them in groups.  Calls that write
 * return when their group is committed (durable), except those called _async.
 * Readers use read-only connections of their own, read into memory and reset
 * before they return: no statement outlives a call.  All functions may be
 * called from any thread.
 *
 * Texts handed in are copied; texts and blobs handed out are malloc'd and belong
 * to the row they are in: free a row with its _free.  JSON is opaque text here.
 *
 * Asynchronous writes copy what they are given and may wait while 64 MB are
 * queued.  What they return is about that alone (ERR_MEMORY, ERR_LIMIT,
 * ERR_INVALID); whether they were committed store_flush says.  After one of a
 * job failed, its later ones are dropped until store_flush told so: nothing is
 * written behind a gap, a checkpoint least of all.
 *
 * Return values: 0, or
 *	ERR_NOT_FOUND	no such job, curve, snapshot or checkpoint
 *	ERR_CONFLICT	not in the present state
 *	ERR_FULL	no room on the disk; nothing was written
 *	ERR_IO		the disk failed, or the file is damaged.  After a failed
 *			fsync, or damage, every further write says so until the
 *			daemon starts anew; only then is it known whether what
 *			was being written is there
 *	ERR_MEMORY	out of memory
 *	ERR_LIMIT	larger than 900 MB, more than 4096 columns, a full queue
 *	ERR_INVALID	a negative row number, tags that are no JSON
 *	ERR_INTERNAL	a bug, here or in the file
 * Otherwise a call that failed has changed nothing. */
#ifndef L2LD_STORE_STORE_H
#define L2LD_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/* Open or make the database file, bring its schema up to date, start the
 * writer.  The folder must exist.  Refuses a file of another application, of a
 * newer version or none of a database's form (ERR_FORMAT) and leaves it as it
 * is; refuses a file that is open already, here or in another process
 * (ERR_CONFLICT), and a backup beside which the log of the database lies that was
 * there before it.  PATH.lock stays beside the file for that.  Makes a new
 * incarnation. */
int
store_open(const char *path, struct store **store, struct message *m);

/* Commits what is queued, truncates the log, closes; accepts NULL.  No other
 * call may be under way or follow; those in store_wait are told by store_wake
 * before. */
void
store_close(struct store *store);

/* This boot's number: one more than the last boot's. */
int64_t
store_incarnation(const struct store *store);

/* Commit what was written asynchronously so far; returns the first error any
 * asynchronous write of `job` met (0: any job's), and forgets it.  A worker
 * flushes before it changes its job's state. */
int
store_flush(struct store *store, int64_t job);

/* A number that grows with every commit, and a wait until it is no longer
 * `seen`, the store closes (store_wake) or `seconds` have passed. */
uint64_t
store_version(struct store *store);
void
store_wait(struct store *store, uint64_t seen, double seconds);

/* End all waits from now on: the server is ending. */
void
store_wake(struct store *store);

struct store_size {
	int64_t database;	/* bytes of the file */
	int64_t wal;		/* bytes of the write-ahead log */
};
void
store_size(struct store *store, struct store_size *size);

/* How the store is, without touching the disk.  Times are of clock_seconds(). */
struct store_health {
	/* An fsync failed or the file is damaged: nothing is written any more
	 * (ERR_IO) until the next start.  The daemon ends on it. */
	bool broken;
	int write_error;	/* ERR_FULL or ERR_IO: how the last write
				 * ended; 0: well */
	int checkpoint_error;	/* ERR_* of the log's last checkpoint, or 0 */
	double full_since;	/* when writing first met the full disk that
				 * lasts; 0: there is room */
	double full_seconds;	/* the same as an age */
	double oldest_seconds;	/* age of the oldest write not yet begun */
	double busy_seconds;	/* how long the writer has been at its present
				 * piece of work; 0: it waits.  Long: it hangs
				 * (for the watchdog) */
	double silent_seconds;	/* the longer of these two */
	uint64_t commits;	/* groups committed */
	double commit_seconds;	/* since the last of them; -1: none yet */
	uint64_t rows;		/* of curves, committed */
	uint64_t write_errors;	/* writes and groups the disk refused */
	uint64_t checkpoints, checkpoint_errors;
	int wal_pages;		/* in the log */
	size_t queued_bytes;	/* of asynchronous writes */
};
void
store_health(struct store *store, struct store_health *health);

/* Whether a trivial write can be committed now, and the last checkpoint of the
 * log succeeded (for /readyz). */
int
store_probe(struct store *store);

/* ---- reading without being the server (backup.c, still.c, check.c) ----
 *
 * These write nothing to a database and make nothing beside it, but the shared
 * memory that SQLite needs to read a log. */

/* Copy the database into the empty file path, while it is being used: what was
 * acknowledged before the call is in it.  The writer copies some pages at a time
 * between its groups.  The copy is one whole file that was checked, but not
 * synced; after a failure it is rubbish.  One at a time (ERR_CONFLICT);
 * store_wake ends it (ERR_SHUTDOWN); ERR_FULL: there is no room for it. */
int
store_backup(struct store *store, const char *path, struct message *m);

/* The same of a database that no server has open; nothing is written to it or
 * made beside it.  ERR_CONFLICT: a server has it; ERR_NOT_FOUND: there is none.
 * Gives up when stopped (may be NULL) says so (ERR_SHUTDOWN). */
int
store_backup_closed(const char *database, const char *path,
    bool (*stopped)(void *arg), void *arg, struct message *m);

/* Write beside the database where its server is reached, and read it: the url
 * that the last server of this database announced, ERR_NOT_FOUND when none did.
 * It holds as long as that server has the lock. */
void
store_announce(struct store *store, const char *url);
int
store_holder(const char *database, char *url, size_t room);

/* Check a database, also one that a server is using, or a backup: SQLite's own
 * checks, then what the rows say about each other.  It is only read. */
struct store_check {
	const char *path;
	/* The digest that snapshots carry, 64 hexadecimal digits. */
	void (*digest)(const void *data, size_t len, char text[65]);
	/* Called for what was looked at, with how many there are; and for what
	 * is wrong, with one sentence. */
	void (*looked)(void *arg, const char *what, int64_t count);
	void (*found)(void *arg, const char *text);
	void *arg;
	int64_t findings;	/* out: calls of found */
};

/* 0: it was looked at, whatever was found; or an error with a sentence. */
int
store_check(struct store_check *check, struct message *m);

/* ---- jobs (jobs.c) ---- */

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

/* ---- curves (curves.c) ---- */

/* A curve is a table of doubles that grows at its end.  Row numbers begin at 0.
 * Rows are packed into blobs: NaN, infinities and -0.0 keep their bits. */
struct curve_row {
	char *name;
	char *header;		/* JSON text that describes the columns */
	int columns;
	int64_t rows;
	bool complete;
};
void
curve_rows_free(struct curve_row *rows, size_t count);

/* Make a curve, or set the header of one that is there; its rows stay, so
 * another number of columns is ERR_CONFLICT unless it has none. */
int
store_curve_open(struct store *store, int64_t job, const char *name,
    const char *header, int columns);

/* Write `count` rows from row `first` on (at most the present end): rows there
 * already are replaced, later ones stay.  values: count x columns.  The curve
 * must be open; a gap or another number of columns fails (ERR_CONFLICT). */
int
store_curve_write_async(struct store *store, int64_t job, const char *name,
    int64_t first, size_t count, int columns, const double *values);

/* Cut a curve to its first `rows` rows, if it has more; complete is cleared. */
int
store_curve_truncate(struct store *store, int64_t job, const char *name,
    int64_t rows);
int
store_curve_complete(struct store *store, int64_t job, const char *name);

int
store_curve_list(struct store *store, int64_t job, struct curve_row **rows,
    size_t *count);

/* The rows from `first` on, at most `limit` (0: all): *values is malloc'd,
 * *count x columns; NULL when there are none.  *info is filled as in the list
 * (curve_row_free it). */
int
store_curve_read(struct store *store, int64_t job, const char *name,
    int64_t first, int64_t limit, struct curve_row *info, double **values,
    size_t *count);
void
curve_row_free(struct curve_row *row);

/* ---- snapshots and checkpoints (snapshots.c) ---- */

struct snapshot_row {
	int64_t id;
	int64_t job;		/* 0: imported */
	char *kind;		/* best, last, periodic, imported */
	int64_t epoch;
	double validation_loss;	/* NaN: none */
	char *optimizer;	/* the optimizer type's name */
	char *group;		/* coordinate group it was trained for, or "" */
	char *metadata;		/* JSON object */
	char *sha256;		/* of the weights, 64 hexadecimal digits */
	int64_t created;
	float *weights;		/* NULL in lists */
	size_t len;		/* number of weights */
	int64_t keep;		/* insert: of this kind and group only the so
				 * many of the latest epochs stay; 0: all */
};
void
snapshot_row_free(struct snapshot_row *row);
void
snapshot_rows_free(struct snapshot_row *rows, size_t count);

/* Insert; id and created of row are ignored, a NULL group is "", NULL metadata
 * "{}".  A job has one best and one last of each group and one periodic of an
 * epoch: a new one replaces the former (and gets a new id), unless epoch and
 * sha256 are the same; then that is kept.  Ids are never used again. */
int
store_snapshot_insert(struct store *store, const struct snapshot_row *row,
    int64_t *id);
int
store_snapshot_read(struct store *store, int64_t id, struct snapshot_row *row);
/* The same of a database that another process may have open (still.c).
 * ERR_NOT_FOUND and all others with a sentence. */
int
store_snapshot_still(const char *database, int64_t id,
    struct snapshot_row *row, struct message *m);
/* job 0: all; newest first; ids below `before` unless it is 0. */
int
store_snapshot_list(struct store *store, int64_t job, int64_t before, int limit,
    struct snapshot_row **rows, size_t *count);
int
store_snapshot_delete(struct store *store, int64_t id);

/* One checkpoint a job, replaced by the next.  The points written before it
 * are committed no later than it. */
int
store_checkpoint_write_async(struct store *store, int64_t job, const void *data,
    size_t len);
/* *data is malloc'd; ERR_NOT_FOUND when there is none. */
int
store_checkpoint_read(struct store *store, int64_t job, void **data,
    size_t *len);

#endif
