/* The kernels' own tanh, sigmoid and log, and the features they make of gradients. */
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "num/lstm.h"
#include "tests/num/naive.h"
#include "tests/run.h"

#define STRIDE 997		/* between the bit patterns that are tried */
#define BATCH 4099

static float
float_of(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static const struct lstm_kernels *
kernels(int i)
{
	const struct lstm_kernels *list[4];

	lstm_kernels_list(list);
	return list[i];
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* The kernels' functions, and their stated bounds (num/simd.h). */
static const struct {
	const char *name;
	size_t offset;		/* in struct lstm_kernels */
	double (*exact)(double x);
	double bound;
} functions[] = {
	{ "tanh", offsetof(struct lstm_kernels, tanh), tanh, 4e-7 },
	{ "sigmoid", offsetof(struct lstm_kernels, sigmoid), sigmoid, 2e-7 },
};

#define FUNCTIONS 2

static void
check_function(int f, const struct lstm_kernels *k, size_t n, const float *x)
{
	float *y = malloc(n * sizeof *y);
	void (*function)(size_t n, const float *x, float *out);

	memcpy(&function, (const char *)k + functions[f].offset,
	    sizeof function);
	function(n, x, y);
	for (size_t i = 0; i < n; i++) {
		double error = fabs((double)y[i] -
		    functions[f].exact((double)x[i]));

		EXPECT(isnan(x[i]) ? isnan(y[i]) : error <= functions[f].bound,
		    "%s: %s(%a) is %a", k->name, functions[f].name,
		    (double)x[i], (double)y[i]);
	}
	free(y);
}

/* Every so many bit patterns of both signs, NaN among them.  L2LD_STRIDE=1 in
 * the environment: every float there is. */
START_TEST(functions_of_all)
{
	const struct lstm_kernels *k = kernels(_i / FUNCTIONS);
	const char *text = getenv("L2LD_STRIDE");
	uint64_t stride = text != NULL ? strtoul(text, NULL, 10) : STRIDE;
	static float x[BATCH];
	size_t n = 0;

	if (k == NULL)
		return;
	ck_assert(stride > 0);
	for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
		x[n++] = float_of((uint32_t)bits);
		if (n < BATCH && bits + stride <= UINT32_MAX)
			continue;
		check_function(_i % FUNCTIONS, k, n, x);
		n = 0;
	}
}
END_TEST

/* Where a function is cut off or becomes 1, and around what is special: every
 * float of an interval. */
START_TEST(functions_of_edges)
{
	const struct lstm_kernels *k = kernels(_i / FUNCTIONS);
	static const float edges[] = { 8.7f, 17.3f, 43.67f, 87.34f, 88.72f, 9,
	    1, 0.5f, 1e-3f, FLT_MIN, 0, FLT_MAX, INFINITY };
	float x[4002];

	if (k == NULL)
		return;
	for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
		uint32_t bits;

		memcpy(&bits, &edges[e], sizeof bits);
		for (uint32_t i = 0; i < 2001; i++) {
			x[2 * i] = float_of(bits - 1000 + i);
			x[2 * i + 1] = -x[2 * i];
		}
		check_function(_i % FUNCTIONS, k, 4002, x);
		check_function(_i % FUNCTIONS, k, 1, &edges[e]);
	}
	x[0] = 0;
	k->tanh(1, x, &x[1]);
	ck_assert_float_eq(x[1], 0);
}
END_TEST

