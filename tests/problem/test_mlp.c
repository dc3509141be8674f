/* Minibatches and initial points of the multilayer perceptron. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "problem/mlp.h"
#include "tests/data/files.h"
#include "tests/params.h"
#include "tests/problem/fixture.h"
#include "tests/run.h"

static void
open_mlp(struct problem *p, const char *param, const char *value)
{
	const struct problem_type *type = problem_find("mlp");
	struct problem_options options;

	fixture_options(type, &options);
	if (param != NULL)
		params_set(type->params, &options, param, value);
	fixture_open(p, type, &options);
}

/* Which of the training file's images the k-th of the minibatch is. */
static int
image(const struct problem *p, const struct mlp_instance *q, int k)
{
	return (int)lroundf(q->x[k * FIXTURE_INPUTS] / p->info.scale);
}

/* Of `steps` minibatches, how often each image of the training file comes in
 * each run of FIXTURE_SPLIT records. */
static void
count(const struct problem *p, const struct problem_run *run, int batch,
    int passes, int counts[][2 * FIXTURE_SPLIT])
{
	struct mlp_instance *q = fixture_instance(p, run);
	int at = 0;

	memset(counts, 0, (size_t)passes * sizeof *counts);
	for (uint32_t step = 0; at < passes * FIXTURE_SPLIT; step++) {
		p->type->draw(p, q, run, step);
		for (int k = 0; k < batch; k++, at++) {
			int i = image(p, q, k);

			ck_assert(i >= 0 && i < 2 * FIXTURE_SPLIT);
			ck_assert_uint_eq(q->labels[k], (unsigned)i % 5);
			if (at < passes * FIXTURE_SPLIT)
				counts[at / FIXTURE_SPLIT][i]++;
		}
	}
	free(q);
}

#define PASSES 30

START_TEST(passes_cover_the_split)
{
	static const char *const batches[] = { "1", "7", "22", "23" };
	static int counts[PASSES][2 * FIXTURE_SPLIT];
	struct problem_run run = { .seed = 4, .split = _i ? SPLIT_EVALUATE :
	    SPLIT_TRAIN };

	for (int b = 0; b < 4; b++) {
		struct problem p;

		open_mlp(&p, "batch", batches[b]);
		count(&p, &run, atoi(batches[b]), PASSES, counts);
		/* Each record of the split once in each pass; none of the
		 * other split, ever. */
		for (int pass = 0; pass < PASSES; pass++)
			for (int i = 0; i < 2 * FIXTURE_SPLIT; i++)
				ck_assert_msg(counts[pass][i] ==
				    (i / FIXTURE_SPLIT == _i), "batch %s, "
				    "pass %d: image %d comes %d times",
				    batches[b], pass, i, counts[pass][i]);
		problem_close(&p);
	}
}
END_TEST

/* The order of a pass is another for each pass and each run. */
START_TEST(passes_are_shuffled)
{
	struct problem_run run = { .seed = 4, .split = SPLIT_TRAIN };
	struct mlp_instance *q;
	struct problem p;
	int order[4][FIXTURE_SPLIT];

	open_mlp(&p, "batch", "23");
	q = fixture_instance(&p, &run);
	for (int i = 0; i < 4; i++) {
		run.epoch = i == 3;
		p.type->draw(&p, q, &run, i == 3 ? 0 : (uint32_t)i);
		for (int k = 0; k < FIXTURE_SPLIT; k++)
			order[i][k] = image(&p, q, k);
	}
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			ck_assert_mem_ne(order[i], order[j], sizeof order[i]);
	free(q);
	problem_close(&p);
}
END_TEST

START_TEST(with_replacement)
{
	static int counts[PASSES * 10][2 * FIXTURE_SPLIT];
	struct problem_run run = { .seed = 4, .split = SPLIT_EVALUATE };
	int sums[2 * FIXTURE_SPLIT] = { 0 }, twice = 0;
	struct problem p;
	double chi = 0;

	open_mlp(&p, "sampling", "replacement");
	count(&p, &run, 7, PASSES * 10, counts);
	for (int pass = 0; pass < PASSES * 10; pass++)
		for (int i = 0; i < 2 * FIXTURE_SPLIT; i++) {
			sums[i] += counts[pass][i];
			twice += counts[pass][i] > 1;
		}
	ck_assert_int_gt(twice, 0);
	for (int i = 0; i < FIXTURE_SPLIT; i++) {
		ck_assert_int_eq(sums[i], 0);
		chi += pow(sums[FIXTURE_SPLIT + i] - PASSES * 10, 2) /
		    (PASSES * 10);
	}
	/* 22 degrees of freedom: 1 in 10^5 is beyond 60. */
	ck_assert_double_lt(chi, 60);
	problem_close(&p);
}
END_TEST

static void
bounds(const float *x, size_t n, double bound)
{
	double most = 0, mean = 0;

	for (size_t i = 0; i < n; i++) {
		most = fmax(most, fabs((double)x[i]));
		mean += (double)x[i] / (double)n;
	}
	ck_assert_double_le(most, bound * (1 + 1e-6));
	ck_assert_double_ge(most, 0.5 * bound);
	ck_assert_double_le(fabs(mean), 5 * bound / sqrt(3 * (double)n));
}

static void
check_start(const char *scheme, float *theta, struct problem *p)
{
	struct problem_run run = { .seed = 11 };

	open_mlp(p, "start", scheme);
	p->type->start(p, NULL, &run, theta);
}

START_TEST(initial_points)
{
	/* 12 inputs, 20 hidden units, 5 classes. */
	static float theta[12 * 20 + 20 + 20 * 5 + 5];
	double square = 0;
	struct problem p;

	check_start("normal", theta, &p);
	ck_assert_uint_eq(p.n, 365);
	for (size_t i = 0; i < p.n; i++)
		square += (double)theta[i] * (double)theta[i] / 365;
	ck_assert_double_eq_tol(sqrt(square), 0.01, 0.002);
	problem_close(&p);
	check_start("glorot_uniform", theta, &p);
	bounds(theta, 240, sqrt(6 / 32.0));
	bounds(theta + 260, 100, sqrt(6 / 25.0));
	for (size_t i = 0; i < 365; i++)
		ck_assert((theta[i] == 0) ==
		    ((i >= 240 && i < 260) || i >= 360));
	problem_close(&p);
	check_start("pytorch", theta, &p);
	bounds(theta, 260, 1 / sqrt(12.0));
	bounds(theta + 260, 105, 1 / sqrt(20.0));
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, fixture_begin, fixture_end);
	tcase_add_loop_test(tcase, passes_cover_the_split, 0, 2);
	tcase_add_test(tcase, passes_are_shuffled);
	tcase_add_test(tcase, with_replacement);
	tcase_add_test(tcase, initial_points);
}

int
main(void)
{
	blas_start();
	return run_tests("mlp", add);
}
