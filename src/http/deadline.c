#include "http/deadline.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

struct deadline {
	struct deadlines *all;
	int socket;		/* -1: the place is free */
	enum deadline_phase phase;
	double since;		/* clock_seconds() when the phase began */
	double until;
	bool shut;
	atomic_bool gone;
};

struct deadlines {
	pthread_mutex_t mutex;	/* guards all that follows */
	pthread_cond_t wake;
	bool quit;
	int live;		/* connections that were not shut down */
	uint64_t accepted, slow, crowded;	/* as in deadline_counts */
	double looked;		/* when the thread last did */
	struct deadline list[DEADLINE_PLACES];
	struct pollfd polled[DEADLINE_PLACES];	/* the last look */
	pthread_t thread;
};

/* With the mutex held, so that the socket cannot have been closed and its
 * number taken by another file. */
static void
deadline_shut(struct deadline *deadline, const char *why)
{
	log_debug("http: connection closed: %s", why);
	deadline->shut = true;
	deadline->all->live--;
	shutdown(deadline->socket, SHUT_RDWR);
}

/* Look at the sockets of those for whom a handler works, or of the others; all of
 * polled is filled in. */
static void
deadlines_poll(struct deadlines *all, bool working, short events)
{
	for (int i = 0; i < DEADLINE_PLACES; i++) {
		const struct deadline *d = &all->list[i];
		bool looked_at = d->socket >= 0 && !d->shut &&
		    (d->phase == DEADLINE_WORKING) == working;

		/* poll passes over negative descriptors. */
		all->polled[i] = (struct pollfd){ .events = events,
			.fd = looked_at ? d->socket : -1 };
	}
	if (poll(all->polled, DEADLINE_PLACES, 0) < 0)
		for (int i = 0; i < DEADLINE_PLACES; i++)
			all->polled[i].revents = 0;
}

/* How long the client has let others wait.  Between two requests it may think
 * before that counts. */
static double
deadline_waited(const struct deadline *deadline, double now)
{
	return now - deadline->since -
	    (deadline->phase == DEADLINE_IDLE ? DEADLINE_SLOW : 0);
}

/* While there is a crowd: of those that wait for their client, the one that has
 * waited longest goes, if it has waited long enough to be called slow or there
 * is no more room.  One whose client has sent what was not read yet waits for us,
 * not for the client; it goes only when nearly every place is taken. */
static void
deadlines_relieve(struct deadlines *all, double now)
{
	if (all->live <= DEADLINE_CROWD)
		return;
	deadlines_poll(all, false, POLLIN);
	while (all->live > DEADLINE_CROWD) {
		struct deadline *longest = NULL;

		for (int i = 0; i < DEADLINE_PLACES; i++) {
			struct deadline *d = &all->list[i];

			if (all->polled[i].fd >= 0 && !d->shut &&
			    (all->polled[i].revents == 0 ||
			    all->live > DEADLINE_FULL) && (longest == NULL ||
			    deadline_waited(d, now) >
			    deadline_waited(longest, now)))
				longest = d;
		}
		if (longest == NULL || (all->live <= DEADLINE_CONNECTIONS &&
		    deadline_waited(longest, now) < DEADLINE_SLOW))
			return;
		all->crowded++;
		deadline_shut(longest, "others were waiting");
	}
}

/* See whose clients have gone while a handler works for them. */
static void
deadlines_listen(struct deadlines *all)
{
	deadlines_poll(all, true, POLLRDHUP);
	for (int i = 0; i < DEADLINE_PLACES; i++)
		if (all->polled[i].revents != 0)
			atomic_store(&all->list[i].gone, true);
}

static void *
deadlines_main(void *arg)
{
	struct deadlines *all = arg;

	pthread_setname_np(pthread_self(), "deadlines");
	pthread_mutex_lock(&all->mutex);
	while (!all->quit) {
		struct timespec next;
		double now = clock_seconds();

		all->looked = now;
		for (int i = 0; i < DEADLINE_PLACES; i++) {
			struct deadline *d = &all->list[i];

			if (d->socket < 0 || d->shut || now <= d->until ||
			    d->phase == DEADLINE_WORKING)
				continue;
			all->slow++;
			deadline_shut(d, "it took too long");
		}
		deadlines_relieve(all, now);
		deadlines_listen(all);
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_sec++;
		pthread_cond_timedwait(&all->wake, &all->mutex, &next);
	}
	pthread_mutex_unlock(&all->mutex);
	return NULL;
}

