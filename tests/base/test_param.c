/* Declared parameters: every kind, its defaults, its bounds and what is said
 * when a value is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/param.h"
#include "tests/run.h"

struct things {
	char guard[8];
	bool flag, off;
	int64_t count;
	double rate;
	int fruit;
	char word[PARAM_TEXT_MAX];
	char story[301];
	struct param_ints sizes;
	struct param_reals grid;
	double inner;
	char end[8];
};

static const char *const fruits[] = { "apple", "banana", "cherry", NULL };

#define AT(member) .offset = offsetof(struct things, member)

static const struct param inner_table[] = {
	{ .name = "inner", .kind = PARAM_REAL, AT(inner), .preset = "-2.5",
	  .min = -3, .max = 0 },
	{ .name = NULL }
};

static const struct param table[] = {
	{ .name = "flag", .kind = PARAM_BOOL, AT(flag), .preset = "true" },
	{ .name = "off", .kind = PARAM_BOOL, AT(off), .preset = "false" },
	{ .name = "count", .kind = PARAM_INT, AT(count), .min = -5,
	  .max = 1e15, .preset = "12", .unit = "pieces" },
	{ .name = "rate", .kind = PARAM_REAL, AT(rate), .min = 1e-3, .max = 1,
	  .preset = "0.25" },
	{ .name = "fruit", .kind = PARAM_CHOICE, AT(fruit),
	  .preset = "banana", .choices = fruits },
	{ .name = "word", .kind = PARAM_TEXT, AT(word), .preset = "mnist" },
	{ .name = "story", .kind = PARAM_TEXT, AT(story), .preset = "",
	  .len_max = sizeof((struct things *)0)->story - 1 },
	{ .name = "sizes", .kind = PARAM_INTS, AT(sizes), .min = 1, .max = 9,
	  .len_min = 1, .len_max = 3, .preset = "2 7" },
	{ .name = "grid", .kind = PARAM_REALS, AT(grid), .min = 0, .max = 1,
	  .len_min = 0, .len_max = PARAM_LIST_MAX, .preset = "1 0.3 1e-5" },
	{ .name = "group", .kind = PARAM_GROUP, .members = inner_table },
	{ .name = NULL }
};

static struct things
defaults(void)
{
	struct things t;

	memset(&t, 0x5a, sizeof t);
	param_defaults(table, &t);
	return t;
}

START_TEST(sets_defaults)
{
	struct things t = defaults();

	ck_assert(t.flag && !t.off);
	ck_assert_int_eq(t.count, 12);
	ck_assert_double_eq(t.rate, 0.25);
	ck_assert_int_eq(t.fruit, 1);
	ck_assert_str_eq(t.word, "mnist");
	ck_assert_int_eq(t.sizes.len, 2);
	ck_assert_int_eq(t.sizes.v[0], 2);
	ck_assert_int_eq(t.sizes.v[1], 7);
	ck_assert_int_eq(t.grid.len, 3);
	ck_assert_double_eq(t.grid.v[2], 1e-5);
	ck_assert_double_eq(t.inner, -2.5);
	/* Nothing else was touched. */
	ck_assert_mem_eq(t.guard, "ZZZZZZZZ", 8);
	ck_assert_mem_eq(t.end, "ZZZZZZZZ", 8);
}
END_TEST

START_TEST(views_are_the_members)
{
	struct things t = defaults();

	ck_assert_ptr_eq(param_bool(param_find(table, "off"), &t), &t.off);
	ck_assert_ptr_eq(param_int(param_find(table, "count"), &t), &t.count);
	ck_assert_ptr_eq(param_real(param_find(table, "rate"), &t), &t.rate);
	ck_assert_ptr_eq(param_choice(param_find(table, "fruit"), &t),
	    &t.fruit);
	ck_assert_ptr_eq(param_text(param_find(table, "word"), &t), t.word);
	ck_assert_ptr_eq(param_ints(param_find(table, "sizes"), &t), &t.sizes);
	ck_assert_ptr_eq(param_reals(param_find(table, "grid"), &t), &t.grid);
	ck_assert_ptr_null(param_find(table, "Rate"));
	ck_assert_ptr_null(param_find(table, ""));
	ck_assert_ptr_null(param_find(table, "inner"));
}
END_TEST

