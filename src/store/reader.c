#include "store/internal.h"

int
reader_take(struct store *store, struct conn **c)
{
	int i, r;

	*c = NULL;
	pthread_mutex_lock(&store->mutex);
	for (;;) {
		for (i = 0; i < STORE_READERS && store->taken[i]; i++)
			;
		if (i < STORE_READERS)
			break;
		pthread_cond_wait(&store->idle, &store->mutex);
	}
	store->taken[i] = true;
	pthread_mutex_unlock(&store->mutex);
	/* All statements until reader_give see the state at the first one. */
	r = conn_begin(&store->readers[i], "BEGIN");
	if (r < 0)
		reader_give(store, &store->readers[i]);
	else
		*c = &store->readers[i];
	return r;
}

void
reader_give(struct store *store, struct conn *c)
{
	sqlite3_stmt *stmt = NULL;

	if (c == NULL)
		return;
	/* A statement left in the middle of its rows would hold the log. */
	while ((stmt = sqlite3_next_stmt(c->db, stmt)) != NULL)
		if (sqlite3_stmt_busy(stmt))
			sqlite3_reset(stmt);
	conn_rollback(c);
	conn_settle(c);
	if (c->broken)
		health_broken(store);
	pthread_mutex_lock(&store->mutex);
	store->taken[c - store->readers] = false;
	pthread_cond_signal(&store->idle);
	pthread_mutex_unlock(&store->mutex);
}
