/* Quantiles, means and bootstrap intervals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "meta/stats.h"
#include "tests/run.h"

/* numpy.quantile(values, q) of these values. */
START_TEST(quantiles)
{
	static const double values[] = { -3.5, -1, 0, 0.25, 2, 2, 7, 100 };
	static const struct {
		size_t n;
		double q, want;
	} cases[] = {
		{ 8, 0, -3.5 }, { 8, 0.1, -1.75 }, { 8, 0.25, -0.25 },
		{ 8, 0.5, 1.125 }, { 8, 0.75, 3.25 }, { 8, 0.9, 34.9 },
		{ 8, 1, 100 }, { 7, 0.1, -2 }, { 7, 0.5, 0.25 },
		{ 7, 0.9, 4 }, { 2, 0.1, -3.25 }, { 2, 0.5, -2.25 },
		{ 2, 0.975, -1.0625 }, { 1, 0.1, -3.5 }, { 1, 0.9, -3.5 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double got = stats_quantile(values, cases[i].n, cases[i].q);

		ck_assert_msg(fabs(got - cases[i].want) <= 1e-12 *
		    (1 + fabs(cases[i].want)), "quantile %g of %zu: %.17g, "
		    "not %.17g", cases[i].q, cases[i].n, got, cases[i].want);
	}
}
END_TEST

START_TEST(infinite_quantiles)
{
	const double some[] = { 1, 2, 3, INFINITY, INFINITY };
	const double all[] = { INFINITY, INFINITY, INFINITY };

	ck_assert_double_eq(stats_quantile(some, 5, 0.5), 3);
	ck_assert_double_eq_tol(stats_quantile(some, 5, 0.1), 1.4, 1e-12);
	ck_assert(isinf(stats_quantile(some, 5, 0.6)));
	ck_assert(isinf(stats_quantile(some, 5, 0.75)));
	ck_assert(isinf(stats_quantile(some, 5, 0.9)));
	ck_assert(isinf(stats_quantile(all, 3, 0.1)));
	ck_assert(isinf(stats_mean(some, 5)));
}
END_TEST

START_TEST(sorts)
{
	double values[] = { 3, INFINITY, -1, 0, -INFINITY, 3, -0.5 };
	const double want[] = { -INFINITY, -1, -0.5, 0, 3, 3, INFINITY };

	stats_sort(values, 7);
	ck_assert_mem_eq(values, want, sizeof want);
	ck_assert_double_eq_tol(stats_mean(want + 1, 5), 0.9, 1e-15);
	stats_sort(values, 0);
}
END_TEST

#define RUNS 100

struct interval {
	double low, high;
};

static struct interval
bootstrap(const double *values, size_t n, uint64_t seed, uint32_t stream)
{
	double *scratch = malloc(STATS_RESAMPLES * sizeof *scratch);
	uint32_t *numbers = malloc(n * sizeof *numbers);
	struct interval i;

	stats_bootstrap(values, n, seed, stream, scratch, numbers, &i.low,
	    &i.high);
	free(scratch);
	free(numbers);
	return i;
}

/* Of 100 standard normal numbers it is about the mean +- 1.96 / 10. */
START_TEST(interval_of_a_mean)
{
	struct random_key key = { .purpose = RANDOM_TEST };
	int covered = 0;

	for (uint32_t k = 0; k < 60; k++) {
		float x[RUNS];
		double values[RUNS], mean;
		struct interval i;

		key.step = k;
		random_normal(&key, RUNS, 1, x);
		for (int r = 0; r < RUNS; r++)
			values[r] = (double)x[r] + 5;
		mean = stats_mean(values, RUNS);
		i = bootstrap(values, RUNS, k, 0);
		ck_assert(i.low < mean && mean < i.high);
		ck_assert_double_eq_tol(i.high - i.low, 0.392, 0.12);
		covered += i.low <= 5 && 5 <= i.high;
	}
	/* 57 of 60 are expected. */
	ck_assert_int_ge(covered, 51);
}
END_TEST

START_TEST(intervals_repeat)
{
	const double values[] = { 1, 2, 4, 8, 16, 32, 64 };
	struct interval a = bootstrap(values, 7, 9, 1);
	struct interval b = bootstrap(values, 7, 9, 1);
	struct interval other = bootstrap(values, 7, 9, 2);

	ck_assert_double_eq(a.low, b.low);
	ck_assert_double_eq(a.high, b.high);
	ck_assert(a.low != other.low || a.high != other.high);
	/* Within the values, of course. */
	ck_assert(a.low >= 1 && a.high <= 64 && a.low < a.high);
}
END_TEST

START_TEST(intervals_of_little)
{
	const double same[] = { 2.5, 2.5, 2.5 };
	struct interval i = bootstrap(same, 3, 0, 0);

	ck_assert_double_eq(i.low, 2.5);
	ck_assert_double_eq(i.high, 2.5);
	i = bootstrap(same, 1, 0, 0);
	ck_assert(isnan(i.low) && isnan(i.high));
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, quantiles);
	tcase_add_test(tcase, infinite_quantiles);
	tcase_add_test(tcase, sorts);
	tcase_add_test(tcase, interval_of_a_mean);
	tcase_add_test(tcase, intervals_repeat);
	tcase_add_test(tcase, intervals_of_little);
}

int
main(void)
{
	return run_tests("stats", add);
}
