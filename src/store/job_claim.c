/* Who runs next, beside whom; and what a boot makes of jobs that were running. */
#include "store/internal.h"

#include <stdlib.h>

#include "base/clock.h"

/* After so many crashes in a row a job is not tried again. */
#define CRASHES "3"

/* The head of the queue, or of `only` alone. */
static int
get_next(struct conn *c, int64_t only, struct job_next *next)
{
	struct query q;
	int r;

	*next = (struct job_next){ 0 };
	query_begin(&q, c, "SELECT id, priority, memory FROM job "
	    "WHERE state = 'queued' AND (?1 = 0 OR id = ?1) "
	    "ORDER BY priority DESC, id LIMIT 1");
	query_int(&q, only);
	r = query_next(&q);
	if (r > 0) {
		next->id = query_get_int(&q, 0);
		next->priority = query_get_int(&q, 1);
		next->memory = query_get_int(&q, 2);
	}
	if (query_end(&q) < 0)
		return q.error;
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

int
store_job_next(struct store *store, struct job_next *next)
{
	struct conn *c;
	int r = reader_take(store, &c);

	*next = (struct job_next){ 0 };
	if (r < 0)
		return r;
	r = get_next(c, 0, next);
	reader_give(store, c);
	return r;
}

/* Whether so much memory fits beside the running jobs.  Alone any job may run. */
static int
check_memory(struct conn *c, int64_t memory, int64_t budget)
{
	struct query q;
	int64_t used = 0, running = 0;

	if (budget <= 0)
		return 0;
	query_begin(&q, c, "SELECT count(*), total(memory) FROM job "
	    "WHERE state = 'running'");
	if (query_next(&q) > 0) {
		running = query_get_int(&q, 0);
		used = query_get_int(&q, 1);
	}
	if (query_end(&q) < 0)
		return q.error;
	return running == 0 || (used <= budget && memory <= budget - used) ?
	    0 : ERR_LIMIT;
}

struct claim {
	int64_t only, budget;
	struct job_row *row;
};

static int
run_claim(struct store *store, void *arg)
{
	const struct claim *claim = arg;
	int64_t now = clock_now();
	struct job_next next;
	struct query q;
	int r;

	r = get_next(&store->writer, claim->only, &next);
	if (r == 0)
		r = check_memory(&store->writer, next.memory, claim->budget);
	if (r < 0)
		return r;
	query_begin(&q, &store->writer, "UPDATE job SET state = 'running', "
	    "reason = NULL, attempts = attempts + 1, incarnation = ?1, "
	    "wrote = 0, started = iif(started = 0, ?2, started) WHERE id = ?3");
	query_int(&q, store->incarnation);
	query_int(&q, now);
	query_int(&q, next.id);
	r = query_run(&q);
	if (r == 0)
		r = job_history_add(store, next.id, now);
	return r < 0 ? r : job_row_load(&store->writer, next.id, claim->row);
}

int
store_job_claim(struct store *store, int64_t only, int64_t budget,
    struct job_row *row)
{
	struct claim claim = { .only = only, .budget = budget, .row = row };
	int r;

	*row = (struct job_row){ 0 };
	r = store_call(store, run_claim, &claim);
	/* The group may have failed after the row was read. */
	if (r < 0)
		job_row_free(row);
	return r;
}

int
job_disk_left(struct conn *c, int64_t *left)
{
	struct query q;

	*left = 0;
	/* What a job was estimated to write, less the share of it that is done:
	 * sizes beyond 2^53 do not matter here. */
	query_begin(&q, c, "SELECT total(disk * (1 - "
	    "iif(total > 0, min(done / total, 1), 0))) FROM job "
	    "WHERE state IN ('queued', 'running')");
	if (query_next(&q) > 0)
		*left = query_get_int(&q, 0);
	return query_end(&q);
}

int
store_job_disk_left(struct store *store, int64_t *left)
{
	struct conn *c;
	int r = reader_take(store, &c);

	*left = 0;
	if (r < 0)
		return r;
	r = job_disk_left(c, left);
	reader_give(store, c);
	return r;
}

/* ---- at boot ---- */

struct requeue {
	int64_t guilty;
	bool starved;
	int64_t count, failed;
};

/* Running jobs are counted a crash, or cleared. */
static int
count_crashes(struct store *store, const struct requeue *in)
{
	struct query q;

	query_begin(&q, &store->writer, "UPDATE job SET crashes = CASE "
	    "WHEN id = ?1 OR (?1 = 0 AND ?2 AND NOT wrote) THEN crashes + 1 "
	    "WHEN wrote THEN 0 ELSE crashes END WHERE state = 'running'");
	query_int(&q, in->guilty);
	query_int(&q, in->starved);
	return query_run(&q);
}

static int
fail_looping(struct store *store, struct requeue *in)
{
	int64_t now = clock_now();
	struct query q;
	int r;

	query_begin(&q, &store->writer, "INSERT INTO log (job, at, level, text) "
	    "SELECT id, ?, 'error', 'failed: the server crashed ' || crashes || "
	    "' times in a row while it ran this job; retry tries it again' "
	    "FROM job WHERE state = 'running' AND crashes >= " CRASHES);
	query_int(&q, now);
	r = query_run(&q);
	if (r < 0)
		return r;
	query_begin(&q, &store->writer, "INSERT INTO history "
	    "(job, at, state, reason, incarnation, attempt) "
	    "SELECT id, ?, 'failed', 'crash_loop', ?, attempts FROM job "
	    "WHERE state = 'running' AND crashes >= " CRASHES);
	query_int(&q, now);
	query_int(&q, store->incarnation);
	r = query_run(&q);
	if (r < 0)
		return r;
	in->failed = sqlite3_changes64(store->writer.db);
	query_begin(&q, &store->writer, "UPDATE job SET state = 'failed', "
	    "reason = 'crash_loop', finished = ? "
	    "WHERE state = 'running' AND crashes >= " CRASHES);
	query_int(&q, now);
	return query_run(&q);
}

/* A job that is to be retried while it runs is paused first, and the daemon may
 * have ended then: the retry is done now. */
static int
finish_retries(struct store *store)
{
	struct query q;
	int64_t id;
	int r;

	do {
		id = 0;
		query_begin(&q, &store->writer, "SELECT id FROM job "
		    "WHERE state = 'paused' AND reason = 'retry' LIMIT 1");
		if (query_next(&q) > 0)
			id = query_get_int(&q, 0);
		r = query_end(&q);
		if (r < 0 || id == 0)
			return r;
		r = job_reset(store, id);
		if (r < 0)
			return r;
		query_begin(&q, &store->writer, "UPDATE job SET "
		    "state = 'queued' WHERE id = ?");
		query_int(&q, id);
		r = query_run(&q);
		if (r == 0)
			r = job_history_add(store, id, clock_now());
	} while (r == 0);
	return r;
}

static int
run_requeue(struct store *store, void *arg)
{
	struct requeue *in = arg;
	struct query q;
	int r = count_crashes(store, in);

	if (r == 0)
		r = fail_looping(store, in);
	if (r == 0)
		r = finish_retries(store);
	if (r < 0)
		return r;
	query_begin(&q, &store->writer, "INSERT INTO history "
	    "(job, at, state, reason, incarnation, attempt) "
	    "SELECT id, ?, 'queued', 'restarted', ?, attempts FROM job "
	    "WHERE state = 'running'");
	query_int(&q, clock_now());
	query_int(&q, store->incarnation);
	r = query_run(&q);
	if (r < 0)
		return r;
	in->count = sqlite3_changes64(store->writer.db);
	return conn_do(&store->writer, "UPDATE job SET state = 'queued', "
	    "reason = 'restarted', finished = 0 WHERE state = 'running'");
}

int
store_job_requeue(struct store *store, int64_t guilty, bool starved,
    int64_t *count, int64_t *failed)
{
	struct requeue in = { .guilty = guilty, .starved = starved };
	int r = store_call(store, run_requeue, &in);

	*count = r == 0 ? in.count : 0;
	*failed = r == 0 ? in.failed : 0;
	return r;
}
