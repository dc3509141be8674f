#include <config.h>
#include <math.h>

#include "http/figures.h"
#include "http/handlers.h"
#include "http/json.h"
#include "job/json_text.h"
#include "job/server.h"

/* The database as {path, size, wal_size}. */
static json_t *
database_json(const struct server_config *config, const struct figures *figures)
{
	return json_pack("{s:s+, s:I, s:I}",
	    "path", config->state_folder, "/l2ld.sqlite",
	    "size", (json_int_t)figures->size.database,
	    "wal_size", (json_int_t)figures->size.wal);
}

static json_t *
disk_json(const struct server_config *config, const struct figures *figures)
{
	json_t *free = figures->disk_free >= 0 ?
	    json_integer(figures->disk_free) : json_null();

	return json_pack("{s:o, s:I}", "free", free,
	    "reserve", (json_int_t)config->disk_reserve);
}

/* A limit in bytes; null: none. */
static json_t *
limit_json(int64_t limit)
{
	return limit > 0 ? json_integer(limit) : json_null();
}

/* What jobs may take: all of them, and one. */
static json_t *
budgets_json(const struct server_config *config)
{
	return json_pack("{s:o, s:o, s:o, s:o}",
	    "memory", limit_json(config->memory),
	    "job_memory", limit_json(config->job_memory),
	    "disk", limit_json(config->disk),
	    "job_disk", limit_json(config->job_disk));
}

/* What a job started now would run on, by its name; null when not known. */
static json_t *
environment_part(const json_t *environment, const char *name)
{
	json_t *value = json_object_get(environment, name);

	return value != NULL ? json_incref(value) : json_null();
}

static json_t *
info_json(struct server *server, const struct figures *figures)
{
	const struct server_config *config = server_config(server);
	int threads = server_threads(server);
	json_t *environment = server_environment(server, threads);
	json_t *info = json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:i, s:i, "
	    "s:{s:I, s:I}, s:o, s:o, s:o, s:s, s:o}",
	    "version", PACKAGE_VERSION,
	    "build", "compiler", L2LD_COMPILER, "flags", L2LD_CFLAGS,
	    "sanitizer", L2LD_SANITIZER,
	    "cpu", environment_part(environment, "cpu"),
	    "blas", environment_part(environment, "blas"),
	    "workers", config->workers,
	    "threads_per_job", threads,
	    "queue", "queued", (json_int_t)figures->jobs[JOB_QUEUED],
	    "running", (json_int_t)figures->jobs[JOB_RUNNING],
	    "database", database_json(config, figures),
	    "disk", disk_json(config, figures),
	    "budgets", budgets_json(config),
	    "data_folder", config->data_folder,
	    "uptime_seconds", json_number(round(figures->uptime)));

	json_decref(environment);
	return info;
}

void
server_info(const struct request *rq, struct response *rs)
{
	struct figures figures;
	int r = figures_read(rq->site, &figures);

	if (r < 0)
		response_error(rs, r, "the server");
	else
		response_json(rs, 200, info_json(rq->server, &figures));
}
