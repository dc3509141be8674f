/* Jobs: what is written is read, the queue's order, states, lists. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/jobs.h"
#include "tests/store/scratch.h"

#define FROM(state) (1u << (state))

static struct store *store;

static void
begin(void)
{
	scratch_begin();
	store = scratch_open();
}

static void
end(void)
{
	store_close(store);
	scratch_end();
}

static void
reopen(void)
{
	store_close(store);
	store = scratch_open();
}

START_TEST(names_of_states)
{
	for (int i = 0; i < JOB_STATES; i++)
		ck_assert_int_eq(job_state_find(job_state_name(
		    (enum job_state)i)), i);
	ck_assert_int_eq(job_state_find("sleeping"), -1);
	ck_assert_int_eq(job_state_find(""), -1);
}
END_TEST

START_TEST(insert_and_read)
{
	struct job_new job = { .name = "näme", .type = "train",
		.spec = "{\"seed\": 1}", .tags = "[\"a\", \"b\"]",
		.notes = "two\nlines", .priority = -4 };
	int64_t id, now = clock_now();
	struct job_row row;
	bool existing;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert(!existing);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(store_job_read(store, id, &row), 0);
		ck_assert_int_eq(row.id, id);
		ck_assert_str_eq(row.name, job.name);
		ck_assert_str_eq(row.type, job.type);
		ck_assert_str_eq(row.spec, job.spec);
		ck_assert_str_eq(row.tags, job.tags);
		ck_assert_str_eq(row.notes, job.notes);
		ck_assert_int_eq(row.priority, -4);
		ck_assert_int_eq(row.state, JOB_QUEUED);
		ck_assert_ptr_null(row.reason);
		ck_assert_ptr_null(row.environment);
		ck_assert_ptr_null(row.results);
		ck_assert_int_eq(row.attempts, 0);
		ck_assert_int_ge(row.created, now);
		ck_assert_int_eq(row.started, 0);
		ck_assert_int_eq(row.finished, 0);
		ck_assert_str_eq(row.unit, "");
		job_row_free(&row);
		reopen();
	}
	ck_assert_int_eq(store_job_read(store, id + 1, &row), ERR_NOT_FOUND);
	ck_assert_ptr_null(row.name);
}
END_TEST

START_TEST(insert_defaults_and_faults)
{
	struct job_new job = { .type = "train", .spec = "{}" };
	struct job_row row;
	bool existing;
	int64_t id;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_str_eq(row.name, "");
	ck_assert_str_eq(row.tags, "[]");
	ck_assert_str_eq(row.notes, "");
	job_row_free(&row);
	job.tags = "[\"a";
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing),
	    ERR_INVALID);
	ck_assert_int_eq(id, 0);
}
END_TEST

START_TEST(idempotency)
{
	struct job_new job = { .type = "train", .spec = "{}", .key = "k",
		.body = "digest", .queue_limit = 1 };
	int64_t id, again;
	bool existing;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert(!existing);
	/* The queue is full, but this adds nothing to it. */
	ck_assert_int_eq(store_job_insert(store, &job, &again, &existing), 0);
	ck_assert(existing);
	ck_assert_int_eq(again, id);
	job.body = "another";
	ck_assert_int_eq(store_job_insert(store, &job, &again, &existing),
	    ERR_CONFLICT);
	ck_assert(!existing);
	reopen();
	job.body = "digest";
	ck_assert_int_eq(store_job_insert(store, &job, &again, &existing), 0);
	ck_assert(existing);
	ck_assert_int_eq(store_job_delete(store, id), 0);
	ck_assert_int_eq(store_job_insert(store, &job, &again, &existing), 0);
	ck_assert(!existing);
	ck_assert_int_ne(again, id);
}
END_TEST

START_TEST(queue_limit)
{
	struct job_new job = { .type = "train", .spec = "{}",
		.queue_limit = 2 };
	struct job_row row;
	bool existing;
	int64_t id;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing),
	    ERR_LIMIT);
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	job_row_free(&row);
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
}
END_TEST

START_TEST(claim_order)
{
	static const int64_t priorities[] = { 0, 5, -1, 5, 0, 9 };
	static const int expected[] = { 5, 1, 3, 0, 4, 2 };
	int64_t ids[6], count;
	struct job_row row;

	for (int i = 0; i < 6; i++)
		ids[i] = scratch_job(store, "j", priorities[i]);
	ck_assert_int_eq(store_job_ahead(store, 5, &count), 0);
	ck_assert_int_eq(count, 3);
	ck_assert_int_eq(store_job_ahead(store, 10, &count), 0);
	ck_assert_int_eq(count, 0);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
		ck_assert_int_eq(row.id, ids[expected[i]]);
		ck_assert_int_eq(row.state, JOB_RUNNING);
		ck_assert_int_eq(row.attempts, 1);
		ck_assert_int_gt(row.started, 0);
		ck_assert_str_eq(row.spec, "{}");
		job_row_free(&row);
	}
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), ERR_NOT_FOUND);
	ck_assert_ptr_null(row.spec);
	ck_assert_int_eq(store_job_count(store, JOB_RUNNING, &count), 0);
	ck_assert_int_eq(count, 6);
}
END_TEST

