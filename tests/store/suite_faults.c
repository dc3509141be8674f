/* A disk that is full or fails: nothing is acknowledged that is not there. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/scratch.h"

static struct store *store;

static void
begin(void)
{
	fault_begin();
	scratch_begin();
	store = scratch_open();
}

static void
end(void)
{
	for (int i = 0; i < FAULTS; i++)
		fault_set((enum fault)i, 0, 0);
	store_close(store);
	scratch_end();
	fault_end();
}

/* Insert a job named n; its id, or the error. */
static int64_t
insert(void)
{
	struct job_new job = { .type = "train", .spec = "{}" };
	int64_t id;
	bool existing;
	int r = store_job_insert(store, &job, &id, &existing);

	if (r < 0)
		ck_assert_int_eq(id, 0);
	return r < 0 ? r : id;
}

static int64_t
queued(void)
{
	int64_t count;

	ck_assert_int_eq(store_job_count(store, JOB_QUEUED, &count), 0);
	return count;
}

static int64_t
points(int64_t job)
{
	struct curve_row info;
	double *values;
	size_t count;

	ck_assert_int_eq(store_curve_read(store, job, "loss", 0, 0, &info,
	    &values, &count), 0);
	free(values);
	curve_row_free(&info);
	return (int64_t)count;
}

static struct store_health
health(void)
{
	struct store_health h;

	store_health(store, &h);
	return h;
}

/* Writing fails with a code, and goes on by itself when that is over. */
static void
fails_and_recovers(int code, int error)
{
	int64_t job = insert();
	double value = 1;

	scratch_curve(store, job);
	store_curve_write_async(store, job, "loss", 0, 1, 1, &value);
	ck_assert_int_eq(store_flush(store, job), 0);
	fault_set(FAULT_WRITE_LOG, code, 0);
	ck_assert_int_eq(insert(), error);
	ck_assert_int_eq(store_probe(store), error);
	store_curve_write_async(store, job, "loss", 1, 1, 1, &value);
	ck_assert_int_eq(store_flush(store, job), error);
	ck_assert_int_eq(points(job), 1);
	ck_assert_int_eq(queued(), 1);
	ck_assert_int_eq(health().write_error, error);
	ck_assert_uint_ge(health().write_errors, 3);
	ck_assert(!health().broken);
	ck_assert_int_eq(health().full_since > 0, error == ERR_FULL);
	fault_set(FAULT_WRITE_LOG, 0, 0);
	ck_assert_int_eq(store_probe(store), 0);
	ck_assert_int_eq(health().write_error, 0);
	ck_assert_double_eq(health().full_since, 0);
	ck_assert_int_gt(insert(), job);
	store_curve_write_async(store, job, "loss", 1, 1, 1, &value);
	ck_assert_int_eq(store_flush(store, job), 0);
	store_close(store);
	store = scratch_open();
	ck_assert_int_eq(points(job), 2);
	ck_assert_int_eq(queued(), 2);
}

START_TEST(full)
{
	fails_and_recovers(SQLITE_FULL, ERR_FULL);
}
END_TEST

START_TEST(unwritable)
{
	fails_and_recovers(SQLITE_IOERR_WRITE, ERR_IO);
}
END_TEST

START_TEST(large_transaction)
{
	const size_t len = (size_t)30 << 20;
	int64_t job = insert(), got;
	void *bytes = calloc(1, len), *data;
	size_t size;

	/* It fails while the pages spill, before the commit. */
	fault_set(FAULT_WRITE_LOG, SQLITE_FULL, 3000);
	store_checkpoint_write_async(store, job, bytes, len);
	got = insert();
	ck_assert_int_eq(got, ERR_FULL);
	ck_assert_int_eq(store_flush(store, job), ERR_FULL);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &size),
	    ERR_NOT_FOUND);
	fault_set(FAULT_WRITE_LOG, 0, 0);
	store_checkpoint_write_async(store, job, bytes, len);
	ck_assert_int_gt(insert(), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &size), 0);
	ck_assert_uint_eq(size, len);
	free(data);
	free(bytes);
	ck_assert_int_eq(queued(), 2);
}
END_TEST

START_TEST(unsynced)
{
	int64_t before = insert();

	fault_set(FAULT_SYNC_LOG, SQLITE_IOERR_FSYNC, 0);
	ck_assert_int_eq(insert(), ERR_IO);
	/* The next fsync would succeed, but nobody may trust it. */
	fault_set(FAULT_SYNC_LOG, 0, 0);
	ck_assert_int_eq(insert(), ERR_IO);
	ck_assert_int_eq(store_probe(store), ERR_IO);
	store_log_async(store, before, "info", "x");
	ck_assert_int_eq(store_flush(store, before), ERR_IO);
	ck_assert_int_eq(queued(), 1);
	ck_assert(health().broken);
	store_close(store);
	/* A new start reads what was committed.  What was not synced was
	 * written all the same and may be there too. */
	store = scratch_open();
	ck_assert_int_ge(queued(), 1);
	ck_assert_int_le(queued(), 2);
	ck_assert_int_gt(insert(), 0);
}
END_TEST

