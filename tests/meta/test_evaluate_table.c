/* The table of an evaluation: differences to the best hand-crafted optimizer, the
 * edges of the grid, and runs that diverged. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/meta/evaluation.h"
#include "tests/run.h"

/* Mean of the paired differences of final losses, run by run. */
static double
difference(const struct evaluation *d, const double *a, const double *b,
    int runs)
{
	int64_t last = d->config.options.horizon;
	double sum = 0;

	for (int r = 0; r < runs; r++)
		sum += a[r * (last + 1) + last] - b[r * (last + 1) + last];
	return sum / runs;
}

START_TEST(differences)
{
	struct evaluation d;
	double *all[3], want[3];

	evaluation_begin(&d, "quadratic", NULL, "runs=60 horizon=15");
	evaluation_rule(&d, "lstm", NULL, false);
	evaluation_rule(&d, "sgd", "learning_rate=0.001", false);
	evaluation_rule(&d, "sgd", "learning_rate=0.01", false);
	evaluation_run(&d);
	for (int i = 0; i < 3; i++)
		all[i] = evaluation_losses(&d, &d.rules[i], RANDOM_EVALUATE,
		    60);
	/* The larger rate is the best of the hand-crafted. */
	ck_assert(isnan(d.rows[2].difference) && d.rows[2].best);
	for (int i = 0; i < 2; i++) {
		const struct evaluate_row *r = &d.rows[i];

		want[i] = difference(&d, all[i], all[2], 60);
		ck_assert_double_eq_tol(r->difference, want[i],
		    1e-5 * fabs(want[i]));
		ck_assert_double_gt(r->difference, 0);
		ck_assert(r->difference_low < r->difference &&
		    r->difference < r->difference_high);
		ck_assert_double_eq(r->final_mean,
		    evaluation_point(&d, i, 15).mean);
		ck_assert_double_eq(r->final_median,
		    evaluation_point(&d, i, 15).median);
		ck_assert(!r->best && !r->tuned && !r->edge);
		ck_assert_int_eq(r->diverged, 0);
	}
	/* Pairs: the interval is narrower than the losses' own spread. */
	ck_assert_double_gt(d.rows[1].difference_low, 0);
	ck_assert(isnan(d.rows[0].learning_rate));
	ck_assert_double_eq(d.rows[1].learning_rate, 0.001);
	for (int i = 0; i < 3; i++)
		free(all[i]);
	evaluation_end(&d);
}
END_TEST

START_TEST(nothing_to_compare_with)
{
	struct evaluation d;

	evaluation_begin(&d, "quadratic", NULL, "runs=5 horizon=5");
	evaluation_rule(&d, "lstm", NULL, false);
	evaluation_run(&d);
	ck_assert(isnan(d.rows[0].difference));
	ck_assert(isnan(d.rows[0].difference_low));
	ck_assert(isnan(d.rows[0].difference_high));
	ck_assert(d.rows[0].best);
	evaluation_end(&d);
}
END_TEST

/* One run: quantiles are that run's, and there is no interval. */
START_TEST(one_run)
{
	struct evaluation d;
	struct evaluate_point p;

	evaluation_begin(&d, "quadratic", NULL, "runs=1 horizon=5 "
	    "tuning_runs=1");
	evaluation_rule(&d, "sgd", NULL, true);
	evaluation_rule(&d, "adam", NULL, true);
	evaluation_run(&d);
	p = evaluation_point(&d, 0, 5);
	ck_assert(p.mean == p.median && p.q10 == p.q90 && p.mean == p.q10);
	for (int i = 0; i < 2; i++) {
		ck_assert(isnan(d.rows[i].difference_low));
		ck_assert(isnan(d.rows[i].difference_high));
	}
	ck_assert_int_eq(isnan(d.rows[0].difference) +
	    isnan(d.rows[1].difference), 1);
	evaluation_end(&d);
}
END_TEST

