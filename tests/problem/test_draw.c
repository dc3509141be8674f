/* What is drawn is a pure function of the run and the step: nothing that was
 * drawn before shows. */
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/data/files.h"
#include "tests/params.h"
#include "tests/problem/fixture.h"
#include "tests/run.h"

/* Start, loss and gradient of a run at a step. */
struct seen {
	size_t n;
	float *theta, *grad;
	double loss;
};

static struct seen
look(const struct problem *p, void *instance, const struct problem_run *run,
    uint32_t step)
{
	struct seen s = { .n = p->n, .theta = calloc(p->n, sizeof(float)),
	    .grad = calloc(p->n, sizeof(float)) };

	p->type->sample(p, instance, run);
	p->type->start(p, instance, run, s.theta);
	p->type->draw(p, instance, run, step);
	s.loss = p->type->eval(p, instance, s.theta, s.grad);
	return s;
}

static void
seen_free(struct seen s)
{
	free(s.theta);
	free(s.grad);
}

static bool
same(const struct seen *a, const struct seen *b)
{
	return a->loss == b->loss &&
	    memcmp(a->theta, b->theta, a->n * sizeof(float)) == 0 &&
	    memcmp(a->grad, b->grad, a->n * sizeof(float)) == 0;
}

/* Types of which nothing is random. */
static bool
certain(const struct problem_type *type)
{
	return strcmp(type->name, "simple") == 0;
}

static const struct problem_run some = { .seed = 7, .stage = RANDOM_TRAIN,
    .split = SPLIT_TRAIN, .epoch = 3, .instance = 2 };

static void
check_pure(const struct problem *p)
{
	void *one = fixture_instance(p, &some);
	void *two = fixture_instance(p, &some);
	struct problem_run other = some;
	struct seen first = look(p, one, &some, 9), again, fresh;

	/* Other runs and steps come between. */
	for (uint32_t i = 0; i < 5; i++) {
		other.instance = i;
		other.split = i % 2 ? SPLIT_EVALUATE : SPLIT_TEST;
		seen_free(look(p, one, &other, 100 - i));
	}
	again = look(p, one, &some, 9);
	fresh = look(p, two, &some, 9);
	ck_assert_msg(same(&first, &again), "%s: remembers", p->type->name);
	ck_assert_msg(same(&first, &fresh), "%s: instances differ",
	    p->type->name);
	seen_free(first);
	seen_free(again);
	seen_free(fresh);
	free(one);
	free(two);
}

static void
check_keys(const struct problem *p)
{
	struct problem_run runs[5] = { some, some, some, some, some };
	void *instance = fixture_instance(p, &some);
	struct seen first = look(p, instance, &some, 9);

	runs[1].seed++;
	runs[2].stage = RANDOM_VALIDATE;
	runs[3].epoch++;
	runs[4].instance++;
	for (int i = 0; i < 5; i++) {
		struct seen s = look(p, instance, &runs[i], 9);

		ck_assert_msg(same(&first, &s) == (i == 0 || certain(p->type)),
		    "%s: run %d", p->type->name, i);
		seen_free(s);
	}
	seen_free(first);
	free(instance);
}

START_TEST(pure)
{
	for (int t = 0; problem_types[t] != NULL; t++) {
		const struct problem_type *type = problem_types[t];
		const struct param *c;
		struct problem_options options;
		struct problem p;

		fixture_options(type, &options);
		fixture_open(&p, type, &options);
		check_pure(&p);
		check_keys(&p);
		problem_close(&p);
		for (int i = 0; (c = params_choice(type->params, i)) != NULL;
		    i++)
			for (int v = 0; c->choices[v] != NULL; v++) {
				fixture_options(type, &options);
				*param_choice(c, &options) = v;
				fixture_open(&p, type, &options);
				check_pure(&p);
				check_keys(&p);
				problem_close(&p);
			}
	}
}
END_TEST

/* Keys of different purposes never meet, and hold all of the run. */
START_TEST(keys)
{
	struct random_key a = problem_key(&some, RANDOM_BATCH, 5);

	ck_assert_uint_eq(a.seed, some.seed);
	ck_assert_uint_eq(a.purpose, RANDOM_BATCH);
	ck_assert_uint_eq(a.stage, some.stage);
	ck_assert_uint_eq(a.epoch, some.epoch);
	ck_assert_uint_eq(a.instance, some.instance);
	ck_assert_uint_eq(a.step, 5);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, fixture_begin, fixture_end);
	tcase_add_test(tcase, pure);
	tcase_add_test(tcase, keys);
}

int
main(void)
{
	blas_start();
	return run_tests("draw", add);
}
