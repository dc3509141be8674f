/* Every optimizer: its whole state is in its state, it stays finite, and threads
 * do not show. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/optim/fixture.h"
#include "tests/params.h"
#include "tests/run.h"

/* Enough for several items of a team's work, and a last group that is not
 * full. */
#define MANY (16 * 32 * 5 + 7)

static void
check_same(const struct fixture *a, const struct fixture *b, const char *what)
{
	ck_assert_msg(memcmp(a->theta, b->theta, a->n * sizeof(float)) == 0,
	    "%s, %s: other parameters", a->type->name, what);
	ck_assert_msg(memcmp(a->state, b->state, a->state_len *
	    sizeof(float)) == 0, "%s, %s: another state", a->type->name, what);
}

/* From a copy of theta and state after some steps the rest is the same. */
static void
check_resume(const struct optim_type *type, const struct optim_options *o)
{
	struct fixture whole, resumed;

	fixture_new(&whole, type, o, 45);
	fixture_new(&resumed, type, o, 45);
	fixture_steps(&whole, 0, 7, NULL);
	memcpy(resumed.theta, whole.theta, whole.n * sizeof(float));
	memcpy(resumed.state, whole.state, whole.state_len * sizeof(float));
	fixture_steps(&whole, 7, 9, NULL);
	fixture_steps(&resumed, 7, 9, NULL);
	check_same(&whole, &resumed, "resumed");
	fixture_free(&whole);
	fixture_free(&resumed);
}

static void
check_teams(const struct optim_type *type, const struct optim_options *o)
{
	struct fixture alone;

	fixture_new(&alone, type, o, MANY);
	fixture_steps(&alone, 0, 3, NULL);
	for (int threads = 1; threads <= 3; threads++) {
		struct team *team;
		struct fixture f;

		ck_assert_int_eq(team_new(threads, &team), 0);
		fixture_new(&f, type, o, MANY);
		fixture_steps(&f, 0, 3, team);
		check_same(&alone, &f, "in a team");
		fixture_free(&f);
		team_free(team);
	}
	fixture_free(&alone);
}

/* Whatever a gradient is, as long as it is a number, theta stays one.  Two steps:
 * a velocity of ever the same 1e38 does overflow in time. */
static void
check_finite(const struct optim_type *type, const struct optim_options *o)
{
	static const float grads[] = { 0, -0.0f, 0x1p-149f, -0x1p-130f,
	    FLT_MIN, 1e-30f, 1e-20f, 1e18f, -1e18f, 1e38f, -1e38f };

	for (size_t g = 0; g < sizeof grads / sizeof *grads; g++) {
		struct fixture f;

		fixture_new(&f, type, o, 20);
		for (int step = 0; step < 2; step++) {
			for (size_t i = 0; i < f.n; i++)
				f.grad[i] = grads[g];
			fixture_step(&f, NULL);
		}
		for (size_t i = 0; i < f.n; i++)
			EXPECT(isfinite(f.theta[i]), "%s: %g after gradients "
			    "of %g", type->name, (double)f.theta[i],
			    (double)grads[g]);
		/* And goes on from there. */
		fixture_steps(&f, 0, 2, NULL);
		for (size_t i = 0; i < f.n; i++)
			EXPECT(isfinite(f.theta[i]), "%s: %g some steps after "
			    "gradients of %g", type->name, (double)f.theta[i],
			    (double)grads[g]);
		fixture_free(&f);
	}
}

/* A gradient of zero from the start moves nothing but what decays. */
static void
check_rest(const struct optim_type *type, const struct optim_options *o)
{
	struct fixture f, was;

	if (optim_learned(type) || strcmp(type->name, "adamw") == 0)
		return;
	fixture_new(&f, type, o, 20);
	fixture_new(&was, type, o, 20);
	for (int step = 0; step < 3; step++)
		fixture_step(&f, NULL);
	ck_assert_mem_eq(f.theta, was.theta, f.n * sizeof(float));
	fixture_free(&f);
	fixture_free(&was);
}

START_TEST(every_type)
{
	const struct optim_type *type = optim_types[_i];
	const struct param *p;
	struct optim_options o;

	fixture_defaults(type, &o);
	check_finite(type, &o);
	for (int moved = 0; moved < 2; moved++) {
		if (moved)
			fixture_moved(type, &o);
		check_resume(type, &o);
		check_teams(type, &o);
		check_rest(type, &o);
	}
	for (int i = 0; (p = params_choice(type->params, i)) != NULL; i++)
		for (int c = 0; p->choices[c] != NULL; c++) {
			fixture_moved(type, &o);
			*param_choice(p, &o) = c;
			check_resume(type, &o);
		}
}
END_TEST

/* Every parameter does something. */
START_TEST(every_parameter)
{
	const struct optim_type *type = optim_types[_i];

	for (const struct param *p = type->params; p->name != NULL; p++) {
		const struct param alone[2] = { *p, { .name = NULL } };
		struct optim_options o;
		struct fixture a, b;

		if (p->kind == PARAM_GROUP)
			continue;
		fixture_defaults(type, &o);
		fixture_new(&a, type, &o, 20);
		params_move(alone, &o);
		/* 1e-8 is too little to be seen. */
		if (strcmp(p->name, "epsilon") == 0)
			params_set(type->params, &o, "epsilon", "0.1");
		fixture_new(&b, type, &o, 20);
		fixture_steps(&a, 0, 3, NULL);
		fixture_steps(&b, 0, 3, NULL);
		ck_assert_msg(memcmp(a.theta, b.theta, a.n * sizeof(float)) !=
		    0, "%s: %s does nothing", type->name, p->name);
		fixture_free(&a);
		fixture_free(&b);
	}
}
END_TEST

START_TEST(found_by_name)
{
	for (int i = 0; optim_types[i] != NULL; i++) {
		const struct optim_type *type = optim_types[i];
		struct optim_options o;
		double *rate;

		ck_assert_ptr_eq(optim_find(type->name), type);
		if (type->alias != NULL)
			ck_assert_ptr_eq(optim_find(type->alias), type);
		ck_assert_str_ne(type->text, "");
		fixture_defaults(type, &o);
		rate = optim_rate(type, &o);
		ck_assert_int_eq(rate == NULL, optim_learned(type));
		if (rate != NULL)
			ck_assert_double_gt(*rate, 0);
	}
	ck_assert_ptr_eq(optim_find("nag"), optim_find("nesterov"));
	ck_assert_ptr_null(optim_find("lion"));
	ck_assert_ptr_null(optim_find(""));
}
END_TEST

static void
add(TCase *tcase)
{
	int types = 0;

	while (optim_types[types] != NULL)
		types++;
	tcase_add_loop_test(tcase, every_type, 0, types);
	tcase_add_loop_test(tcase, every_parameter, 0, types);
	tcase_add_test(tcase, found_by_name);
}

int
main(void)
{
	return run_tests("types", add);
}
