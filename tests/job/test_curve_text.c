#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "tests/job/jobtest.h"

static const double training[] = {
	1, 10.5, 0.1,
	2, NAN, 1e-5,
	3, INFINITY, 100,
	4, -INFINITY, -0.0,
};

/* A view of rows of a curve that begins at row `first`. */
static struct curve_view
view(struct curve_row *curve, const char *header, int columns,
    const double *values, size_t count)
{
	*curve = (struct curve_row){ .name = (char *)"training",
	    .header = (char *)(uintptr_t)header, .columns = columns,
	    .rows = 7, .complete = true };
	return (struct curve_view){ .curve = curve, .values = values,
	    .count = count, .first = 3 };
}

static void
is(int r, struct buf *out, const char *expected)
{
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(out->data != NULL ? out->data : "", expected);
	buf_free(out);
}

#define HEADER "{\"columns\": [\"epoch\", \"meta_loss\", \"x\"]}"

START_TEST(numbers)
{
	struct curve_row curve;
	struct curve_view v = view(&curve, HEADER, 3, training, 4);
	struct buf out = { 0 };
	json_t *json;

	is(curve_csv(&v, &out), &out, "epoch,meta_loss,x\n1,10.5,0.1\n"
	    "2,nan,1e-05\n3,inf,100\n4,-inf,-0\n");
	is(curve_json(&v, &out), &out, "{\"curve\":\"training\",\"columns\":["
	    "\"epoch\",\"meta_loss\",\"x\"],\n\"rows\":[\n[1,10.5,0.1],\n"
	    "[2,null,1e-05],\n[3,null,100],\n[4,null,-0]],\n\"seq\":7,"
	    "\"complete\":true,\n\"nonfinite\":[[1,1,\"nan\"],[2,1,\"inf\"],"
	    "[3,1,\"-inf\"]]}\n");
	is(curve_ndjson(&v, &out), &out,
	    "{\"epoch\":1,\"meta_loss\":10.5,\"x\":0.1}\n"
	    "{\"epoch\":2,\"meta_loss\":null,\"x\":1e-05,"
	    "\"nonfinite\":{\"meta_loss\":\"nan\"}}\n"
	    "{\"epoch\":3,\"meta_loss\":null,\"x\":100,"
	    "\"nonfinite\":{\"meta_loss\":\"inf\"}}\n"
	    "{\"epoch\":4,\"meta_loss\":null,\"x\":-0,"
	    "\"nonfinite\":{\"meta_loss\":\"-inf\"}}\n");
	ck_assert_int_eq(curve_json(&v, &out), 0);
	json = json_loadb(out.data, out.len, 0, NULL);
	ck_assert_ptr_nonnull(json);
	json_decref(json);
	buf_free(&out);
}
END_TEST

START_TEST(empty)
{
	struct curve_row curve;
	struct curve_view v = view(&curve, HEADER, 3, NULL, 0);
	struct buf out = { 0 };

	curve.complete = false;
	is(curve_csv(&v, &out), &out, "epoch,meta_loss,x\n");
	is(curve_ndjson(&v, &out), &out, "");
	is(curve_json(&v, &out), &out, "{\"curve\":\"training\",\"columns\":["
	    "\"epoch\",\"meta_loss\",\"x\"],\n\"rows\":[],\n\"seq\":3,"
	    "\"complete\":false,\n\"nonfinite\":[]}\n");
}
END_TEST

START_TEST(labels)
{
	/* The last two are no labels: shown as the numbers they are. */
	const double values[] = { 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7,
	    NAN, 8 };
	const char *header = "{\"columns\": [\"optimizer\", \"mean\"], "
	    "\"labels\": {\"optimizer\": [\"=1+1\", \"+a\", \"-a\", \"@a\", "
	    "\"a,b\", \"a \\\"b\\\"\"]}}";
	struct curve_row curve;
	struct curve_view v = view(&curve, header, 2, values, 8);
	struct buf out = { 0 };

	is(curve_csv(&v, &out), &out, "optimizer,mean\n'=1+1,1\n'+a,2\n'-a,3\n"
	    "'@a,4\n\"a,b\",5\n\"a \"\"b\"\"\",6\n6,7\nnan,8\n");
	ck_assert_int_eq(curve_ndjson(&v, &out), 0);
	ck_assert_ptr_nonnull(strstr(out.data,
	    "{\"optimizer\":\"a \\\"b\\\"\",\"mean\":6}\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "{\"optimizer\":\"=1+1\""));
	buf_free(&out);
}
END_TEST

START_TEST(bad_headers)
{
	static const char *const headers[] = { "", "[]", "{}",
	    "{\"columns\": [\"a\"]}", "{\"columns\": [\"a\", 1, \"c\"]}",
	    "{\"columns\": \"abc\"}" };
	struct curve_row curve;
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct curve_view v = view(&curve, headers[i], 3, training, 4);

		ck_assert_int_eq(curve_csv(&v, &out), ERR_FORMAT);
		ck_assert_int_eq(curve_json(&v, &out), ERR_FORMAT);
		ck_assert_int_eq(curve_ndjson(&v, &out), ERR_FORMAT);
	}
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

/* ---- thinning ---- */

#define ROWS 1000

/* Rows shown of a view, as a JSON array. */
static json_t *
shown(struct curve_view *v)
{
	struct buf out = { 0 };
	json_t *json, *rows;

	ck_assert_int_eq(curve_json(v, &out), 0);
	json = json_loadb(out.data, out.len, 0, NULL);
	ck_assert_ptr_nonnull(json);
	/* What comes next does not depend on what was left out. */
	ck_assert_int_eq(json_integer_value(json_object_get(json, "seq")),
	    v->first + (int64_t)v->count);
	rows = json_incref(json_object_get(json, "rows"));
	json_decref(json);
	buf_free(&out);
	return rows;
}

static double
number(const json_t *rows, size_t row, size_t column)
{
	const json_t *v = json_array_get(json_array_get(rows, row), column);

	return json_is_null(v) ? NAN : json_number_value(v);
}

/* Whether a row with this epoch is among those shown. */
static bool
has(const json_t *rows, double epoch)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (number(rows, i, 0) == epoch)
			return true;
	return false;
}

