/* Curves: growing, replacing, cutting, and the bits of what they hold. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/curves.h"
#include "tests/store/scratch.h"

static struct store *store;
static int64_t job;

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

/* Write count rows of two columns: row i is (i, base + i). */
static void
write_rows(int64_t first, size_t count, double base)
{
	double *values = calloc(2 * count + 1, sizeof *values);

	for (size_t i = 0; i < count; i++) {
		values[2 * i] = (double)first + (double)i;
		values[2 * i + 1] = base + (double)first + (double)i;
	}
	ck_assert_int_eq(store_curve_write_async(store, job, "c", first, count,
	    2, values), 0);
	/* It was copied. */
	memset(values, 0xff, 2 * count * sizeof *values);
	free(values);
}

/* Rows from first on must be there, count of them, of one base. */
static void
check_rows(int64_t first, int64_t limit, size_t count, double base)
{
	struct curve_row info;
	double *values;
	size_t got;

	ck_assert_int_eq(store_curve_read(store, job, "c", first, limit, &info,
	    &values, &got), 0);
	ck_assert_str_eq(info.name, "c");
	ck_assert_int_eq(info.columns, 2);
	ck_assert_uint_eq(got, count);
	for (size_t i = 0; i < got; i++) {
		ck_assert_double_eq(values[2 * i], (double)first + (double)i);
		ck_assert_double_eq(values[2 * i + 1],
		    base + (double)first + (double)i);
	}
	curve_row_free(&info);
	free(values);
}

static int64_t
rows_of(const char *name, bool *complete)
{
	struct curve_row *rows;
	int64_t found = -1;
	size_t count;

	ck_assert_int_eq(store_curve_list(store, job, &rows, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0) {
			found = rows[i].rows;
			*complete = rows[i].complete;
		}
	curve_rows_free(rows, count);
	return found;
}

static void
open_curve(void)
{
	ck_assert_int_eq(store_curve_open(store, job, "c", "{}", 2), 0);
}

START_TEST(growing)
{
	/* Below, at, and over the borders of chunks of 512 rows. */
	static const size_t steps[] = { 1, 510, 1, 1, 511, 1, 513, 1024, 3 };
	int64_t rows = 0;

	open_curve();
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		write_rows(rows, steps[i], 0.5);
		rows += (int64_t)steps[i];
		ck_assert_int_eq(store_flush(store, job), 0);
		check_rows(0, 0, (size_t)rows, 0.5);
	}
	store_close(store);
	store = scratch_open();
	check_rows(0, 0, (size_t)rows, 0.5);
}
END_TEST

START_TEST(ranges)
{
	open_curve();
	write_rows(0, 1500, 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	check_rows(0, 1, 1, 0);
	check_rows(511, 2, 2, 0);
	check_rows(512, 512, 512, 0);
	check_rows(1023, 0, 477, 0);
	check_rows(1499, 100, 1, 0);
	check_rows(1500, 0, 0, 0);
	check_rows(9999999, 5, 0, 0);
	check_rows(100, INT64_MAX, 1400, 0);
}
END_TEST

START_TEST(replacing)
{
	open_curve();
	write_rows(0, 1300, 0);
	/* In the middle of a chunk, over a border, and past the end. */
	write_rows(100, 10, 7);
	write_rows(500, 600, 7);
	write_rows(1290, 20, 7);
	ck_assert_int_eq(store_flush(store, job), 0);
	check_rows(0, 100, 100, 0);
	check_rows(100, 10, 10, 7);
	check_rows(110, 390, 390, 0);
	check_rows(500, 600, 600, 7);
	check_rows(1100, 190, 190, 0);
	check_rows(1290, 0, 20, 7);
}
END_TEST

START_TEST(cutting)
{
	static const int64_t ends[] = { 1400, 1024, 1023, 513, 512, 1, 0, 0 };
	bool complete;

	open_curve();
	write_rows(0, 1400, 0);
	ck_assert_int_eq(store_curve_complete(store, job, "c"), 0);
	ck_assert_int_eq(rows_of("c", &complete), 1400);
	ck_assert(complete);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		ck_assert_int_eq(store_curve_truncate(store, job, "c",
		    ends[i]), 0);
		ck_assert_int_eq(rows_of("c", &complete), ends[i]);
		ck_assert(!complete);
		check_rows(0, 0, (size_t)ends[i], 0);
	}
	write_rows(0, 10, 3);
	ck_assert_int_eq(store_curve_truncate(store, job, "c", 5), 0);
	write_rows(5, 600, 4);
	ck_assert_int_eq(store_flush(store, job), 0);
	check_rows(0, 5, 5, 3);
	check_rows(5, 0, 600, 4);
	ck_assert_int_eq(store_curve_truncate(store, job, "c", 9999), 0);
	check_rows(5, 0, 600, 4);
}
END_TEST

