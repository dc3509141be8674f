/* Evaluation: paired, fair and the same on any number of threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meta/stats.h"
#include "num/blas.h"
#include "tests/meta/evaluation.h"
#include "tests/run.h"

/* Doubles by their bits, so that NaN is like NaN. */
static bool
alike(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool
points_alike(const struct evaluate_point *a, const struct evaluate_point *b)
{
	return alike(a->mean, b->mean) && alike(a->median, b->median) &&
	    alike(a->q10, b->q10) && alike(a->q90, b->q90) &&
	    a->runs == b->runs && a->diverged == b->diverged;
}

static void
compare(const struct evaluation *a, const struct evaluation *b)
{
	for (int i = 0; i < a->config.rules_len; i++) {
		const struct evaluate_row *x = &a->rows[i], *y = &b->rows[i];

		for (int64_t s = 0; s <= a->config.options.horizon; s++) {
			struct evaluate_point p = evaluation_point(a, i, s);
			struct evaluate_point q = evaluation_point(b, i, s);

			ck_assert(points_alike(&p, &q));
		}
		ck_assert(alike(x->learning_rate, y->learning_rate));
		ck_assert_int_eq(x->edge, y->edge);
		ck_assert_int_eq(x->best, y->best);
		ck_assert(alike(x->sum_mean, y->sum_mean));
		ck_assert(alike(x->difference, y->difference));
		ck_assert(alike(x->difference_low, y->difference_low));
		ck_assert(alike(x->difference_high, y->difference_high));
	}
}

/* Several chunks of runs, and a last one that is not full. */
START_TEST(teams_are_alike)
{
	struct evaluation alone, d;

	for (int threads = 0; threads <= 3; threads++) {
		struct evaluation *now = threads == 0 ? &alone : &d;

		evaluation_begin(now, _i == 0 ? "quadratic" : "mlp", NULL,
		    "runs=150 horizon=15 tuning_runs=70 "
		    "learning_rates=0.1,0.01,0.001");
		evaluation_rule(now, "sgd", NULL, true);
		evaluation_rule(now, "lstm", NULL, false);
		evaluation_rule(now, "adam", NULL, true);
		if (threads > 0)
			ck_assert_int_eq(team_new(threads, &now->config.team),
			    0);
		evaluation_run(now);
		if (threads == 0)
			continue;
		compare(&alone, &d);
		team_free(d.config.team);
		evaluation_end(&d);
	}
	evaluation_end(&alone);
}
END_TEST

/* The same rule twice: the same curves and no difference. */
START_TEST(paired)
{
	struct evaluation d;

	evaluation_begin(&d, "mlp", NULL, "runs=30 horizon=10 tuning_runs=5 "
	    "learning_rates=0.1,0.01");
	evaluation_rule(&d, "lstm", NULL, false);
	evaluation_rule(&d, "adam", NULL, true);
	evaluation_rule(&d, "lstm", NULL, false);
	evaluation_rule(&d, "adam", NULL, true);
	evaluation_run(&d);
	for (int i = 0; i < 2; i++) {
		for (int64_t s = 0; s <= 10; s++) {
			struct evaluate_point a, b;

			a = evaluation_point(&d, i, s);
			b = evaluation_point(&d, i + 2, s);

			ck_assert(points_alike(&a, &b));
		}
		ck_assert(alike(d.rows[i].sum_mean, d.rows[i + 2].sum_mean));
	}
	/* All start from the same points. */
	ck_assert(alike(evaluation_point(&d, 0, 0).mean,
	    evaluation_point(&d, 1, 0).mean));
	/* The first adam is what the others are compared with. */
	ck_assert(isnan(d.rows[1].difference));
	ck_assert_double_eq(d.rows[3].difference, 0);
	ck_assert_double_eq(d.rows[3].difference_low, 0);
	ck_assert_double_eq(d.rows[3].difference_high, 0);
	ck_assert(alike(d.rows[0].difference, d.rows[2].difference));
	ck_assert_int_eq(d.rows[0].best + d.rows[1].best, 1);
	ck_assert(!d.rows[2].best && !d.rows[3].best);
	evaluation_end(&d);
}
END_TEST

/* Mean over the runs of the sum over steps 1 .. horizon. */
static double
sum_mean(const double *all, int runs, int64_t horizon)
{
	double sum = 0;

	for (int r = 0; r < runs; r++)
		for (int64_t s = 1; s <= horizon; s++)
			sum += all[r * (horizon + 1) + s];
	return sum / runs;
}

static void
check_curve(const struct evaluation *d, int rule, const double *all, int runs)
{
	int64_t horizon = d->config.options.horizon;
	double *v = calloc((size_t)runs, sizeof *v);

	for (int64_t s = 0; s <= horizon; s++) {
		struct evaluate_point p = evaluation_point(d, rule, s);
		double near;

		for (int r = 0; r < runs; r++)
			v[r] = all[r * (horizon + 1) + s];
		near = 1e-6 * stats_mean(v, (size_t)runs);
		ck_assert_int_eq(p.runs, runs);
		ck_assert_int_eq(p.diverged, 0);
		ck_assert_double_eq_tol(p.mean, stats_mean(v, (size_t)runs),
		    near);
		stats_sort(v, (size_t)runs);
		ck_assert_double_eq_tol(p.median, (v[runs / 2 - 1] +
		    v[runs / 2]) / 2, near);
		ck_assert_double_eq_tol(p.q10, stats_quantile(v,
		    (size_t)runs, 0.1), near);
		ck_assert_double_eq_tol(p.q90, stats_quantile(v,
		    (size_t)runs, 0.9), near);
	}
	free(v);
}

/* Curves and tuning against the same done with lockstep alone. */
START_TEST(as_by_hand)
{
	const char *const names[] = { "sgd", "adam", "lstm" };
	struct evaluation d;

	evaluation_begin(&d, _i == 0 ? "quadratic" : "mlp", NULL,
	    "runs=40 horizon=12 tuning_runs=25 "
	    "learning_rates=1e5,0.1,0.01,0.003,1e-5");
	for (int i = 0; i < 3; i++)
		evaluation_rule(&d, names[i], NULL, i < 2);
	evaluation_run(&d);
	for (int i = 0; i < 3; i++) {
		const struct param_reals *grid =
		    &d.config.options.learning_rates;
		struct rule rule = d.rules[i];
		double *all, best = INFINITY, winner = NAN;
		double *rate = optim_rate(rule.parts[0].type,
		    &rule.parts[0].options);

		for (int k = 0; i < 2 && k < grid->len; k++) {
			double sum;

			*rate = grid->v[k];
			all = evaluation_losses(&d, &rule, RANDOM_TUNE, 25);
			sum = sum_mean(all, 25, 12);
			winner = sum < best ? grid->v[k] : winner;
			best = fmin(sum, best);
			free(all);
		}
		ck_assert(alike(d.rows[i].learning_rate, winner));
		ck_assert_int_eq(d.rows[i].tuned, i < 2);
		ck_assert_int_eq(d.rows[i].edge, winner == 1e5 ||
		    winner == 1e-5);
		if (rate != NULL)
			*rate = winner;
		all = evaluation_losses(&d, &rule, RANDOM_EVALUATE, 40);
		check_curve(&d, i, all, 40);
		ck_assert_double_eq_tol(d.rows[i].sum_mean, sum_mean(all, 40,
		    12), 1e-6 * d.rows[i].sum_mean);
		free(all);
	}
	evaluation_end(&d);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_loop_test(tcase, teams_are_alike, 0, 2);
	tcase_add_test(tcase, paired);
	tcase_add_loop_test(tcase, as_by_hand, 0, 2);
}

int
main(void)
{
	blas_start();
	return run_tests("evaluate", add);
}
