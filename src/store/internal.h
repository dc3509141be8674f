/* What the files of the store share: the store, its writer's queue, its rows. */
#ifndef L2LD_STORE_INTERNAL_H
#define L2LD_STORE_INTERNAL_H

#include <pthread.h>
#include <sys/stat.h>

#include "base/embedded.h"
#include "store/jobs.h"
#include "store/query.h"
#include "store/snapshots.h"

/* "l2ld" in the header of the database file. */
#define STORE_APPLICATION_ID 0x6c326c64

/* Rows of a curve in one blob. */
#define STORE_CHUNK 512

/* A chunk of so many columns is 16 MB. */
#define STORE_COLUMNS_MAX 4096

/* Milliseconds to wait for a lock: only a foreign program can hold it. */
#define STORE_BUSY 10000

/* No text or blob may be longer: SQLite's own limit is 10^9. */
#define STORE_BLOB_MAX 900000000

/* One write.  A synchronous one lies on its caller's stack; an asynchronous one
 * is a single allocation with its argument behind it. */
struct op {
	struct op *next;
	/* Runs on the writer's thread inside a savepoint, which is undone when
	 * it fails.  NULL: only waits for what was queued before. */
	int (*run)(struct store *store, void *arg);
	void *arg;
	bool waiting;		/* somebody waits for it */
	bool done;
	int result;
	/* Asynchronous: */
	int64_t job;
	size_t bytes;		/* of memory */
	size_t points;
	struct op *next_failed;
	bool kept;		/* in the list of failed ones */
};

#define STORE_READERS 4

struct store {
	char *path;
	char *wal_path;
	int lock;		/* descriptor of the lock file, or -1 */
	int64_t incarnation;
	pthread_t thread;
	bool started;

	/* Of the writer's thread once it runs. */
	struct conn writer;
	int wal_pages;		/* in the log after the last commit */
	int wal_copied;		/* of them, by the last checkpoint */
	bool vacuum;		/* free pages wait to be given back */
	double retry_at;	/* no checkpoint before, after a failed one */

	pthread_mutex_t mutex;	/* guards what follows */
	pthread_cond_t work;	/* for the writer: ops, or stop */
	pthread_cond_t done;	/* for writing callers: results, room */
	pthread_cond_t changed;	/* for store_wait */
	pthread_cond_t idle;	/* for readers: a connection is free */
	struct op *head, **tail;
	size_t bytes;		/* of the asynchronous ops not yet done */
	size_t points;		/* queued */
	int waiting;		/* synchronous ops queued */
	double oldest;		/* when the oldest queued op came */
	struct op *failed;	/* the first failed op of each job */
	bool stop, woken;
	struct copy *copy;	/* the backup under way, or NULL */
	struct store_health health;	/* its ages and queue are 0 here */
	double committed;	/* when something last was; 0: never */
	uint64_t rows;		/* of curves, in the group under way; the writer's
				 * own */
	double busy_since;	/* when the writer's turn began; 0: it waits */
	uint64_t version;
	struct conn readers[STORE_READERS];
	bool taken[STORE_READERS];
};

/* Bring an open file to the newest schema; refuse a foreign or newer one with
 * a sentence (schema.c). */
int
schema_open(struct conn *c, const char *path, struct message *m);

/* The writer's thread (writer.c). */
void *
writer_main(void *store);

/* Run a write and wait until it is committed; arg may be on the stack. */
int
store_call(struct store *store, int (*run)(struct store *, void *), void *arg);

/* Wait for cond until clock_seconds() is end, at most; the mutex is held. */
void
store_sleep(struct store *store, pthread_cond_t *cond, double end);

/* An asynchronous op with room for len bytes at op->arg, zeroed; NULL without
 * memory.  store_send takes it over, and returns the error that an asynchronous
 * write of this job met before: then this one is dropped. */
struct op *
op_new(size_t len);
int
store_send(struct store *store, struct op *op, int64_t job,
    int (*run)(struct store *, void *), size_t points);

/* The error an asynchronous write of this job met before; 0: none. */
int
failed_find(struct store *store, int64_t job);
/* Remember it, unless the job has one already. */
void
failed_add(struct store *store, struct op *op, int error);

/* The write-ahead log (wal.c), on the writer's thread.  begin: once the file is
 * open; after: something was committed; idle: nothing was for wal_wait's
 * seconds; close: at the end. */
void
wal_begin(struct store *store);
void
wal_after(struct store *store);
void
wal_idle(struct store *store);
void
wal_close(struct store *store);
/* Seconds of idleness after which there is something to do, or -1. */
double
wal_wait(const struct store *store);

/* What the writer met (health.c).  busy is called with the mutex held, the others
 * without.  write: a group, or one op of a group, ended so. */
