/* The writer: order, groups, many threads, waits, space, and kill -9. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
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

#define THREADS 4
#define ROUNDS 60
#define POINTS 5

struct worker {
	pthread_t thread;
	int64_t job;
	int64_t inserted[ROUNDS];
};

/* Asynchronous points, synchronous inserts and reads, all mixed. */
static void *
work(void *arg)
{
	struct worker *worker = arg;
	struct curve_row info;
	double values[POINTS], *got;
	struct job_row row;
	size_t count;

	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < POINTS; k++)
			values[k] = i * POINTS + k;
		store_curve_write_async(store, worker->job, "loss", i * POINTS,
		    POINTS, 1, values);
		store_job_progress_async(store, worker->job, i, ROUNDS, "u", 0);
		store_log_async(store, worker->job, "info", "line");
		worker->inserted[i] = scratch_job(store, "more", 0);
		/* What was queued before a call that waits is there after it. */
		ck_assert_int_eq(store_curve_read(store, worker->job, "loss",
		    0, 0, &info, &got, &count), 0);
		ck_assert_uint_ge(count, (size_t)(i + 1) * POINTS);
		ck_assert_double_eq(got[count - 1], (double)count - 1);
		free(got);
		curve_row_free(&info);
		ck_assert_int_eq(store_job_read(store, worker->inserted[i],
		    &row), 0);
		job_row_free(&row);
	}
	ck_assert_int_eq(store_flush(store, worker->job), 0);
	return NULL;
}

static void
check_worker(const struct worker *worker)
{
	struct curve_row info;
	struct log_row *rows;
	struct job_row row;
	double *got;
	size_t count;

	ck_assert_int_eq(store_curve_read(store, worker->job, "loss", 0, 0,
	    &info, &got, &count), 0);
	ck_assert_uint_eq(count, ROUNDS * POINTS);
	for (size_t i = 0; i < count; i++)
		ck_assert_double_eq(got[i], (double)i);
	free(got);
	curve_row_free(&info);
	ck_assert_int_eq(store_log_read(store, worker->job, &rows, &count), 0);
	ck_assert_uint_eq(count, ROUNDS);
	log_rows_free(rows, count);
	for (int i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(store_job_read(store, worker->inserted[i],
		    &row), 0);
		job_row_free(&row);
	}
}

START_TEST(many_threads)
{
	static struct worker workers[THREADS];

	for (int i = 0; i < THREADS; i++) {
		workers[i].job = scratch_job(store, "worker", 0);
		scratch_curve(store, workers[i].job);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < THREADS; i++)
			check_worker(&workers[i]);
		store_close(store);
		store = scratch_open();
	}
}
END_TEST

START_TEST(close_commits)
{
	int64_t job = scratch_job(store, "j", 0);
	struct log_row *rows;
	size_t count;
	char text[16];

	for (int i = 0; i < 500; i++) {
		snprintf(text, sizeof text, "%d", i);
		store_log_async(store, job, "info", text);
	}
	store_close(store);
	store = scratch_open();
	ck_assert_int_eq(store_log_read(store, job, &rows, &count), 0);
	ck_assert_uint_eq(count, 500);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(atoi(rows[i].text), (int)i);
	log_rows_free(rows, count);
}
END_TEST

START_TEST(commits_by_itself)
{
	int64_t job = scratch_job(store, "j", 0);
	uint64_t seen = store_version(store);
	double start = clock_seconds();
	struct log_row *rows;
	size_t count;

	store_log_async(store, job, "info", "x");
	store_wait(store, seen, 10);
	ck_assert_double_lt(clock_seconds() - start, 5);
	ck_assert_uint_gt(store_version(store), seen);
	ck_assert_int_eq(store_log_read(store, job, &rows, &count), 0);
	ck_assert_uint_eq(count, 1);
	log_rows_free(rows, count);
}
END_TEST

START_TEST(no_gap_after_a_failure)
{
	int64_t job = scratch_job(store, "j", 0);
	int64_t other = scratch_job(store, "k", 0);
	struct log_row *rows;
	double value = 1;
	size_t count, len;
	void *data;

	scratch_curve(store, job);
	store_curve_write_async(store, job, "loss", 7, 1, 1, &value);
	store_checkpoint_write_async(store, job, "abc", 3);
	store_log_async(store, other, "info", "x");
	ck_assert_int_eq(store_flush(store, other), 0);
	/* The checkpoint behind the failed point was dropped. */
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len),
	    ERR_NOT_FOUND);
	/* So is the next, and who writes it hears of that. */
	ck_assert_int_eq(store_checkpoint_write_async(store, job, "abc", 3),
	    ERR_CONFLICT);
	ck_assert_int_eq(store_curve_write_async(store, job, "loss", 0, 1, 1,
	    &value), ERR_CONFLICT);
	ck_assert_int_eq(store_flush(store, job), ERR_CONFLICT);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len),
	    ERR_NOT_FOUND);
	/* It was told: now it goes on. */
	ck_assert_int_eq(store_checkpoint_write_async(store, job, "abc", 3), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len), 0);
	free(data);
	ck_assert_int_eq(store_log_read(store, other, &rows, &count), 0);
	ck_assert_uint_eq(count, 1);
	log_rows_free(rows, count);
	/* Job 0 asks for any job's, one after the other. */
	store_log_async(store, 98, "info", "x");
	store_log_async(store, 97, "info", "x");
	ck_assert_int_eq(store_flush(store, 0), ERR_NOT_FOUND);
	ck_assert_int_eq(store_flush(store, 98), 0);
	ck_assert_int_eq(store_flush(store, 97), ERR_NOT_FOUND);
	ck_assert_int_eq(store_flush(store, 0), 0);
	/* One that nobody asks for is freed with the store. */
	store_log_async(store, 96, "info", "x");
}
END_TEST

