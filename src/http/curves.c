#include <inttypes.h>
#include <stdio.h>

#include "http/handlers.h"
#include "http/job_answer.h"
#include "http/json.h"
#include "job/formats.h"
#include "job/server.h"

static json_t *
curve_links(int64_t job, const char *name)
{
	json_t *links = json_object();
	char text[192];

	for (const struct curve_format *format = curve_formats;
	     links != NULL && format->suffix != NULL; format++) {
		snprintf(text, sizeof text, "/api/v1/jobs/%" PRId64
		    "/curves/%s.%s", job, name, format->suffix);
		if (json_object_set_new(links, format->suffix,
		    json_string(text)) < 0) {
			json_decref(links);
			links = NULL;
		}
	}
	return links;
}

static json_t *
curve_json_row(int64_t job, const struct curve_row *row, bool ended)
{
	json_t *header = json_stored(row->header);
	json_t *columns = json_object_get(header, "columns");
	json_t *out = json_pack("{s:s, s:O, s:I, s:b, s:o}", "name", row->name,
	    "columns", columns != NULL ? columns : json_null(),
	    "points", (json_int_t)row->rows, "complete",
	    row->complete || ended, "links", curve_links(job, row->name));

	json_decref(header);
	return out;
}

void
curves_list(const struct request *rq, struct response *rs)
{
	struct store *store = server_store(rq->server);
	struct curve_row *rows = NULL;
	struct job_row job = { 0 };
	json_t *list = NULL;
	size_t count = 0;
	int r = store_job_read(store, rq->id, &job);
	/* A curve of a job that has ended grows no more. */
	bool ended = job.state >= JOB_SUCCEEDED;

	job_row_free(&job);
	if (r == 0)
		r = store_curve_list(store, rq->id, &rows, &count);
	if (r < 0) {
		job_answer_error(rs, r, rq->id);
		return;
	}
	list = json_array();
	for (size_t i = 0; list != NULL && i < count; i++)
		if (json_array_append_new(list,
		    curve_json_row(rq->id, &rows[i], ended)) < 0) {
			json_decref(list);
			list = NULL;
		}
	response_json(rs, 200, json_page("curves", list, 0));
	curve_rows_free(rows, count);
}
