#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "http/handlers.h"
#include "http/snapshot_json.h"
#include "http/json.h"
#include "job/formats.h"
#include "job/server.h"

struct list_options {
	int64_t job, limit;
	char cursor[PARAM_TEXT_MAX];
};

#define LIST(member) .offset = offsetof(struct list_options, member)

const struct param snapshots_list_query[] = {
	{ .name = "job", .kind = PARAM_INT, .preset = "0", LIST(job),
	    .min = 0, .max = 9007199254740992.0,
	    .text = "Only snapshots of this job; 0: of all." },
	{ .name = "limit", .kind = PARAM_INT, .preset = "50", LIST(limit),
	    .min = 1, .max = 500, .text = "At most so many snapshots." },
	{ .name = "cursor", .kind = PARAM_TEXT, .preset = "", LIST(cursor),
	    .text = "The next_cursor of the page before." },
	{ 0 }
};

static void
snapshot_error(struct response *rs, int error, int64_t id)
{
	char what[40];

	snprintf(what, sizeof what, "snapshot %" PRId64, id);
	response_error(rs, error, what);
}

void
snapshots_list(const struct request *rq, struct response *rs)
{
	struct list_options options;
	struct snapshot_row *rows = NULL;
	size_t count = 0, shown;
	int64_t before;
	json_t *list;
	int r;

	if (!request_options(rq, rs, &options) ||
	    !request_cursor(rs, options.cursor, &before))
		return;
	/* One more than is shown says whether there is a next page. */
	r = store_snapshot_list(server_store(rq->server), options.job, before,
	    (int)options.limit + 1, &rows, &count);
	if (r < 0) {
		response_error(rs, r, "list of snapshots");
		return;
	}
	shown = count > (size_t)options.limit ? (size_t)options.limit : count;
	list = json_array();
	for (size_t i = 0; list != NULL && i < shown; i++)
		if (json_array_append_new(list, snapshot_json(&rows[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	response_json(rs, 200, json_page("snapshots", list,
	    count > shown ? rows[shown - 1].id : 0));
	snapshot_rows_free(rows, count);
}

static void
snapshot_answer(const struct request *rq, struct response *rs, int status,
    int64_t id)
{
	struct snapshot_row row = { 0 };
	int r = store_snapshot_read(server_store(rq->server), id, &row);

	if (r < 0) {
		snapshot_error(rs, r, id);
		return;
	}
	response_json(rs, status, snapshot_json(&row));
	snapshot_row_free(&row);
}

void
snapshots_read(const struct request *rq, struct response *rs)
{
	snapshot_answer(rq, rs, 200, rq->id);
}

static void
download_write(const struct request *rq, struct response *rs,
    const struct weights_format *format, const struct snapshot_row *row)
{
	struct buf body = { 0 };
	struct message m = { "" };
	int r;

	if (request_has_tag(rq, rs, row->sha256))
		return;
	r = format->write(row, &body, &m);
	if (r == 0) {
		response_header(rs, "Content-Disposition", "attachment; "
		    "filename=\"snapshot-%" PRId64 ".%s\"", row->id,
		    format->suffix);
		response_buf(rs, 200, format->media, &body);
		return;
	}
	buf_free(&body);
	if (r == ERR_FORMAT)
		response_problem(rs, 422, "format", "Snapshot %" PRId64
		    " cannot be written: %s.", row->id, m.text);
	else
		snapshot_error(rs, r, row->id);
}

void
snapshots_download(const struct request *rq, struct response *rs)
{
	const struct weights_format *format = weights_formats;
	struct snapshot_row row = { 0 };
	int r;

	while (format->suffix != NULL &&
	    strcmp(format->suffix, rq->name) != 0)
		format++;
	if (format->suffix == NULL) {
		response_problem(rs, 406, "unknown_format", "Snapshots are "
		    "given as .safetensors, .npz and .json.");
		return;
	}
	r = store_snapshot_read(server_store(rq->server), rq->id, &row);
	if (r < 0)
		snapshot_error(rs, r, rq->id);
	else
		download_write(rq, rs, format, &row);
	snapshot_row_free(&row);
}

void
snapshots_import(const struct request *rq, struct response *rs)
{
	struct snapshot_row row = { 0 };
	struct message m = { "" };
	int64_t id;
	int r = safetensors_read(rq->body != NULL ? rq->body : "", rq->body_len,
	    &row, &m);

	if (r == ERR_FORMAT || r == ERR_LIMIT) {
		response_problem(rs, 422, "format", "The file was not "
		    "imported: %s.", m.text);
		snapshot_row_free(&row);
		return;
	}
	if (r == 0)
		r = store_snapshot_insert(server_store(rq->server), &row, &id);
	snapshot_row_free(&row);
	if (r < 0) {
		response_error(rs, r, "snapshot");
		return;
	}
	response_header(rs, "Location", "/api/v1/snapshots/%" PRId64, id);
	snapshot_answer(rq, rs, 201, id);
}

void
snapshots_delete(const struct request *rq, struct response *rs)
{
	int r = store_snapshot_delete(server_store(rq->server), rq->id);

	if (r == 0)
		rs->status = 204;
	else
		snapshot_error(rs, r, rq->id);
}
