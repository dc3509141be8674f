#include <inttypes.h>
#include <stdlib.h>

#include "http/handlers.h"
#include "http/job_answer.h"
#include "job/server.h"

/* The answer to a change of state: the job as it is now, or why it cannot be. */
static void
action_answer(const struct request *rq, struct response *rs, int r,
    enum job_state present, const char *what)
{
	const char *state;

	if (r == 0) {
		job_answer(rq->server, rs, 200, rq->id);
		return;
	}
	if (r != ERR_CONFLICT) {
		job_answer_error(rs, r, rq->id);
		return;
	}
	state = job_state_name(present);
	response_problem_with(rs, 409, "conflict", json_pack("{s:s}", "state",
	    state), "Job %" PRId64 " is %s and cannot be %s.", rq->id, state,
	    what);
}

void
job_cancel(const struct request *rq, struct response *rs)
{
	enum job_state present = JOB_QUEUED;
	int r = server_cancel(rq->server, rq->id, &present);

	action_answer(rq, rs, r, present, "cancelled");
}

void
job_pause(const struct request *rq, struct response *rs)
{
	enum job_state present = JOB_QUEUED;
	int r = server_pause(rq->server, rq->id, &present);

	action_answer(rq, rs, r, present, "paused");
}

typedef int action(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults);

/* An action that admits the job anew. */
static void
admit_answer(const struct request *rq, struct response *rs, action *act,
    const char *what)
{
	struct faults *faults = calloc(1, sizeof *faults);
	enum job_state present = JOB_QUEUED;
	int r = faults == NULL ? ERR_MEMORY : act(rq->server, rq->id, &present,
	    faults);

	if (r < 0 && faults != NULL && faults->len > 0)
		job_answer_faults(rs, r, faults);
	else
		action_answer(rq, rs, r, present, what);
	free(faults);
}

void
job_resume(const struct request *rq, struct response *rs)
{
	admit_answer(rq, rs, server_resume, "resumed");
}

void
job_retry(const struct request *rq, struct response *rs)
{
	admit_answer(rq, rs, server_retry, "retried");
}

void
job_duplicate(const struct request *rq, struct response *rs)
{
	struct faults *faults = calloc(1, sizeof *faults);
	int64_t copy;
	int r = faults == NULL ? ERR_MEMORY : server_duplicate(rq->server,
	    rq->id, &copy, faults);

	if (r == 0) {
		job_answer_new(rq->server, rs, copy);
	} else if (r == ERR_LIMIT) {
		response_header(rs, "Retry-After", "30");
		response_problem(rs, 429, "queue_full", "%d jobs are queued "
		    "already; duplicate this one when some have run.",
		    SERVER_QUEUE_LIMIT);
	} else if (faults != NULL && faults->len > 0) {
		job_answer_faults(rs, r, faults);
	} else {
		job_answer_error(rs, r, rq->id);
	}
	free(faults);
}