START_TEST(bits_are_kept)
{
	static const uint64_t bits[] = {
		0x8000000000000000,	/* -0.0 */
		0x7ff0000000000000,	/* inf */
		0xfff0000000000000,	/* -inf */
		0x7ff8000000000001,	/* NaN with a payload */
		0xfff8dead0000beef,
		0x7ff4000000000001,	/* signalling NaN */
		0x0000000000000001,	/* smallest subnormal */
		0x7fefffffffffffff,	/* largest */
	};
	struct curve_row info;
	double values[8], *got;
	size_t count;

	memcpy(values, bits, sizeof bits);
	ck_assert_int_eq(store_curve_open(store, job, "b", "{}", 4), 0);
	ck_assert_int_eq(store_curve_write_async(store, job, "b", 0, 2, 4,
	    values), 0);
	/* The second row is written over and the chunk with it. */
	ck_assert_int_eq(store_curve_write_async(store, job, "b", 1, 1, 4,
	    values + 4), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_curve_read(store, job, "b", 0, 0, &info, &got,
	    &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_mem_eq(got, bits, sizeof bits);
	free(got);
	curve_row_free(&info);
}
END_TEST

START_TEST(headers)
{
	struct curve_row *rows;
	size_t count;

	open_curve();
	ck_assert_int_eq(store_curve_open(store, job, "d", "[1]", 3), 0);
	/* Without rows the number of columns is free. */
	ck_assert_int_eq(store_curve_open(store, job, "d", "[2]", 4), 0);
	write_rows(0, 3, 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	ck_assert_int_eq(store_curve_open(store, job, "c", "[3]", 3),
	    ERR_CONFLICT);
	ck_assert_int_eq(store_curve_open(store, job, "c", "[4]", 2), 0);
	ck_assert_int_eq(store_curve_list(store, job, &rows, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(rows[0].name, "c");
	ck_assert_str_eq(rows[0].header, "[4]");
	ck_assert_int_eq(rows[0].rows, 3);
	ck_assert_str_eq(rows[1].header, "[2]");
	ck_assert_int_eq(rows[1].columns, 4);
	curve_rows_free(rows, count);
}
END_TEST

START_TEST(faults)
{
	double value[2] = { 1, 2 }, *values;
	struct curve_row info;
	size_t count;

	open_curve();
	ck_assert_int_eq(store_curve_open(store, 99, "c", "{}", 2),
	    ERR_NOT_FOUND);
	ck_assert_int_eq(store_curve_open(store, job, "e", "{}", 0),
	    ERR_INVALID);
	ck_assert_int_eq(store_curve_open(store, job, "e", "{}", 1000000),
	    ERR_LIMIT);
	ck_assert_int_eq(store_curve_truncate(store, job, "x", 0),
	    ERR_NOT_FOUND);
	ck_assert_int_eq(store_curve_truncate(store, job, "c", -1),
	    ERR_INVALID);
	ck_assert_int_eq(store_curve_complete(store, job, "x"), ERR_NOT_FOUND);
	ck_assert_int_eq(store_curve_read(store, job, "x", 0, 0, &info,
	    &values, &count), ERR_NOT_FOUND);
	ck_assert_ptr_null(values);
	ck_assert_int_eq(store_curve_read(store, job, "c", -1, 0, &info,
	    &values, &count), ERR_INVALID);
	ck_assert_int_eq(store_curve_write_async(store, job, "c", -1, 1, 2,
	    value), ERR_INVALID);
	ck_assert_int_eq(store_curve_write_async(store, job, "c", 0, SIZE_MAX,
	    2, value), ERR_LIMIT);
	ck_assert_int_eq(store_curve_write_async(store, job, "c", INT64_MAX, 1,
	    2, value), ERR_LIMIT);
	ck_assert_int_eq(store_flush(store, job), 0);
	/* A gap, another width and no such curve are found by the writer. */
	store_curve_write_async(store, job, "c", 1, 1, 2, value);
	ck_assert_int_eq(store_flush(store, job), ERR_CONFLICT);
	store_curve_write_async(store, job, "c", 0, 2, 1, value);
	ck_assert_int_eq(store_flush(store, job), ERR_CONFLICT);
	store_curve_write_async(store, job, "x", 0, 1, 2, value);
	ck_assert_int_eq(store_flush(store, job), ERR_NOT_FOUND);
	ck_assert_int_eq(store_flush(store, job), 0);
	store_curve_write_async(store, job, "c", 0, 0, 2, value);
	ck_assert_int_eq(store_flush(store, job), 0);
	check_rows(0, 0, 0, 0);
}
END_TEST

Suite *
suite_curves(void)
{
	Suite *suite = suite_create("store curves");
	TCase *tc = tcase_create("curves");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, growing);
	tcase_add_test(tc, ranges);
	tcase_add_test(tc, replacing);
	tcase_add_test(tc, cutting);
	tcase_add_test(tc, bits_are_kept);
	tcase_add_test(tc, headers);
	tcase_add_test(tc, faults);
	suite_add_tcase(suite, tc);
	return suite;
}
