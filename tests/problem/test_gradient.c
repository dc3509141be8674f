/* Every problem's gradient against differences of its loss, with every parameter
 * moved off its default and with every choice. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/data/files.h"
#include "tests/params.h"
#include "tests/problem/fixture.h"
#include "tests/run.h"

#define STEP 2e-3
/* Single precision: of the tensor's gradient, and absolute. */
#define TOLERANCE 2e-3
#define NOISE 5e-5

static double
dot(const float *a, const float *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

/* The loss at theta + step x direction, the latter in one tensor only. */
static double
loss_along(const struct problem *p, void *instance, const float *theta,
    const struct problem_tensor *t, size_t len, const float *direction,
    double step)
{
	float *moved = malloc(p->n * sizeof *moved);
	double loss;

	memcpy(moved, theta, p->n * sizeof *moved);
	for (size_t i = 0; i < len; i++)
		moved[t->offset + i] += (float)(step * (double)direction[i]);
	loss = p->type->eval(p, instance, moved, NULL);
	free(moved);
	return loss;
}

/* Central; and from one side alone, of second order too: where relu has a kink
 * nearby the other side is what the gradient tells of. */
static double
difference(const struct problem *p, void *instance, const float *theta,
    const struct problem_tensor *t, size_t len, const float *direction,
    int side)
{
	double h = side < 0 ? -STEP : STEP, f[3];

	for (int i = 0; i < 3; i++)
		f[i] = loss_along(p, instance, theta, t, len, direction,
		    h * (side == 0 ? i - 1 : i));
	return side == 0 ? (f[2] - f[0]) / (2 * h) :
	    (4 * f[1] - 3 * f[0] - f[2]) / (2 * h);
}

static void
check_direction(const struct problem *p, void *instance, const float *theta,
    const float *grad, const struct problem_tensor *t, size_t len,
    const float *direction)
{
	double got = dot(grad + t->offset, direction, len);
	double size = sqrt(dot(grad + t->offset, grad + t->offset, len));
	double limit = TOLERANCE * size + NOISE * (1 + p->type->eval(p,
	    instance, theta, NULL)), want[3];

	for (int side = -1; side <= 1; side++) {
		want[side + 1] = difference(p, instance, theta, t, len,
		    direction, side);
		if (fabs(got - want[side + 1]) <= limit)
			return;
	}
	ck_abort_msg("%s, %s: %.9g by the gradient, %.9g, %.9g, %.9g by "
	    "differences (norm %g)", p->type->name, t->name, got, want[0],
	    want[1], want[2], size);
}

/* Along some coordinates of each tensor, and some directions in it. */
static void
check_gradient(const struct problem *p, void *instance, const float *theta,
    const float *grad)
{
	struct random_key key = { .purpose = RANDOM_TEST };

	for (int k = 0; k < p->tensors_len; k++) {
		const struct problem_tensor *t = &p->tensors[k];
		size_t len = t->shape[0] * (t->dims > 1 ? t->shape[1] : 1);
		float *direction = calloc(len, sizeof *direction);

		for (uint32_t i = 0; i < 8; i++) {
			uint32_t at;

			key.step++;
			random_indices(&key, 1, (uint32_t)len, &at);
			direction[at] = 1;
			check_direction(p, instance, theta, grad, t, len,
			    direction);
			direction[at] = 0;
		}
		for (int i = 0; i < 4; i++) {
			double size;

			key.step++;
			random_normal(&key, len, 1, direction);
			size = sqrt(dot(direction, direction, len));
			for (size_t j = 0; j < len; j++)
				direction[j] /= (float)size;
			check_direction(p, instance, theta, grad, t, len,
			    direction);
		}
		free(direction);
	}
}

static void
check(const struct problem_type *type, const struct problem_options *options,
    const char *folder)
{
	struct problem_run run = { .seed = 5, .split = SPLIT_EVALUATE };
	struct problem p;
	float *theta, *grad;
	void *instance;

	if (folder == NULL) {
		fixture_open(&p, type, options);
	} else {
		const char *param;

		ck_assert_int_eq(problem_shape(&p, type, options, folder,
		    &param, NULL), 0);
		ck_assert_int_eq(problem_load(&p, folder, NULL), 0);
	}
	instance = fixture_instance(&p, &run);
	theta = calloc(p.n, sizeof *theta);
	grad = calloc(p.n, sizeof *grad);
	/* A NaN that stayed would be a coordinate that was forgotten. */
	memset(grad, 0xff, p.n * sizeof *grad);
	p.type->start(&p, instance, &run, theta);
	p.type->draw(&p, instance, &run, 3);
	ck_assert(p.type->eval(&p, instance, theta, grad) ==
	    p.type->eval(&p, instance, theta, NULL));
	check_gradient(&p, instance, theta, grad);
	free(theta);
	free(grad);
	free(instance);
	problem_close(&p);
}

/* Off the defaults; initial points far enough from 0 to matter. */
static void
moved_options(const struct problem_type *type, struct problem_options *o)
{
	fixture_options(type, o);
	params_move(type->params, o);
	if (param_find(type->params, "start_deviation") != NULL)
		params_set(type->params, o, "start_deviation", "0.5");
}

START_TEST(every_choice)
{
	for (int t = 0; problem_types[t] != NULL; t++) {
		const struct problem_type *type = problem_types[t];
		const struct param *p;
		struct problem_options options;

		fixture_options(type, &options);
		check(type, &options, NULL);
		moved_options(type, &options);
		check(type, &options, NULL);
		for (int i = 0; (p = params_choice(type->params, i)) != NULL;
		    i++)
			for (int c = 0; p->choices[c] != NULL; c++) {
				moved_options(type, &options);
				*param_choice(p, &options) = c;
				check(type, &options, NULL);
			}
	}
}
END_TEST

START_TEST(mlp_of_any_depth)
{
	static const char *const hidden[] = { "", "6", "9 4", "3 8 5" };
	static const char *const activations[] = { "sigmoid", "relu", "tanh" };
	const struct problem_type *type = problem_find("mlp");

	for (int a = 0; a < 3; a++) {
		struct problem_options options;

		moved_options(type, &options);
		params_set(type->params, &options, "activation",
		    activations[a]);
		params_set(type->params, &options, "hidden", hidden[_i]);
		check(type, &options, NULL);
	}
}
END_TEST

/* Sizes on both sides of where OpenBLAS takes over. */
START_TEST(quadratic_of_any_size)
{
	static const char *const sizes[] = { "1", "2", "31", "32", "33", "65" };
	const struct problem_type *type = problem_find("quadratic");

	for (int i = 0; i < 6; i++) {
		struct problem_options options;

		moved_options(type, &options);
		params_set(type->params, &options, "variables", sizes[i]);
		check(type, &options, NULL);
		params_set(type->params, &options, "functions", "1");
		check(type, &options, NULL);
	}
}
END_TEST

START_TEST(mlp_on_digits)
{
	const struct problem_type *type = problem_find("mlp");
	const char *folder = getenv("L2LD_DATA");
	struct problem_options options;

	fixture_options(type, &options);
	params_set(type->params, &options, "batch", "128");
	params_set(type->params, &options, "start", "glorot_uniform");
	params_set(type->params, &options, "dataset", "synthetic-digits");
	check(type, &options, files_folder);
	params_set(type->params, &options, "dataset", "digits8x8");
	if (folder == NULL)
		printf("skipped: no digits8x8, L2LD_DATA is not set\n");
	else
		check(type, &options, folder);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, fixture_begin, fixture_end);
	tcase_add_test(tcase, every_choice);
	tcase_add_loop_test(tcase, mlp_of_any_depth, 0, 4);
	tcase_add_test(tcase, quadratic_of_any_size);
	tcase_add_test(tcase, mlp_on_digits);
}

int
main(void)
{
	blas_start();
	return run_tests("gradient", add);
}
