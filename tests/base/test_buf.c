/* Buffers that grow, and doubles that read back as the same doubles. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/random.h"
#include "tests/run.h"

START_TEST(grows)
{
	struct buf buf = { 0 };

	for (int i = 0; i < 10000; i++) {
		char byte = (char)(i % 251);

		buf_put(&buf, &byte, 1);
		EXPECT(buf.data[buf.len] == 0, "no end after %d bytes", i);
	}
	ck_assert_int_eq(buf_error(&buf), 0);
	ck_assert_uint_eq(buf.len, 10000);
	for (int i = 0; i < 10000; i++)
		EXPECT(buf.data[i] == (char)(i % 251), "byte %d", i);
	buf_free(&buf);
	ck_assert_ptr_null(buf.data);
	ck_assert_uint_eq(buf.len, 0);
}
END_TEST

/* Lengths on both sides of every size that the buffer takes at first. */
START_TEST(puts_of_every_length)
{
	char bytes[1100];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7);
	for (size_t len = 0; len < sizeof bytes; len++) {
		struct buf buf = { 0 };

		buf_put(&buf, bytes, len);
		buf_put(&buf, bytes, len);
		ck_assert_uint_eq(buf.len, 2 * len);
		ck_assert_mem_eq(buf.data, bytes, len);
		ck_assert_mem_eq(buf.data + len, bytes, len);
		ck_assert_int_eq(buf.data[buf.len], 0);
		buf_free(&buf);
	}
}
END_TEST

START_TEST(prints_texts)
{
	struct buf buf = { 0 };
	char *word = malloc(5001);

	memset(word, 'x', 5000);
	word[5000] = 0;
	buf_text(&buf, "");
	ck_assert_str_eq(buf.data, "");
	buf_text(&buf, "a");
	buf_printf(&buf, "%d-%s", 7, word);
	buf_printf(&buf, "%s", "");
	ck_assert_uint_eq(buf.len, 5003);
	ck_assert_mem_eq(buf.data, "a7-xxx", 6);
	ck_assert_str_eq(buf.data + 3, word);
	buf_free(&buf);
	free(word);
}
END_TEST

/* What cannot be allocated is an error that stays, and nothing else. */
START_TEST(keeps_its_error)
{
	struct buf buf = { 0 };

	buf_text(&buf, "before");
	buf_put(&buf, "", SIZE_MAX / 2);
	ck_assert_int_eq(buf_error(&buf), ERR_MEMORY);
	ck_assert_ptr_null(buf.data);
	buf_text(&buf, "after");
	buf_printf(&buf, "%d", 1);
	buf_double(&buf, 1);
	ck_assert_int_eq(buf_error(&buf), ERR_MEMORY);
	ck_assert_ptr_null(buf.data);
	ck_assert_uint_eq(buf.len, 0);
	buf_free(&buf);
	ck_assert_int_eq(buf_error(&buf), 0);
}
END_TEST

/* Digits of a number's text from the first that is not zero, at least 1. */
static int
digits_of(const char *text)
{
	int digits = 0;

	for (; *text != 0 && *text != 'e'; text++)
		digits += *text >= '0' && *text <= '9' &&
		    (digits > 0 || *text != '0');
	return digits > 0 ? digits : 1;
}

/* The text of value reads back as the same bits, and no shorter one would. */
static void
round_trip(double value)
{
	struct buf buf = { 0 };
	char shorter[512], *end;
	double back;
	int digits;

	buf_double(&buf, value);
	back = strtod(buf.data, &end);
	EXPECT(*end == 0 && memcmp(&back, &value, sizeof back) == 0,
	    "%a is written %s", value, buf.data);
	digits = digits_of(buf.data);
	snprintf(shorter, sizeof shorter, "%.*e", digits > 1 ? digits - 2 : 0,
	    value);
	EXPECT(digits == 1 || strtod(shorter, NULL) != value,
	    "%a is written %s, but %s would do", value, buf.data, shorter);
	buf_free(&buf);
}

START_TEST(doubles_read_back)
{
	static const double values[] = { 0, -0.0, 1, -1, 0.1, 0.3, 1e22, 1e23,
	    DBL_MAX, -DBL_MAX, DBL_MIN, 0x1p-1074, -0x1p-1074, 0x1.8p-1070,
	    DBL_MIN - 0x1p-1074, 1 + DBL_EPSILON, 1 - DBL_EPSILON / 2,
	    9007199254740993.0, 123456789012345680.0, 2.2250738585072011e-308 };
	const struct random_key key = { .purpose = RANDOM_TEST };
	static uint32_t words[40000];

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		round_trip(values[i]);
	random_indices(&key, 40000, UINT32_MAX, words);
	for (size_t i = 0; i < 40000; i += 2) {
		uint64_t bits = (uint64_t)words[i] << 32 | words[i + 1];
		double v;

		/* Every tenth one is denormal, of some size. */
		if (i % 20 == 0)
			bits = (bits & 0xfffffffffffff) >> i / 20 % 52;
		memcpy(&v, &bits, sizeof v);
		if (isfinite(v))
			round_trip(v);
	}
}
END_TEST

START_TEST(doubles_are_short)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = { { 0, "0" }, { 0.1, "0.1" }, { 0.001, "0.001" },
	    { 1e-5, "1e-05" }, { 100, "1e+02" }, { 123456, "123456" },
	    { 1.5, "1.5" }, { -2.25, "-2.25" }, { NAN, "nan" },
	    { -NAN, "nan" }, { INFINITY, "inf" }, { -INFINITY, "-inf" },
	    { DBL_MAX, "1.7976931348623157e+308" } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf buf = { 0 };

		buf_double(&buf, cases[i].value);
		ck_assert_str_eq(buf.data, cases[i].text);
		buf_free(&buf);
	}
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, grows);
	tcase_add_test(tcase, puts_of_every_length);
	tcase_add_test(tcase, prints_texts);
	tcase_add_test(tcase, keeps_its_error);
	tcase_add_test(tcase, doubles_read_back);
	tcase_add_test(tcase, doubles_are_short);
}

int
main(void)
{
	return run_tests("buf", add);
}
