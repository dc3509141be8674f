/* The job side: job/server.h over a real store, without workers. */
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "job/server.h"
#include "tests/http/fake.h"

int fake_error;

/* fake_error, once. */
static int
taken_error(void)
{
	int error = fake_error;

	fake_error = 0;
	return error;
}

int
server_submit(struct server *server, const char *text, size_t len,
    const char *key, int64_t *id, bool *existing, struct faults *faults)
{
	json_t *body;
	struct job_new job = { .type = "train", .spec = "{}", .tags = "[]",
		.notes = "", .queue_limit = SERVER_QUEUE_LIMIT, .key = key };
	char digest[65];
	int r = taken_error();

	*id = 0;
	*existing = false;
	if (r < 0)
		return r;
	body = spec_text_parse(text, len, faults);
	if (body == NULL)
		return ERR_INVALID;
	job.name = json_string_value(json_object_get(body, "name"));
	if (job.name == NULL) {
		fault_add(faults, "/name", "missing", "must be given");
		fault_add(faults, "/problem", "missing", "must be given");
		r = ERR_INVALID;
	} else {
		formats_sha256(text, len, digest);
		job.body = digest;
		r = store_job_insert(server_store(server), &job, id, existing);
	}
	json_decref(body);
	return r;
}

int
server_dry_run(struct server *server, const char *text, size_t len,
    json_t **answer, struct faults *faults)
{
	json_t *body = spec_text_parse(text, len, faults);

	(void)server;
	*answer = NULL;
	if (body == NULL)
		return ERR_INVALID;
	*answer = json_pack("{s:o}", "spec", body);
	return 0;
}

static int
change(struct server *server, int64_t id, unsigned from, enum job_state to,
    enum job_state *present)
{
	int r = taken_error();

	return r < 0 ? r : store_job_move(server_store(server), id, from, to,
	    NULL, present);
}

#define BIT(state) (1u << (state))

int
server_cancel(struct server *server, int64_t id, enum job_state *present)
{
	return change(server, id, BIT(JOB_QUEUED) | BIT(JOB_RUNNING) |
	    BIT(JOB_PAUSED), JOB_CANCELLED, present);
}

int
server_pause(struct server *server, int64_t id, enum job_state *present)
{
	return change(server, id, BIT(JOB_QUEUED) | BIT(JOB_RUNNING),
	    JOB_PAUSED, present);
}

int
server_resume(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults)
{
	(void)faults;
	return change(server, id, BIT(JOB_PAUSED), JOB_QUEUED, present);
}

int
server_retry(struct server *server, int64_t id, enum job_state *present,
    struct faults *faults)
{
	(void)faults;
	return change(server, id, BIT(JOB_CANCELLED) | BIT(JOB_FAILED),
	    JOB_QUEUED, present);
}

int
server_duplicate(struct server *server, int64_t id, int64_t *copy,
    struct faults *faults)
{
	(void)faults;
	struct job_row row;
	int r = taken_error();

	*copy = 0;
	if (r == 0)
		r = store_job_read(server_store(server), id, &row);
	if (r < 0)
		return r;
	*copy = fake_job(row.name);
	job_row_free(&row);
	return 0;
}

int
server_patch(struct server *server, int64_t id, const struct job_patch *patch)
{
	return store_job_patch(server_store(server), id, patch);
}

bool
server_full(const struct server *server)
{
	(void)server;
	return fake_full;
}

int
server_delete(struct server *server, int64_t id)
{
	int r = taken_error();

	return r < 0 ? r : store_job_delete(server_store(server), id);
}

double
server_eta(struct server *server, const struct job_row *row)
{
	(void)server;
	(void)row;
	return 12.5;
}

const char *
server_waits_for(struct server *server, const struct job_row *row)
{
	(void)server;
	return row->state != JOB_QUEUED ? NULL : fake_full ? "disk" : "worker";
}

json_t *
server_environment(const struct server *server, int threads)
{
	(void)server;
	return json_pack("{s:s, s:s, s:i}", "cpu", "a processor", "blas",
	    "OpenBLAS", "threads", threads);
}

int
server_threads(struct server *server)
{
	(void)server;
	return 1;
}
