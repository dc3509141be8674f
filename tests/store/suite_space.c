/* What is deleted gives its room back to the disk. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "tests/store/scratch.h"

#define LARGE ((size_t)12 << 20)	/* bytes that come and go */
#define SMALL 250000			/* of a file with next to nothing */

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
size(void)
{
	struct store_size s;

	store_size(store, &s);
	return s.database;
}

/* Close and open, so that all of it lies in the file. */
static void
settle(void)
{
	store_close(store);
	store = scratch_open();
	ck_assert_int_gt(size(), (int64_t)LARGE);
}

static void
shrinks(void)
{
	double begun = clock_seconds();
	struct store_size s;

	do {
		usleep(20000);
		store_size(store, &s);
	} while ((s.database > SMALL || s.wal > 0) &&
	    clock_seconds() < begun + 60);
	ck_assert_int_lt(s.database, SMALL);
	ck_assert_int_eq(s.wal, 0);
}

START_TEST(snapshots)
{
	float *weights = calloc(1, LARGE);
	struct snapshot_row row = { .kind = "imported", .optimizer = "lstm",
		.metadata = "{}", .sha256 = "x", .weights = weights,
		.len = LARGE / sizeof *weights };
	int64_t id;

	ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	free(weights);
	settle();
	ck_assert_int_eq(store_snapshot_delete(store, id), 0);
	shrinks();
}
END_TEST

static int64_t
large_checkpoint(void)
{
	int64_t job = scratch_job(store, "j", 0);
	void *data = calloc(1, LARGE);

	ck_assert_int_eq(store_checkpoint_write_async(store, job, data, LARGE),
	    0);
	free(data);
	ck_assert_int_eq(store_flush(store, job), 0);
	return job;
}

START_TEST(checkpoints)
{
	int64_t job = large_checkpoint();

	settle();
	ck_assert_int_eq(store_job_delete(store, job), 0);
	shrinks();
}
END_TEST

#if SCRATCH_FORKS
/* Killed while pages are given back: the next start goes on with it. */
START_TEST(killed)
{
	int64_t job = large_checkpoint();
	int status, fds[2];
	char done = 0;
	pid_t child;

	store_close(store);
	store = NULL;
	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		store = scratch_open();
		if (store_job_delete(store, job) == 0 &&
		    write(fds[1], "d", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(fds[0], &done, 1), 1);
	usleep(2000);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	store = scratch_open();
	shrinks();
	close(fds[0]);
	close(fds[1]);
}
END_TEST
#endif

/* While room is given back others need not wait for all of it. */
START_TEST(in_turns)
{
	int64_t job = large_checkpoint();
	int served = 0;

	settle();
	ck_assert_int_eq(store_job_delete(store, job), 0);
	/* The file shrinks when its log is copied. */
	for (; size() > (int64_t)LARGE / 2 && served < 3000; served++)
		scratch_job(store, "meanwhile", 0);
	ck_assert_int_gt(served, 3);
	ck_assert_int_lt(size(), (int64_t)LARGE);
}
END_TEST

Suite *
suite_space(void)
{
	Suite *suite = suite_create("store space");
	TCase *tc = tcase_create("space");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, snapshots);
	tcase_add_test(tc, checkpoints);
#if SCRATCH_FORKS
	tcase_add_test(tc, killed);
#endif
	tcase_add_test(tc, in_turns);
	suite_add_tcase(suite, tc);
	return suite;
}
