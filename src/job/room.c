/* Room on the disk: without it jobs wait, and go on by themselves when there is
 * room again.  All of it is kept in memory: on a full disk nothing can be noted. */
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "job/server_state.h"

#define LOOK_MILLISECONDS 250
/* So much more than when it became full is room. */
#define ROOM_BYTES (256 << 10)
/* Without that it is tried now and then whether writing is possible: after so
 * many seconds, doubled each time that it was not for long. */
#define WAIT_SECONDS 1.0
#define WAIT_SECONDS_MAX 30.0
#define LONG_SECONDS 60.0

#define MIB (1024.0 * 1024.0)

void
room_lost(struct server *server)
{
	long long free = file_free_bytes(server->state_folder);
	double now = clock_seconds();

	pthread_mutex_lock(&server->mutex);
	if (!server->full) {
		server->full = true;
		server->full_free = free;
		server->full_wait = now - server->full_until > LONG_SECONDS ?
		    WAIT_SECONDS : 2 * server->full_wait;
		if (server->full_wait > WAIT_SECONDS_MAX)
			server->full_wait = WAIT_SECONDS_MAX;
		server->full_since = now;
		log_warning("the disk is full, %.1f MiB are free and %.1f kept "
		    "in reserve: jobs wait for room", (double)free / MIB,
		    (double)server->config.disk_reserve / MIB);
	}
	for (int i = 0; i < server->started; i++)
		if (server->workers[i].job != 0 &&
		    server->workers[i].request == RUN_GO_ON)
			server->workers[i].request = RUN_FULL;
	/* Who waits for a change of state need not: it cannot be stored. */
	pthread_cond_broadcast(&server->idle);
	pthread_mutex_unlock(&server->mutex);
}

/* Whether to go on: more room than there was, or time to try without. */
static bool
room_is_back(struct server *server, long long free)
{
	int64_t reserve = server->config.disk_reserve;
	bool more, time;

	pthread_mutex_lock(&server->mutex);
	more = free >= server->full_free + ROOM_BYTES;
	time = clock_seconds() >= server->full_since + server->full_wait;
	if (!more && time)
		server->full_since = clock_seconds();
	pthread_mutex_unlock(&server->mutex);
	/* A little more than the reserve, or it would be lost again at once. */
	if (free >= 0 && free < reserve + reserve / 8)
		return false;
	return (more || time || free < 0) && store_probe(server->store) == 0;
}

static void
room_found(struct server *server, long long free)
{
	pthread_mutex_lock(&server->mutex);
	server->full = false;
	server->full_until = clock_seconds();
	pthread_mutex_unlock(&server->mutex);
	log_info("there is room on the disk again, %.1f MiB: jobs go on",
	    (double)free / MIB);
	workers_wake(server);
}

static void
look(struct server *server)
{
	long long free = file_free_bytes(server->state_folder);

	if (!server->full && free >= 0 && free < server->config.disk_reserve)
		room_lost(server);
	else if (server->full && room_is_back(server, free))
		room_found(server, free);
}

/* Until it is time to look again, or the server stops; new jobs wake it too. */
static void
pause_watch(struct server *server)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MILLISECONDS * 1000000l;
	until.tv_sec += until.tv_nsec / 1000000000l;
	until.tv_nsec %= 1000000000l;
	pthread_mutex_lock(&server->mutex);
	if (!server->stopping)
		pthread_cond_timedwait(&server->queue, &server->mutex, &until);
	pthread_mutex_unlock(&server->mutex);
}

static void *
watcher_main(void *arg)
{
	struct server *server = arg;

	pthread_setname_np(pthread_self(), "room");
	while (!server->stopping) {
		look(server);
		pause_watch(server);
	}
	return NULL;
}

int
room_start(struct server *server, struct message *m)
{
	server->full_until = -LONG_SECONDS;
	look(server);
	if (pthread_create(&server->watcher, NULL, watcher_main, server) != 0)
		return message_set(m, ERR_MEMORY, "the thread that watches the "
		    "disk cannot be started");
	server->watching = true;
	return 0;
}

void
room_stop(struct server *server)
{
	if (server->watching)
		pthread_join(server->watcher, NULL);
	server->watching = false;
}
