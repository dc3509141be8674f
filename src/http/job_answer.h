/* The answers that several handlers of jobs give. */
#ifndef L2LD_HTTP_JOB_ANSWER_H
#define L2LD_HTTP_JOB_ANSWER_H

#include <stdint.h>

#include "http/response.h"
#include "job/server.h"

/* The whole job, or why there is none. */
void
job_answer(struct server *server, struct response *rs, int status, int64_t id);

/* The same with 201 and Location, for a job that is new. */
void
job_answer_new(struct server *server, struct response *rs, int64_t id);

/* response_error about job id. */
void
job_answer_error(struct response *rs, int error, int64_t id);

/* A body was refused: all faults at once when error is ERR_INVALID (400 for what
 * is not JSON, else 422), response_error for other errors. */
void
job_answer_faults(struct response *rs, int error, const struct faults *faults);

#endif