int
deadlines_new(struct deadlines **out)
{
	struct deadlines *all = calloc(1, sizeof *all);
	pthread_condattr_t monotonic;

	*out = NULL;
	if (all == NULL)
		return ERR_MEMORY;
	for (int i = 0; i < DEADLINE_PLACES; i++)
		all->list[i] = (struct deadline){ .all = all, .socket = -1 };
	all->looked = clock_seconds();
	pthread_mutex_init(&all->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&all->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&all->thread, NULL, deadlines_main, all) != 0) {
		pthread_cond_destroy(&all->wake);
		pthread_mutex_destroy(&all->mutex);
		free(all);
		return ERR_MEMORY;
	}
	*out = all;
	return 0;
}

void
deadlines_free(struct deadlines *all)
{
	if (all == NULL)
		return;
	pthread_mutex_lock(&all->mutex);
	all->quit = true;
	pthread_cond_signal(&all->wake);
	pthread_mutex_unlock(&all->mutex);
	pthread_join(all->thread, NULL);
	pthread_cond_destroy(&all->wake);
	pthread_mutex_destroy(&all->mutex);
	free(all);
}

struct deadline *
deadline_add(struct deadlines *all, int socket)
{
	struct deadline *place = NULL;
	double now = clock_seconds();

	pthread_mutex_lock(&all->mutex);
	all->accepted++;
	for (int i = 0; i < DEADLINE_PLACES && place == NULL; i++)
		if (all->list[i].socket < 0)
			place = &all->list[i];
	if (place != NULL) {
		all->live++;
		place->socket = socket;
		place->phase = DEADLINE_HEAD;
		place->since = now;
		place->until = now + DEADLINE_HEAD_ROOM;
		place->shut = false;
		atomic_store(&place->gone, false);
		deadlines_relieve(all, now);
	}
	pthread_mutex_unlock(&all->mutex);
	return place;
}

void
deadline_remove(struct deadline *deadline)
{
	struct deadlines *all = deadline->all;

	pthread_mutex_lock(&all->mutex);
	deadline->socket = -1;
	if (!deadline->shut)
		all->live--;
	pthread_mutex_unlock(&all->mutex);
}

void
deadline_set(struct deadline *deadline, enum deadline_phase phase,
    unsigned long long bytes)
{
	/* In the order of enum deadline_phase. */
	static const double rooms[] = { DEADLINE_SILENCE, DEADLINE_HEAD_ROOM,
		DEADLINE_BODY_ROOM, 0, DEADLINE_ANSWER };
	struct deadlines *all = deadline->all;
	double now = clock_seconds();

	pthread_mutex_lock(&all->mutex);
	deadline->phase = phase;
	deadline->since = now;
	deadline->until = now + rooms[phase] + (double)bytes / DEADLINE_RATE;
	atomic_store(&deadline->gone, false);
	pthread_mutex_unlock(&all->mutex);
}

void
deadline_head(struct deadline *deadline)
{
	struct deadlines *all = deadline->all;
	bool idle;

	pthread_mutex_lock(&all->mutex);
	idle = deadline->phase == DEADLINE_IDLE;
	pthread_mutex_unlock(&all->mutex);
	if (idle)
		deadline_set(deadline, DEADLINE_HEAD, 0);
}

const atomic_bool *
deadline_gone(const struct deadline *deadline)
{
	return &deadline->gone;
}

int
deadlines_busy(struct deadlines *all)
{
	int busy = 0;

	pthread_mutex_lock(&all->mutex);
	for (int i = 0; i < DEADLINE_PLACES; i++)
		if (all->list[i].socket >= 0 && !all->list[i].shut &&
		    all->list[i].phase >= DEADLINE_WORKING)
			busy++;
	pthread_mutex_unlock(&all->mutex);
	return busy;
}

void
deadlines_count(struct deadlines *all, struct deadline_counts *counts)
{
	pthread_mutex_lock(&all->mutex);
	*counts = (struct deadline_counts){ .open = all->live,
		.accepted = all->accepted, .slow = all->slow,
		.crowded = all->crowded,
		.silent_seconds = clock_seconds() - all->looked };
	for (int i = 0; i < DEADLINE_PLACES; i++)
		counts->held += all->list[i].socket >= 0;
	pthread_mutex_unlock(&all->mutex);
}
