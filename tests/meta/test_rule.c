/* Rules: which groups of a problem each part takes. */
#include <string.h>

#include "num/blas.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

START_TEST(groups)
{
	static const struct {
		uint32_t groups[3];
		const char *says;	/* NULL: a good rule */
	} cases[] = {
		{ { RULE_GROUPS_ALL }, NULL },
		{ { 3 }, NULL },
		{ { 1, 2 }, NULL },
		{ { 2, 1 }, NULL },
		{ { 1 }, "no optimizer is given for the group 'output'" },
		{ { 2 }, "no optimizer is given for the group 'hidden'" },
		{ { 1, 1, 2 }, "2 optimizers are given for the group "
		    "'hidden'" },
		{ { 3, 2 }, "2 optimizers are given for the group 'output'" },
		{ { RULE_GROUPS_ALL, RULE_GROUPS_ALL, 1 },
		    "3 optimizers are given for the group 'hidden'" },
		{ { 4 }, "no optimizer is given for the group 'hidden'" },
		{ { 0 }, "no optimizer is given for the group 'hidden'" },
	};
	struct problem p;

	fixture_problem(&p, "mlp", NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rule rule = { .parts_len = 0 };
		struct message m = { "" };
		int r;

		for (int k = 0; k < 3 && cases[i].groups[k] != 0; k++)
			fixture_part(&rule, "sgd", NULL, cases[i].groups[k]);
		r = rule_check(&rule, &p, &m);
		ck_assert_int_eq(r, cases[i].says == NULL ? 0 : ERR_INVALID);
		ck_assert_msg(cases[i].says == NULL ||
		    strstr(m.text, cases[i].says) != NULL, "case %zu: %s", i,
		    m.text);
		ck_assert_int_eq(rule_check(&rule, &p, NULL), r);
	}
	problem_close(&p);
}
END_TEST

START_TEST(sizes)
{
	struct rule rule = { .parts_len = 0 };
	struct problem p;

	/* 9 inputs, 5 hidden units, 4 classes. */
	fixture_problem(&p, "mlp", "hidden=5");
	fixture_part(&rule, "adam", NULL, 2);
	ck_assert(!rule_learned(&rule));
	ck_assert_uint_eq(rule_weights_len(&rule), 0);
	fixture_part(&rule, "lstm", "layers=3", 1);
	ck_assert(rule_learned(&rule));
	/* Four gates of 3 units see 2 features, 3 units and a bias. */
	ck_assert_uint_eq(rule_weights_len(&rule), 4 * 3 * 6 + 3 + 1);
	ck_assert_uint_eq(rule_part_coordinates(&p, &rule.parts[0]),
	    6 * 4);
	ck_assert_uint_eq(rule_part_coordinates(&p, &rule.parts[1]),
	    10 * 5);
	rule.parts[1].groups = RULE_GROUPS_ALL;
	ck_assert_uint_eq(rule_part_coordinates(&p, &rule.parts[1]), p.n);
	problem_close(&p);
}
END_TEST

START_TEST(work)
{
	struct rule crafted = fixture_rule("adam", NULL);
	struct rule learned = fixture_rule("lstm", NULL);
	struct rule small = fixture_rule("lstm", "layers=5");
	struct problem p;

	fixture_problem(&p, "quadratic", NULL);
	ck_assert(rule_work(&crafted, &p, false) > p.eval_flops);
	ck_assert(rule_work(&learned, &p, false) >
	    rule_work(&small, &p, false));
	ck_assert(rule_work(&learned, &p, true) >
	    2 * rule_work(&learned, &p, false));
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_test(tcase, groups);
	tcase_add_test(tcase, sizes);
	tcase_add_test(tcase, work);
}

int
main(void)
{
	blas_start();
	return run_tests("rule", add);
}