/* A refusal says `says`, changes nothing, and needs no message. */
#define REFUSED(says, set, name, ...)                                   \
	do {                                                            \
		struct things was = defaults(), is = was;               \
		struct message m = { "" };                              \
                                                                        \
		ck_assert_int_eq(set(param_find(table, name), &is,      \
		    __VA_ARGS__, &m), ERR_INVALID);                     \
		ck_assert_msg(strstr(m.text, says) != NULL, "'%s' does " \
		    "not say '%s'", m.text, says);                      \
		ck_assert_int_eq(set(param_find(table, name), &is,      \
		    __VA_ARGS__, NULL), ERR_INVALID);                   \
		ck_assert_mem_eq(&was, &is, sizeof was);                \
	} while (0)

START_TEST(reals)
{
	struct things t = defaults();
	const struct param *rate = param_find(table, "rate");

	ck_assert_int_eq(param_set_real(rate, &t, 1e-3, NULL), 0);
	ck_assert_double_eq(t.rate, 1e-3);
	ck_assert_int_eq(param_set_real(rate, &t, 1, NULL), 0);
	ck_assert_double_eq(t.rate, 1);
	REFUSED("from 0.001 to 1", param_set_real, "rate",
	    nextafter(1e-3, 0));
	REFUSED("from 0.001 to 1", param_set_real, "rate", nextafter(1, 2));
	REFUSED("from 0.001 to 1", param_set_real, "rate", -0.0);
	REFUSED("finite", param_set_real, "rate", NAN);
	REFUSED("finite", param_set_real, "rate", INFINITY);
}
END_TEST

START_TEST(ints)
{
	struct things t = defaults();
	const struct param *count = param_find(table, "count");

	ck_assert_int_eq(param_set_int(count, &t, -5, NULL), 0);
	ck_assert_int_eq(t.count, -5);
	ck_assert_int_eq(param_set_int(count, &t, 1e15, NULL), 0);
	ck_assert_int_eq(t.count, 1000000000000000);
	REFUSED("from -5 to 1e+15 pieces", param_set_int, "count",
	    -6.0);
	REFUSED("from -5", param_set_int, "count", 1e15 + 1);
	REFUSED("whole", param_set_int, "count", 0.5);
	REFUSED("whole", param_set_int, "count", 1e300);
	REFUSED("whole", param_set_int, "count", NAN);
	REFUSED("whole", param_set_int, "count", -INFINITY);
}
END_TEST

START_TEST(choices)
{
	struct things t = defaults();

	for (int i = 0; fruits[i] != NULL; i++) {
		ck_assert_int_eq(param_set_text(param_find(table, "fruit"), &t,
		    fruits[i], NULL), 0);
		ck_assert_int_eq(t.fruit, i);
	}
	REFUSED("did you mean 'cherry'", param_set_text, "fruit", "chery");
	REFUSED("did you mean 'apple'", param_set_text, "fruit", "Apple");
	REFUSED("one of apple, banana, cherry", param_set_text, "fruit",
	    "motorcycle");
	REFUSED("one of apple, banana, cherry", param_set_text, "fruit", "");
}
END_TEST

START_TEST(texts)
{
	struct things t = defaults();
	const struct param *word = param_find(table, "word");
	char text[PARAM_TEXT_MAX + 1];

	memset(text, 'x', sizeof text);
	text[PARAM_TEXT_MAX] = 0;
	REFUSED("at most 127 bytes, not 128", param_set_text, "word", text);
	text[PARAM_TEXT_MAX - 1] = 0;
	ck_assert_int_eq(param_set_text(word, &t, text, NULL), 0);
	ck_assert_str_eq(t.word, text);
	ck_assert_int_eq(t.sizes.len, 2);
	ck_assert_int_eq(param_set_text(word, &t, "", NULL), 0);
	ck_assert_str_eq(t.word, "");
}
END_TEST

START_TEST(long_texts)
{
	struct things t = defaults();
	const struct param *story = param_find(table, "story");
	char text[sizeof t.story + 1];

	ck_assert_uint_eq(param_text_size(story), sizeof t.story);
	ck_assert_uint_eq(param_text_size(param_find(table, "word")),
	    sizeof t.word);
	memset(text, 'x', sizeof text);
	text[sizeof t.story] = 0;
	REFUSED("at most 300 bytes, not 301", param_set_text, "story", text);
	text[sizeof t.story - 1] = 0;
	ck_assert_int_eq(param_set_text(story, &t, text, NULL), 0);
	ck_assert_str_eq(t.story, text);
	ck_assert_str_eq(t.word, "mnist");
	ck_assert_int_eq(t.sizes.len, 2);
}
END_TEST

