#include "job/server.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "job/formats.h"
#include "job/json_text.h"
#include "job/server_state.h"
#include "num/lstm.h"

/* Until a job has been measured: the share of this machine's multiply-add peak
 * that training gets done, in the measure of rule_work. */
#define RATE_SHARE 0.9
#define RATE_ROUNDS 1000000	/* of the peak's loop: a few milliseconds */

static double
first_rate(void)
{
	double begin = clock_seconds();
	double flops = lstm_kernels()->peak(RATE_ROUNDS);

	return RATE_SHARE * flops / (clock_seconds() - begin);
}

static int
server_alloc(const struct server_config *config, struct server **out)
{
	struct server *server = calloc(1, sizeof *server);
	pthread_condattr_t monotonic;

	*out = server;
	if (server == NULL)
		return ERR_MEMORY;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&server->mutex, NULL);
	pthread_cond_init(&server->queue, &monotonic);
	pthread_cond_init(&server->idle, NULL);
	pthread_condattr_destroy(&monotonic);
	server->rate = first_rate();
	server->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (server->cores < 1)
		server->cores = 1;
	server->config = *config;
	server->state_folder = strdup(config->state_folder);
	server->data_folder = strdup(config->data_folder);
	server->config.state_folder = server->state_folder;
	server->config.data_folder = server->data_folder;
	if (server->state_folder == NULL || server->data_folder == NULL)
		return ERR_MEMORY;
	return 0;
}

int
server_new(const struct server_config *config, struct server **out,
    struct message *m)
{
	struct server *server;
	int64_t count;
	char path[SERVER_PATH_MAX];
	int r;

	*out = NULL;
	if (config->workers > SERVER_WORKERS_MAX)
		return message_set(m, ERR_LIMIT, "at most %d workers are "
		    "possible", SERVER_WORKERS_MAX);
	r = server_alloc(config, &server);
	if (r < 0) {
		message_set(m, r, "out of memory");
		goto out;
	}
	r = file_make_folder(config->state_folder, m);
	if (r < 0)
		goto out;
	snprintf(path, sizeof path, "%s/l2ld.sqlite", config->state_folder);
	r = store_open(path, &server->store, m);
	if (r < 0)
		goto out;
	server_backup_clean(server);
	r = store_job_requeue(server->store, &count);
	if (r < 0) {
		message_set(m, r, "interrupted jobs cannot be put back into "
		    "the queue: %s", err_text(r));
		goto out;
	}
	if (count > 0)
		log_info("%lld interrupted job%s put back into the queue",
		    (long long)count, count > 1 ? "s were" : " was");
	*out = server;
	server = NULL;
	r = 0;
out:
	server_free(server);
	return r;
}

int
server_start(struct server *server, int64_t only, struct message *m)
{
	server->only = only;
	return workers_start(server, m);
}

void
server_stop(struct server *server)
{
	if (server == NULL || server->stopped)
		return;
	server->stopped = true;
	workers_stop(server);
	if (server->store != NULL)
		store_wake(server->store);
}

void
server_free(struct server *server)
{
	if (server == NULL)
		return;
	server_stop(server);
	store_close(server->store);
	pthread_cond_destroy(&server->idle);
	pthread_cond_destroy(&server->queue);
	pthread_mutex_destroy(&server->mutex);
	free(server->state_folder);
	free(server->data_folder);
	free(server);
}

const struct server_config *
server_config(const struct server *server)
{
	return &server->config;
}

int
server_threads(struct server *server)
{
	return workers_threads(server);
}

struct store *
server_store(struct server *server)
{
	return server->store;
}

bool
server_stopping(const struct server *server)
{
	return server->stopping;
}

/* ---- submitting ---- */

static int
read_spec(struct server *server, const char *text, size_t len,
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

static int
insert(struct server *server, const struct spec *spec, const char *key,
    const char *body, int64_t *id, bool *existing)
{
	json_t *tags = tags_json(spec);
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
			.key = key, .body = body,
			.queue_limit = SERVER_QUEUE_LIMIT,
		};

		r = store_job_insert(server->store, &job, id, existing);
	}
	buf_free(&spec_text);
	buf_free(&tags_text);
	json_decref(tags);
	if (r == 0 && !*existing)
		workers_wake(server);
	return r;
}

int
server_submit(struct server *server, const char *text, size_t len,
    const char *key, int64_t *id, bool *existing, struct faults *faults)
{
	char body[65];
	struct spec *spec;
	int r;

	*id = 0;
	*existing = false;
	if (server->stopping)
		return ERR_SHUTDOWN;
	r = read_spec(server, text, len, &spec, faults);
	if (r == 0) {
		formats_sha256(text, len, body);
		r = insert(server, spec, key, key != NULL ? body : NULL, id,
		    existing);
	}
	spec_free(spec);
	return r;
}

int
server_duplicate(struct server *server, int64_t id, int64_t *copy)
{
	struct faults *faults;
	struct job_row row;
	bool existing;
	int r = store_job_read(server->store, id, &row);

	*copy = 0;
	if (r < 0)
		return r;
	faults = calloc(1, sizeof *faults);
	r = faults == NULL ? ERR_MEMORY : server_submit(server, row.spec,
	    strlen(row.spec), NULL, copy, &existing, faults);
	free(faults);
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

int
server_dry_run(struct server *server, const char *text, size_t len,
    json_t **answer, struct faults *faults)
{
	struct spec_env env = { .data_folder = server->data_folder,
	    .store = server->store };
	struct estimate e;
	struct message m = { "" };
	struct spec *spec;
	int64_t ahead = 0;
	int threads, r;

	*answer = NULL;
	r = read_spec(server, text, len, &spec, faults);
	if (r < 0)
		return r;
	threads = spec->options.threads > 0 ? (int)spec->options.threads :
	    workers_threads(server);
	r = spec_estimate(spec, &env, threads, &e, &m);
	if (r == ERR_LIMIT) {
		fault_add(faults, "", "too_large", "%s", m.text);
		r = ERR_INVALID;
	}
	if (r == 0)
		r = store_job_ahead(server->store, spec->options.priority,
		    &ahead);
	if (r == 0) {
		*answer = json_pack("{s:O,s:{s:I,s:I,s:I,s:I,s:f,s:f},s:I,"
		    "s:f}", "spec", spec->json, "estimate", "memory_bytes",
		    (json_int_t)e.memory, "disk_bytes", (json_int_t)e.disk,
		    "coordinates", (json_int_t)e.coordinates, "weights",
		    (json_int_t)e.weights, "work", e.flops, "seconds",
		    seconds_of(server, e.flops, threads), "queue_position",
		    (json_int_t)ahead + 1, "eta_seconds",
		    seconds_of(server, e.flops, threads));
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

	if (faults != NULL && row->spec != NULL && read_spec(server, row->spec,
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
