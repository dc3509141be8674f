#include "tests/http/fake.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/serve.h"
#include "job/formats.h"
#include "optim/optim.h"

struct server {
	struct server_config config;
	struct store *store;
	atomic_bool stopping;
};

struct server_health fake_health;
bool fake_full;
struct site fake_site;
struct peer fake_peer;
struct store *fake_store;
struct server *fake_server;
static struct server the_server;
static char folder[64];

const struct server_config *
server_config(const struct server *server)
{
	return &server->config;
}

struct store *
server_store(struct server *server)
{
	return server->store;
}

bool
server_stopping(const struct server *server)
{
	return atomic_load(&server->stopping);
}

void
server_stop(struct server *server)
{
	atomic_store(&server->stopping, true);
}

void
server_health(struct server *server, struct server_health *health)
{
	(void)server;
	*health = fake_health;
}

void
fake_begin(void)
{
	struct message m = { "" };
	char path[128];

	strcpy(folder, "/tmp/l2ld-http-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/l2ld.sqlite", folder);
	ck_assert_msg(store_open(path, &fake_store, &m) == 0, "%s", m.text);
	the_server.config = (struct server_config){ .state_folder = folder,
	    .data_folder = folder, .workers = 2, .threads_per_job = 1,
	    .disk_reserve = 1 << 20 };
	the_server.store = fake_store;
	atomic_store(&the_server.stopping, false);
	fake_server = &the_server;
	fake_error = 0;
	fake_full = false;
	fake_health = (struct server_health){ .workers = 2, .started = 2 };
	fake_peer = (struct peer){ -1, true, true };
	fake_site = (struct site){ .lock = PTHREAD_RWLOCK_INITIALIZER };
	fake_site.server = fake_server;
	fake_site.started = clock_seconds();
	ck_assert_int_eq(gate_init(&fake_site.gate, "127.0.0.1", 8642, NULL,
	    &m), 0);
}

void
fake_end(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[400];

	store_close(fake_store);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(dir);
	rmdir(folder);
}

void
reply_free(struct reply *reply)
{
	response_free(&reply->rs);
	json_decref(reply->json);
	reply->json = NULL;
}

/* What every answer must have, and JSON that parses. */
static void
reply_check(struct reply *reply)
{
	const struct response *rs = &reply->rs;

	ck_assert_int_ge(rs->status, 200);
	ck_assert_int_lt(rs->status, 600);
	ck_assert_ptr_nonnull(reply_header(reply, "Cache-Control"));
	ck_assert_ptr_nonnull(reply_header(reply, "Content-Security-Policy"));
	if (rs->type == NULL || rs->fixed != NULL ||
	    (strcmp(rs->type, "application/json") != 0 &&
	    strcmp(rs->type, "application/problem+json") != 0))
		return;
	reply->json = json_loadb(rs->body.data, rs->body.len,
	    JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(reply->json != NULL, "not JSON: %s", rs->body.data);
	if (rs->status < 400)
		return;
	ck_assert_str_eq(rs->type, "application/problem+json");
	ck_assert_int_eq(reply_number(reply, "status"), rs->status);
	ck_assert_str_eq(reply_text(reply, "type"), "about:blank");
	ck_assert_str_eq(reply_text(reply, "title"),
	    response_title(rs->status));
	ck_assert_str_ne(reply_text(reply, "code"), "");
	ck_assert_str_ne(reply_text(reply, "detail"), "");
}

void
ask_with(struct reply *reply, const char *method, const char *target,
    const char *body, const char *name, const char *value)
{
	char length[24];
	struct gate_header headers[5] = { { "Host", "127.0.0.1:8642" } };
	struct gate_head head = { .method = method, .target = target,
		.version = "HTTP/1.1", .headers = headers, .headers_len = 1 };
	struct peer peer = fake_peer;
	struct request rq;

	reply_free(reply);
	if (body != NULL) {
		snprintf(length, sizeof length, "%zu", strlen(body));
		headers[head.headers_len++] =
		    (struct gate_header){ "Content-Length", length };
		headers[head.headers_len++] =
		    (struct gate_header){ "Content-Type", "application/json" };
	}
	if (name != NULL)
		headers[head.headers_len++] =
		    (struct gate_header){ name, value };
	if (serve_head(&fake_site, &head, &peer, &rq, &reply->rs)) {
		if (rq.body != NULL) {
			memcpy(rq.body, body, rq.body_size + 1);
			rq.body_len = rq.body_size;
		}
		serve_answer(&rq, &reply->rs);
	}
	request_free(&rq);
	reply_check(reply);
}

void
ask(struct reply *reply, const char *method, const char *target,
    const char *body)
{
	ask_with(reply, method, target, body, NULL, NULL);
}

const char *
reply_header(const struct reply *reply, const char *name)
{
	for (int i = 0; i < reply->rs.headers_len; i++)
		if (strcmp(reply->rs.headers[i].name, name) == 0)
			return reply->rs.headers[i].value;
	return NULL;
}

const char *
reply_text(const struct reply *reply, const char *member)
{
	const json_t *value = json_object_get(reply->json, member);

	ck_assert_msg(json_is_string(value), "%s is not a text", member);
	return json_string_value(value);
}

int64_t
reply_number(const struct reply *reply, const char *member)
{
	const json_t *value = json_object_get(reply->json, member);

	ck_assert_msg(json_is_integer(value), "%s is not a number", member);
	return json_integer_value(value);
}

int64_t
fake_job(const char *name)
{
	struct job_new job = { .name = name, .type = "train",
		.spec = "{\"name\":\"x\"}", .tags = "[\"paper\"]",
		.notes = "", .queue_limit = SERVER_QUEUE_LIMIT };
	bool existing;
	int64_t id;

	ck_assert_int_eq(store_job_insert(fake_store, &job, &id, &existing), 0);
	return id;
}

void
fake_rows(int64_t job, int64_t first, int count)
{
	double *values = malloc((size_t)count * 2 * sizeof *values);

	ck_assert_ptr_nonnull(values);
	for (int i = 0; i < count; i++) {
		values[2 * i] = (double)(first + i);
		values[2 * i + 1] = values[2 * i] * values[2 * i];
	}
	if (first == 0)
		ck_assert_int_eq(store_curve_open(fake_store, job, "training",
		    "{\"columns\":[\"epoch\",\"meta_loss\"],\"labels\":{}}",
		    2), 0);
	ck_assert_int_eq(store_curve_write_async(fake_store, job, "training",
	    first, (size_t)count, 2, values), 0);
	ck_assert_int_eq(store_flush(fake_store, job), 0);
	free(values);
}

int64_t
fake_snapshot(int64_t job)
{
	const struct optim_type *type = optim_find("lstm");
	struct random_key key = { .seed = 1, .purpose = RANDOM_WEIGHTS };
	struct optim_options options;
	struct snapshot_row row = {
		.job = job, .kind = "best", .epoch = 7,
		.validation_loss = 0.25, .optimizer = "lstm",
		.group = "", .metadata = "{\"format\":1,"
		    "\"options\":{}}",
	};
	char sha256[65];
	int64_t id;

	param_defaults(type->params, &options);
	row.len = type->weights_len(&options);
	row.weights = malloc(row.len * sizeof *row.weights);
	ck_assert_ptr_nonnull(row.weights);
	type->weights_init(&options, &key, row.weights);
	formats_sha256(row.weights, row.len * sizeof *row.weights, sha256);
	row.sha256 = sha256;
	ck_assert_int_eq(store_snapshot_insert(fake_store, &row, &id), 0);
	free(row.weights);
	return id;
}