START_TEST(lists)
{
	struct things t = defaults();
	const double v[] = { 1, 9, 5, 5 }, low[] = { 1, 0 }, big[] = { 10 };
	const double half[] = { 1.5 }, nan[] = { 0.5, NAN };
	const double past[] = { nextafter(1, 2) };
	double long_list[PARAM_LIST_MAX + 1] = { 0 };

	ck_assert_int_eq(param_set_ints(param_find(table, "sizes"), &t, v, 3,
	    NULL), 0);
	ck_assert_int_eq(t.sizes.len, 3);
	ck_assert_int_eq(t.sizes.v[1], 9);
	REFUSED("from 1 to 3 entries", param_set_ints, "sizes", v, 4);
	REFUSED("from 1 to 3 entries", param_set_ints, "sizes", v, 0);
	REFUSED("from 1 to 9", param_set_ints, "sizes", low, 2);
	REFUSED("from 1 to 9", param_set_ints, "sizes", big, 1);
	REFUSED("whole", param_set_ints, "sizes", half, 1);
	REFUSED("whole", param_set_ints, "sizes", nan, 2);
	ck_assert_int_eq(param_set_reals(param_find(table, "grid"), &t, nan,
	    1, NULL), 0);
	ck_assert_int_eq(t.grid.len, 1);
	ck_assert_double_eq(t.grid.v[0], 0.5);
	ck_assert_int_eq(param_set_reals(param_find(table, "grid"), &t,
	    long_list, PARAM_LIST_MAX, NULL), 0);
	ck_assert_int_eq(t.grid.len, PARAM_LIST_MAX);
	ck_assert_int_eq(param_set_reals(param_find(table, "grid"), &t, NULL,
	    0, NULL), 0);
	REFUSED("0 to 16 entries", param_set_reals, "grid", long_list,
	    PARAM_LIST_MAX + 1);
	REFUSED("from 0 to 1", param_set_reals, "grid", nan, 2);
	REFUSED("from 0 to 1", param_set_reals, "grid", past, 1);
}
END_TEST

START_TEST(nearest_names)
{
	static const struct {
		const char *name, *want;
	} cases[] = { { "flag", "flag" }, { "falg", NULL }, { "flg", "flag" },
	    { "flags", "flag" }, { "cuont", "count" }, { "coun", "count" },
	    { "counting", NULL }, { "gruop", "group" }, { "", NULL },
	    { "sizse", "sizes" }, { "xyz", NULL }, { "wrod", NULL },
	    { "rates", "rate" }, { "fruit_of_the_loom_and_much_more_than_"
	    "forty_bytes", NULL } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *near = param_nearest(cases[i].name,
		    param_table_name, table);

		ck_assert_msg((near == NULL) == (cases[i].want == NULL) &&
		    (near == NULL || strcmp(near, cases[i].want) == 0),
		    "nearest to '%s' is %s", cases[i].name,
		    near != NULL ? near : "none");
	}
	ck_assert_str_eq(param_nearest("bananna", param_choice_name, fruits),
	    "banana");
	ck_assert_ptr_null(param_nearest("plum", param_choice_name, fruits));
}
END_TEST

START_TEST(kind_names)
{
	static const char *const names[] = { [PARAM_BOOL] = "boolean",
	    [PARAM_INT] = "integer", [PARAM_REAL] = "number",
	    [PARAM_CHOICE] = "string", [PARAM_TEXT] = "string",
	    [PARAM_INTS] = "array", [PARAM_REALS] = "array",
	    [PARAM_GROUP] = "object" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_str_eq(param_kind_name((enum param_kind)i),
		    names[i]);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, sets_defaults);
	tcase_add_test(tcase, views_are_the_members);
	tcase_add_test(tcase, reals);
	tcase_add_test(tcase, ints);
	tcase_add_test(tcase, choices);
	tcase_add_test(tcase, texts);
	tcase_add_test(tcase, long_texts);
	tcase_add_test(tcase, lists);
	tcase_add_test(tcase, nearest_names);
	tcase_add_test(tcase, kind_names);
}

int
main(void)
{
	return run_tests("param", add);
}
