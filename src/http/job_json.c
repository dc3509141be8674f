#include "http/job_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "http/json.h"
#include "job/json_text.h"

/* Set a member of object, taking value; NULL (out of memory) is an error. */
#define SET(object, name, value)                                        \
	do {                                                            \
		if (json_object_set_new(object, name, value) < 0)       \
			goto out;                                       \
	} while (0)

static json_t *
progress_json(struct server *server, const struct job_row *row)
{
	double eta = row->state == JOB_QUEUED || row->state == JOB_RUNNING ?
	    server_eta(server, row) : NAN;

	return json_pack("{s:o, s:o, s:s, s:o}",
	    "done", json_number(row->done), "total", json_number(row->total),
	    "unit", row->unit != NULL ? row->unit : "",
	    "eta_seconds", json_number(eta));
}

/* What it may take at most, as far as it is known. */
static json_t *
estimate_json(const struct job_row *row)
{
	if (row->memory == 0)
		return json_null();
	return json_pack("{s:I, s:I}", "memory_bytes", (json_int_t)row->memory,
	    "disk_bytes", (json_int_t)row->disk);
}

/* On a full disk it cannot be stored that a job does not run. */
static const char *
reason_now(struct server *server, const struct job_row *row)
{
	return row->state == JOB_RUNNING && server_full(server) ? "disk_full" :
	    row->reason;
}

static json_t *
links_json(int64_t id)
{
	static const char *const names[] = { "curves", "table", "log" };
	json_t *links = json_object();
	char text[80];

	if (links == NULL)
		return NULL;
	snprintf(text, sizeof text, "/api/v1/jobs/%" PRId64, id);
	SET(links, "self", json_string(text));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(text, sizeof text, "/api/v1/jobs/%" PRId64 "/%s", id,
		    names[i]);
		SET(links, names[i], json_string(text));
	}
	snprintf(text, sizeof text, "/api/v1/snapshots?job=%" PRId64, id);
	SET(links, "snapshots", json_string(text));
	return links;
out:
	json_decref(links);
	return NULL;
}

json_t *
job_json_short(struct server *server, const struct job_row *row)
{
	json_t *job = json_object();

	if (job == NULL)
		return NULL;
	SET(job, "id", json_integer(row->id));
	SET(job, "name", json_string(row->name));
	SET(job, "type", json_string(row->type));
	SET(job, "state", json_string(job_state_name(row->state)));
	SET(job, "reason", json_text_or_null(reason_now(server, row)));
	SET(job, "waits_for",
	    json_text_or_null(server_waits_for(server, row)));
	SET(job, "progress", progress_json(server, row));
	SET(job, "created", json_time(row->created));
	SET(job, "started", json_time(row->started));
	SET(job, "finished", json_time(row->finished));
	SET(job, "run_seconds", json_number(row->run_seconds));
	SET(job, "tags", json_stored(row->tags));
	SET(job, "notes", json_string(row->notes != NULL ? row->notes : ""));
	SET(job, "priority", json_integer(row->priority));
	SET(job, "attempts", json_integer(row->attempts));
	SET(job, "crashes", json_integer(row->crashes));
	SET(job, "estimate", estimate_json(row));
	SET(job, "links", links_json(row->id));
	return job;
out:
	json_decref(job);
	return NULL;
}

static json_t *
states_json(const struct job_change *changes, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < count; i++) {
		json_t *change = json_pack("{s:s, s:o, s:o}",
		    "state", job_state_name(changes[i].state),
		    "at", json_time(changes[i].at),
		    "reason", json_text_or_null(changes[i].reason));

		if (json_array_append_new(list, change) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* Of a table's row what a list of results shows. */
static json_t *
result_row_json(const json_t *row)
{
	static const char *const kept[] = { "optimizer", "learned",
	    "learning_rate", "final_mean", "sum_mean", "best" };
	json_t *out = json_object();

	for (size_t i = 0; out != NULL && i < sizeof kept / sizeof kept[0]; i++)
		if (json_object_get(row, kept[i]) != NULL)
			SET(out, kept[i],
			    json_incref(json_object_get(row, kept[i])));
	return out;
out:
	json_decref(out);
	return NULL;
}

static json_t *
result_json(const json_t *evaluation)
{
	json_t *rows = json_array(), *row;
	json_t *name = json_object_get(evaluation, "name");
	size_t i;

	json_array_foreach(json_object_get(evaluation, "rows"), i, row)
		if (json_array_append_new(rows, result_row_json(row)) < 0) {
			json_decref(rows);
			return NULL;
		}
	return json_pack("{s:O, s:o}", "name",
	    name != NULL ? name : json_null(), "rows", rows);
}

/* The tables in short: [{name, rows: [{optimizer, ...}]}], null while there are
 * none. */
static json_t *
results_json(const char *text)
{
	json_t *results = json_stored(text), *list = json_null(), *evaluation;
	size_t i;

	if (json_is_object(results))
		list = json_array();
	json_array_foreach(json_object_get(results, "evaluations"), i,
	    evaluation)
		if (json_array_append_new(list, result_json(evaluation)) < 0) {
			json_decref(list);
			list = NULL;
			break;
		}
	json_decref(results);
	return list;
}

json_t *
job_json(struct server *server, const struct job_row *row,
    const struct job_change *changes, size_t count)
{
	json_t *job = job_json_short(server, row);

	if (job == NULL)
		return NULL;
	SET(job, "spec", json_stored(row->spec));
	SET(job, "environment", json_stored(row->environment));
	SET(job, "results", results_json(row->results));
	SET(job, "states", states_json(changes, count));
	return job;
out:
	json_decref(job);
	return NULL;
}

int
job_json_read(struct server *server, int64_t id, json_t **job)
{
	struct store *store = server_store(server);
	struct job_change *changes = NULL;
	struct job_row row = { 0 };
	size_t count = 0;
	int r;

	*job = NULL;
	r = store_job_read(store, id, &row);
	if (r < 0)
		return r;
	r = store_job_history(store, id, &changes, &count);
	if (r == 0) {
		*job = job_json(server, &row, changes, count);
		if (*job == NULL)
			r = ERR_MEMORY;
	}
	job_changes_free(changes, count);
	job_row_free(&row);
	return r;
}