static void *
wait_long(void *arg)
{
	store_wait(store, *(uint64_t *)arg, 60);
	return NULL;
}

START_TEST(waits)
{
	uint64_t seen = store_version(store);
	double start = clock_seconds();
	pthread_t threads[3];

	store_wait(store, seen, 0.05);
	ck_assert_double_ge(clock_seconds() - start, 0.04);
	start = clock_seconds();
	store_wait(store, seen, 0);
	store_wait(store, seen, -1);
	store_wait(store, seen + 1, 60);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, wait_long, &seen);
	scratch_job(store, "j", 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	seen = store_version(store);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, wait_long, &seen);
	store_wake(store);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	/* Nobody waits any more, but writing goes on. */
	store_wait(store, store_version(store), 60);
	scratch_job(store, "k", 0);
	ck_assert_double_lt(clock_seconds() - start, 30);
}
END_TEST

START_TEST(queue_is_bounded)
{
	const size_t size = (size_t)4 << 20, giant = (size_t)70 << 20;
	int64_t job = scratch_job(store, "j", 0);
	char *bytes = calloc(1, giant);
	struct store_size sizes;
	size_t len;
	void *data;

	for (int i = 0; i < 24; i++)
		ck_assert_int_eq(store_checkpoint_write_async(store, job, bytes,
		    size), 0);
	store_size(store, &sizes);
	ck_assert_int_lt(sizes.wal, (int64_t)100 << 20);
	/* Larger than the whole queue: it waits until it is alone. */
	ck_assert_int_eq(store_checkpoint_write_async(store, job, bytes, giant),
	    0);
	ck_assert_int_eq(store_log_async(store, job, "info", "x"), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len), 0);
	ck_assert_uint_eq(len, giant);
	free(data);
	free(bytes);
}
END_TEST

START_TEST(space_returns)
{
	const size_t count = 100000;
	int64_t job = scratch_job(store, "j", 0), file;
	double *values = calloc(count, 8 * sizeof *values), start;
	struct store_size size;

	ck_assert_int_eq(store_curve_open(store, job, "c", "{}", 8), 0);
	store_curve_write_async(store, job, "c", 0, count, 8, values);
	free(values);
	ck_assert_int_eq(store_flush(store, job), 0);
	store_close(store);
	store = scratch_open();
	store_size(store, &size);
	file = size.database;
	ck_assert_int_gt(file, (int64_t)count * 64);
	ck_assert_int_eq(store_job_delete(store, job), 0);
	start = clock_seconds();
	do {
		usleep(20000);
		store_size(store, &size);
	} while ((size.database > 200000 || size.wal > 0) &&
	    clock_seconds() < start + 30);
	ck_assert_int_lt(size.database, 200000);
	ck_assert_int_eq(size.wal, 0);
}
END_TEST

#if SCRATCH_FORKS
/* Insert for ever, writing each id to the pipe once it is acknowledged. */
static void *
insert_for_ever(void *arg)
{
	int fd = *(int *)arg;

	for (;;) {
		int64_t id = scratch_job(store, "j", 0);
		double value = (double)id;

		scratch_curve(store, id);
		store_curve_write_async(store, id, "loss", 0, 1, 1, &value);
		if (store_flush(store, id) != 0 ||
		    write(fd, &id, sizeof id) != sizeof id)
			_exit(1);
	}
	return NULL;
}

static void
child_main(int fd)
{
	pthread_t thread;

	store = scratch_open();
	pthread_create(&thread, NULL, insert_for_ever, &fd);
	insert_for_ever(&fd);
}

/* Everything acknowledged before the kill must be there after it. */
static int
check_acknowledged(int fd)
{
	struct curve_row info;
	struct job_row row;
	double *values;
	size_t count;
	int64_t id;
	int n = 0;

	while (read(fd, &id, sizeof id) == sizeof id) {
		ck_assert_int_eq(store_job_read(store, id, &row), 0);
		job_row_free(&row);
		ck_assert_int_eq(store_curve_read(store, id, "loss", 0, 0,
		    &info, &values, &count), 0);
		ck_assert_uint_eq(count, 1);
		ck_assert_double_eq(values[0], (double)id);
		free(values);
		curve_row_free(&info);
		n++;
	}
	return n;
}

START_TEST(killed)
{
	int fds[2], status, n = 0;

	store_close(store);
	for (int round = 0; round < 5; round++) {
		pid_t child;

		ck_assert_int_eq(pipe(fds), 0);
		child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0)
			child_main(fds[1]);
		close(fds[1]);
		/* It is at it. */
		ck_assert_int_eq(poll(&(struct pollfd){ fds[0], POLLIN, 0 }, 1,
		    60000), 1);
		usleep(150000 + 37000 * (useconds_t)round);
		kill(child, SIGKILL);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status));
		store = scratch_open();
		n += check_acknowledged(fds[0]);
		close(fds[0]);
		ck_assert_int_eq(store_incarnation(store), 2 * round + 3);
		store_close(store);
	}
	ck_assert_int_gt(n, 0);
	store = scratch_open();
}
END_TEST
#endif

Suite *
suite_writer(void)
{
	Suite *suite = suite_create("store writer");
	TCase *tc = tcase_create("writer");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, many_threads);
	tcase_add_test(tc, close_commits);
	tcase_add_test(tc, commits_by_itself);
	tcase_add_test(tc, no_gap_after_a_failure);
	tcase_add_test(tc, waits);
	tcase_add_test(tc, queue_is_bounded);
	tcase_add_test(tc, space_returns);
#if SCRATCH_FORKS
	tcase_add_test(tc, killed);
#endif
	suite_add_tcase(suite, tc);
	return suite;
}
