#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/own.h"

char *
path_join(const char *path, const char *suffix)
{
	char *text;

	if (asprintf(&text, "%s%s%s", path[0] == '/' ? "" : "./", path,
	    suffix) < 0)
		return NULL;
	return text;
}

/* Say which process holds the lock. */
static int
lock_refused(int lock, const char *path, struct message *m)
{
	char holder[32];
	ssize_t len = pread(lock, holder, sizeof holder - 1, 0);

	holder[len > 0 ? len : 0] = 0;
	holder[strcspn(holder, "\n")] = 0;
	return message_set(m, ERR_CONFLICT, "%s is in use by another l2ld "
	    "(process %s): stop it, or choose another place for the state",
	    path, holder[0] != 0 ? holder : "unknown");
}

/* Lock a file beside the database.  The database itself is not opened for
 * that: closing it again would drop SQLite's own locks.  The lock ends with the
 * process, however it ends; the file stays. */
static int
store_lock(struct store *store, struct message *m)
{
	char *name = path_join(store->path, ".lock"), holder[32];
	int r = ERR_INTERNAL, len;

	if (name == NULL)
		return ERR_MEMORY;
	store->lock = own_open(name, 0);
	if (store->lock < 0) {
		r = own_refused(name, m);
		goto out;
	}
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			r = lock_refused(store->lock, store->path, m);
		else
			r = message_set(m, ERR_IO, "cannot lock %s: %s", name,
			    strerror(errno));
		goto out;
	}
	/* Only for people, so on a full disk it may stay empty.  Where it is
	 * served from is the second line: see store_announce. */
	len = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
	if (ftruncate(store->lock, 0) < 0 ||
	    pwrite(store->lock, holder, (size_t)len, 0) < len)
		log_warning("cannot write to %s: %s", name, strerror(errno));
	r = 0;
out:
	free(name);
	return r;
}

/* SQLite would open what may not be written for reading alone, make a log beside
 * it and then say little.  A new file is made here, as its owner may be another
 * than who makes it; SQLite's log and shared memory take after it. */
static int
store_prepare(struct store *store, struct message *m)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	int r = 0, fd;

	for (size_t i = 0; r == 0 && i < sizeof suffixes / sizeof *suffixes;
	    i++) {
		char *name = path_join(store->path, suffixes[i]);

		r = name != NULL ? own_check(name, m) : ERR_MEMORY;
		free(name);
	}
	if (r < 0)
		return r;
	fd = own_make(store->path, 0, 0644);
	if (fd < 0 && errno != EEXIST)
		return own_refused(store->path, m);
	/* Nobody has the database open yet: see store_lock. */
	if (fd >= 0)
		close(fd);
	return 0;
}

static int
store_open_writer(struct store *store, struct message *m)
{
	struct query q;
	int r;

	r = conn_open(&store->writer, store->path,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (r < 0)
		return message_set(m, r, "cannot open the database %s",
		    store->path);
	sqlite3_busy_timeout(store->writer.db, STORE_BUSY);
	r = schema_open(&store->writer, store->path, m);
	if (r < 0)
		return r;
	wal_begin(store);
	query_begin(&q, &store->writer, "INSERT INTO boot (at) VALUES (?)");
	query_int(&q, clock_now());
	r = query_run(&q);
	if (r < 0)
		return message_set(m, r, "cannot write to the database %s: %s",
		    store->path, sqlite3_errmsg(store->writer.db));
	store->incarnation = sqlite3_last_insert_rowid(store->writer.db);
	/* SQLite forgives a folder that cannot be synced, but a file whose name
	 * is lost with the power is lost. */
	r = file_sync_folder(store->path);
	if (r < 0)
		return message_set(m, r, "cannot sync the folder of %s: %s",
		    store->path, strerror(errno));
	/* Pages that an interrupted deletion left are given back. */
	store->vacuum = true;
	return 0;
}

static int
store_open_readers(struct store *store, struct message *m)
{
	int r = 0;

	for (int i = 0; r == 0 && i < STORE_READERS; i++) {
		r = conn_open(&store->readers[i], store->path,
		    SQLITE_OPEN_READONLY);
		if (r < 0)
			return message_set(m, r, "cannot open the database %s "
			    "for reading", store->path);
		sqlite3_busy_timeout(store->readers[i].db, STORE_BUSY);
		r = conn_do(&store->readers[i], "PRAGMA temp_store = MEMORY");
	}
	return r;
}

/* Signals are for the main thread: the writer blocks them all. */
static int
store_start(struct store *store)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&store->thread, NULL, writer_main, store);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	store->started = error == 0;
	return error == 0 ? 0 : ERR_MEMORY;
}

