/* Learning happens; where weights and rates come from; and what work is reckoned
 * to be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

/* Sixty epochs on quadratics bring the validation loss below half of what it
 * was after the first. */
START_TEST(quadratics)
{
	struct rule rule = fixture_rule("lstm", NULL);
	struct train_config c = { .rule = &rule, .options = fixture_training(
	    "epochs=60 meta_batch=64 validate_every=1 validation_runs=64 "
	    "horizon=60 meta_optimizer.learning_rate=0.003") };
	struct train_event event;
	struct problem p;
	struct pool *pool;
	struct trainer *t;
	double first = NAN, last = NAN;

	fixture_problem(&p, "quadratic", NULL);
	c.problem = &p;
	t = fixture_trainer(&c, &pool);
	do {
		trainer_next(t, &event);
		ck_assert_int_ne(event.what, TRAIN_DIVERGED);
		if (event.what != TRAIN_VALIDATION)
			continue;
		last = event.loss;
		first = isnan(first) ? last : first;
	} while (event.what != TRAIN_DONE);
	ck_assert_msg(last < first / 2, "from %g to %g", first, last);
	pool_free(pool);
	problem_close(&p);
}
END_TEST

/* Weights of a new trainer; malloc'd. */
static float *
begin(const struct problem *p, const struct rule *rule, uint64_t seed)
{
	struct train_config c = { .problem = p, .rule = rule, .seed = seed,
	    .options = fixture_training("meta_batch=2") };
	struct pool *pool;
	struct trainer *t = fixture_trainer(&c, &pool);
	struct rule now;
	float *weights;

	trainer_rule(t, false, &now);
	weights = fixture_weights(&now);
	pool_free(pool);
	return weights;
}

/* Drawn from the seed, another stream for each part; or the given ones. */
START_TEST(first_weights)
{
	struct rule rule = { .parts_len = 0 };
	struct problem p;
	size_t len, same = 0;
	float *a, *b;

	fixture_problem(&p, "mlp", NULL);
	fixture_part(&rule, "lstm", "layers=6", 1);
	fixture_part(&rule, "lstm", "layers=6", 2);
	len = rule_weights_len(&rule);
	a = begin(&p, &rule, 1);
	b = begin(&p, &rule, 1);
	ck_assert_mem_eq(a, b, len * sizeof *a);
	free(b);
	b = begin(&p, &rule, 2);
	for (size_t i = 0; i < len; i++)
		same += a[i] == b[i];
	for (size_t i = 0; i < len / 2; i++)
		same += a[i] == a[len / 2 + i];
	ck_assert_uint_eq(same, 0);
	free(b);
	/* The second part's are given. */
	rule.parts[1].weights = a;
	b = begin(&p, &rule, 1);
	ck_assert_mem_eq(b, a, len / 2 * sizeof *a);
	ck_assert_mem_eq(b + len / 2, a, len / 2 * sizeof *a);
	free(a);
	free(b);
	problem_close(&p);
}
END_TEST

START_TEST(schedules)
{
	struct rule rule = fixture_rule("lstm", "layers=2");
	struct train_config c = { .rule = &rule, .options = fixture_training(
	    "epochs=8 horizon=2 validate_every=0 "
	    "meta_optimizer.learning_rate=0.5") };
	struct train_event event;
	struct problem p;
	struct pool *pool;
	struct trainer *t;

	fixture_problem(&p, "simple", NULL);
	c.problem = &p;
	c.options.schedule = _i;
	t = fixture_trainer(&c, &pool);
	for (int epoch = 0; epoch < 8; epoch++) {
		double want = _i == 0 ? 0.5 : 0.25 * (1 + cos(M_PI * epoch /
		    8));

		trainer_next(t, &event);
		ck_assert_double_eq_tol(event.learning_rate, want, 1e-12);
	}
	pool_free(pool);
	problem_close(&p);
}
END_TEST

START_TEST(work)
{
	struct rule rule = fixture_rule("lstm", NULL);
	struct train_options o = fixture_training("epochs=10 horizon=30 "
	    "meta_batch=4 validate_every=4 validation_runs=5");
	struct problem p;
	double one, steps;

	fixture_problem(&p, "quadratic", NULL);
	one = rule_work(&rule, &p, true);
	steps = rule_work(&rule, &p, false);
	ck_assert_double_eq(train_epoch_work(&o, &rule, &p), 120 * one);
	ck_assert_double_eq(train_validation_work(&o, &rule, &p),
	    150 * steps);
	/* After epochs 4, 8 and 10. */
	ck_assert_double_eq(train_work(&o, &rule, &p), 1200 * one +
	    450 * steps);
	o.validate_every = 0;
	ck_assert_double_eq(train_work(&o, &rule, &p), 1200 * one);
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_test(tcase, quadratics);
	tcase_add_test(tcase, first_weights);
	tcase_add_loop_test(tcase, schedules, 0, 2);
	tcase_add_test(tcase, work);
}

int
main(void)
{
	blas_start();
	return run_tests("learn", add);
}
