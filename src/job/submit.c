/* Jobs on their way into the queue, and what they are expected to take. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/server_state.h"

int
submit_read(struct server *server, const char *text, size_t len,
    struct spec **spec, struct faults *faults)
{
	struct spec_env env = { .data_folder = server->data_folder,
	    .store = server->store };
	json_t *document = spec_text_parse(text, len, faults);
	int r;

	*spec = NULL;
	if (document == NULL)
		return faults->len > 0 ? ERR_INVALID : ERR_MEMORY;
	r = spec_read(document, &env, spec, faults);
	json_decref(document);
	return r;
}

static json_t *
tags_json(const struct spec *spec)
{
	json_t *tags = json_array();

	for (int i = 0; i < spec->tags_len; i++)
		json_array_append_new(tags, json_string(spec->tags[i]));
	return tags;
}

struct submission {
	const struct spec *spec;
	struct estimate estimate;
	const char *key, *body;
};

static int
insert(struct server *server, const struct submission *in, int64_t *id,
    bool *existing, struct faults *faults)
{
	const struct spec *spec = in->spec;
	json_t *tags = tags_json(spec);
	int64_t room, left = -1;
	bool limited = admission_room(server, &room);
	struct buf tags_text = { 0 }, spec_text = { 0 };
	int r;

	json_text(&tags_text, tags, false);
	json_text(&spec_text, spec->json, false);
	r = buf_error(&tags_text) < 0 ? ERR_MEMORY : buf_error(&spec_text);
	if (r == 0) {
		struct job_new job = {
			.name = spec->options.name,
			.type = spec->options.type == SPEC_TRAIN ? "train" :
			    "evaluate",
			.spec = spec_text.data, .tags = tags_text.data,
			.notes = spec->options.notes,
			.priority = spec->options.priority,
			.memory = (int64_t)in->estimate.memory,
			.disk = (int64_t)in->estimate.disk,
			.disk_room = limited ? &room : NULL,
			.disk_left = &left,
			.key = in->key, .body = in->body,
			.queue_limit = SERVER_QUEUE_LIMIT,
		};

		r = store_job_insert(server->store, &job, id, existing);
	}
	buf_free(&spec_text);
	buf_free(&tags_text);
	json_decref(tags);
	if (r == 0 && !*existing)
		workers_wake(server);
	/* The store may be full, or the jobs' share of it. */
	if (r == ERR_FULL && left < 0)
		room_lost(server);
	if (r == ERR_FULL)
		admission_refuse(server, (int64_t)in->estimate.disk, left,
		    faults);
	return r;
}

int
server_submit(struct server *server, const char *text, size_t len,
    const char *key, int64_t *id, bool *existing, struct faults *faults)
{
	char body[65];
	struct submission in = { .key = key, .body = key != NULL ? body : NULL };
	struct spec *spec;
	int r;

	*id = 0;
	*existing = false;
	if (server->stopping)
		return ERR_SHUTDOWN;
	if (server->full)
		return admission_refuse(server, 0, -1, faults);
	r = submit_read(server, text, len, &spec, faults);
	if (r == 0)
		r = admission_size(server, spec, &in.estimate, faults);
	if (r == 0) {
		in.spec = spec;
		formats_sha256(text, len, body);
		r = insert(server, &in, id, existing, faults);
	}
	spec_free(spec);
	return r;
}

int
server_duplicate(struct server *server, int64_t id, int64_t *copy,
    struct faults *faults)
{
	struct job_row row;
	bool existing;
	int r = store_job_read(server->store, id, &row);

	*copy = 0;
	if (r < 0)
		return r;
	r = server_submit(server, row.spec, strlen(row.spec), NULL, copy,
	    &existing, faults);
	job_row_free(&row);
	return r;
}

/* Seconds that so much work will take on so many threads. */
static double
seconds_of(struct server *server, double work, int64_t threads)
{
	if (threads <= 0)
		threads = workers_threads(server);
	return work / (server->rate * (double)threads);
}

/* Why it would be refused: {code, pointer, detail}, or null. */
static json_t *
refusal_json(const struct faults *faults)
{
	const struct fault *first = &faults->list[0];

	if (faults->len == 0)
		return json_null();
	return json_pack("{s:s,s:s,s:s}", "code", first->code, "pointer",
	    first->pointer, "detail", first->detail);
}

/* As a submission would be: 0 when it says so in faults, or not at all. */
static int
dry_admission(struct server *server, const struct spec *spec,
    struct estimate *e, struct faults *faults)
{
	int64_t left;
	int r = admission_size(server, spec, e, faults);

	if (r == ERR_INVALID && e->memory > 0)
		return 0;
	if (r == 0)
		r = store_job_disk_left(server->store, &left);
	if (r == 0)
		admission_disk(server, (int64_t)e->disk, left, faults);
	return r;
}

int
server_dry_run(struct server *server, const char *text, size_t len,
    json_t **answer, struct faults *faults)
{
	struct estimate e;
	struct spec *spec;
	int64_t ahead = 0;
	double seconds;
	int r;

	*answer = NULL;
	r = submit_read(server, text, len, &spec, faults);
	if (r == 0)
		r = dry_admission(server, spec, &e, faults);
	if (r == 0)
		r = store_job_ahead(server->store, spec->options.priority,
		    &ahead);
	if (r == 0) {
		seconds = seconds_of(server, e.flops, spec->options.threads);
		*answer = json_pack("{s:O,s:{s:I,s:I,s:I,s:I,s:f,s:f},s:b,s:o,"
		    "s:I,s:f}", "spec", spec->json, "estimate",
		    "memory_bytes", (json_int_t)e.memory, "disk_bytes",
		    (json_int_t)e.disk, "coordinates",
		    (json_int_t)e.coordinates, "weights",
		    (json_int_t)e.weights, "work", e.flops, "seconds",
		    seconds, "admitted", faults->len == 0, "refusal",
		    refusal_json(faults), "queue_position",
		    (json_int_t)ahead + 1, "eta_seconds", seconds);
		r = *answer == NULL ? ERR_MEMORY : 0;
	}
	spec_free(spec);
	return r;
}

/* A queued job's seconds, from its spec. */
static double
queued_seconds(struct server *server, const struct job_row *row)
{
	struct spec_env env = { .data_folder = server->data_folder,
	    .store = server->store };
	struct faults *faults = calloc(1, sizeof *faults);
	struct spec *spec = NULL;
	struct estimate e;
	double seconds = NAN;

	if (faults != NULL && row->spec != NULL && submit_read(server, row->spec,
	    strlen(row->spec), &spec, faults) == 0 &&
	    spec_estimate(spec, &env, 1, &e, NULL) == 0)
		seconds = seconds_of(server, e.flops, spec->options.threads);
	spec_free(spec);
	free(faults);
	return seconds;
}

double
server_eta(struct server *server, const struct job_row *row)
{
	double left = row->total - row->done;

	if (row->state >= JOB_SUCCEEDED)
		return NAN;
	if (row->done > 0 && row->run_seconds > 0)
		return row->run_seconds * left / row->done;
	return queued_seconds(server, row);
}
