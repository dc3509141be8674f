/* A run that diverges is recorded as infinite and is no other run's business. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

#define RUNS 4
#define BAD 1			/* the run that diverges */
#define AT 3			/* at this step */
#define STEPS 8

enum fault { LOSS_NAN, LOSS_INFINITE, GRADIENT_NAN, GRADIENT_INFINITE,
    FAULTS };

/* A quadratic bowl whose run BAD goes wrong at step AT. */
struct bowl {
	uint32_t instance, step;
};

static enum fault fault;
static struct problem_type type;

static void
bowl_sample(const struct problem *p, void *instance,
    const struct problem_run *run)
{
	(void)p;
	((struct bowl *)instance)->instance = run->instance;
}

static void
bowl_draw(const struct problem *p, void *instance,
    const struct problem_run *run, uint32_t step)
{
	(void)p, (void)run;
	((struct bowl *)instance)->step = step;
}

static double
bowl_eval(const struct problem *p, void *instance, const float *theta,
    float *grad)
{
	const struct bowl *bowl = instance;
	bool bad = bowl->instance == BAD && bowl->step == AT;
	double loss = 0;

	for (size_t i = 0; i < p->n; i++) {
		/* Whatever is bad must not come here again. */
		EXPECT(isfinite(theta[i]) && (bowl->instance != BAD ||
		    bowl->step <= AT), "called with what has diverged");
		loss += (double)theta[i] * (double)theta[i];
		if (grad != NULL)
			grad[i] = 2 * theta[i];
	}
	if (bad && fault == GRADIENT_NAN && grad != NULL)
		grad[p->n - 1] = NAN;
	if (bad && fault == GRADIENT_INFINITE && grad != NULL)
		grad[0] = -INFINITY;
	return bad && fault == LOSS_NAN ? NAN :
	    bad && fault == LOSS_INFINITE ? -INFINITY : loss;
}

static void
bowl_open(struct problem *p)
{
	fixture_problem(p, "simple", "variables=19");
	type = *p->type;
	type.sample = bowl_sample;
	type.draw = bowl_draw;
	type.eval = bowl_eval;
	p->type = &type;
	p->instance_size = sizeof(struct bowl);
}

static void
check_bad(const struct lockstep *ls, uint32_t step)
{
	bool bad = step >= AT;

	for (int r = 0; r < RUNS; r++) {
		ck_assert_int_eq(ls->diverged[r], bad && r == BAD);
		ck_assert_int_eq(isfinite(ls->losses[r]), !ls->diverged[r]);
	}
	ck_assert_int_eq(lockstep_diverged(ls), bad);
	ck_assert(!bad || isinf(lockstep_loss(ls)));
	for (size_t i = 0; bad && i < ls->problem->n; i++)
		ck_assert_float_eq(ls->grads[BAD * ls->problem->n + i], 0);
}

START_TEST(one_run)
{
	static const char *const names[] = { "sgd", "adam", "lstm" };
	struct rule rule = fixture_rule(names[_i % 3], NULL);
	struct problem_run first = { .seed = 1 };
	struct random_key key = { .seed = 1 };
	struct rule_part *part = &rule.parts[0];
	float *weights = calloc(10000, sizeof *weights);
	struct lockstep ls;
	struct problem p;
	struct pool *pool;

	bowl_open(&p);
	fault = (enum fault)(_i / 3);
	if (optim_learned(part->type))
		part->type->weights_init(&part->options, &key, weights);
	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(lockstep_new(&ls, &p, &rule, RUNS, NULL, pool), 0);
	lockstep_weights(&ls, weights);
	lockstep_begin(&ls, &first, RUNS);
	for (uint32_t s = 0; s <= STEPS; s++) {
		lockstep_eval(&ls, s, ls.grads);
		check_bad(&ls, s);
		lockstep_update(&ls, ls.grads);
		/* All begin at 1 and go alike, whatever run BAD does. */
		for (size_t i = 0; i < RUNS * p.n; i++)
			EXPECT((i >= BAD * p.n && i < (BAD + 1) * p.n) ||
			    ls.theta[i] == ls.theta[0], "step %u: %g, not %g",
			    s, (double)ls.theta[i], (double)ls.theta[0]);
	}
	/* A fresh start is one. */
	first.instance = BAD + 1;
	lockstep_begin(&ls, &first, RUNS);
	lockstep_eval(&ls, 0, ls.grads);
	ck_assert_int_eq(lockstep_diverged(&ls), 0);
	ck_assert(isfinite(lockstep_loss(&ls)));
	pool_free(pool);
	free(weights);
	problem_close(&p);
}
END_TEST

#define MANY 8
#define LONG 1500

/* Quadratics under a rate that is too large for some of them: in company each
 * goes as it goes alone. */
static void
go(struct lockstep *ls, uint32_t instance, int runs, double *losses,
    bool *diverged)
{
	struct problem_run first = { .seed = 2, .instance = instance };

	lockstep_begin(ls, &first, runs);
	for (uint32_t s = 0; s < LONG; s++) {
		lockstep_eval(ls, s, ls->grads);
		lockstep_update(ls, ls->grads);
	}
	for (int r = 0; r < runs; r++) {
		losses[r] = ls->losses[r];
		diverged[r] = ls->diverged[r];
	}
}

START_TEST(in_company)
{
	struct rule rule = fixture_rule("sgd", "learning_rate=0.032");
	double together[MANY], alone;
	bool diverged[MANY], alone_diverged;
	struct lockstep ls;
	struct problem p;
	struct pool *pool;
	int count = 0;

	fixture_problem(&p, "quadratic", NULL);
	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(lockstep_new(&ls, &p, &rule, MANY, NULL, pool), 0);
	go(&ls, 0, MANY, together, diverged);
	for (uint32_t r = 0; r < MANY; r++) {
		go(&ls, r, 1, &alone, &alone_diverged);
		ck_assert_int_eq(diverged[r], alone_diverged);
		ck_assert_int_eq(isfinite(together[r]), !diverged[r]);
		ck_assert(diverged[r] || together[r] == alone);
		count += diverged[r];
	}
	/* Else this would show nothing. */
	ck_assert_int_gt(count, 0);
	ck_assert_int_lt(count, MANY);
	pool_free(pool);
	problem_close(&p);
}
END_TEST

/* Absurd rates: every run diverges, nothing else happens. */
START_TEST(absurd_rates)
{
	static const char *const names[] = { "sgd", "momentum", "nesterov" };
	struct rule rule = fixture_rule(names[_i], "learning_rate=1e6");
	struct problem_run first = { .seed = 2 };
	struct lockstep ls;
	struct problem p;
	struct pool *pool;

	fixture_problem(&p, "quadratic", NULL);
	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(lockstep_new(&ls, &p, &rule, MANY, NULL, pool), 0);
	lockstep_begin(&ls, &first, MANY);
	for (uint32_t s = 0; s < 100; s++) {
		lockstep_eval(&ls, s, ls.grads);
		for (size_t i = 0; i < ls.n; i++)
			EXPECT(isfinite(ls.grads[i]), "a gradient of %g",
			    (double)ls.grads[i]);
		lockstep_update(&ls, ls.grads);
	}
	ck_assert_int_eq(lockstep_diverged(&ls), MANY);
	ck_assert(isinf(lockstep_loss(&ls)));
	pool_free(pool);
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, one_run, 0, 3 * FAULTS);
	tcase_add_test(tcase, in_company);
	tcase_add_loop_test(tcase, absurd_rates, 0, 3);
}

int
main(void)
{
	blas_start();
	return run_tests("divergence", add);
}
