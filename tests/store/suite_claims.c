/* Who may run beside whom, room on the disk, and crashes. */
#include <stdlib.h>

#include "store/jobs.h"
#include "tests/store/scratch.h"

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

static int64_t
sized(int64_t priority, int64_t memory, int64_t disk)
{
	struct job_new job = { .name = "j", .type = "train", .spec = "{}",
		.priority = priority, .memory = memory, .disk = disk };
	bool existing;
	int64_t id;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	return id;
}

static int64_t
claim(int64_t budget)
{
	struct job_row row;
	int64_t id = 0;
	int r = store_job_claim(store, 0, budget, &row);

	if (r == 0)
		id = row.id;
	job_row_free(&row);
	return r < 0 ? r : id;
}

START_TEST(memory)
{
	int64_t small = sized(0, 30, 0), large = sized(1, 80, 0);
	struct job_next next;

	ck_assert_int_eq(store_job_next(store, &next), 0);
	ck_assert_int_eq(next.id, large);
	ck_assert_int_eq(next.priority, 1);
	ck_assert_int_eq(next.memory, 80);
	ck_assert_int_eq(claim(100), large);
	ck_assert_int_eq(claim(100), ERR_LIMIT);
	ck_assert_int_eq(claim(110), small);
	ck_assert_int_eq(claim(110), ERR_NOT_FOUND);
	ck_assert_int_eq(store_job_next(store, &next), ERR_NOT_FOUND);
}
END_TEST

/* The head of the queue waits for its turn: a smaller one behind it does not
 * overtake.  Alone it may always run. */
START_TEST(no_overtaking)
{
	int64_t first = sized(0, 60, 0), large = sized(0, 200, 0);

	sized(0, 10, 0);
	ck_assert_int_eq(claim(100), first);
	ck_assert_int_eq(claim(100), ERR_LIMIT);
	ck_assert_int_eq(store_job_move(store, first, ~0u, JOB_SUCCEEDED, NULL,
	    NULL), 0);
	ck_assert_int_eq(claim(100), large);
	ck_assert_int_eq(claim(100), ERR_LIMIT);
}
END_TEST

START_TEST(disk_room)
{
	int64_t room = 150, left = -1, id;
	struct job_new job = { .name = "j", .type = "train", .spec = "{}",
		.disk = 60, .disk_room = &room, .disk_left = &left };
	bool existing;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing),
	    ERR_FULL);
	ck_assert_int_eq(left, 120);
	ck_assert_int_eq(id, 0);
	/* Half of one is written, the other is not to be. */
	ck_assert_int_eq(store_job_progress_async(store, 1, 50, 100, "percent",
	    1), 0);
	ck_assert_int_eq(store_flush(store, 1), 0);
	ck_assert_int_eq(store_job_move(store, 2, ~0u, JOB_PAUSED, NULL, NULL),
	    0);
	ck_assert_int_eq(store_job_disk_left(store, &left), 0);
	ck_assert_int_eq(left, 30);
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	room = -1;
	job.disk = 0;
	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing),
	    ERR_FULL);
}
END_TEST

/* A boot; what is running was claimed anew before. */
static void
boot(int64_t guilty, bool starved, int64_t want, int64_t want_failed)
{
	int64_t count, failed;

	ck_assert_int_eq(store_job_requeue(store, guilty, starved, &count,
	    &failed), 0);
	ck_assert_int_eq(count, want);
	ck_assert_int_eq(failed, want_failed);
}

static int64_t
crashes(int64_t id, enum job_state *state)
{
	struct job_row row;
	int64_t n;

	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	n = row.crashes;
	*state = row.state;
	job_row_free(&row);
	return n;
}

/* The job that crashed the daemon is tried twice more; one beside it that never
 * got to write anything is not blamed. */
START_TEST(crash_loop)
{
	int64_t bad = sized(1, 0, 0), good = sized(0, 0, 0);
	enum job_state state;
	struct log_row *log;
	size_t len;

	for (int i = 1; i <= 3; i++) {
		ck_assert_int_eq(claim(0), bad);
		ck_assert_int_eq(claim(0), good);
		boot(bad, false, i < 3 ? 2 : 1, i == 3);
		ck_assert_int_eq(crashes(bad, &state), i);
		ck_assert_int_eq(crashes(good, &state), 0);
		ck_assert_int_eq(state, JOB_QUEUED);
	}
	crashes(bad, &state);
	ck_assert_int_eq(state, JOB_FAILED);
	ck_assert_int_eq(store_log_read(store, bad, &log, &len), 0);
	ck_assert_uint_eq(len, 1);
	log_rows_free(log, len);
	ck_assert_int_eq(store_job_restart(store, bad, ~0u, "retry", NULL), 0);
	ck_assert_int_eq(crashes(bad, &state), 0);
	ck_assert_int_eq(state, JOB_QUEUED);
}
END_TEST

/* Ends that nobody is to blame for count for nobody, however many. */
START_TEST(kills)
{
	int64_t id = sized(0, 0, 0);
	enum job_state state;

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(claim(0), id);
		boot(0, false, 1, 0);
		ck_assert_int_eq(crashes(id, &state), 0);
	}
}
END_TEST

/* For want of memory those are suspected that have not written anything; who
 * has is cleared. */
START_TEST(starved)
{
	int64_t quiet = sized(0, 0, 0), busy = sized(0, 0, 0);
	enum job_state state;

	for (int i = 1; i <= 2; i++) {
		ck_assert_int_eq(claim(0), quiet);
		ck_assert_int_eq(claim(0), busy);
		ck_assert_int_eq(store_job_progress_async(store, busy, 1, 2,
		    "percent", 1), 0);
		ck_assert_int_eq(store_flush(store, busy), 0);
		boot(0, true, 2, 0);
		ck_assert_int_eq(crashes(quiet, &state), i);
		ck_assert_int_eq(crashes(busy, &state), 0);
	}
	ck_assert_int_eq(claim(0), quiet);
	ck_assert_int_eq(store_job_progress_async(store, quiet, 1, 2, "percent",
	    1), 0);
	ck_assert_int_eq(store_flush(store, quiet), 0);
	boot(0, true, 1, 0);
	ck_assert_int_eq(crashes(quiet, &state), 0);
}
END_TEST

/* The daemon ended between the two halves of a retry. */
START_TEST(half_a_retry)
{
	int64_t id = sized(0, 1, 1), other = sized(0, 1, 1);
	struct job_row row;

	ck_assert_int_eq(store_job_set_results(store, id, "{}"), 0);
	ck_assert_int_eq(store_job_move(store, id, ~0u, JOB_PAUSED, "retry",
	    NULL), 0);
	ck_assert_int_eq(store_job_move(store, other, ~0u, JOB_PAUSED,
	    "requested", NULL), 0);
	boot(0, false, 0, 0);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_int_eq(row.state, JOB_QUEUED);
	ck_assert_str_eq(row.reason, "retry");
	ck_assert_ptr_null(row.results);
	job_row_free(&row);
	ck_assert_int_eq(store_job_read(store, other, &row), 0);
	ck_assert_int_eq(row.state, JOB_PAUSED);
	job_row_free(&row);
}
END_TEST

Suite *
suite_claims(void)
{
	Suite *suite = suite_create("store claims");
	TCase *tc = tcase_create("claims");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, memory);
	tcase_add_test(tc, no_overtaking);
	tcase_add_test(tc, disk_room);
	tcase_add_test(tc, crash_loop);
	tcase_add_test(tc, kills);
	tcase_add_test(tc, starved);
	tcase_add_test(tc, half_a_retry);
	suite_add_tcase(suite, tc);
	return suite;
}
