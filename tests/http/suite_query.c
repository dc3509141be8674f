#include <stddef.h>
#include <string.h>

#include "http/query.h"
#include "base/utf8.h"
#include "tests/http/fake.h"

static void
expect_pair(const char *text, const char *name, const char *value)
{
	struct message m = { "" };
	struct query query;

	ck_assert_msg(query_parse(&query, text, &m) == 0, "%s: %s", text,
	    m.text);
	ck_assert_int_eq(query.len, 1);
	ck_assert_str_eq(query.pairs[0].name, name);
	ck_assert_str_eq(query.pairs[0].value, value);
	query_free(&query);
}

static void
expect_refused(const char *text)
{
	struct message m = { "" };
	struct query query;

	ck_assert_msg(query_parse(&query, text, &m) == ERR_INVALID, "%s",
	    text);
	ck_assert_str_ne(m.text, "");
	ck_assert_int_eq(query.len, 0);
	ck_assert_ptr_null(query.text);
}

START_TEST(decodes)
{
	struct query query;

	expect_pair("a=1", "a", "1");
	expect_pair("a", "a", "");
	expect_pair("a=", "a", "");
	expect_pair("&&a=b&", "a", "b");
	expect_pair("a=b=c", "a", "b=c");
	expect_pair("a=x+y%20z%2B", "a", "x y z+");
	expect_pair("q=%C3%a9", "q", "\xc3\xa9");
	ck_assert_int_eq(query_parse(&query, NULL, NULL), 0);
	ck_assert_int_eq(query.len, 0);
	ck_assert_int_eq(query_parse(&query, "", NULL), 0);
	ck_assert_int_eq(query.len, 0);
	query_free(&query);
}
END_TEST

START_TEST(refuses)
{
	char many[128] = "";

	expect_refused("a=%");
	expect_refused("a=%4");
	expect_refused("a=%zz");
	expect_refused("a=%00");
	expect_refused("a=%0a");
	expect_refused("a=%7f");
	expect_refused("a=%ff");
	expect_refused("a=%ed%a0%80");	/* a surrogate */
	expect_refused("a=%c0%af");	/* an overlong '/' */
	expect_refused("=1");
	expect_refused("a=1&a=2");
	expect_refused("a=1&%61=2");
	for (int i = 0; i < QUERY_MAX + 1; i++) {
		many[2 * i] = (char)('a' + i);
		many[2 * i + 1] = '&';
		many[2 * i + 2] = 0;
	}
	expect_refused(many);
}
END_TEST

struct options {
	int64_t whole;
	double real;
	int word;
	bool flag;
	char text[PARAM_TEXT_MAX];
};

static const char *const words[] = { "red", "green", NULL };

#define AT(member) .offset = offsetof(struct options, member)
static const struct param table[] = {
	{ .name = "limit", .kind = PARAM_INT, .preset = "5", AT(whole),
	    .min = 1, .max = 10 },
	{ .name = "wait", .kind = PARAM_REAL, .preset = "0.5", AT(real),
	    .min = 0, .max = 30 },
	{ .name = "colour", .kind = PARAM_CHOICE, .preset = "red", AT(word),
	    .choices = words },
	{ .name = "dry", .kind = PARAM_BOOL, .preset = "false", AT(flag) },
	{ .name = "q", .kind = PARAM_TEXT, .preset = "", AT(text) },
	{ 0 }
};

static int
read_options(const char *text, struct options *options, struct message *m)
{
	struct query query;
	int r = query_parse(&query, text, m);

	ck_assert_int_eq(r, 0);
	r = query_read(&query, table, options, m);
	query_free(&query);
	return r;
}

START_TEST(reads_options)
{
	struct options options;
	struct message m;

	ck_assert_int_eq(read_options("", &options, &m), 0);
	ck_assert_int_eq(options.whole, 5);
	ck_assert_double_eq(options.real, 0.5);
	ck_assert_int_eq(options.word, 0);
	ck_assert(!options.flag);
	ck_assert_int_eq(read_options("limit=7&wait=1e1&colour=green&dry=1&"
	    "q=a+b", &options, &m), 0);
	ck_assert_int_eq(options.whole, 7);
	ck_assert_double_eq(options.real, 10);
	ck_assert_int_eq(options.word, 1);
	ck_assert(options.flag);
	ck_assert_str_eq(options.text, "a b");
	/* What a form sends for a field that was left empty. */
	ck_assert_int_eq(read_options("limit=&wait=&colour=&dry=&q=", &options,
	    &m), 0);
	ck_assert_int_eq(options.whole, 5);
}
END_TEST

START_TEST(says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "limt=1", "'limit'" }, { "limit=0", "from 1 to 10" },
		{ "limit=11", "from 1 to 10" }, { "limit=1.5", "whole" },
		{ "limit=0x1", "number" }, { "limit=+", "number" },
		{ "limit=1e999", "limit" }, { "wait=inf", "number" },
		{ "wait=nan", "number" }, { "colour=blue", "green" },
		{ "dry=yes", "1 or 0" }, { "zzzzzz=1", "there are: limit" },
	};
	struct options options;
	struct message m;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(read_options(bad[i][0], &options, &m) ==
		    ERR_INVALID, "%s", bad[i][0]);
		ck_assert_msg(strstr(m.text, bad[i][1]) != NULL, "%s: %s",
		    bad[i][0], m.text);
	}
}
END_TEST

START_TEST(tells_text_from_bytes)
{
	char text[] = "a\xc3\xa9\xff\xe2\x82";

	ck_assert(utf8_valid("\xf0\x9f\x98\x80", 4));
	ck_assert(!utf8_valid("\xf0\x9f\x98", 3));
	ck_assert(!utf8_valid("\xf4\x90\x80\x80", 4));
	ck_assert(!utf8_valid("\x80", 1));
	utf8_clean(text);
	ck_assert_str_eq(text, "a\xc3\xa9???");
}
END_TEST

Suite *
suite_query(void)
{
	Suite *suite = suite_create("query");
	TCase *tcase = tcase_create("query");

	tcase_add_test(tcase, decodes);
	tcase_add_test(tcase, refuses);
	tcase_add_test(tcase, reads_options);
	tcase_add_test(tcase, says_what_is_wrong);
	tcase_add_test(tcase, tells_text_from_bytes);
	suite_add_tcase(suite, tcase);
	return suite;
}
