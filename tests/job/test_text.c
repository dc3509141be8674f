#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job/json_text.h"
#include "job/text.h"
#include "tests/job/jobtest.h"

/* What text_parse says of len bytes: 0 or the error; the sentence in m. */
static int
parse(const char *text, size_t len, struct message *m)
{
	json_t *value;
	int r = text_parse(text, len, &value, m);

	ck_assert_int_eq(r == 0, value != NULL);
	json_decref(value);
	return r;
}

static void
refused(const char *text, const char *sentence)
{
	struct message m = { "" };

	ck_assert_int_eq(parse(text, strlen(text), &m), ERR_FORMAT);
	ck_assert_msg(strstr(m.text, sentence) != NULL, "'%s' says '%s'", text,
	    m.text);
}

START_TEST(accepted)
{
	struct message m = { "" };

	ck_assert_int_eq(parse("{}", 2, &m), 0);
	ck_assert_int_eq(parse(" [1, \"}]\\\"{[\"]\n", 15, &m), 0);
	ck_assert_int_eq(parse("{\"a\": {\"a\": 1}}", 15, &m), 0);
}
END_TEST

START_TEST(not_json)
{
	struct message m = { "" };

	refused("", "line 1");
	refused("{", "line 1");
	refused("\"text\"", "line 1");
	refused("{\"a\": 1} x", "end of file expected");
	refused("{\"a\": 1}{}", "end of file expected");
	refused("{\n\"a\": 1,\n\"a\": 2}", "line 3");
	refused("{\"a\": 1, \"a\": 2}", "duplicate");
	refused("{\"a\": \"\\u0000\"}", "\\u0000");
	refused("{\"a\\u0000\": 1}", "\\u0000");
	refused("{\"a\": \"\xff\"}", "decode byte");
	refused("{\"a\": \"\xc0\x80\"}", "decode byte");
	refused("{\"a\": \"\xed\xa0\x80\"}", "decode byte");
	refused("{\"a\": 1e999}", "overflow");
	refused("{\"a\": 99999999999999999999}", "too big");
	refused("{\"a\": NaN}", "line 1");
	refused("{'a': 1}", "line 1");
	refused("{\"a\": \"", "line 1");
	refused("{\"a\": \"\\", "line 1");
	/* A NUL in the middle of the text is no end of it. */
	ck_assert_int_eq(parse("{}\0{}", 5, &m), ERR_FORMAT);
	ck_assert_int_eq(parse("{\"a\0\": 1}", 9, &m), ERR_FORMAT);
}
END_TEST

/* `depth` brackets, then as many that close them. */
static char *
nested(int depth, char open, char close)
{
	char *text = calloc(1, 2 * (size_t)depth + 1);

	memset(text, open, (size_t)depth);
	memset(text + depth, close, (size_t)depth);
	return text;
}

START_TEST(depth)
{
	struct message m = { "" };
	char *text = nested(SPEC_DEPTH_MAX, '[', ']');

	ck_assert_int_eq(parse(text, strlen(text), &m), 0);
	free(text);
	text = nested(SPEC_DEPTH_MAX + 1, '[', ']');
	refused(text, "deeper than 32");
	free(text);
	text = nested(100000, '[', ']');
	refused(text, "deeper than 32");
	free(text);
	/* Brackets in a string do not count. */
	text = calloc(1, 200);
	strcpy(text, "[\"");
	memset(text + 2, '[', 100);
	strcat(text, "\"]");
	ck_assert_int_eq(parse(text, strlen(text), &m), 0);
	free(text);
}
END_TEST

START_TEST(tokens)
{
	struct message m = { "" };
	struct buf text = { 0 };

	/* '[', then a number and a comma each, then a number and ']'. */
	buf_text(&text, "[");
	for (int i = 0; i < SPEC_TOKENS_MAX / 2 - 1; i++)
		buf_text(&text, "1 ,");
	buf_text(&text, "1]");
	refused(text.data, "more than 20000");
	buf_free(&text);
	buf_text(&text, "[");
	for (int i = 0; i < SPEC_TOKENS_MAX / 2 - 2; i++)
		buf_text(&text, "1\t,");
	buf_text(&text, "1]");
	ck_assert_int_eq(parse(text.data, text.len, &m), 0);
	buf_free(&text);
}
END_TEST

