/* Snapshots and checkpoints. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "tests/store/scratch.h"

static struct store *store;
static int64_t job;
static float weights[] = { 1.5f, -0.0f, INFINITY, 3e-45f };

static void
begin(void)
{
	scratch_begin();
	store = scratch_open();
	job = scratch_job(store, "j", 0);
}

static void
end(void)
{
	store_close(store);
	scratch_end();
}

static int64_t
insert(int64_t of, char *kind, char *group, int64_t epoch)
{
	struct snapshot_row row = { .job = of, .kind = kind, .group = group,
		.epoch = epoch, .validation_loss = (double)NAN,
		.optimizer = "lstm", .metadata = "{\"m\":1}", .sha256 = "ab",
		.weights = weights, .len = 4 };
	int64_t id;

	ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	ck_assert_int_gt(id, 0);
	return id;
}

static size_t
listed(int64_t of, int64_t before, int limit, int64_t *newest)
{
	struct snapshot_row *rows;
	size_t count;

	ck_assert_int_eq(store_snapshot_list(store, of, before, limit, &rows,
	    &count), 0);
	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_null(rows[i].weights);
		ck_assert_uint_eq(rows[i].len, 4);
		if (i > 0)
			ck_assert_int_lt(rows[i].id, rows[i - 1].id);
	}
	if (newest != NULL)
		*newest = count > 0 ? rows[0].id : 0;
	snapshot_rows_free(rows, count);
	return count;
}

START_TEST(insert_and_read)
{
	int64_t id = insert(job, "best", "conv", 12);
	struct snapshot_row row;

	ck_assert_int_eq(store_snapshot_read(store, id, &row), 0);
	ck_assert_int_eq(row.id, id);
	ck_assert_int_eq(row.job, job);
	ck_assert_str_eq(row.kind, "best");
	ck_assert_int_eq(row.epoch, 12);
	ck_assert(isnan(row.validation_loss));
	ck_assert_str_eq(row.optimizer, "lstm");
	ck_assert_str_eq(row.group, "conv");
	ck_assert_str_eq(row.metadata, "{\"m\":1}");
	ck_assert_str_eq(row.sha256, "ab");
	ck_assert_int_gt(row.created, 0);
	ck_assert_uint_eq(row.len, 4);
	ck_assert_mem_eq(row.weights, weights, sizeof weights);
	snapshot_row_free(&row);
	ck_assert_int_eq(store_snapshot_read(store, id + 1, &row),
	    ERR_NOT_FOUND);
	ck_assert_int_eq(store_snapshot_delete(store, id), 0);
	ck_assert_int_eq(store_snapshot_delete(store, id), ERR_NOT_FOUND);
}
END_TEST

START_TEST(replacement)
{
	int64_t best = insert(job, "best", "", 1), next, newest;
	struct snapshot_row row;

	next = insert(job, "best", "", 2);
	ck_assert_int_gt(next, best);
	ck_assert_int_eq(store_snapshot_read(store, best, &row),
	    ERR_NOT_FOUND);
	insert(job, "last", "", 2);
	insert(job, "best", "dense", 2);
	insert(job, "periodic", "", 1);
	insert(job, "periodic", "", 2);
	insert(0, "imported", "", 0);
	insert(0, "imported", "", 0);
	ck_assert_uint_eq(listed(job, 0, 100, &newest), 5);
	ck_assert_uint_eq(listed(0, 0, 100, NULL), 7);
	ck_assert_uint_eq(listed(0, 0, 3, NULL), 3);
	ck_assert_uint_eq(listed(job, newest, 100, NULL), 4);
	ck_assert_uint_eq(listed(job, next, 100, NULL), 0);
	/* A job's own go with it, the imported ones stay. */
	ck_assert_int_eq(store_job_delete(store, job), 0);
	ck_assert_uint_eq(listed(0, 0, 100, NULL), 2);
}
END_TEST

