/* Reading several jobs, and what happened to one. */
#include "store/internal.h"

#include <stdlib.h>

/* The filters of a list.  Texts are compared by instr, in which no character
 * is special; lower folds ASCII only.  A parameter that is NULL asks nothing. */
#define LIST_WHERE \
	" WHERE (?1 IS NULL OR state = ?1)" \
	" AND (?2 IS NULL OR type = ?2)" \
	" AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags)" \
	"   WHERE value = ?3))" \
	" AND (?4 IS NULL OR instr(lower(name), lower(?4)) > 0" \
	"   OR instr(lower(notes), lower(?4)) > 0" \
	"   OR EXISTS (SELECT 1 FROM json_each(tags)" \
	"     WHERE instr(lower(value), lower(?4)) > 0))"

#define LIST_NEWEST \
	"SELECT " JOB_COLUMNS " FROM job" LIST_WHERE \
	" AND (?5 = 0 OR job.id < ?5) ORDER BY job.id DESC LIMIT ?6"
#define LIST_OLDEST \
	"SELECT " JOB_COLUMNS " FROM job" LIST_WHERE \
	" AND job.id > ?5 ORDER BY job.id LIMIT ?6"

static int
list_load(struct conn *c, const struct job_filter *filter,
    struct job_row **rows, size_t *count)
{
	struct query q;

	query_begin(&q, c, filter->oldest_first ? LIST_OLDEST : LIST_NEWEST);
	query_text(&q, filter->state >= 0 ?
	    job_state_name((enum job_state)filter->state) : NULL);
	query_text(&q, filter->type);
	query_text(&q, filter->tag);
	query_text(&q, filter->text);
	query_int(&q, filter->before);
	query_int(&q, filter->limit);
	while (query_next(&q) > 0) {
		struct job_row *grown = rows_grow(*rows, *count, sizeof *grown);

		if (grown == NULL) {
			q.error = ERR_MEMORY;
			break;
		}
		*rows = grown;
		job_row_fill(&q, &grown[(*count)++]);
	}
	return query_end(&q);
}

int
store_job_list(struct store *store, const struct job_filter *filter,
    struct job_row **rows, size_t *count)
{
	struct conn *c;
	int r;

	*rows = NULL;
	*count = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = list_load(c, filter, rows, count);
	reader_give(store, c);
	if (r < 0) {
		job_rows_free(*rows, *count);
		*rows = NULL;
		*count = 0;
	}
	return r;
}

static int
history_load(struct conn *c, int64_t id, struct job_change **changes,
    size_t *count)
{
	struct query q;

	query_begin(&q, c, "SELECT at, state, reason FROM history "
	    "WHERE job = ? ORDER BY id");
	query_int(&q, id);
	while (query_next(&q) > 0) {
		struct job_change *grown, *change;

		grown = rows_grow(*changes, *count, sizeof *grown);
		if (grown == NULL) {
			q.error = ERR_MEMORY;
			break;
		}
		*changes = grown;
		change = &grown[(*count)++];
		change->at = query_get_int(&q, 0);
		change->state = query_get_state(&q, 1);
		change->reason = query_get_text(&q, 2);
	}
	return query_end(&q);
}

int
store_job_history(struct store *store, int64_t id, struct job_change **changes,
    size_t *count)
{
	struct conn *c;
	int r;

	*changes = NULL;
	*count = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = history_load(c, id, changes, count);
	reader_give(store, c);
	/* Inserting a job wrote its first line: without one there is no job. */
	if (r == 0 && *count == 0)
		r = ERR_NOT_FOUND;
	if (r < 0) {
		job_changes_free(*changes, *count);
		*changes = NULL;
		*count = 0;
	}
	return r;
}

static int
count_jobs(struct store *store, enum job_state state, int64_t priority,
    int64_t *count)
{
	struct conn *c;
	struct query q;
	int r;

	*count = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	query_begin(&q, c, "SELECT count(*) FROM job WHERE state = ? "
	    "AND priority >= ?");
	query_text(&q, job_state_name(state));
	query_int(&q, priority);
	if (query_next(&q) > 0)
		*count = query_get_int(&q, 0);
	r = query_end(&q);
	reader_give(store, c);
	return r;
}

int
store_job_count(struct store *store, enum job_state state, int64_t *count)
{
	return count_jobs(store, state, INT64_MIN, count);
}

int
store_job_ahead(struct store *store, int64_t priority, int64_t *count)
{
	/* Those of the same priority are older than a new one. */
	return count_jobs(store, JOB_QUEUED, priority, count);
}