#define CLAIMS 120

struct claimer {
	pthread_t thread;
	int64_t ids[CLAIMS];
	int count;
};

static void *
claim_all(void *arg)
{
	struct claimer *claimer = arg;
	struct job_row row;

	while (store_job_claim(store, 0, 0, &row) == 0) {
		claimer->ids[claimer->count++] = row.id;
		job_row_free(&row);
	}
	return NULL;
}

START_TEST(claims_are_exclusive)
{
	static struct claimer claimers[4];
	int seen[CLAIMS + 1] = { 0 };

	for (int i = 0; i < CLAIMS; i++)
		scratch_job(store, "j", i % 3);
	for (int i = 0; i < 4; i++) {
		claimers[i].count = 0;
		pthread_create(&claimers[i].thread, NULL, claim_all,
		    &claimers[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(claimers[i].thread, NULL);
		for (int k = 0; k < claimers[i].count; k++)
			seen[claimers[i].ids[k]]++;
	}
	for (int i = 1; i <= CLAIMS; i++)
		ck_assert_int_eq(seen[i], 1);
}
END_TEST

START_TEST(moves_and_history)
{
	static const enum job_state states[] = { JOB_QUEUED, JOB_RUNNING,
		JOB_PAUSED, JOB_QUEUED, JOB_RUNNING, JOB_FAILED };
	int64_t id = scratch_job(store, "j", 0);
	struct job_change *changes;
	enum job_state present;
	struct job_row row;
	size_t count;

	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	job_row_free(&row);
	ck_assert_int_eq(store_job_move(store, id, FROM(JOB_QUEUED) |
	    FROM(JOB_PAUSED), JOB_CANCELLED, NULL, &present), ERR_CONFLICT);
	ck_assert_int_eq(present, JOB_RUNNING);
	ck_assert_int_eq(store_job_move(store, id, FROM(JOB_RUNNING),
	    JOB_PAUSED, NULL, NULL), 0);
	ck_assert_int_eq(store_job_move(store, id, FROM(JOB_PAUSED),
	    JOB_QUEUED, NULL, &present), 0);
	ck_assert_int_eq(present, JOB_QUEUED);
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	ck_assert_int_eq(row.attempts, 2);
	job_row_free(&row);
	ck_assert_int_eq(store_job_move(store, id, FROM(JOB_RUNNING),
	    JOB_FAILED, "out_of_memory", NULL), 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_int_eq(row.state, JOB_FAILED);
	ck_assert_str_eq(row.reason, "out_of_memory");
	ck_assert_int_gt(row.finished, 0);
	job_row_free(&row);
	ck_assert_int_eq(store_job_history(store, id, &changes, &count), 0);
	ck_assert_uint_eq(count, 6);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(changes[i].state, states[i]);
		ck_assert_int_gt(changes[i].at, 0);
	}
	ck_assert_str_eq(changes[5].reason, "out_of_memory");
	ck_assert_ptr_null(changes[4].reason);
	job_changes_free(changes, count);

	ck_assert_int_eq(store_job_move(store, id, FROM(JOB_FAILED),
	    JOB_QUEUED, NULL, NULL), 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_int_eq(row.finished, 0);
	ck_assert_ptr_null(row.reason);
	job_row_free(&row);
	ck_assert_int_eq(store_job_move(store, 99, ~0u, JOB_FAILED, NULL, NULL),
	    ERR_NOT_FOUND);
	ck_assert_int_eq(store_job_history(store, 99, &changes, &count),
	    ERR_NOT_FOUND);
	ck_assert_ptr_null(changes);
}
END_TEST

START_TEST(requeue_at_boot)
{
	int64_t id = scratch_job(store, "a", 1), count, failed;
	struct job_change *changes;
	struct job_row row;
	size_t len;

	scratch_job(store, "b", 0);
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	job_row_free(&row);
	reopen();
	ck_assert_int_eq(store_job_requeue(store, 0, false, &count,
	    &failed), 0);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(store_job_requeue(store, 0, false, &count,
	    &failed), 0);
	ck_assert_int_eq(count, 0);
	ck_assert_int_eq(store_job_history(store, id, &changes, &len), 0);
	ck_assert_uint_eq(len, 3);
	ck_assert_int_eq(changes[2].state, JOB_QUEUED);
	ck_assert_str_eq(changes[2].reason, "restarted");
	job_changes_free(changes, len);
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	ck_assert_int_eq(row.id, id);
	ck_assert_int_eq(row.attempts, 2);
	ck_assert_ptr_null(row.reason);
	job_row_free(&row);
}
END_TEST

START_TEST(patch)
{
	int64_t id = scratch_job(store, "old", 1), priority = 7;
	struct job_patch change = { .name = "new", .priority = &priority };
	struct job_row row;

	ck_assert_int_eq(store_job_patch(store, id, &change), 0);
	change = (struct job_patch){ .tags = "[\"t\"]", .notes = "n" };
	ck_assert_int_eq(store_job_patch(store, id, &change), 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_str_eq(row.name, "new");
	ck_assert_int_eq(row.priority, 7);
	ck_assert_str_eq(row.tags, "[\"t\"]");
	ck_assert_str_eq(row.notes, "n");
	job_row_free(&row);
	change.tags = "t";
	ck_assert_int_eq(store_job_patch(store, id, &change), ERR_INVALID);
	change.tags = NULL;
	ck_assert_int_eq(store_job_patch(store, 99, &change), ERR_NOT_FOUND);
}
END_TEST

START_TEST(documents_and_progress)
{
	int64_t id = scratch_job(store, "j", 0);
	struct job_row row;

	ck_assert_int_eq(store_job_set_environment(store, id, "{\"e\":1}"), 0);
	ck_assert_int_eq(store_job_set_results(store, id, "{\"r\":1}"), 0);
	ck_assert_int_eq(store_job_set_results(store, id, "{\"r\":2}"), 0);
	ck_assert_int_eq(store_job_progress_async(store, id, 3, 10, "epochs",
	    1.5), 0);
	ck_assert_int_eq(store_flush(store, id), 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_str_eq(row.environment, "{\"e\":1}");
	ck_assert_str_eq(row.results, "{\"r\":2}");
	ck_assert_double_eq(row.done, 3);
	ck_assert_double_eq(row.total, 10);
	ck_assert_double_eq(row.run_seconds, 1.5);
	ck_assert_str_eq(row.unit, "epochs");
	job_row_free(&row);

	ck_assert_int_eq(store_job_set_environment(store, id, NULL), 0);
	ck_assert_int_eq(store_job_restart(store, id, ~0u, "retry",
	    NULL), 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_ptr_null(row.environment);
	ck_assert_ptr_null(row.results);
	ck_assert_str_eq(row.spec, "{}");
	ck_assert_double_eq(row.done, 0);
	ck_assert_str_eq(row.unit, "");
	job_row_free(&row);
	ck_assert_int_eq(store_job_restart(store, 99, ~0u, NULL, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_job_set_results(store, 99, "{}"),
	    ERR_NOT_FOUND);
	ck_assert_int_eq(store_job_set_results(store, 99, NULL),
	    ERR_NOT_FOUND);
}
END_TEST

START_TEST(log_lines)
{
	int64_t id = scratch_job(store, "j", 0), other;
	struct log_row *rows;
	size_t count;
	char text[32];

	other = scratch_job(store, "k", 0);
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "line %d", i);
		ck_assert_int_eq(store_log_async(store, i % 2 ? id : other,
		    "info", text), 0);
	}
	ck_assert_int_eq(store_flush(store, id), 0);
	ck_assert_int_eq(store_log_read(store, id, &rows, &count), 0);
	ck_assert_uint_eq(count, 10);
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof text, "line %zu", 2 * i + 1);
		ck_assert_str_eq(rows[i].text, text);
		ck_assert_str_eq(rows[i].level, "info");
		ck_assert_int_gt(rows[i].at, 0);
	}
	log_rows_free(rows, count);
	ck_assert_int_eq(store_log_read(store, 99, &rows, &count), 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(deletion)
{
	int64_t id = scratch_job(store, "j", 0);
	struct job_row row;
	struct log_row *rows;
	size_t count;

	store_log_async(store, id, "info", "x");
	ck_assert_int_eq(store_flush(store, id), 0);
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	job_row_free(&row);
	ck_assert_int_eq(store_job_delete(store, id), ERR_CONFLICT);
	ck_assert_int_eq(store_job_move(store, id, FROM(JOB_RUNNING),
	    JOB_CANCELLED, NULL, NULL), 0);
	ck_assert_int_eq(store_job_delete(store, id), 0);
	ck_assert_int_eq(store_job_delete(store, id), ERR_NOT_FOUND);
	ck_assert_int_eq(store_job_read(store, id, &row), ERR_NOT_FOUND);
	ck_assert_int_eq(store_log_read(store, id, &rows, &count), 0);
	ck_assert_uint_eq(count, 0);
	/* Ids are never used again. */
	ck_assert_int_gt(scratch_job(store, "k", 0), id);
}
END_TEST

Suite *
suite_jobs(void)
{
	Suite *suite = suite_create("store jobs");
	TCase *tc = tcase_create("jobs");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, names_of_states);
	tcase_add_test(tc, insert_and_read);
	tcase_add_test(tc, insert_defaults_and_faults);
	tcase_add_test(tc, idempotency);
	tcase_add_test(tc, queue_limit);
	tcase_add_test(tc, claim_order);
	tcase_add_test(tc, claims_are_exclusive);
	tcase_add_test(tc, moves_and_history);
	tcase_add_test(tc, requeue_at_boot);
	tcase_add_test(tc, patch);
	tcase_add_test(tc, documents_and_progress);
	tcase_add_test(tc, log_lines);
	tcase_add_test(tc, deletion);
	suite_add_tcase(suite, tc);
	return suite;
}