/* Normal positive numbers: to 1e-7 near 1, to 2e-7 of the logarithm far off. */
START_TEST(log_of_all)
{
	const struct lstm_kernels *k = kernels(_i);
	static float x[BATCH], y[BATCH];
	const uint32_t end = 0x7f800000;
	size_t n = 0;

	if (k == NULL)
		return;
	for (uint32_t bits = 0x00800000; bits < end; bits += STRIDE) {
		x[n++] = float_of(bits);
		if (n < BATCH && bits + STRIDE < end)
			continue;
		k->log(n, x, y);
		for (size_t i = 0; i < n; i++) {
			double want = log((double)x[i]);

			EXPECT(fabs((double)y[i] - want) <=
			    fmax(1e-7, 2e-7 * fabs(want)), "%s: log(%a) is %a",
			    k->name, (double)x[i], (double)y[i]);
		}
		n = 0;
	}
	/* Below them: about -87, as documented. */
	for (size_t i = 0; i < 100; i++)
		x[i] = i == 99 ? FLT_MIN : float_of((uint32_t)i * 80000);
	k->log(100, x, y);
	for (size_t i = 0; i < 100; i++)
		ck_assert_float_eq_tol(y[i], -87.3365f, 1e-3f);
}
END_TEST

/* Any length: nothing is written past the end. */
START_TEST(lengths)
{
	const struct lstm_kernels *k = kernels(_i);

	if (k == NULL)
		return;
	for (size_t n = 0; n < 70; n++) {
		float *x = malloc(n * sizeof *x + 1);
		float *y = malloc((n + 1) * sizeof *y);

		for (size_t i = 0; i < n; i++)
			x[i] = 0.1f * (float)(i + 1);
		y[n] = 77;
		for (int f = 0; f < FUNCTIONS; f++)
			check_function(f, k, n, x);
		k->tanh(n, x, y);
		ck_assert_float_eq(y[n], 77);
		k->sigmoid(n, x, y);
		ck_assert_float_eq(y[n], 77);
		k->log(n, x, y);
		ck_assert_float_eq(y[n], 77);
		free(x);
		free(y);
	}
}
END_TEST

static void
check_features(const struct lstm_kernels *k, const struct lstm_net *net,
    size_t n, const float *g)
{
	int inputs = lstm_inputs(net);
	float *x = malloc((size_t)inputs * n * sizeof *x);

	k->features(net, n, g, x);
	for (size_t i = 0; i < n; i++) {
		double want[2];

		naive_features(net, (double)g[i], want);
		for (int f = 0; f < inputs; f++) {
			double got = (double)x[(size_t)f * n + i];

			EXPECT(isnan(g[i]) ? isnan(got) :
			    fabs(got - want[f]) <= 1e-6 * fmax(1,
			    fabs(want[f])), "%s: feature %d of %a is %.9g, "
			    "not %.9g", k->name, f, (double)g[i], got,
			    want[f]);
		}
	}
	free(x);
}

START_TEST(features)
{
	const struct lstm_kernels *k = kernels(_i);
	static const float ps[] = { 0.1f, 1, 10, 50, 80 };
	struct lstm_net net = { .clamp = 0.25f };
	float g[4000];
	size_t n = sizeof g / sizeof *g;

	if (k == NULL)
		return;
	for (uint32_t i = 0; i < n; i++)
		g[i] = float_of(i * 1073733u);
	/* Around the edges, and what is not a number. */
	g[0] = NAN;
	g[1] = -NAN;
	g[2] = -0.0f;
	g[3] = 0.25f;
	g[4] = -0.25f;
	g[5] = nextafterf(0.25f, 1);
	for (size_t i = 0; i < n; i++)
		g[i] = isinf(g[i]) ? 1 : g[i];
	for (int f = LSTM_RAW; f <= LSTM_CLAMP; f++) {
		net.features = (enum lstm_features)f;
		for (size_t p = 0; p < sizeof ps / sizeof *ps; p++) {
			net.p = ps[p];
			g[6] = expf(-ps[p]);
			g[7] = -nextafterf(g[6], 0);
			g[8] = nextafterf(g[6], 1);
			check_features(k, &net, n, g);
		}
		check_features(k, &net, 5, g + 2);
	}
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, functions_of_all, 0, 3 * FUNCTIONS);
	tcase_add_loop_test(tcase, functions_of_edges, 0, 3 * FUNCTIONS);
	tcase_add_loop_test(tcase, log_of_all, 0, 3);
	tcase_add_loop_test(tcase, lengths, 0, 3);
	tcase_add_loop_test(tcase, features, 0, 3);
}

int
main(void)
{
	return run_tests("elementwise", add);
}
