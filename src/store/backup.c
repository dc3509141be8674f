/* Backups: of an open store by its writer, of a closed file by who holds its
 * lock. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The writer lets go of the backup. */
static void
backup_done(struct store *store, struct copy *copy, int result)
{
	copy_stop(copy);
	pthread_mutex_lock(&store->mutex);
	copy->result = result;
	copy->done = true;
	store->copy = NULL;
	pthread_cond_broadcast(&store->done);
	pthread_mutex_unlock(&store->mutex);
}

bool
backup_turn(struct store *store)
{
	struct copy *copy;
	bool woken;
	int r = 1;

	pthread_mutex_lock(&store->mutex);
	copy = store->copy;
	woken = store->woken;
	pthread_mutex_unlock(&store->mutex);
	if (copy == NULL)
		return false;
	if (woken)
		r = ERR_SHUTDOWN;
	else if (store->writer.broken)
		r = ERR_IO;
	else
		r = copy_step(copy, &store->writer);
	if (r <= 0)
		backup_done(store, copy, r);
	return true;
}

void
backup_end(struct store *store)
{
	struct copy *copy;

	pthread_mutex_lock(&store->mutex);
	copy = store->copy;
	pthread_mutex_unlock(&store->mutex);
	if (copy != NULL)
		backup_done(store, copy, ERR_SHUTDOWN);
}

static bool
store_woken(void *arg)
{
	struct store *store = arg;
	bool woken;

	pthread_mutex_lock(&store->mutex);
	woken = store->woken;
	pthread_mutex_unlock(&store->mutex);
	return woken;
}

/* A sentence for an error that has none yet. */
static int
backup_result(int r, const char *path, struct message *m)
{
	if (r == ERR_FULL)
		message_set(m, r, "there is no room for %s", path);
	else if (r < 0 && (m == NULL || m->text[0] == 0))
		message_set(m, r, "the backup %s failed: %s", path,
		    err_text(r));
	return r;
}

int
store_backup(struct store *store, const char *path, struct message *m)
{
	struct copy copy = { .stopped = store_woken, .arg = store };
	int r;

	message_set(m, 0, "%s", "");
	r = copy_open(&copy, path);
	if (r == 0) {
		pthread_mutex_lock(&store->mutex);
		if (store->copy != NULL) {
			r = message_set(m, ERR_CONFLICT, "another backup is "
			    "being made");
		} else {
			store->copy = &copy;
			pthread_cond_signal(&store->work);
			while (!copy.done)
				pthread_cond_wait(&store->done, &store->mutex);
			r = copy.result;
		}
		pthread_mutex_unlock(&store->mutex);
	}
	if (r == 0)
		r = copy_finish(&copy, m);
	copy_close(&copy);
	return backup_result(r, path, m);
}

/* Hold the lock of a database, if it has one: no server begins meanwhile.  The
 * lock's file is not made: it would belong to the wrong user. */
static int
lock_hold(const char *database, int *lock, struct message *m)
{
	char *name = path_join(database, ".lock");
	int r = 0;

	*lock = -1;
	if (name == NULL)
		return ERR_MEMORY;
	*lock = open(name, O_RDONLY | O_CLOEXEC);
	if (*lock < 0 && errno != ENOENT)
		r = message_set(m, ERR_IO, "cannot open %s: %s", name,
		    strerror(errno));
	if (*lock >= 0 && flock(*lock, LOCK_SH | LOCK_NB) < 0)
		r = message_set(m, ERR_CONFLICT, "%s is in use by a running "
		    "l2ld", database);
	free(name);
	return r;
}

int
store_backup_closed(const char *database, const char *path,
    bool (*stopped)(void *), void *arg, struct message *m)
{
	struct copy copy = { .stopped = stopped, .arg = arg };
	struct still still = { .immutable = false };
	struct conn *from = &still.conn;
	int64_t version;
	int lock, r;

	message_set(m, 0, "%s", "");
	r = lock_hold(database, &lock, m);
	if (r == 0)
		r = still_open(&still, database, m);
	if (r == 0)
		r = schema_identify(from, database, &version, m);
	if (r == 0)
		r = copy_open(&copy, path);
	if (r == 0)
		r = 1;
	while (r > 0) {
		r = copy_step(&copy, from);
		if (stopped != NULL && stopped(arg))
			r = ERR_SHUTDOWN;
	}
	if (r == 0)
		r = copy_finish(&copy, m);
	if (r == 0)
		r = still_changed(&still, database, m);
	copy_close(&copy);
	conn_close(from);
	if (lock >= 0)
		close(lock);
	return backup_result(r, path, m);
}
