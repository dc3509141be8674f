/* The queue: inserting, claiming and moving jobs from state to state. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct insert {
	const struct job_new *job;
	int64_t id;
	bool existing;
};

/* The job of an idempotency key: 1 when it is there, 0, or ERR_*. */
static int
find_key(struct conn *c, struct insert *in)
{
	const char *body = in->job->body != NULL ? in->job->body : "";
	struct query q;
	char *text;
	int r;

	query_begin(&q, c, "SELECT id, coalesce(submit_body, '') FROM job "
	    "WHERE submit_key = ?");
	query_text(&q, in->job->key);
	r = query_next(&q);
	if (r > 0) {
		in->id = query_get_int(&q, 0);
		text = query_get_text(&q, 1);
		if (text != NULL && strcmp(text, body) != 0)
			r = ERR_CONFLICT;
		free(text);
	}
	return query_end(&q) < 0 ? q.error : r;
}

static int
check_limit(struct conn *c, int64_t limit)
{
	struct query q;
	int64_t queued = 0;

	if (limit <= 0)
		return 0;
	query_begin(&q, c, "SELECT count(*) FROM job WHERE state = 'queued'");
	if (query_next(&q) > 0)
		queued = query_get_int(&q, 0);
	if (query_end(&q) < 0)
		return q.error;
	return queued < limit ? 0 : ERR_LIMIT;
}

/* Whether there is room for this job beside what the others will still write. */
static int
check_room(struct conn *c, const struct job_new *job)
{
	int64_t left;
	int r;

	if (job->disk_room == NULL)
		return 0;
	r = job_disk_left(c, &left);
	if (r < 0)
		return r;
	if (job->disk_left != NULL)
		*job->disk_left = left;
	return left <= *job->disk_room && job->disk <= *job->disk_room - left ?
	    0 : ERR_FULL;
}

static int
insert_rows(struct store *store, struct insert *in)
{
	const struct job_new *job = in->job;
	int64_t now = clock_now();
	struct query q;
	int r;

	query_begin(&q, &store->writer, "INSERT INTO job (name, type, state, "
	    "tags, notes, priority, memory, disk, created, submit_key, "
	    "submit_body) VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?)");
	query_text(&q, job->name != NULL ? job->name : "");
	query_text(&q, job->type);
	query_text(&q, job->tags != NULL ? job->tags : "[]");
	query_text(&q, job->notes != NULL ? job->notes : "");
	query_int(&q, job->priority);
	query_int(&q, job->memory);
	query_int(&q, job->disk);
	query_int(&q, now);
	query_text(&q, job->key);
	query_text(&q, job->key != NULL ? job->body : NULL);
	r = query_run(&q);
	if (r < 0)
		return r;
	in->id = sqlite3_last_insert_rowid(store->writer.db);
	r = job_document_set(&store->writer, in->id, "spec", job->spec);
	return r < 0 ? r : job_history_add(store, in->id, now);
}

static int
run_insert(struct store *store, void *arg)
{
	struct insert *in = arg;
	int r = 0;

	if (in->job->key != NULL)
		r = find_key(&store->writer, in);
	if (r != 0) {
		in->existing = r > 0;
		return r < 0 ? r : 0;
	}
	r = check_limit(&store->writer, in->job->queue_limit);
	if (r == 0)
		r = check_room(&store->writer, in->job);
	if (r == 0)
		r = job_tags_check(&store->writer, in->job->tags);
	return r < 0 ? r : insert_rows(store, in);
}

int
store_job_insert(struct store *store, const struct job_new *job, int64_t *id,
    bool *existing)
{
	struct insert in = { .job = job };
	int r = store_call(store, run_insert, &in);

	*id = r == 0 ? in.id : 0;
	*existing = r == 0 && in.existing;
	return r;
}

int
store_job_read(struct store *store, int64_t id, struct job_row *row)
{
	struct conn *c;
	int r;

	*row = (struct job_row){ 0 };
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = job_row_load(c, id, row);
	reader_give(store, c);
	return r;
}

struct move {
	int64_t id;
	unsigned from;
	enum job_state to;
	const char *reason;
	bool reset;		/* forget what it did before */
	enum job_state present;
};

static int
get_state(struct conn *c, int64_t id, enum job_state *state)
{
	struct query q;
	int r;

	query_begin(&q, c, "SELECT state FROM job WHERE id = ?");
	query_int(&q, id);
	r = query_next(&q);
	if (r > 0)
		*state = query_get_state(&q, 0);
	if (query_end(&q) < 0)
		return q.error;
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

static int
run_move(struct store *store, void *arg)
{
	struct move *move = arg;
	int64_t now = clock_now();
	struct query q;
	int r;

	r = get_state(&store->writer, move->id, &move->present);
	if (r < 0)
		return r;
	if ((move->from & 1u << move->present) == 0)
		return ERR_CONFLICT;
	if (move->reset && (r = job_reset(store, move->id)) < 0)
		return r;
	/* An attempt that came to its end in order clears the job of what former
	 * ones are suspected of, if it did something. */
	query_begin(&q, &store->writer, "UPDATE job SET "
	    "crashes = iif(state = 'running' AND wrote, 0, crashes), "
	    "state = ?, reason = ?, finished = ? WHERE id = ?");
	query_text(&q, job_state_name(move->to));
	query_text(&q, move->reason);
	query_int(&q, move->to >= JOB_SUCCEEDED ? now : 0);
	query_int(&q, move->id);
	r = query_run(&q);
	if (r < 0)
		return r;
	move->present = move->to;
	return job_history_add(store, move->id, now);
}

int
store_job_move(struct store *store, int64_t id, unsigned from,
    enum job_state to, const char *reason, enum job_state *present)
{
	struct move move = { .id = id, .from = from, .to = to,
	    .reason = reason };
	int r = store_call(store, run_move, &move);

	if (present != NULL)
		*present = move.present;
	return r;
}

int
store_job_restart(struct store *store, int64_t id, unsigned from,
    const char *reason, enum job_state *present)
{
	struct move move = { .id = id, .from = from, .to = JOB_QUEUED,
	    .reason = reason, .reset = true };
	int r = store_call(store, run_move, &move);

	if (present != NULL)
		*present = move.present;
	return r;
}

static int
run_delete(struct store *store, void *arg)
{
	int64_t id = *(int64_t *)arg;
	enum job_state state;
	struct query q;
	int r;

	r = get_state(&store->writer, id, &state);
	if (r < 0)
		return r;
	if (state == JOB_RUNNING)
		return ERR_CONFLICT;
	query_begin(&q, &store->writer, "DELETE FROM job WHERE id = ?");
	query_int(&q, id);
	r = query_run(&q);
	/* The freed pages are given back after the commit, some at a time. */
	store->vacuum = true;
	return r;
}

int
store_job_delete(struct store *store, int64_t id)
{
	return store_call(store, run_delete, &id);
}
