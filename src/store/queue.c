/* The callers' side of the queue of writes, and the waits of long polls. */
#include "store/internal.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* Memory that asynchronous writes may hold; then their callers wait. */
#define QUEUE_BYTES ((size_t)64 << 20)

void
store_sleep(struct store *store, pthread_cond_t *cond, double end)
{
	/* The condition was made with CLOCK_MONOTONIC, clock_seconds' own. */
	struct timespec until = {
		.tv_sec = (time_t)end,
		.tv_nsec = (long)((end - floor(end)) * 1e9),
	};

	pthread_cond_timedwait(cond, &store->mutex, &until);
}

/* Put an op at the end of the queue; the mutex is held. */
static void
queue_push(struct store *store, struct op *op)
{
	if (store->head == NULL)
		store->oldest = clock_seconds();
	*store->tail = op;
	store->tail = &op->next;
	if (op->waiting)
		store->waiting++;
	store->points += op->points;
	store->bytes += op->bytes;
	pthread_cond_signal(&store->work);
}

int
store_call(struct store *store, int (*run)(struct store *, void *), void *arg)
{
	struct op op = { .run = run, .arg = arg, .waiting = true };

	pthread_mutex_lock(&store->mutex);
	queue_push(store, &op);
	while (!op.done)
		pthread_cond_wait(&store->done, &store->mutex);
	pthread_mutex_unlock(&store->mutex);
	return op.result;
}

struct op *
op_new(size_t len)
{
	/* The argument begins where any type may. */
	size_t begin = (sizeof(struct op) + 15) & ~(size_t)15;
	struct op *op;

	if (len > SIZE_MAX / 2)
		return NULL;
	op = calloc(1, begin + len);
	if (op == NULL)
		return NULL;
	op->arg = (char *)op + begin;
	op->bytes = begin + len;
	return op;
}

/* The link to the failed op of a job (0: of any); the mutex is held. */
static struct op **
failed_link(struct store *store, int64_t job)
{
	struct op **link = &store->failed;

	while (*link != NULL && job != 0 && (*link)->job != job)
		link = &(*link)->next_failed;
	return link;
}

int
store_send(struct store *store, struct op *op, int64_t job,
    int (*run)(struct store *, void *), size_t points)
{
	struct op *failed;
	int error;

	op->job = job;
	op->run = run;
	op->points = points;
	pthread_mutex_lock(&store->mutex);
	/* One that is larger than the queue goes in when it is empty. */
	while (store->bytes > 0 && (op->bytes > QUEUE_BYTES ||
	    store->bytes > QUEUE_BYTES - op->bytes))
		pthread_cond_wait(&store->done, &store->mutex);
	queue_push(store, op);
	failed = *failed_link(store, job);
	error = failed != NULL ? failed->result : 0;
	pthread_mutex_unlock(&store->mutex);
	return error;
}

int
failed_find(struct store *store, int64_t job)
{
	struct op *op;
	int error = 0;

	pthread_mutex_lock(&store->mutex);
	op = *failed_link(store, job);
	if (op != NULL)
		error = op->result;
	pthread_mutex_unlock(&store->mutex);
	return error;
}

void
failed_add(struct store *store, struct op *op, int error)
{
	struct op **link;

	pthread_mutex_lock(&store->mutex);
	link = failed_link(store, op->job);
	/* The link is the list's end then, so that the oldest comes first. */
	if (*link == NULL) {
		op->result = error;
		op->kept = true;
		*link = op;
	}
	pthread_mutex_unlock(&store->mutex);
}

int
store_flush(struct store *store, int64_t job)
{
	struct op **link, *op;
	int r = store_call(store, NULL, NULL);

	pthread_mutex_lock(&store->mutex);
	link = failed_link(store, job);
	op = *link;
	if (op != NULL) {
		r = op->result;
		*link = op->next_failed;
	}
	pthread_mutex_unlock(&store->mutex);
	free(op);
	return r;
}

uint64_t
store_version(struct store *store)
{
	uint64_t version;

	pthread_mutex_lock(&store->mutex);
	version = store->version;
	pthread_mutex_unlock(&store->mutex);
	return version;
}

void
store_wait(struct store *store, uint64_t seen, double seconds)
{
	double end = clock_seconds() + seconds;

	pthread_mutex_lock(&store->mutex);
	while (store->version == seen && !store->woken &&
	    clock_seconds() < end)
		store_sleep(store, &store->changed, end);
	pthread_mutex_unlock(&store->mutex);
}

void
store_wake(struct store *store)
{
	pthread_mutex_lock(&store->mutex);
	store->woken = true;
	pthread_cond_broadcast(&store->changed);
	pthread_mutex_unlock(&store->mutex);
}
