#include <inttypes.h>

#include "http/handlers.h"
#include "http/job_answer.h"
#include "http/json.h"
#include "job/server.h"

void
job_table(const struct request *rq, struct response *rs)
{
	struct job_row row = { 0 };
	struct buf text = { 0 };
	int r = store_job_read(server_store(rq->server), rq->id, &row);

	if (r < 0) {
		job_answer_error(rs, r, rq->id);
		return;
	}
	if (row.results == NULL) {
		response_problem_with(rs, 404, "no_table", json_pack("{s:s}",
		    "state", job_state_name(row.state)), "Job %" PRId64 " has "
		    "no table: it is %s, and a table begins when an "
		    "evaluation is done.", rq->id,
		    job_state_name(row.state));
	} else {
		buf_text(&text, row.results);
		response_buf(rs, 200, "application/json", &text);
	}
	job_row_free(&row);
}

static json_t *
log_json(const struct log_row *rows, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < count; i++) {
		json_t *line = json_pack("{s:o, s:s, s:s}",
		    "at", json_time(rows[i].at), "level", rows[i].level,
		    "text", rows[i].text);

		if (json_array_append_new(list, line) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return json_page("lines", list, 0);
}

void
job_log(const struct request *rq, struct response *rs)
{
	struct store *store = server_store(rq->server);
	struct log_row *rows = NULL;
	struct job_row job = { 0 };
	size_t count = 0;
	int r;

	/* A job without lines and no job at all look alike in the log. */
	r = store_job_read(store, rq->id, &job);
	job_row_free(&job);
	if (r == 0)
		r = store_log_read(store, rq->id, &rows, &count);
	if (r == 0)
		response_json(rs, 200, log_json(rows, count));
	else
		job_answer_error(rs, r, rq->id);
	log_rows_free(rows, count);
}