static void
store_init(struct store *store)
{
	pthread_condattr_t clock;

	store->lock = -1;
	store->tail = &store->head;
	pthread_mutex_init(&store->mutex, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&store->work, &clock);
	pthread_cond_init(&store->done, &clock);
	pthread_cond_init(&store->changed, &clock);
	pthread_cond_init(&store->idle, &clock);
	pthread_condattr_destroy(&clock);
}

int
store_open(const char *path, struct store **out, struct message *m)
{
	struct store *store = calloc(1, sizeof *store);
	int r = ERR_MEMORY;

	*out = NULL;
	message_set(m, ERR_MEMORY, "no memory for the database");
	if (store == NULL)
		return ERR_MEMORY;
	store_init(store);
	store->path = path_join(path, "");
	store->wal_path = path_join(path, "-wal");
	if (store->path == NULL || store->wal_path == NULL)
		goto out;
	if ((r = store_lock(store, m)) < 0 ||
	    (r = store_prepare(store, m)) < 0 ||
	    (r = restored_check(store->path, store->wal_path, m)) < 0 ||
	    (r = store_open_writer(store, m)) < 0 ||
	    (r = store_open_readers(store, m)) < 0 ||
	    (r = store_start(store)) < 0)
		goto out;
	if (m != NULL)
		m->text[0] = 0;
	*out = store;
	store = NULL;
out:
	store_close(store);
	return r;
}

void
store_close(struct store *store)
{
	struct op *next;

	if (store == NULL)
		return;
	if (store->started) {
		pthread_mutex_lock(&store->mutex);
		store->stop = store->woken = true;
		pthread_cond_signal(&store->work);
		pthread_cond_broadcast(&store->changed);
		pthread_mutex_unlock(&store->mutex);
		pthread_join(store->thread, NULL);
	}
	for (int i = 0; i < STORE_READERS; i++)
		conn_close(&store->readers[i]);
	conn_close(&store->writer);
	/* Last: until here the file was in use. */
	if (store->lock >= 0)
		close(store->lock);
	for (struct op *op = store->failed; op != NULL; op = next) {
		next = op->next_failed;
		free(op);
	}
	pthread_cond_destroy(&store->idle);
	pthread_cond_destroy(&store->changed);
	pthread_cond_destroy(&store->done);
	pthread_cond_destroy(&store->work);
	pthread_mutex_destroy(&store->mutex);
	free(store->wal_path);
	free(store->path);
	free(store);
}

int64_t
store_incarnation(const struct store *store)
{
	return store->incarnation;
}

static int64_t
file_size(const char *path)
{
	struct stat st;

	/* stat opens nothing: see store_lock. */
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

void
store_size(struct store *store, struct store_size *size)
{
	size->database = file_size(store->path);
	size->wal = file_size(store->wal_path);
}

static int
run_probe(struct store *store, void *arg)
{
	struct query q;

	(void)arg;
	query_begin(&q, &store->writer, "UPDATE boot SET probed = ? "
	    "WHERE id = ?");
	query_int(&q, clock_now());
	query_int(&q, store->incarnation);
	return query_run(&q);
}

int
store_probe(struct store *store)
{
	int r = store_call(store, run_probe, NULL);

	if (r == 0) {
		pthread_mutex_lock(&store->mutex);
		r = store->health.checkpoint_error;
		pthread_mutex_unlock(&store->mutex);
	}
	return r;
}