START_TEST(extremes)
{
	static double values[ROWS][3];
	struct curve_row curve;
	struct curve_view v = view(&curve, HEADER, 3, values[0], ROWS);
	json_t *rows;

	for (int i = 0; i < ROWS; i++) {
		values[i][0] = i;
		values[i][1] = 100 + i % 7;
	}
	values[123][1] = -1e6;
	values[456][1] = 1e6;
	values[700][1] = NAN;
	v.max_points = 50;
	rows = shown(&v);
	ck_assert_uint_le(json_array_size(rows), 50);
	ck_assert_uint_ge(json_array_size(rows), 40);
	ck_assert(has(rows, 0) && has(rows, ROWS - 1));
	ck_assert(has(rows, 123) && has(rows, 456) && has(rows, 700));
	for (size_t i = 1; i < json_array_size(rows); i++)
		ck_assert(number(rows, i, 0) > number(rows, i - 1, 0));
	/* Never a mean: each row is one that was there. */
	for (size_t i = 0; i < json_array_size(rows); i++) {
		int at = (int)number(rows, i, 0);
		double value = number(rows, i, 1);

		ck_assert(value == values[at][1] ||
		    (isnan(value) && isnan(values[at][1])));
	}
	json_decref(rows);

	v.max_points = ROWS;
	rows = shown(&v);
	ck_assert_uint_eq(json_array_size(rows), ROWS);
	json_decref(rows);
	v.max_points = 1;
	rows = shown(&v);
	ck_assert_uint_eq(json_array_size(rows), 4);
	ck_assert(has(rows, 0) && has(rows, 123) && has(rows, ROWS - 1));
	json_decref(rows);
}
END_TEST

/* Two optimizers whose rows alternate, one of a small scale, and one short
 * series: each keeps its own extremes. */
START_TEST(series)
{
	static double values[2 * ROWS + 3][4];
	const char *header = "{\"columns\": [\"evaluation\", \"optimizer\", "
	    "\"step\", \"mean\"], \"labels\": {\"evaluation\": [\"e\"], "
	    "\"optimizer\": [\"a\", \"b\", \"c\"]}}";
	struct curve_row curve;
	struct curve_view v = view(&curve, header, 4, values[0],
	    2 * ROWS + 3);
	size_t a = 0, b = 0, c = 0;
	bool low = false, high = false;
	json_t *rows;

	for (int i = 0; i < 2 * ROWS; i++) {
		values[i][1] = i % 2;
		values[i][2] = i / 2;
		values[i][3] = i % 2 == 0 ? 1000 + i % 11 : 1e-3 * (i % 13);
	}
	values[501][3] = -5;
	values[1001][3] = 5;
	for (int i = 0; i < 3; i++) {
		values[2 * ROWS + i][1] = 2;
		values[2 * ROWS + i][2] = i;
	}
	v.max_points = 60;
	rows = shown(&v);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *name = json_string_value(json_array_get(
		    json_array_get(rows, i), 1));

		a += strcmp(name, "a") == 0;
		b += strcmp(name, "b") == 0;
		c += strcmp(name, "c") == 0;
		low |= number(rows, i, 3) == -5;
		high |= number(rows, i, 3) == 5;
	}
	ck_assert_uint_le(a, 20);
	ck_assert_uint_ge(a, 15);
	ck_assert_uint_le(b, 20);
	ck_assert_uint_ge(b, 15);
	ck_assert_uint_eq(c, 3);
	ck_assert(low && high);
	json_decref(rows);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("curve_text");

	tcase_add_test(t, numbers);
	tcase_add_test(t, empty);
	tcase_add_test(t, labels);
	tcase_add_test(t, bad_headers);
	tcase_add_test(t, extremes);
	tcase_add_test(t, series);
	return jobtest_main("curve_text", t);
}