START_TEST(edges)
{
	static const struct {
		const char *options;
		double rate;
		bool edge;
	} cases[] = {
		{ "learning_rates=1,0.1,0.01,0.001,0.0001", 0.01, false },
		{ "learning_rates=0.0001,0.01,1,0.1", 0.01, false },
		{ "learning_rates=1,0.1,0.01", 0.01, true },
		{ "learning_rates=0.01,0.001,0.0001", 0.01, true },
		{ "learning_rates=1e-9,1e-7,1e-8", 1e-7, true },
		{ "learning_rates=1e6,1e5,0.01,1e4,1e-5", 0.01, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct evaluation d;

		evaluation_begin(&d, "quadratic", NULL, cases[i].options);
		d.config.options.runs = 2;
		d.config.options.horizon = 40;
		evaluation_rule(&d, "sgd", NULL, true);
		evaluation_run(&d);
		ck_assert_double_eq(d.rows[0].learning_rate, cases[i].rate);
		ck_assert_int_eq(d.rows[0].edge, cases[i].edge);
		evaluation_end(&d);
	}
}
END_TEST

/* A rate that is too large for some of the runs. */
START_TEST(diverged_runs)
{
	struct evaluation d;
	struct evaluate_point p;
	double *all;
	int count = 0;

	evaluation_begin(&d, "quadratic", NULL, "runs=40 horizon=1500");
	evaluation_rule(&d, "sgd", "learning_rate=0.03", false);
	evaluation_rule(&d, "sgd", "learning_rate=0.001", false);
	evaluation_run(&d);
	all = evaluation_losses(&d, &d.rules[0], RANDOM_EVALUATE, 40);
	for (int r = 0; r < 40; r++)
		count += !isfinite(all[r * 1501 + 1500]);
	ck_assert(count > 0 && count < 40);
	/* A loss too large for a float counts as infinite. */
	ck_assert_int_ge(d.rows[0].diverged, count);
	ck_assert_int_lt(d.rows[0].diverged, 40);
	p = evaluation_point(&d, 0, 1500);
	ck_assert_int_eq(p.diverged, d.rows[0].diverged);
	ck_assert_int_eq(p.runs, 40);
	ck_assert(isinf(p.mean) && isfinite(p.q10));
	ck_assert(isinf(d.rows[0].final_mean) && isinf(d.rows[0].sum_mean));
	ck_assert_int_eq(evaluation_point(&d, 0, 0).diverged, 0);
	ck_assert(isfinite(evaluation_point(&d, 0, 0).mean));
	ck_assert(!d.rows[0].best && d.rows[1].best);
	ck_assert(isnan(d.rows[0].difference));
	ck_assert(isnan(d.rows[0].difference_low));
	ck_assert_int_eq(d.rows[1].diverged, 0);
	ck_assert(isnan(d.rows[1].difference));
	free(all);
	evaluation_end(&d);
}
END_TEST

/* Every rate of the grid and every run: nothing is best, nothing compares. */
START_TEST(all_diverge)
{
	struct evaluation d;

	evaluation_begin(&d, "quadratic", NULL, "runs=10 horizon=60 "
	    "tuning_runs=3 learning_rates=1e6,1e5");
	evaluation_rule(&d, "sgd", NULL, true);
	evaluation_rule(&d, "momentum", NULL, true);
	evaluation_run(&d);
	for (int i = 0; i < 2; i++) {
		struct evaluate_point p = evaluation_point(&d, i, 60);

		ck_assert_int_eq(d.rows[i].diverged, 10);
		ck_assert(isinf(p.median) && isinf(p.q10) && isinf(p.q90));
		ck_assert(d.rows[i].edge && !d.rows[i].best);
		ck_assert(isnan(d.rows[i].difference));
	}
	evaluation_end(&d);
}
END_TEST

START_TEST(refusals)
{
	struct evaluation d;
	struct message m = { "" };
	size_t cost;

	evaluation_begin(&d, "mlp", NULL, "runs=10");
	evaluation_rule(&d, "adam", NULL, true);
	evaluation_rule(&d, "adam", NULL, true);
	cost = evaluator_cost(&d.config, 1);
	for (size_t budget = 1; budget < cost; budget += cost / 60) {
		ck_assert_int_eq(pool_new(budget, &d.pool), 0);
		ck_assert_int_eq(evaluator_new(&d.config, d.pool, &d.e, &m),
		    ERR_MEMORY);
		ck_assert_ptr_nonnull(strstr(m.text, "memory"));
		ck_assert_ptr_null(d.e);
		pool_free(d.pool);
	}
	d.rules[1].parts[0].groups = 1;
	ck_assert_int_eq(pool_new(0, &d.pool), 0);
	ck_assert_int_eq(evaluator_new(&d.config, d.pool, &d.e, &m),
	    ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(m.text, "'output'"));
	ck_assert_ptr_null(d.e);
	evaluation_end(&d);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_test(tcase, differences);
	tcase_add_test(tcase, nothing_to_compare_with);
	tcase_add_test(tcase, one_run);
	tcase_add_test(tcase, edges);
	tcase_add_test(tcase, diverged_runs);
	tcase_add_test(tcase, all_diverge);
	tcase_add_test(tcase, refusals);
}

int
main(void)
{
	blas_start();
	return run_tests("evaluate_table", add);
}
