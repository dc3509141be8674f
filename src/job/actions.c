/* Changes of a job's state that a user asks for. */
#include "job/server_state.h"

#define BIT(state) (1u << (state))
#define ENDED (BIT(JOB_SUCCEEDED) | BIT(JOB_DIVERGED) | BIT(JOB_CANCELLED) | \
    BIT(JOB_FAILED))

/* Take a job out of `from`, or have its worker let go of it. */
static int
end_job(struct server *server, int64_t id, unsigned from, enum job_state to,
    enum run_request request, enum job_state *present)
{
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
		if (workers_request(server, id, request))
			break;
		sched_yield();
	}
	struct job_row row;

	r = store_job_read(server->store, id, &row);
	if (r < 0)
		return r;
	if (present != NULL)
		*present = row.state;
	r = row.state == to ? 0 : ERR_CONFLICT;
	job_row_free(&row);
	return r;
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
server_resume(struct server *server, int64_t id, enum job_state *present)
{
	int r = store_job_move(server->store, id, BIT(JOB_PAUSED), JOB_QUEUED,
	    "resumed", present);

	if (r == 0)
		workers_wake(server);
	return r;
}

/* From the beginning: what a job that ended has left is forgotten. */
int
server_retry(struct server *server, int64_t id, enum job_state *present)
{
	int r = store_job_move(server->store, id, ENDED &
	    ~BIT(JOB_SUCCEEDED), JOB_PAUSED, "retry", present);

	if (r == 0)
		r = store_job_reset(server->store, id);
	if (r == 0)
		r = store_job_move(server->store, id, BIT(JOB_PAUSED),
		    JOB_QUEUED, "retry", present);
	if (r == 0)
		workers_wake(server);
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
		if (!workers_request(server, id, RUN_CANCEL))
			sched_yield();
	}
}
