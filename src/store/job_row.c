/* Job rows: their states, their memory, reading them. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[JOB_STATES] = {
	[JOB_QUEUED] = "queued",
	[JOB_RUNNING] = "running",
	[JOB_PAUSED] = "paused",
	[JOB_SUCCEEDED] = "succeeded",
	[JOB_DIVERGED] = "diverged",
	[JOB_CANCELLED] = "cancelled",
	[JOB_FAILED] = "failed",
};

const char *
job_state_name(enum job_state state)
{
	return state_names[state];
}

int
job_state_find(const char *name)
{
	for (int i = 0; i < JOB_STATES; i++)
		if (strcmp(name, state_names[i]) == 0)
			return i;
	return -1;
}

void
job_row_free(struct job_row *row)
{
	if (row == NULL)
		return;
	free(row->name);
	free(row->type);
	free(row->reason);
	free(row->spec);
	free(row->tags);
	free(row->notes);
	free(row->environment);
	free(row->results);
	free(row->unit);
	*row = (struct job_row){ 0 };
}

void
job_rows_free(struct job_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		job_row_free(&rows[i]);
	free(rows);
}

void
job_changes_free(struct job_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(changes[i].reason);
	free(changes);
}

enum job_state
query_get_state(struct query *q, int column)
{
	const char *name = (const char *)sqlite3_column_text(q->stmt, column);
	int state = name != NULL ? job_state_find(name) : -1;

	if (state < 0)
		q->error = ERR_INTERNAL;
	return state < 0 ? JOB_FAILED : (enum job_state)state;
}

void
job_row_fill(struct query *q, struct job_row *row)
{
	row->id = query_get_int(q, 0);
	row->name = query_get_text(q, 1);
	row->type = query_get_text(q, 2);
	row->state = query_get_state(q, 3);
	row->reason = query_get_text(q, 4);
	row->tags = query_get_text(q, 5);
	row->notes = query_get_text(q, 6);
	row->priority = query_get_int(q, 7);
	row->attempts = query_get_int(q, 8);
	row->created = query_get_int(q, 9);
	row->started = query_get_int(q, 10);
	row->finished = query_get_int(q, 11);
	row->done = query_get_real(q, 12);
	row->total = query_get_real(q, 13);
	row->unit = query_get_text(q, 14);
	row->run_seconds = query_get_real(q, 15);
	row->memory = query_get_int(q, 16);
	row->disk = query_get_int(q, 17);
	row->crashes = query_get_int(q, 18);
}

#define DOCUMENT(kind) \
	"(SELECT text FROM document WHERE job = id AND kind = '" kind "')"

int
job_row_load(struct conn *c, int64_t id, struct job_row *row)
{
	struct query q;
	int r;

	*row = (struct job_row){ 0 };
	query_begin(&q, c, "SELECT " JOB_COLUMNS ", " DOCUMENT("spec") ", "
	    DOCUMENT("environment") ", " DOCUMENT("results")
	    " FROM job WHERE id = ?");
	query_int(&q, id);
	r = query_next(&q);
	if (r > 0) {
		job_row_fill(&q, row);
		row->spec = query_get_text(&q, 19);
		row->environment = query_get_text(&q, 20);
		row->results = query_get_text(&q, 21);
	}
	if (query_end(&q) < 0) {
		job_row_free(row);
		return q.error;
	}
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

int
job_history_add(struct store *store, int64_t id, int64_t at)
{
	struct query q;

	query_begin(&q, &store->writer, "INSERT INTO history "
	    "(job, at, state, reason, incarnation, attempt) "
	    "SELECT id, ?, state, reason, ?, attempts FROM job WHERE id = ?");
	query_int(&q, at);
	query_int(&q, store->incarnation);
	query_int(&q, id);
	return query_run(&q);
}
