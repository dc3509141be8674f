/* The one thread that writes.
 *
 * It takes the whole queue, runs it in one transaction, each op in a savepoint
 * of its own, commits (one fsync for all of them), and tells the callers.  While
 * it is at that the next group gathers.  Ops nobody waits for are let gather
 * for a while. */
#include "store/internal.h"

#include <stdlib.h>

#include "base/clock.h"

/* When a group nobody waits for is committed. */
#define GROUP_SECONDS 0.1
#define GROUP_POINTS 1000
#define GROUP_BYTES ((size_t)8 << 20)

/* Whether the queue should be written now; the mutex is held. */
static bool
group_is_due(const struct store *store)
{
	return store->head != NULL && (store->waiting > 0 || store->stop ||
	    store->points >= GROUP_POINTS || store->bytes >= GROUP_BYTES ||
	    clock_seconds() >= store->oldest + GROUP_SECONDS);
}

/* Wait for a group and take it into *group, or NULL when the time to look
 * after the log or a backup has come.  False: the queue is empty and will stay
 * so. */
static bool
group_take(struct store *store, struct op **group)
{
	double wait = wal_wait(store), idle = clock_seconds() + wait;
	bool more;

	pthread_mutex_lock(&store->mutex);
	health_busy(store, false);
	while (!group_is_due(store) && !store->stop && store->copy == NULL) {
		if (store->head != NULL)
			store_sleep(store, &store->work,
			    store->oldest + GROUP_SECONDS);
		else if (wait < 0)
			pthread_cond_wait(&store->work, &store->mutex);
		else if (clock_seconds() < idle)
			store_sleep(store, &store->work, idle);
		else
			break;
	}
	*group = NULL;
	/* During a backup too, ops nobody waits for gather. */
	if (group_is_due(store)) {
		*group = store->head;
		store->head = NULL;
		store->tail = &store->head;
		store->waiting = 0;
		store->points = 0;
	}
	health_busy(store, true);
	more = *group != NULL || !store->stop;
	pthread_mutex_unlock(&store->mutex);
	return more;
}

/* Run one op in a savepoint: when it fails, nothing of it stays.  *stuck is an
 * error where that cannot be had: then its group must not be committed. */
static int
op_run(struct store *store, struct op *op, int *stuck)
{
	struct conn *c = &store->writer;
	int r;

	*stuck = 0;
	/* What a job wrote after a write that failed would leave a gap: it is
	 * dropped until the job was told. */
	if (!op->waiting && (r = failed_find(store, op->job)) < 0)
		return r;
	r = conn_do(c, "SAVEPOINT op");
	if (r < 0)
		return r;
	r = op->run(store, op->arg);
	/* A full disk and the like may have undone the whole transaction. */
	if (sqlite3_get_autocommit(c->db))
		return r < 0 ? r : ERR_INTERNAL;
	if (r < 0)
		*stuck = conn_do(c, "ROLLBACK TO op");
	if (*stuck == 0)
		*stuck = conn_do(c, "RELEASE op");
	return r;
}

/* Write a group: 0 when it is committed; else nothing of it is.  *wrote says
 * whether there was anything but waiting. */
static int
group_commit(struct store *store, struct op *group, bool *wrote)
{
	struct conn *c = &store->writer;
	struct op *op;
	int r, stuck;

	*wrote = false;
	for (op = group; op != NULL && op->run == NULL; op = op->next)
		;
	if (op == NULL)
		return 0;
	*wrote = true;
	if (c->broken)
		return ERR_IO;
	store->rows = 0;
	r = conn_begin(c, "BEGIN IMMEDIATE");
	for (op = group; r == 0 && op != NULL; op = op->next) {
		if (op->run == NULL)
			continue;
		op->result = op_run(store, op, &stuck);
		if (stuck < 0)
			r = stuck;
		else if (sqlite3_get_autocommit(c->db))
			r = op->result < 0 ? op->result : ERR_IO;
		else if (op->result < 0) {
			health_write(store, op->result);
			if (!op->waiting)
				failed_add(store, op, op->result);
		}
	}
	/* Nothing is added to a file that an op found damaged. */
	if (r == 0 && c->broken)
		r = ERR_IO;
	if (r == 0)
		r = conn_do(c, "COMMIT");
	if (r < 0)
		conn_rollback(c);
	health_write(store, r);
	return r;
}

/* Tell the callers of a group how it went and free the asynchronous ops. */
static void
group_end(struct store *store, struct op *group, int error, bool wrote)
{
	struct op *garbage = NULL, *next;

	if (error < 0)
		for (struct op *op = group; op != NULL; op = op->next)
			if (!op->waiting)
				failed_add(store, op, error);
	pthread_mutex_lock(&store->mutex);
	for (struct op *op = group; op != NULL; op = next) {
		/* A waiting op is its caller's again once it is done. */
		next = op->next;
		if (op->waiting) {
			if (error < 0)
				op->result = error;
			op->done = true;
			continue;
		}
		store->bytes -= op->bytes;
		if (!op->kept) {
			op->next = garbage;
			garbage = op;
		}
	}
	if (error == 0 && wrote)
		store->version++;
	pthread_cond_broadcast(&store->done);
	pthread_cond_broadcast(&store->changed);
	pthread_mutex_unlock(&store->mutex);
	while (garbage != NULL) {
		next = garbage->next;
		free(garbage);
		garbage = next;
	}
}

void *
writer_main(void *arg)
{
	struct store *store = arg;
	struct op *group;
	bool wrote;

	pthread_setname_np(pthread_self(), "writer");
	while (group_take(store, &group)) {
		if (group == NULL) {
			if (!backup_turn(store))
				wal_idle(store);
		} else {
			int r = group_commit(store, group, &wrote);

			/* Known to whoever is told of the failure. */
			if (store->writer.broken)
				health_broken(store);
			group_end(store, group, r, wrote);
			wal_after(store);
			backup_turn(store);
		}
		if (store->writer.broken)
			health_broken(store);
		else if (store->health.checkpoint_error == 0)
			conn_settle(&store->writer);
	}
	backup_end(store);
	wal_close(store);
	return NULL;
}
