/* Dense layers, nonlinearities and the loss of a network, against the same in
 * double precision. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "num/blas.h"
#include "num/dense.h"
#include "tests/run.h"

/* len normal numbers, malloc'd; another stream at each call. */
static float *
draw(size_t len)
{
	static struct random_key key = { .purpose = RANDOM_TEST };
	float *x = malloc(len * sizeof *x);

	key.step++;
	random_normal(&key, len, 1, x);
	return x;
}

#define BATCH 4
#define IN 6
#define OUT 5

/* The sum of r z over a layer's outputs, in double. */
static double
score(const double *x, const double *w, const double *b, const float *r)
{
	double sum = 0;

	for (int i = 0; i < BATCH; i++)
		for (int o = 0; o < OUT; o++) {
			double z = b[o];

			for (int k = 0; k < IN; k++)
				z += x[i * IN + k] * w[k * OUT + o];
			sum += z * (double)r[i * OUT + o];
		}
	return sum;
}

/* d score / d p[i] by central differences, for each of len numbers. */
static void
differences(double *p, size_t len, const double *x, const double *w,
    const double *b, const float *r, const float *got)
{
	for (size_t i = 0; i < len; i++) {
		double was = p[i], up, down;

		p[i] = was + 1e-3;
		up = score(x, w, b, r);
		p[i] = was - 1e-3;
		down = score(x, w, b, r);
		p[i] = was;
		ck_assert_double_eq_tol((double)got[i], (up - down) / 2e-3,
		    1e-5);
	}
}

static void
widen(double *to, const float *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (double)from[i];
}

START_TEST(dense)
{
	float *x = draw(BATCH * IN), *w = draw(IN * OUT), *b = draw(OUT);
	float *r = draw(BATCH * OUT), *z = draw(BATCH * OUT);
	float *dx = draw(BATCH * IN), *dw = draw(IN * OUT), *db = draw(OUT);
	double xd[BATCH * IN], wd[IN * OUT], bd[OUT], sum = 0;

	widen(xd, x, BATCH * IN);
	widen(wd, w, IN * OUT);
	widen(bd, b, OUT);
	dense_forward(BATCH, IN, OUT, x, w, b, z);
	for (int i = 0; i < BATCH * OUT; i++)
		sum += (double)z[i] * (double)r[i];
	ck_assert_double_eq_tol(sum, score(xd, wd, bd, r), 1e-4);
	dense_back(BATCH, IN, OUT, x, w, r, dw, db, dx);
	differences(xd, BATCH * IN, xd, wd, bd, r, dx);
	differences(wd, IN * OUT, xd, wd, bd, r, dw);
	differences(bd, OUT, xd, wd, bd, r, db);
	/* Without dx the rest is the same. */
	memset(dw, 0xff, IN * OUT * sizeof *dw);
	dense_back(BATCH, IN, OUT, x, w, r, dw, db, NULL);
	differences(wd, IN * OUT, xd, wd, bd, r, dw);
	free(x);
	free(w);
	free(b);
	free(r);
	free(z);
	free(dx);
	free(dw);
	free(db);
}
END_TEST

static double
activation(enum activation f, double z)
{
	return f == ACTIVATION_SIGMOID ? 1 / (1 + exp(-z)) :
	    f == ACTIVATION_TANH ? tanh(z) : fmax(z, 0);
}

START_TEST(activations)
{
	enum activation f = (enum activation)_i;
	float z[400], da[400], a[400];

	for (int i = 0; i < 400; i++) {
		z[i] = a[i] = (float)(i - 200) / 20 + 1e-3f;
		da[i] = 2;
	}
	activation_forward(f, 400, a);
	activation_back(f, 400, a, da);
	for (int i = 0; i < 400; i++) {
		double v = (double)z[i], h = 1e-4;

		ck_assert_double_eq_tol((double)a[i], activation(f, v), 1e-6);
		ck_assert_double_eq_tol((double)da[i], (activation(f, v + h) -
		    activation(f, v - h)) / h, 1e-5);
	}
}
END_TEST

