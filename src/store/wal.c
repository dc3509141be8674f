/* The write-ahead log is copied into the database file here and nowhere else:
 * SQLite's automatic checkpoints hide their errors. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#define WAL_PAGE 4096ll		/* bytes */

/* Copy the log's pages once it has so many (4 MB). */
#define WAL_PAGES 1000
/* On a disk with less room than twice the log (of which the file may grow by as
 * much) copy it the sooner, or it could fill the disk and never be copied. */
#define WAL_PAGES_NARROW 64
/* Cut a log of so many pages even if writers or readers must wait (64 MB). */
#define WAL_PAGES_MAX 16000
/* Copy and cut the log after so long without a write. */
#define WAL_IDLE 1.0
/* After a failure try again no sooner. */
#define WAL_RETRY 1.0
/* How long cutting the log waits for readers, in milliseconds. */
#define WAL_BUSY 200
/* Pages given back to the disk at a time: some milliseconds of work. */
#define VACUUM_PAGES "256"

static int
wal_committed(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;

	(void)db;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

void
wal_begin(struct store *store)
{
	/* The hook takes the place of SQLite's automatic checkpoints. */
	sqlite3_wal_hook(store->writer.db, wal_committed, store);
}

/* One checkpoint.  A log that readers keep from being cut is no error. */
static void
wal_checkpoint(struct store *store, int mode)
{
	struct conn *c = &store->writer;
	int code, pages = 0, copied = 0, error = 0;

	sqlite3_busy_timeout(c->db, WAL_BUSY);
	code = sqlite3_wal_checkpoint_v2(c->db, NULL, mode, &pages, &copied);
	sqlite3_busy_timeout(c->db, STORE_BUSY);
	if (code == SQLITE_OK) {
		store->wal_pages = pages;
		store->wal_copied = copied;
	} else {
		store->retry_at = clock_seconds() + WAL_RETRY;
		if (code != SQLITE_BUSY)
			error = conn_error(c, code);
	}
	if (code != SQLITE_BUSY)
		health_checkpoint(store, error);
}

/* Give some free pages back; the file shrinks with the next checkpoint. */
static void
wal_vacuum(struct store *store)
{
	struct conn *c = &store->writer;
	struct query q;
	int64_t left = 0;
	int r;

	r = conn_begin(c, "BEGIN IMMEDIATE");
	if (r == 0)
		r = conn_do(c, "PRAGMA incremental_vacuum(" VACUUM_PAGES ")");
	if (r == 0) {
		query_begin(&q, c, "PRAGMA freelist_count");
		if (query_next(&q) > 0)
			left = query_get_int(&q, 0);
		r = query_end(&q);
	}
	if (r == 0)
		r = conn_do(c, "COMMIT");
	if (r < 0)
		conn_rollback(c);
	/* After a failure the next deletion, or boot, tries again. */
	store->vacuum = r == 0 && left > 0;
}

/* Whether it is time to copy the log. */
static bool
wal_due(const struct store *store)
{
	int pages = store->wal_pages - store->wal_copied;
	long long room;

	if (clock_seconds() < store->retry_at)
		return false;
	/* One that failed is tried again whatever there is to copy: until it is
	 * done the store counts as one that cannot be written. */
	if (pages >= WAL_PAGES || store->health.checkpoint_error < 0)
		return true;
	if (pages < WAL_PAGES_NARROW)
		return false;
	room = file_free_bytes(store->path);
	return room >= 0 && room < 2 * WAL_PAGE * (long long)store->wal_pages;
}

void
wal_after(struct store *store)
{
	if (store->writer.broken)
		return;
	if (store->vacuum)
		wal_vacuum(store);
	/* A log that was copied whole begins again with the next commit. */
	if (store->wal_pages < store->wal_copied)
		store->wal_copied = 0;
	if (wal_due(store))
		wal_checkpoint(store, store->wal_pages < WAL_PAGES_MAX ?
		    SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE);
}

void
wal_idle(struct store *store)
{
	if (store->writer.broken)
		return;
	if (store->vacuum)
		wal_vacuum(store);
	else if (clock_seconds() >= store->retry_at)
		wal_checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
}

double
wal_wait(const struct store *store)
{
	if (store->writer.broken)
		return -1;
	if (store->vacuum)
		return 0;
	return store->wal_pages > 0 ? WAL_IDLE : -1;
}

void
wal_close(struct store *store)
{
	struct conn *c = &store->writer;

	if (!c->broken)
		wal_checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
	if (!c->broken && store->health.checkpoint_error == 0)
		return;
	/* A file in doubt is left as it is: the next start reads its log. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	log_warning("database: closed without emptying its log");
}
