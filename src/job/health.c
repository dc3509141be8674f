/* Whether the workers are alive, for the watchdog and for monitors. */
#include <time.h>

#include "base/clock.h"
#include "job/server_state.h"

/* CPU time that a thread has used; -1 when it cannot be told. */
static double
thread_seconds(pthread_t thread)
{
	struct timespec spent;
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) != 0 ||
	    clock_gettime(clock, &spent) < 0)
		return -1;
	return (double)spent.tv_sec + 1e-9 * (double)spent.tv_nsec;
}

void
server_look(struct server *server, struct server_health *health)
{
	double now = clock_seconds();

	pthread_mutex_lock(&server->mutex);
	for (int i = 0; i < server->started; i++) {
		struct worker *worker = &server->workers[i];
		double spent = thread_seconds(worker->thread);

		if (spent != worker->spent || worker->moved == 0) {
			worker->spent = spent;
			worker->moved = now;
		}
	}
	pthread_mutex_unlock(&server->mutex);
	server_health(server, health);
}

void
server_health(struct server *server, struct server_health *health)
{
	double now = clock_seconds();

	*health = (struct server_health){ .workers = server->config.workers };
	pthread_mutex_lock(&server->mutex);
	for (int i = 0; i < server->started; i++) {
		const struct worker *worker = &server->workers[i];
		double silent = worker->moved > 0 ? now - worker->moved : 0;

		health->started++;
		health->busy += worker->job != 0;
		if (silent > health->silent_seconds)
			health->silent_seconds = silent;
	}
	pthread_mutex_unlock(&server->mutex);
}
