/* A job as JSON, with the names that clients rely on. */
#ifndef L2LD_HTTP_JOB_JSON_H
#define L2LD_HTTP_JOB_JSON_H

#include <jansson.h>

#include "job/server.h"
#include "store/jobs.h"

/* A job as it stands in a list.  A new reference, NULL when memory is out. */
json_t *
job_json_short(struct server *server, const struct job_row *row);

/* The whole job: also its spec, environment, results in short and the history
 * of its states. */
json_t *
job_json(struct server *server, const struct job_row *row,
    const struct job_change *changes, size_t count);

/* Read job id and make the whole of it.  0, or an error of the store. */
int
job_json_read(struct server *server, int64_t id, json_t **job);

#endif
