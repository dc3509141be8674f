/* The rows of a curve, at once or when there are new ones. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/handlers.h"
#include "http/job_answer.h"
#include "job/formats.h"
#include "job/server.h"

struct rows_options {
	int64_t after, max_points;
	double wait;
};

#define ROWS(member) .offset = offsetof(struct rows_options, member)

const struct param curve_rows_query[] = {
	{ .name = "after", .kind = PARAM_INT, .preset = "0", ROWS(after),
	    .min = 0, .max = 9007199254740992.0,
	    .text = "Only rows from this number on: the seq of the answer "
	    "before." },
	{ .name = "wait", .kind = PARAM_REAL, .preset = "0", ROWS(wait),
	    .min = 0, .max = SITE_POLL_SECONDS, .unit = "s",
	    .text = "Wait so long for a row that is not there yet." },
	{ .name = "max_points", .kind = PARAM_INT, .preset = "0",
	    ROWS(max_points), .min = 0, .max = 1e9,
	    .text = "Thin the rows to so many, keeping the lowest and highest "
	    "of each bucket; 0: every row." },
	{ 0 }
};

/* What was read of a curve, and whether more may come. */
struct rows {
	struct curve_row curve;
	double *values;
	size_t count;
	bool ended;		/* the job is in an end state */
};

static void
rows_free(struct rows *rows)
{
	curve_row_free(&rows->curve);
	free(rows->values);
	*rows = (struct rows){ 0 };
}

/* Split "evaluation.csv": the curve's name is left in name.  NULL: there is no
 * such format. */
static const struct curve_format *
rows_format(char name[ROUTE_NAME_MAX])
{
	char *dot = strrchr(name, '.');
	const char *suffix = dot != NULL ? dot + 1 : "json";

	for (const struct curve_format *format = curve_formats;
	     format->suffix != NULL; format++) {
		if (strcmp(format->suffix, suffix) != 0)
			continue;
		if (dot != NULL)
			*dot = 0;
		return format;
	}
	return NULL;
}

/* 0, or ERR_NOT_FOUND: there is no such curve (yet), or no such job, *job then
 * being false. */
static int
rows_read(struct store *store, int64_t id, const char *name, int64_t after,
    int64_t most, struct rows *rows, bool *job)
{
	struct job_row row = { 0 };
	int r;

	*rows = (struct rows){ 0 };
	*job = false;
	/* The state first: once a job has ended, its curve grows no more. */
	r = store_job_read(store, id, &row);
	if (r < 0)
		return r;
	*job = true;
	rows->ended = row.state >= JOB_SUCCEEDED;
	job_row_free(&row);
	r = store_curve_read(store, id, name, after, most, &rows->curve,
	    &rows->values, &rows->count);
	/* One that failed, or was cancelled while it waited, did not say so of
	 * its curves. */
	rows->curve.complete |= rows->ended;
	return r;
}

/* Whether nobody waits for more: the client, or the server. */
static bool
rows_unwanted(const struct request *rq)
{
	return (rq->gone != NULL && atomic_load(rq->gone)) ||
	    atomic_load(&rq->site->stopping) || server_stopping(rq->server);
}

/* Until the store is changed or seconds have passed; a look each second at
 * whether anybody still waits. */
static void
rows_sleep(const struct request *rq, uint64_t seen, double seconds)
{
	struct store *store = server_store(rq->server);
	double until = clock_seconds() + seconds, left = seconds;

	while (left > 0 && store_version(store) == seen &&
	    !rows_unwanted(rq)) {
		store_wait(store, seen, left < 1 ? left : 1);
		left = until - clock_seconds();
	}
}

/* Read until there is something to say, or the time is up.  One that waits holds
 * a thread and one of a few places; ERR_LIMIT: there was none. */