void
health_broken(struct store *store);
void
health_write(struct store *store, int error);
void
health_checkpoint(struct store *store, int error);
void
health_busy(struct store *store, bool busy);

/* A backup (copy.c).  The source's connection is used by copy_step alone, so a
 * thread that owns it may write between the steps: SQLite then writes to the
 * copy as well. */
struct copy {
	struct conn to;
	sqlite3_backup *backup;
	/* Asked now and then whether to give up (ERR_SHUTDOWN); NULL: no. */
	bool (*stopped)(void *arg);
	void *arg;
	bool done;		/* the writer has let go of it, */
	int result;		/* with this */
};

/* Open an empty file to copy to. */
int
copy_open(struct copy *copy, const char *path);
/* Copy for some milliseconds: 1 when there is more, 0 or ERR_*. */
int
copy_step(struct copy *copy, struct conn *from);
/* Leave off, if it has not ended. */
void
copy_stop(struct copy *copy);
/* Make the finished copy one file without a log, and see that it is whole. */
int
copy_finish(struct copy *copy, struct message *m);
/* Accepts a copy that was never opened. */
void
copy_close(struct copy *copy);

/* The writer's turn at a backup; false: there is none (backup.c). */
bool
backup_turn(struct store *store);
/* The writer ends: so does the backup. */
void
backup_end(struct store *store);

/* Open a database that others may be using, for reading alone (still.c).  With
 * a log beside it that is read too.  Without one nobody is writing, and the file
 * is taken to be immutable: nothing is made beside it, so that it may lie where
 * nothing can be written. */
struct still {
	struct conn conn;
	bool immutable;
	struct stat before;
};
int
still_open(struct still *still, const char *path, struct message *m);
/* After reading, with the connection still open: ERR_CONFLICT when a server that
 * began meanwhile may have changed what was read. */
int
still_changed(const struct still *still, const char *path, struct message *m);

/* What store_check looks at beside SQLite's own checks (check_rules.c); text is
 * NULL at the end.  A count's statement gives one number, a rule's one sentence
 * for each thing that is wrong. */
struct check_rule {
	const char *text;
	const char *sql;
};
extern const struct check_rule check_counts[], check_rules[];

/* SQLite would read a log that another database left behind into a backup that
 * was copied to its place.  A backup, unlike a database in use, says in its
 * header that it has no log: ERR_CONFLICT when one is there.  Only while no
 * connection is open (restored.c). */
int
restored_check(const char *path, const char *log, struct message *m);

/* path and suffix joined, malloc'd; "file:..." would be read as a URI, so a
 * relative one begins with "./" (open.c). */
char *
path_join(const char *path, const char *suffix);

/* Refuse what is not ours or newer, with a sentence, before anything is written
 * to it.  *version is its schema, 0: the file is new and empty (schema.c). */
int
schema_identify(struct conn *c, const char *path, int64_t *version,
    struct message *m);
/* The newest schema this program knows. */
int64_t
schema_newest(void);

/* A read-only connection that sees one state of the database (reader.c). */
int
reader_take(struct store *store, struct conn **c);
void
reader_give(struct store *store, struct conn *c);

/* A snapshot with its weights; free the row after a failure too (snapshots.c). */
int
snapshot_load(struct conn *c, int64_t id, struct snapshot_row *row);

/* Jobs, for the files that share them (job_row.c). */
#define JOB_COLUMNS \
	"id, name, type, state, reason, tags, notes, priority, attempts, " \
	"created, started, finished, done, total, unit, run_seconds, " \
	"memory, disk, crashes"

/* Fill row from JOB_COLUMNS.  Errors stick to the query. */
void
job_row_fill(struct query *q, struct job_row *row);
/* The whole row with its documents. */
int
job_row_load(struct conn *c, int64_t id, struct job_row *row);
/* A column with a state's name. */
enum job_state
query_get_state(struct query *q, int column);
/* Append the job's present state to its history, as of `at`. */
int
job_history_add(struct store *store, int64_t id, int64_t at);
/* ERR_INVALID unless tags is JSON (lists look into it); NULL passes. */
int
job_tags_check(struct conn *c, const char *tags);
/* Set a document of a job, or remove it (text NULL) (job_edit.c). */
int
job_document_set(struct conn *c, int64_t id, const char *kind,
    const char *text);

/* Forget what a job did: inside a write (job_edit.c). */
int
job_reset(struct store *store, int64_t id);
/* Bytes that queued and running jobs will still write (job_claim.c). */
int
job_disk_left(struct conn *c, int64_t *left);

/* The migrations of sql/ (made at build time). */
extern const struct embedded store_migrations[];

#endif
