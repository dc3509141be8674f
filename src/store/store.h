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
 * jobs.h, curves.h and snapshots.h say what it holds.
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
 * flushes before it changes its job's state.  Until then what the job writes
 * asynchronously is dropped, and returns that error. */
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

#endif