static int
rows_await(const struct request *rq, const char *name,
    const struct rows_options *options, struct rows *rows, bool *job)
{
	struct store *store = server_store(rq->server);
	double until = clock_seconds() + options->wait;
	bool waits = false;
	int r;

	for (;;) {
		uint64_t seen = store_version(store);
		double left = until - clock_seconds();

		r = rows_read(store, rq->id, name, options->after,
		    SITE_HEAVY_ROWS, rows, job);
		if ((r < 0 && (r != ERR_NOT_FOUND || !*job)) ||
		    rows->count > 0 || rows->curve.complete || rows->ended ||
		    left <= 0 || rows_unwanted(rq))
			break;
		rows_free(rows);
		if (!waits && atomic_fetch_add(&rq->site->polls, 1) >=
		    SITE_POLLS_MAX) {
			atomic_fetch_sub(&rq->site->polls, 1);
			return ERR_LIMIT;
		}
		waits = true;
		rows_sleep(rq, seen, left);
	}
	if (waits)
		atomic_fetch_sub(&rq->site->polls, 1);
	return r;
}

/* Names of the curves there are: "a, b", or "none yet". */
static void
rows_names(struct store *store, int64_t id, char text[256])
{
	struct curve_row *rows = NULL;
	size_t count = 0;

	text[0] = 0;
	if (store_curve_list(store, id, &rows, &count) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, 256 - used, "%s%s", i > 0 ? ", " : "",
		    rows[i].name);
	}
	if (count == 0)
		strcpy(text, "none yet");
	curve_rows_free(rows, count);
}

static void
rows_answer(const struct request *rq, struct response *rs,
    const struct curve_format *format, const struct rows_options *options,
    const struct rows *rows)
{
	struct curve_view view = {
		.curve = &rows->curve,
		.values = rows->values,
		.count = rows->count,
		.first = options->after,
		.max_points = (size_t)options->max_points,
	};
	struct buf body = { 0 };
	int r;

	/* A curve that was cut since is followed from its end. */
	if (view.first > rows->curve.rows)
		view.first = rows->curve.rows;
	r = format->write(&view, &body);
	if (r == 0) {
		response_buf(rs, 200, format->media, &body);
	} else {
		buf_free(&body);
		job_answer_error(rs, r, rq->id);
	}
}

/* There are more rows than are given at once to everybody: read them all when it
 * is this one's turn. */
static void
rows_answer_large(const struct request *rq, struct response *rs,
    const struct curve_format *format, const struct rows_options *options,
    const char *name)
{
	struct rows rows = { 0 };
	bool job;
	int r;

	if (!site_heavy_take(rq->site, SITE_HEAVY_SECONDS)) {
		response_busy(rs, SITE_BUSY_RETRY);
		return;
	}
	r = rows_read(server_store(rq->server), rq->id, name, options->after, 0,
	    &rows, &job);
	if (r == 0)
		rows_answer(rq, rs, format, options, &rows);
	else
		job_answer_error(rs, r, rq->id);
	rows_free(&rows);
	site_heavy_give(rq->site);
}

void
curve_rows(const struct request *rq, struct response *rs)
{
	const struct curve_format *format;
	struct rows_options options;
	char name[ROUTE_NAME_MAX], names[256];
	struct rows rows = { 0 };
	bool job = false;
	int r;

	memcpy(name, rq->name, sizeof name);
	format = rows_format(name);
	if (format == NULL) {
		response_problem(rs, 406, "unknown_format",
		    "Curves are given as .csv, .json and .ndjson.");
		return;
	}
	if (!request_options(rq, rs, &options))
		return;
	r = rows_await(rq, name, &options, &rows, &job);
	if (r == 0 && rows.count >= SITE_HEAVY_ROWS) {
		rows_free(&rows);
		rows_answer_large(rq, rs, format, &options, name);
	} else if (r == 0) {
		rows_answer(rq, rs, format, &options, &rows);
	} else if (r == ERR_LIMIT) {
		response_header(rs, "Retry-After", "%d", SITE_POLL_RETRY);
		response_problem(rs, 429, "too_many_polls", "%d requests wait "
		    "for news already, and there is none here yet; ask later, "
		    "or without 'wait'.", SITE_POLLS_MAX);
	} else if (r == ERR_NOT_FOUND && job) {
		rows_names(server_store(rq->server), rq->id, names);
		response_problem(rs, 404, "no_curve", "Job %" PRId64 " has no "
		    "curve '%s'; there are: %s.", rq->id, name, names);
	} else {
		job_answer_error(rs, r, rq->id);
	}
	rows_free(&rows);
}
