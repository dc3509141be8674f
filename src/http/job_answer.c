#include "http/job_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/job_json.h"

void
job_answer(struct server *server, struct response *rs, int status, int64_t id)
{
	json_t *job;
	int r = job_json_read(server, id, &job);

	if (r == 0)
		response_json(rs, status, job);
	else
		job_answer_error(rs, r, id);
}

void
job_answer_new(struct server *server, struct response *rs, int64_t id)
{
	response_header(rs, "Location", "/api/v1/jobs/%" PRId64, id);
	job_answer(server, rs, 201, id);
}

void
job_answer_error(struct response *rs, int error, int64_t id)
{
	char what[32];

	snprintf(what, sizeof what, "job %" PRId64, id);
	response_error(rs, error, what);
}

void
job_answer_faults(struct response *rs, int error, const struct faults *faults)
{
	const struct fault *first = &faults->list[0];
	json_t *errors;
	bool syntax;

	if (error == ERR_FULL && faults->len > 0) {
		response_problem(rs, 507, "disk_full", "%s.", first->detail);
		return;
	}
	if (error != ERR_INVALID || faults->len == 0) {
		response_error(rs, error, "the server");
		return;
	}
	syntax = strcmp(first->code, "json") == 0;
	errors = json_pack("{s:o}", "errors", faults_json(faults));
	if (errors == NULL)
		response_error(rs, ERR_MEMORY, "memory");
	else if (faults->len == 1)
		response_problem_with(rs, syntax ? 400 : 422,
		    syntax ? "json" : "invalid_spec", errors, "%s%s%s",
		    first->pointer, first->pointer[0] != 0 ? ": " : "",
		    first->detail);
	else
		response_problem_with(rs, 422, "invalid_spec", errors,
		    "There are %d faults; each is in errors.",
		    faults->len + faults->more);
}
