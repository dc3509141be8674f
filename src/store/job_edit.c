/* Changing what a job says about itself. */
#include "store/internal.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

static int
set_document(struct conn *c, int64_t id, const char *kind, const char *text)
{
	struct query q;

	query_begin(&q, c, "INSERT INTO document (job, kind, text) "
	    "VALUES (?, ?, ?) ON CONFLICT (job, kind) "
	    "DO UPDATE SET text = excluded.text");
	query_int(&q, id);
	query_text(&q, kind);
	query_text(&q, text);
	return query_run(&q);
}

static int
clear_document(struct conn *c, int64_t id, const char *kind)
{
	struct query q;

	query_begin(&q, c, "DELETE FROM document WHERE job = ? AND kind = ?");
	query_int(&q, id);
	query_text(&q, kind);
	return query_run(&q);
}

int
job_document_set(struct conn *c, int64_t id, const char *kind, const char *text)
{
	return text != NULL ? set_document(c, id, kind, text) :
	    clear_document(c, id, kind);
}

int
job_tags_check(struct conn *c, const char *tags)
{
	struct query q;
	bool valid = false;

	/* Not a CHECK of the table: a schema may not call json_valid where
	 * trusted_schema is off. */
	query_begin(&q, c, "SELECT json_valid(coalesce(?, '[]'))");
	query_text(&q, tags);
	if (query_next(&q) > 0)
		valid = query_get_int(&q, 0) != 0;
	if (query_end(&q) < 0)
		return q.error;
	return valid ? 0 : ERR_INVALID;
}

/* 0 when the last statement changed a row: there is such a job. */
static int
found(struct store *store, int r)
{
	if (r == 0 && sqlite3_changes(store->writer.db) == 0)
		return ERR_NOT_FOUND;
	return r;
}

struct patch {
	int64_t id;
	const struct job_patch *patch;
};

static int
run_patch(struct store *store, void *arg)
{
	const struct patch *in = arg;
	const struct job_patch *patch = in->patch;
	struct query q;
	int r = job_tags_check(&store->writer, patch->tags);

	if (r < 0)
		return r;
	query_begin(&q, &store->writer, "UPDATE job SET "
	    "name = coalesce(?, name), tags = coalesce(?, tags), "
	    "notes = coalesce(?, notes), "
	    "priority = iif(?, ?, priority) WHERE id = ?");
	query_text(&q, patch->name);
	query_text(&q, patch->tags);
	query_text(&q, patch->notes);
	query_int(&q, patch->priority != NULL);
	query_int(&q, patch->priority != NULL ? *patch->priority : 0);
	query_int(&q, in->id);
	return found(store, query_run(&q));
}

int
store_job_patch(struct store *store, int64_t id, const struct job_patch *patch)
{
	struct patch in = { .id = id, .patch = patch };

	return store_call(store, run_patch, &in);
}

struct document {
	int64_t id;
	const char *kind, *text;
};

static int
run_document(struct store *store, void *arg)
{
	const struct document *in = arg;
	struct query q;
	int r;

	/* Removing from no job would go unnoticed. */
	query_begin(&q, &store->writer, "SELECT 1 FROM job WHERE id = ?");
	query_int(&q, in->id);
	r = query_next(&q);
	if (query_end(&q) < 0)
		return q.error;
	if (r == 0)
		return ERR_NOT_FOUND;
	return job_document_set(&store->writer, in->id, in->kind, in->text);
}

struct job_size {
	int64_t id, memory, disk;
};

static int
run_size(struct store *store, void *arg)
{
	const struct job_size *in = arg;
	struct query q;

	query_begin(&q, &store->writer, "UPDATE job SET memory = ?, disk = ? "
	    "WHERE id = ?");
	query_int(&q, in->memory);
	query_int(&q, in->disk);
	query_int(&q, in->id);
	return found(store, query_run(&q));
}

int
store_job_set_size(struct store *store, int64_t id, int64_t memory,
    int64_t disk)
{
	struct job_size in = { .id = id, .memory = memory, .disk = disk };

	return store_call(store, run_size, &in);
}

int
store_job_set_environment(struct store *store, int64_t id, const char *json)
{
	struct document in = { .id = id, .kind = "environment", .text = json };

	return store_call(store, run_document, &in);
}

int
store_job_set_results(struct store *store, int64_t id, const char *json)
{
	struct document in = { .id = id, .kind = "results", .text = json };

	return store_call(store, run_document, &in);
}

int
job_reset(struct store *store, int64_t id)
{
	static const char *const deletions[] = {
		"DELETE FROM curve WHERE job = ?",
		"DELETE FROM snapshot WHERE job = ?",
		"DELETE FROM checkpoint WHERE job = ?",
		"DELETE FROM document WHERE job = ? AND kind = 'results'",
	};
	struct query q;
	int r;

	query_begin(&q, &store->writer, "UPDATE job SET crashes = 0, wrote = 0, "
	    "started = iif(state = 'running', ?, 0), "
	    "done = 0, total = 0, unit = '', run_seconds = 0 WHERE id = ?");
	query_int(&q, clock_now());
	query_int(&q, id);
	r = found(store, query_run(&q));
	for (size_t i = 0; r == 0 && i < sizeof deletions / sizeof *deletions;
	    i++) {
		query_begin(&q, &store->writer, deletions[i]);
		query_int(&q, id);
		r = query_run(&q);
	}
	store->vacuum = true;
	return r;
}

struct progress {
	int64_t id;
	double done, total, run_seconds;
	char unit[];
};

/* A column of numbers takes no NaN. */
static double
number(double value)
{
	return isnan(value) ? 0.0 : value;
}

static int
run_progress(struct store *store, void *arg)
{
	const struct progress *in = arg;
	struct query q;

	query_begin(&q, &store->writer, "UPDATE job SET done = ?, total = ?, "
	    "unit = ?, run_seconds = ?, wrote = 1 WHERE id = ?");
	query_real(&q, number(in->done));
	query_real(&q, number(in->total));
	query_text(&q, in->unit);
	query_real(&q, number(in->run_seconds));
	query_int(&q, in->id);
	return found(store, query_run(&q));
}

int
store_job_progress_async(struct store *store, int64_t id, double done,
    double total, const char *unit, double run_seconds)
{
	struct progress *in;
	struct op *op;

	if (unit == NULL)
		unit = "";
	op = op_new(sizeof *in + strlen(unit) + 1);
	if (op == NULL)
		return ERR_MEMORY;
	in = op->arg;
	in->id = id;
	in->done = done;
	in->total = total;
	in->run_seconds = run_seconds;
	strcpy(in->unit, unit);
	return store_send(store, op, id, run_progress, 1);
}
