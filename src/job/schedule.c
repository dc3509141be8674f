/* Which running job makes room for one that waits; what a waiting one waits
 * for. */
#include "job/server_state.h"

/* Whether the head of the queue can begin beside the jobs that stay. */
static bool
fits(const struct server *server, const bool *leaving,
    const struct job_next *next)
{
	int64_t budget = server->config.memory, used = 0;
	int staying = 0;

	for (int i = 0; i < server->config.workers; i++) {
		if (server->workers[i].job == 0 || leaving[i])
			continue;
		used += server->workers[i].memory;
		staying++;
	}
	if (staying == server->config.workers)
		return false;
	return budget <= 0 || staying == 0 ||
	    (used <= budget && next->memory <= budget - used);
}

/* The worker whose job is of the lowest priority, the youngest of these; -1 when
 * none is below the head of the queue. */
static int
lowest(const struct server *server, const bool *leaving,
    const struct job_next *next)
{
	const struct worker *w = server->workers;
	int found = -1;

	for (int i = 0; i < server->config.workers; i++) {
		if (w[i].job == 0 || leaving[i] ||
		    w[i].priority >= next->priority)
			continue;
		if (found < 0 || w[i].priority < w[found].priority ||
		    (w[i].priority == w[found].priority &&
		    w[i].job > w[found].job))
			found = i;
	}
	return found;
}

void
schedule_preempt(struct server *server)
{
	bool leaving[SERVER_WORKERS_MAX];
	struct job_next next;
	int one = 0;

	/* Without the queue's head nobody is disturbed. */
	if (server->only != 0 || store_job_next(server->store, &next) < 0)
		return;
	pthread_mutex_lock(&server->mutex);
	for (int i = 0; i < server->config.workers; i++)
		leaving[i] = server->workers[i].request != RUN_GO_ON;
	while (!fits(server, leaving, &next) &&
	    (one = lowest(server, leaving, &next)) >= 0)
		leaving[one] = true;
	/* If it cannot begin all the same, nobody is asked for nothing. */
	for (int i = 0; i < server->config.workers && one >= 0; i++)
		if (leaving[i] && server->workers[i].job != 0 &&
		    server->workers[i].request == RUN_GO_ON)
			server->workers[i].request = RUN_PREEMPT;
	pthread_mutex_unlock(&server->mutex);
}

void
schedule_priority(struct server *server, int64_t job, int64_t priority)
{
	pthread_mutex_lock(&server->mutex);
	for (int i = 0; i < server->config.workers; i++)
		if (server->workers[i].job == job)
			server->workers[i].priority = priority;
	pthread_mutex_unlock(&server->mutex);
	workers_wake(server);
}

const char *
server_waits_for(struct server *server, const struct job_row *row)
{
	const bool leaving[SERVER_WORKERS_MAX] = { false };
	struct job_next next;
	const char *what = NULL;
	int busy = 0;

	if (row->state != JOB_QUEUED)
		return NULL;
	if (server->full)
		return "disk";
	if (store_job_next(server->store, &next) < 0)
		return NULL;
	if (next.id != row->id)
		return "turn";
	pthread_mutex_lock(&server->mutex);
	for (int i = 0; i < server->config.workers; i++)
		busy += server->workers[i].job != 0;
	if (busy == server->config.workers)
		what = "worker";
	else if (!fits(server, leaving, &next))
		what = "memory";
	pthread_mutex_unlock(&server->mutex);
	return what;
}
