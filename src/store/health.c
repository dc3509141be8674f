/* How the store is: what the writer met, for monitors and the watchdog. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/log.h"

void
health_broken(struct store *store)
{
	bool first;

	pthread_mutex_lock(&store->mutex);
	first = !store->health.broken;
	store->health.broken = true;
	pthread_mutex_unlock(&store->mutex);
	if (first)
		log_error("database: nothing more is written to it: what the "
		    "disk holds is in doubt until the next start");
}

/* The disk is full from the first write or checkpoint that found it so until the
 * last of both went well; the mutex is held. */
static void
health_full(struct store *store)
{
	struct store_health *h = &store->health;

	if (h->write_error != ERR_FULL && h->checkpoint_error != ERR_FULL)
		h->full_since = 0;
	else if (h->full_since == 0)
		h->full_since = clock_seconds();
}

void
health_write(struct store *store, int error)
{
	struct store_health *h = &store->health;

	pthread_mutex_lock(&store->mutex);
	if (error == 0) {
		h->commits++;
		h->rows += store->rows;
		store->committed = clock_seconds();
	} else if (error == ERR_FULL || error == ERR_IO) {
		h->write_errors++;
	} else {
		/* The caller's fault, not the disk's. */
		error = h->write_error;
	}
	h->write_error = error;
	health_full(store);
	pthread_mutex_unlock(&store->mutex);
}

void
health_checkpoint(struct store *store, int error)
{
	pthread_mutex_lock(&store->mutex);
	store->health.checkpoint_error = error;
	if (error == 0)
		store->health.checkpoints++;
	else
		store->health.checkpoint_errors++;
	health_full(store);
	pthread_mutex_unlock(&store->mutex);
}

void
health_busy(struct store *store, bool busy)
{
	store->busy_since = busy ? clock_seconds() : 0;
	store->health.wal_pages = store->wal_pages;
	/* A reader that found damage tells the writer so. */
	if (store->health.broken)
		store->writer.broken = true;
}

void
store_health(struct store *store, struct store_health *health)
{
	double now = clock_seconds();

	pthread_mutex_lock(&store->mutex);
	*health = store->health;
	if (health->full_since > 0)
		health->full_seconds = now - health->full_since;
	if (store->head != NULL)
		health->oldest_seconds = now - store->oldest;
	if (store->busy_since > 0)
		health->busy_seconds = now - store->busy_since;
	health->silent_seconds = health->busy_seconds > health->oldest_seconds ?
	    health->busy_seconds : health->oldest_seconds;
	health->commit_seconds = store->committed > 0 ?
	    now - store->committed : -1;
	health->queued_bytes = store->bytes;
	pthread_mutex_unlock(&store->mutex);
}
