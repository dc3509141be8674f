/* Shapes of problems: tensors and groups that cover the coordinates, and options
 * that cannot be. */
#include <string.h>

#include "num/blas.h"
#include "tests/data/files.h"
#include "tests/params.h"
#include "tests/problem/fixture.h"
#include "tests/run.h"

/* Tensors follow each other without holes and end at n; so do groups, and no
 * tensor lies in two of them. */
static void
check_cover(const struct problem *p)
{
	size_t at = 0;

	ck_assert_int_le(p->tensors_len, PROBLEM_TENSORS_MAX);
	ck_assert_int_le(p->groups_len, PROBLEM_GROUPS_MAX);
	for (int i = 0; i < p->tensors_len; i++) {
		const struct problem_tensor *t = &p->tensors[i];
		size_t len = 1;
		int holders = 0;

		ck_assert_uint_eq(t->offset, at);
		ck_assert(t->dims >= 1 && t->dims <= 4);
		for (int d = 0; d < t->dims; d++)
			len *= t->shape[d];
		ck_assert_uint_gt(len, 0);
		at += len;
		for (int g = 0; g < p->groups_len; g++)
			holders += t->offset >= p->groups[g].begin &&
			    at <= p->groups[g].end;
		ck_assert_int_eq(holders, 1);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(t->name, p->tensors[k].name);
	}
	ck_assert_uint_eq(at, p->n);
	for (int g = 0; g < p->groups_len; g++) {
		ck_assert_uint_eq(p->groups[g].begin,
		    g > 0 ? p->groups[g - 1].end : 0);
		ck_assert_uint_gt(p->groups[g].end, p->groups[g].begin);
		ck_assert_str_ne(p->groups[g].name, "");
	}
	ck_assert_uint_eq(p->groups[p->groups_len - 1].end, p->n);
	ck_assert(p->eval_flops > 0);
}

START_TEST(covered)
{
	for (int t = 0; problem_types[t] != NULL; t++) {
		const struct problem_type *type = problem_types[t];
		struct problem_options options;
		struct problem p;

		ck_assert_ptr_eq(problem_find(type->name), type);
		ck_assert_str_ne(type->text, "");
		fixture_options(type, &options);
		fixture_open(&p, type, &options);
		check_cover(&p);
		problem_close(&p);
		problem_close(&p);
		params_move(type->params, &options);
		fixture_open(&p, type, &options);
		check_cover(&p);
		/* A second load is none. */
		ck_assert_int_eq(problem_load(&p, files_folder, NULL), 0);
		ck_assert_int_eq(p.has_dataset, p.dataset != NULL);
		problem_close(&p);
	}
	ck_assert_ptr_null(problem_find("cubic"));
}
END_TEST

START_TEST(mlp_of_any_depth)
{
	static const struct {
		const char *hidden;
		size_t n;
		int groups;
	} cases[] = { { "", 12 * 5 + 5, 1 }, { "9", 13 * 9 + 10 * 5, 2 },
	    { "9 4", 13 * 9 + 10 * 4 + 5 * 5, 2 },
	    { "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", 13 + 15 * 2 + 2 * 5, 2 } };
	const struct problem_type *type = problem_find("mlp");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct problem_options options;
		struct problem p;

		fixture_options(type, &options);
		params_set(type->params, &options, "hidden", cases[i].hidden);
		fixture_open(&p, type, &options);
		check_cover(&p);
		ck_assert_uint_eq(p.n, cases[i].n);
		ck_assert_int_eq(p.groups_len, cases[i].groups);
		ck_assert_str_eq(p.groups[p.groups_len - 1].name, "output");
		problem_close(&p);
	}
}
END_TEST

START_TEST(refusals)
{
	static const struct {
		const char *type, *param, *value, *at, *says;
		int code;
	} cases[] = {
		{ "mlp", "dataset", "nowhere", "dataset", "nowhere",
		  ERR_NOT_FOUND },
		{ "mlp", "dataset", "../set", "dataset", "name", ERR_INVALID },
		{ "mlp", "batch", "24", "batch", "at most 23", ERR_INVALID },
		{ "mlp", "hidden", "4096 4096 4096 4096 4096 4096 4096 4096",
		  NULL, "coordinates; at most 100000000", ERR_LIMIT },
		{ "quadratic", "variables", "2048", NULL, NULL, 0 },
		{ "quadratic", "functions", "4096", NULL, NULL, 0 },
		{ "simple", "variables", "10000000", NULL, NULL, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct problem_type *type = problem_find(cases[i].type);
		struct message m = { "" };
		const char *at = NULL;
		struct problem_options options;
		struct problem p;
		int r;

		fixture_options(type, &options);
		params_set(type->params, &options, cases[i].param,
		    cases[i].value);
		r = problem_shape(&p, type, &options, files_folder, &at, &m);
		ck_assert_msg(r == cases[i].code, "%s %s: %d", cases[i].param,
		    cases[i].value, r);
		if (r == 0)
			continue;
		ck_assert_msg(strstr(m.text, cases[i].says) != NULL, "%s",
		    m.text);
		ck_assert(at == NULL ? cases[i].at == NULL :
		    strcmp(at, cases[i].at) == 0);
	}
}
END_TEST

START_TEST(too_many_functions)
{
	const struct problem_type *type = problem_find("quadratic");
	struct problem_options options;
	struct message m = { "" };
	const char *at = NULL;
	struct problem p;

	fixture_options(type, &options);
	params_set(type->params, &options, "variables", "2048");
	params_set(type->params, &options, "functions", "4096");
	ck_assert_int_eq(problem_shape(&p, type, &options, NULL, &at, &m),
	    ERR_LIMIT);
	ck_assert_str_eq(at, "functions");
	ck_assert_ptr_nonnull(strstr(m.text, "17179869184"));
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, fixture_begin, fixture_end);
	tcase_add_test(tcase, covered);
	tcase_add_test(tcase, mlp_of_any_depth);
	tcase_add_test(tcase, refusals);
	tcase_add_test(tcase, too_many_functions);
}

int
main(void)
{
	blas_start();
	return run_tests("shape", add);
}
