#include <stdlib.h>

#include "http/handlers.h"
#include "http/job_answer.h"
#include "job/server.h"
#include "job/spec.h"

/* 0, or ERR_INVALID with faults, or an error of the store. */
static int
patch_write(const struct request *rq, const json_t *body, struct faults *faults)
{
	struct spec_patch patch;
	int r = spec_patch_read(body, &patch, faults);

	if (r == 0)
		r = server_patch(rq->server, rq->id, &patch.patch);
	spec_patch_free(&patch);
	return r;
}

void
job_patch(const struct request *rq, struct response *rs)
{
	struct faults *faults = calloc(1, sizeof *faults);
	int r = ERR_INVALID;
	json_t *body;

	if (faults == NULL) {
		response_error(rs, ERR_MEMORY, "memory");
		return;
	}
	body = spec_text_parse(rq->body != NULL ? rq->body : "", rq->body_len,
	    faults);
	if (body != NULL)
		r = patch_write(rq, body, faults);
	if (r == 0)
		job_answer(rq->server, rs, 200, rq->id);
	else if (r == ERR_INVALID)
		job_answer_faults(rs, r, faults);
	else
		job_answer_error(rs, r, rq->id);
	json_decref(body);
	free(faults);
}