START_TEST(unknown_job)
{
	struct snapshot_row row = { .job = 99, .kind = "best", .optimizer = "l",
		.sha256 = "", .weights = weights, .len = 1 };
	int64_t id;

	ck_assert_int_eq(store_snapshot_insert(store, &row, &id),
	    ERR_NOT_FOUND);
	ck_assert_int_eq(id, 0);
	row.job = 0;
	row.len = 0;
	ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	ck_assert_int_eq(store_snapshot_read(store, id, &row), 0);
	ck_assert_uint_eq(row.len, 0);
	ck_assert_str_eq(row.group, "");
	ck_assert_str_eq(row.metadata, "{}");
	snapshot_row_free(&row);
}
END_TEST

START_TEST(checkpoints)
{
	char *large = malloc(3000000);
	size_t len;
	void *data;

	memset(large, 'x', 3000000);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len),
	    ERR_NOT_FOUND);
	ck_assert_ptr_null(data);
	ck_assert_int_eq(store_checkpoint_write_async(store, job, "abc", 3), 0);
	ck_assert_int_eq(store_checkpoint_write_async(store, job, large,
	    3000000), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len), 0);
	ck_assert_uint_eq(len, 3000000);
	ck_assert_mem_eq(data, large, len);
	free(data);
	free(large);
	ck_assert_int_eq(store_checkpoint_write_async(store, job, "", 0), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len), 0);
	ck_assert_uint_eq(len, 0);
	free(data);
	store_checkpoint_write_async(store, 99, "abc", 3);
	ck_assert_int_eq(store_flush(store, 99), ERR_NOT_FOUND);
}
END_TEST

/* Of a kind that is kept in part the latest epochs stay, in each group, also
 * when a job goes through some of them again. */
START_TEST(keep)
{
	struct snapshot_row row = { .job = job, .kind = "periodic",
		.group = "", .optimizer = "lstm", .sha256 = "ab",
		.weights = weights, .len = 4, .keep = 2 };
	struct snapshot_row *rows;
	size_t count;
	int64_t id;

	insert(job, "best", "", 1);
	insert(job, "periodic", "other", 1);
	for (row.epoch = 10; row.epoch <= 50; row.epoch += 10)
		ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	for (row.epoch = 30; row.epoch <= 50; row.epoch += 10)
		ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	ck_assert_int_eq(store_snapshot_list(store, job, 0, 10, &rows, &count),
	    0);
	ck_assert_uint_eq(count, 4);
	ck_assert_int_eq(rows[0].epoch + rows[1].epoch, 90);
	snapshot_rows_free(rows, count);
}
END_TEST

START_TEST(reset)
{
	struct curve_row *rows;
	size_t count, len;
	double value = 1;
	void *data;

	insert(job, "best", "", 1);
	scratch_curve(store, job);
	store_curve_write_async(store, job, "loss", 0, 1, 1, &value);
	store_checkpoint_write_async(store, job, "abc", 3);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_job_restart(store, job, ~0u, "retry",
	    NULL), 0);
	ck_assert_uint_eq(listed(job, 0, 100, NULL), 0);
	ck_assert_int_eq(store_curve_list(store, job, &rows, &count), 0);
	ck_assert_uint_eq(count, 0);
	curve_rows_free(rows, count);
	ck_assert_int_eq(store_checkpoint_read(store, job, &data, &len),
	    ERR_NOT_FOUND);
}
END_TEST

Suite *
suite_snapshots(void)
{
	Suite *suite = suite_create("store snapshots");
	TCase *tc = tcase_create("snapshots");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, insert_and_read);
	tcase_add_test(tc, replacement);
	tcase_add_test(tc, unknown_job);
	tcase_add_test(tc, checkpoints);
	tcase_add_test(tc, keep);
	tcase_add_test(tc, reset);
	suite_add_tcase(suite, tc);
	return suite;
}