/* Wait until store_probe says this. */
static void
probe_until(int expected)
{
	double start = clock_seconds();
	int r;

	while ((r = store_probe(store)) != expected &&
	    clock_seconds() < start + 10)
		usleep(1500000);
	ck_assert_int_eq(r, expected);
}

START_TEST(checkpoint_fails)
{
	int64_t first;

	fault_set(FAULT_WRITE_DATABASE, SQLITE_FULL, 0);
	first = insert();
	ck_assert_int_gt(first, 0);
	/* The log takes more, but the failure is not hidden. */
	probe_until(ERR_FULL);
	ck_assert_int_gt(insert(), first);
	ck_assert_int_eq(health().checkpoint_error, ERR_FULL);
	ck_assert_double_gt(health().full_since, 0);
	fault_set(FAULT_WRITE_DATABASE, 0, 0);
	probe_until(0);
	ck_assert_double_eq(health().full_since, 0);
	ck_assert_int_eq(queued(), 2);
}
END_TEST

START_TEST(checkpoint_unsynced)
{
	fault_set(FAULT_SYNC_DATABASE, SQLITE_IOERR_FSYNC, 0);
	ck_assert_int_gt(insert(), 0);
	probe_until(ERR_IO);
	fault_set(FAULT_SYNC_DATABASE, 0, 0);
	ck_assert_int_eq(insert(), ERR_IO);
	store_close(store);
	store = scratch_open();
	ck_assert_int_eq(queued(), 1);
}
END_TEST

/* What could not be read says nothing about what was written. */
START_TEST(unreadable)
{
	int64_t count;

	ck_assert_int_gt(insert(), 0);
	fault_set(FAULT_READ_LOG, SQLITE_IOERR_READ, 0);
	fault_set(FAULT_READ_DATABASE, SQLITE_IOERR_READ, 0);
	ck_assert_int_eq(store_job_count(store, JOB_QUEUED, &count), ERR_IO);
	ck_assert(!health().broken);
	fault_set(FAULT_READ_LOG, 0, 0);
	fault_set(FAULT_READ_DATABASE, 0, 0);
	ck_assert_int_eq(queued(), 1);
	ck_assert_int_gt(insert(), 0);
}
END_TEST

/* A log that cannot be cut was copied all the same. */
START_TEST(log_uncut)
{
	fault_set(FAULT_CUT_LOG, SQLITE_IOERR_TRUNCATE, 0);
	ck_assert_int_gt(insert(), 0);
	probe_until(ERR_IO);
	ck_assert(!health().broken);
	ck_assert_int_gt(insert(), 0);
	fault_set(FAULT_CUT_LOG, 0, 0);
	probe_until(0);
	ck_assert_int_eq(queued(), 2);
}
END_TEST

START_TEST(no_shared_memory)
{
	struct store *other;
	struct message m;

	ck_assert_int_gt(insert(), 0);
	store_close(store);
	fault_set(FAULT_MAP, SQLITE_IOERR_SHMMAP, 0);
	ck_assert_int_eq(store_open(scratch_path, &other, &m), ERR_IO);
	ck_assert_str_ne(m.text, "");
	fault_set(FAULT_MAP, 0, 0);
	store = scratch_open();
	ck_assert_int_eq(queued(), 1);
}
END_TEST

static _Atomic int acknowledged;

static void *
insert_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++)
		if (insert() > 0)
			acknowledged++;
	return NULL;
}

START_TEST(now_and_then)
{
	pthread_t threads[4];

	acknowledged = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, insert_many, NULL);
	for (int i = 0; i < 20; i++) {
		fault_set(FAULT_WRITE_LOG, i % 2 ? SQLITE_FULL :
		    SQLITE_IOERR_WRITE, i);
		usleep(1000);
		fault_set(FAULT_WRITE_LOG, 0, 0);
		usleep(3000);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(queued(), acknowledged);
	store_close(store);
	store = scratch_open();
	ck_assert_int_eq(queued(), acknowledged);
}
END_TEST

Suite *
suite_faults(void)
{
	Suite *suite = suite_create("store faults");
	TCase *tc = tcase_create("faults");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, full);
	tcase_add_test(tc, unwritable);
	tcase_add_test(tc, large_transaction);
	tcase_add_test(tc, unsynced);
	tcase_add_test(tc, checkpoint_fails);
	tcase_add_test(tc, checkpoint_unsynced);
	tcase_add_test(tc, unreadable);
	tcase_add_test(tc, log_uncut);
	tcase_add_test(tc, no_shared_memory);
	tcase_add_test(tc, now_and_then);
	suite_add_tcase(suite, tc);
	return suite;
}
