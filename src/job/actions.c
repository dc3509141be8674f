/* Changes of a job's state that a user asks for. */
#include "job/server_state.h"

#define BIT(state) (1u << (state))

/* Take a job out of `from`, or have its worker let go of it. */
static int
end_job(struct server *server, int64_t id, unsigned from, enum job_state to,
    enum run_request request, enum job_state *present)
{
	struct job_row row;
	enum job_state now;
	int r;

	/* Between a claim and the worker's entry of it nobody has the job:
	 * then look again.  A worker that let go may have finished it just
	 * before: then the state says so. */
	for (;;) {
		r = store_job_move(server->store, id, from, to, "requested",
		    &now);
		if (present != NULL)
			*present = now;
		if (r != ERR_CONFLICT || now != JOB_RUNNING)
			return r;
		if (server->stopping)
			return ERR_SHUTDOWN;
		if (server->full)
			return ERR_FULL;
		if (!workers_request(server, id, request)) {
			sched_yield();
			continue;
		}
		r = store_job_read(server->store, id, &row);
		if (r < 0)
			return r;
		now = row.state;
		job_row_free(&row);
		/* Where another wish came first, look again. */
		if (now == to) {
			if (present != NULL)
				*present = now;
			return 0;
		}
	}
}

int
server_cancel(struct server *server, int64_t id, enum job_state *present)
{
	return end_job(server, id, BIT(JOB_QUEUED) | BIT(JOB_PAUSED),
	    JOB_CANCELLED, RUN_CANCEL, present);
}

int
server_pause(struct server *server, int64_t id, enum job_state *present)
{
	return end_job(server, id, BIT(JOB_QUEUED), JOB_PAUSED, RUN_PAUSE,
	    present);
}

int
server_resume(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults)
{
	struct job_row row;
	int r = store_job_read(server->store, id, &row);

	if (r < 0)
		return r;
	*present = row.state;
	job_row_free(&row);
	if (*present != JOB_PAUSED)
		return ERR_CONFLICT;
	r = admission_again(server, id, faults);
	if (r == 0)
		r = store_job_move(server->store, id, BIT(JOB_PAUSED),
		    JOB_QUEUED, "resumed", present);
	if (r == 0)
		workers_wake(server);
	return r;
}

/* From the beginning, whatever it was at: what it has left is forgotten in the
 * commit that queues it. */
int
server_retry(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults)
{
	int r = admission_again(server, id, faults);

	*present = JOB_QUEUED;
	if (r < 0)
		return r;
	for (;;) {
		r = store_job_restart(server->store, id, ~BIT(JOB_RUNNING),
		    "retry", present);
		if (r != ERR_CONFLICT)
			break;
		if (server->stopping)
			return ERR_SHUTDOWN;
		if (server->full)
			return ERR_FULL;
		if (!workers_request(server, id, RUN_RETRY))
			sched_yield();
	}
	if (r == 0)
		workers_wake(server);
	return r;
}

int
server_patch(struct server *server, int64_t id, const struct job_patch *patch)
{
	int r = store_job_patch(server->store, id, patch);

	if (r == 0 && patch->priority != NULL)
		schedule_priority(server, id, *patch->priority);
	return r;
}

int
server_delete(struct server *server, int64_t id)
{
	int r;

	for (;;) {
		r = store_job_delete(server->store, id);
		if (r != ERR_CONFLICT)
			return r;
		if (server->stopping)
			return ERR_SHUTDOWN;
		if (server->full)
			return ERR_FULL;
		if (!workers_request(server, id, RUN_CANCEL))
			sched_yield();
	}
}