START_TEST(activation_extremes)
{
	enum activation f = (enum activation)_i;
	float z[] = { NAN, FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, 0, -0.0f };
	const size_t len = sizeof z / sizeof *z;
	float da[sizeof z / sizeof *z];

	for (size_t i = 0; i < len; i++)
		da[i] = 1;
	activation_forward(f, len, z);
	ck_assert(isnan(z[0]));
	ck_assert_float_eq(z[2], f == ACTIVATION_TANH ? -1 : 0);
	ck_assert_float_eq(z[1], f == ACTIVATION_RELU ? FLT_MAX : 1);
	ck_assert_float_eq(z[4], z[2]);
	activation_back(f, len, z, da);
	ck_assert_float_eq(da[2], 0);
	/* relu's derivative at 0 is 0. */
	ck_assert_float_eq(da[5], f == ACTIVATION_RELU ? 0 :
	    f == ACTIVATION_TANH ? 1 : 0.25f);
}
END_TEST

#define CLASSES 5

static double
loss_of(const double *z, const uint8_t *labels)
{
	double loss = 0;

	for (int i = 0; i < BATCH; i++) {
		double sum = 0;

		for (int j = 0; j < CLASSES; j++)
			sum += exp(z[i * CLASSES + j]);
		loss += log(sum) - z[i * CLASSES + labels[i]];
	}
	return loss / BATCH;
}

START_TEST(loss)
{
	const uint8_t labels[BATCH] = { 0, 4, 2, 2 };
	float *z = draw(BATCH * CLASSES), dz[BATCH * CLASSES];
	double zd[BATCH * CLASSES], got;

	widen(zd, z, BATCH * CLASSES);
	got = cross_entropy(BATCH, CLASSES, z, labels, dz);
	ck_assert_double_eq_tol(got, loss_of(zd, labels), 1e-6);
	ck_assert_double_eq(cross_entropy(BATCH, CLASSES, z, labels, NULL),
	    got);
	for (int i = 0; i < BATCH * CLASSES; i++) {
		double was = zd[i], up, down;

		zd[i] = was + 1e-4;
		up = loss_of(zd, labels);
		zd[i] = was - 1e-4;
		down = loss_of(zd, labels);
		zd[i] = was;
		ck_assert_double_eq_tol((double)dz[i], (up - down) / 2e-4,
		    1e-6);
	}
	/* The gradient may take the place of z. */
	ck_assert_double_eq(cross_entropy(BATCH, CLASSES, z, labels, z), got);
	ck_assert_mem_eq(z, dz, sizeof dz);
	free(z);
}
END_TEST

/* The loss and gradient of one record of three classes. */
static double
one(float a, float b, float c, uint8_t label, float dz[3])
{
	const float z[3] = { a, b, c };

	return cross_entropy(1, 3, z, &label, dz);
}

START_TEST(loss_extremes)
{
	float dz[3];

	ck_assert_double_eq_tol(one(5, 5, 5, 1, dz), log(3), 1e-6);
	ck_assert_double_eq_tol(one(1e38f, 1e38f, 1e38f, 2, dz), log(3), 1e-6);
	ck_assert_float_eq_tol(dz[0], 1 / 3.0f, 1e-6f);
	/* Sure and right; sure and wrong: finite, and so is the gradient. */
	ck_assert_double_eq(one(1e38f, -1e38f, 0, 0, dz), 0);
	ck_assert_float_eq(dz[0], 0);
	ck_assert_double_eq_tol(one(1e4f, -1e4f, 0, 1, dz), 2e4, 1e-3);
	ck_assert_float_eq(dz[0], 1);
	ck_assert_float_eq(dz[1], -1);
	ck_assert_float_eq(dz[2], 0);
	ck_assert_double_gt(one(1e38f, -1e38f, 0, 1, dz), 1e38);
	ck_assert(isfinite(dz[0]) && isfinite(dz[1]) && isfinite(dz[2]));
	/* What is not a number, or has overflowed, shows in the loss. */
	for (uint8_t label = 0; label < 3; label++) {
		ck_assert(!isfinite(one(NAN, 0, 0, label, dz)));
		ck_assert(!isfinite(one(0, NAN, 0, label, dz)));
		ck_assert(!isfinite(one(0, 0, NAN, label, dz)));
		ck_assert(!isfinite(one(0, INFINITY, 0, label, dz)));
	}
	ck_assert(!isfinite(one(0, -INFINITY, 0, 1, dz)));
	ck_assert(!isfinite(one(FLT_MAX, -FLT_MAX, 0, 1, dz)));
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, dense);
	tcase_add_loop_test(tcase, activations, 0, 3);
	tcase_add_loop_test(tcase, activation_extremes, 0, 3);
	tcase_add_test(tcase, loss);
	tcase_add_test(tcase, loss_extremes);
}

int
main(void)
{
	blas_start();
	return run_tests("dense", add);
}
