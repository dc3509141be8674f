/* What a job may take: refused at its submission, with the numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "job/server_state.h"

#define MIB (1024.0 * 1024.0)
#define LOG_BYTES (4 << 20)

int
admission_threads(const struct server *server, const struct spec *spec)
{
	if (spec->options.threads > 0)
		return (int)spec->options.threads;
	return server->config.threads_per_job > 0 ?
	    server->config.threads_per_job : server->cores;
}

/* A fault where `needs` exceeds a limit (0: none) that an option sets. */
static void
check(struct faults *faults, const char *pointer, const char *what,
    uint64_t needs, int64_t limit, const char *option)
{
	if (limit > 0 && needs > (uint64_t)limit)
		fault_add(faults, pointer, "too_large", "the job needs %.1f MiB "
		    "of %s and %.1f MiB are allowed: make this smaller, or "
		    "start the server with a larger %s", (double)needs / MIB,
		    what, (double)limit / MIB, option);
}

int
admission_size(struct server *server, const struct spec *spec,
    struct estimate *e, struct faults *faults)
{
	const struct server_config *c = &server->config;
	struct spec_env env = { .data_folder = server->data_folder,
	    .store = server->store };
	struct message m = { "" };
	int r = spec_estimate(spec, &env, admission_threads(server, spec), e,
	    &m);

	if (r == ERR_LIMIT) {
		/* No figure of it means anything. */
		e->memory = 0;
		fault_add(faults, "", "too_large", "%s", m.text);
		return ERR_INVALID;
	}
	if (r < 0)
		return r;
	check(faults, e->memory_at, "memory", e->memory, c->job_memory,
	    "--job-memory");
	if (faults->len == 0)
		check(faults, e->memory_at, "memory", e->memory, c->memory,
		    "--memory");
	check(faults, e->disk_at, "disk", e->disk, c->job_disk, "--job-disk");
	return faults->len > 0 ? ERR_INVALID : 0;
}

/* Bytes that the database's log may yet take of so many: see store/wal.c. */
static int64_t
log_room(const struct server *server, int64_t free)
{
	int64_t most = free / 3 < LOG_BYTES ? free / 3 : LOG_BYTES;
	struct store_size size;

	store_size(server->store, &size);
	return size.wal < most ? most - size.wal : 0;
}

/* Bytes free beyond the reserve; false when not known. */
static bool
free_room(const struct server *server, int64_t *room)
{
	long long free = file_free_bytes(server->state_folder);

	*room = free - server->config.disk_reserve;
	if (*room > 0)
		*room -= log_room(server, *room);
	return free >= 0;
}

/* Bytes that the database may still grow by; false when it has no limit. */
static bool
budget_room(const struct server *server, int64_t *room)
{
	struct store_size size;

	store_size(server->store, &size);
	*room = server->config.disk - size.database - size.wal;
	return server->config.disk > 0;
}

bool
admission_room(struct server *server, int64_t *room)
{
	int64_t budget;
	bool limited = free_room(server, room);

	if (budget_room(server, &budget) && (!limited || budget < *room)) {
		*room = budget;
		limited = true;
	}
	return limited;
}

int
admission_refuse(struct server *server, int64_t disk, int64_t left,
    struct faults *faults)
{
	double free = (double)file_free_bytes(server->state_folder) / MIB;
	int64_t room = 0, budget;
	bool known = free_room(server, &room);

	if (left < 0)
		fault_add(faults, "", "disk_full", "the disk of the database is "
		    "full, %.1f MiB are free and %.1f are kept in reserve "
		    "(--disk-reserve): jobs wait, and new ones are taken again "
		    "when there is room", free,
		    (double)server->config.disk_reserve / MIB);
	else if (budget_room(server, &budget) && (!known || budget < room))
		fault_add(faults, "", "disk_full", "the job will write %.1f MiB, "
		    "the others that wait or run %.1f MiB more, and the "
		    "database may grow by %.1f MiB: delete some, or start the "
		    "server with a larger --disk", (double)disk / MIB,
		    (double)left / MIB, (double)budget / MIB);
	else
		fault_add(faults, "", "disk_full", "the job will write %.1f MiB, "
		    "the others that wait or run %.1f MiB more, and the disk "
		    "has %.1f MiB for them beside its log and its reserve of "
		    "%.1f (--disk-reserve): make room", (double)disk / MIB,
		    (double)left / MIB, (double)room / MIB,
		    (double)server->config.disk_reserve / MIB);
	return ERR_FULL;
}

int
admission_disk(struct server *server, int64_t disk, int64_t left,
    struct faults *faults)
{
	int64_t room;

	if (server->full)
		return admission_refuse(server, 0, -1, faults);
	if (!admission_room(server, &room) ||
	    (left <= room && disk <= room - left))
		return 0;
	return admission_refuse(server, disk, left, faults);
}

/* The estimate of a stored job.  *faults is as admission_size leaves it. */
static int
estimate_row(struct server *server, int64_t id, struct estimate *e,
    struct job_row *row, struct faults *faults)
{
	struct spec *spec = NULL;
	int r = store_job_read(server->store, id, row);

	memset(e, 0, sizeof *e);
	if (r == 0)
		r = submit_read(server, row->spec, strlen(row->spec), &spec,
		    faults);
	if (r == 0)
		r = admission_size(server, spec, e, faults);
	spec_free(spec);
	return r;
}

int
admission_again(struct server *server, int64_t id, struct faults *faults)
{
	struct job_row row = { 0 };
	struct estimate e;
	int64_t left;
	int r;

	if (server->full)
		return admission_refuse(server, 0, -1, faults);
	r = estimate_row(server, id, &e, &row, faults);
	if (r == 0)
		r = store_job_disk_left(server->store, &left);
	if (r == 0) {
		/* One that runs or waits is among the others. */
		if (row.state == JOB_RUNNING || row.state == JOB_QUEUED)
			left -= row.disk < left ? row.disk : left;
		r = admission_disk(server, (int64_t)e.disk, left, faults);
	}
	if (r == 0)
		r = store_job_set_size(server->store, id, (int64_t)e.memory,
		    (int64_t)e.disk);
	job_row_free(&row);
	return r;
}

static void
measure(struct server *server, int64_t id, struct faults *faults)
{
	struct job_row row = { 0 };
	struct estimate e;

	/* What cannot be estimated any more fails when it is run. */
	*faults = (struct faults){ 0 };
	(void)estimate_row(server, id, &e, &row, faults);
	job_row_free(&row);
	if (e.memory > 0 && store_job_set_size(server->store, id,
	    (int64_t)e.memory, (int64_t)e.disk) < 0)
		log_job(LOG_WARNING, id, "its estimate cannot be stored");
}

void
admission_measure(struct server *server)
{
	struct job_filter filter = { .state = JOB_QUEUED,
	    .limit = SERVER_QUEUE_LIMIT + SERVER_WORKERS_MAX };
	struct faults *faults = malloc(sizeof *faults);
	struct job_row *rows = NULL;
	size_t count = 0;

	if (faults != NULL && store_job_list(server->store, &filter, &rows,
	    &count) == 0)
		for (size_t i = 0; i < count; i++)
			if (rows[i].memory == 0)
				measure(server, rows[i].id, faults);
	job_rows_free(rows, count);
	free(faults);
}

void
server_reload(struct server *server, const struct server_config *config)
{
	server->config.memory = config->memory;
	server->config.job_memory = config->job_memory;
	server->config.disk = config->disk;
	server->config.job_disk = config->job_disk;
	server->config.disk_reserve = config->disk_reserve;
	/* One that waited for memory may fit now. */
	workers_wake(server);
}
