#include "base/file.h"
#include "http/figures.h"
#include "http/handlers.h"
#include "job/server.h"

/* A part that has not moved for so long hangs. */
#define SILENCE 30.0
/* A commit so short ago tells what a probe would: anybody may ask, and however
 * often they do, it is written no more than once in that time. */
#define FRESH 1.0

void
health_live(const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json(rs, 200, json_pack("{s:s}", "status", "ok"));
}

static bool
broken(const struct store_health *health, struct response *rs)
{
	if (health->broken)
		response_problem(rs, 503, "database_broken", "The database "
		    "cannot be trusted after an error of the disk: nothing is "
		    "written until the server starts again.");
	return health->broken;
}

/* Whether the writer works at all: asking a hanging one would hang too. */
static bool
writer_ready(struct store *store, struct response *rs)
{
	struct store_health health;

	store_health(store, &health);
	if (broken(&health, rs))
		return false;
	if (health.silent_seconds > SILENCE) {
		response_problem(rs, 503, "database_hangs", "A write has been "
		    "waiting for the disk for %.0f s.", health.silent_seconds);
		return false;
	}
	return true;
}

/* Whether a write is possible now, as store_probe says it. */
static int
store_writable(struct store *store)
{
	struct store_health health;

	store_health(store, &health);
	if (health.write_error == 0 && health.checkpoint_error == 0 &&
	    health.commit_seconds >= 0 && health.commit_seconds < FRESH)
		return 0;
	return store_probe(store);
}

static bool
store_ready(struct store *store, struct response *rs)
{
	struct store_health health;
	int r;

	if (!writer_ready(store, rs))
		return false;
	r = store_writable(store);
	store_health(store, &health);
	/* It may be what the probe found. */
	if (broken(&health, rs))
		return false;
	if (r == ERR_FULL)
		response_problem(rs, 503, "disk_full", "The disk of the "
		    "database is full.");
	else if (r < 0 && health.checkpoint_error == r)
		response_problem(rs, 503, "checkpoint", "The log of the "
		    "database cannot be copied into it: %s.", err_text(r));
	else if (r < 0)
		response_problem(rs, 503, "database", "The database cannot be "
		    "written: %s.", err_text(r));
	return r == 0;
}

static bool
disk_ready(struct server *server, struct response *rs)
{
	const struct server_config *config = server_config(server);
	long long room = file_free_bytes(config->state_folder);

	if (!server_full(server) && (room < 0 || room >= config->disk_reserve))
		return true;
	response_problem(rs, 503, "disk_reserve", "The disk of the database "
	    "has %lld bytes left; %lld are kept in reserve.", room,
	    (long long)config->disk_reserve);
	return false;
}

static bool
workers_ready(struct server *server, struct response *rs)
{
	struct server_health health;

	server_health(server, &health);
	if (health.started < health.workers)
		response_problem(rs, 503, "workers", "Of %d workers only %d "
		    "are there.", health.workers, health.started);
	else if (health.silent_seconds > SILENCE)
		response_problem(rs, 503, "workers", "A worker has not moved "
		    "for %.0f s.", health.silent_seconds);
	else
		return true;
	return false;
}

static bool
queue_ready(struct server *server, struct response *rs)
{
	int64_t queued;
	int r = store_job_count(server_store(server), JOB_QUEUED, &queued);

	if (r == 0 && queued < SERVER_QUEUE_LIMIT)
		return true;
	if (r < 0)
		response_problem(rs, 503, "database", "The database cannot be "
		    "read: %s.", err_text(r));
	else
		response_problem(rs, 503, "queue_full", "%d jobs are waiting, "
		    "as many as may.", SERVER_QUEUE_LIMIT);
	return false;
}

void
health_ready(const struct request *rq, struct response *rs)
{
	if (server_stopping(rq->server)) {
		response_error(rs, ERR_SHUTDOWN, "server");
		return;
	}
	if (store_ready(server_store(rq->server), rs) &&
	    disk_ready(rq->server, rs) && workers_ready(rq->server, rs) &&
	    queue_ready(rq->server, rs))
		response_json(rs, 200, json_pack("{s:s}", "status", "ready"));
	else
		response_header(rs, "Retry-After", "30");
}