START_TEST(size)
{
	struct faults *faults = calloc(1, sizeof *faults);
	char *text = malloc(SPEC_BODY_MAX + 1);
	struct message m = { "" };

	memset(text, ' ', SPEC_BODY_MAX + 1);
	memcpy(text, "{}", 2);
	ck_assert_int_eq(parse(text, SPEC_BODY_MAX, &m), 0);
	ck_assert_int_eq(parse(text, SPEC_BODY_MAX + 1, &m), ERR_LIMIT);
	ck_assert_ptr_null(spec_text_parse(text, SPEC_BODY_MAX + 1, faults));
	ck_assert_int_eq(faults->len, 1);
	ck_assert_str_eq(faults->list[0].code, "too_large");
	ck_assert_ptr_null(spec_text_parse("{", 1, faults));
	ck_assert_str_eq(faults->list[1].code, "json");
	ck_assert_str_eq(faults->list[1].pointer, "");
	free(text);
	free(faults);
}
END_TEST

START_TEST(cut)
{
	ck_assert_uint_eq(text_cut("abc", 5), 3);
	ck_assert_uint_eq(text_cut("abc", 2), 2);
	ck_assert_uint_eq(text_cut("", 2), 0);
	ck_assert_uint_eq(text_cut("a\xc3\xa9", 2), 1);
	ck_assert_uint_eq(text_cut("a\xc3\xa9", 3), 3);
	ck_assert_uint_eq(text_cut("\xf0\x9f\x98\x80x", 3), 0);
	ck_assert_uint_eq(text_cut("\xf0\x9f\x98\x80x", 4), 4);
	/* What was cut by others is cut back. */
	ck_assert_uint_eq(text_cut("ab\xe2\x82", 100), 2);
}
END_TEST

START_TEST(faults_are_text)
{
	struct faults *faults = calloc(1, sizeof *faults);
	char detail[500], *text;
	json_t *json;

	/* Cut in the middle of a two-byte character. */
	memset(detail, 'x', sizeof detail);
	memcpy(detail + sizeof faults->list[0].detail - 2, "\xc3\xa9", 2);
	detail[sizeof detail - 1] = 0;
	fault_add(faults, "/\xff", "json", "%s", detail);
	for (int i = 0; i < FAULTS_MAX + 3; i++)
		fault_add(faults, "/a", "json", "another");
	ck_assert_int_eq(faults->len, FAULTS_MAX);
	ck_assert_int_eq(faults->more, 4);
	json = faults_json(faults);
	ck_assert_uint_eq(json_array_size(json), FAULTS_MAX);
	text = jobtest_text(json_array_get(json, 1));
	ck_assert_str_eq(text, "{\"pointer\": \"/a\", \"code\": \"json\", "
	    "\"detail\": \"another\"}");
	free(text);
	json_decref(json);
	free(faults);
}
END_TEST

static void
number_is(double value, const char *text)
{
	struct buf out = { 0 };

	json_text_number(&out, value);
	ck_assert_str_eq(out.data, text);
	buf_free(&out);
}

START_TEST(numbers)
{
	number_is(0.1, "0.1");
	number_is(100, "100");
	number_is(-3, "-3");
	number_is(1e-5, "1e-05");
	number_is(123456789012345, "123456789012345");
	number_is(1e300, "1e+300");
	number_is(-0.0, "-0");
	number_is(0.1 + 0.2, "0.30000000000000004");
	number_is(NAN, "null");
	number_is(-INFINITY, "null");
}
END_TEST

START_TEST(values)
{
	const char *lines = "{\n\t\"a\": [1, 2.5, null, true, false],\n"
	    "\t\"b\": {},\n\t\"c\": [\n\t\t{\n\t\t\t\"d\": []\n\t\t}\n\t]\n}";
	json_t *value = json_loads("{\"a\": [1, 2.5, null, true, false], "
	    "\"b\": {}, \"c\": [{\"d\": []}]}", 0, NULL);
	struct buf out = { 0 };
	char *text = jobtest_text(value);

	ck_assert_str_eq(text, "{\"a\": [1, 2.5, null, true, false], "
	    "\"b\": {}, \"c\": [{\"d\": []}]}");
	free(text);
	json_text(&out, value, true);
	ck_assert_str_eq(out.data, lines);
	buf_free(&out);
	json_decref(value);

	value = json_string("\"\\/\n\t\x01\x7f\xc3\xa9");
	text = jobtest_text(value);
	ck_assert_str_eq(text, "\"\\\"\\\\/\\n\\u0009\\u0001\\u007f\xc3\xa9\"");
	free(text);
	json_decref(value);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("text");

	tcase_add_test(t, accepted);
	tcase_add_test(t, not_json);
	tcase_add_test(t, depth);
	tcase_add_test(t, tokens);
	tcase_add_test(t, size);
	tcase_add_test(t, cut);
	tcase_add_test(t, faults_are_text);
	tcase_add_test(t, numbers);
	tcase_add_test(t, values);
	return jobtest_main("text", t);
}
