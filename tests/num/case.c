#include "tests/num/case.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/num/naive.h"

#define NET(f, ...) { .features = f, .p = 10, .clamp = 0.5f, .scale = 0.1f, \
    .size = { __VA_ARGS__ }, .layers = sizeof((int[]){ __VA_ARGS__ }) / 4 }

const struct lstm_net case_nets[CASE_NETS] = {
	NET(LSTM_LOG_SIGN, 20),
	NET(LSTM_LOG_SIGN, 20, 20),
	NET(LSTM_LOG_SIGN, 32, 32),
	NET(LSTM_LOG_SIGN, 17),
	NET(LSTM_LOG_SIGN, 5, 3, 7),
	NET(LSTM_LOG_SIGN, 1),
	NET(LSTM_LOG_SIGN, 40, 40, 40),
	NET(LSTM_RAW, 20, 20),
	NET(LSTM_CLAMP, 6, 11),
};

const size_t case_sizes[CASE_SIZES] = { 1, 15, 16, 17, 31, 33, 100 };

static void *
get(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p == NULL)
		abort();
	return p;
}

float *
case_copy(const float *from, size_t len)
{
	float *to = get(len, sizeof *to);

	memcpy(to, from, len * sizeof *to);
	return to;
}

float *
case_nan(size_t len)
{
	float *to = get(len, sizeof *to);

	memset(to, 0xff, len * sizeof *to);
	return to;
}

/* Gradients of all sizes, those on both sides of exp(-p) among them. */
static void
draw_grads(struct lstm_case *c, struct random_key *key)
{
	float *size = get(c->n, sizeof *size);

	c->grads = case_nan(c->steps * c->stride + c->n);
	for (size_t s = 0; s <= c->steps; s++) {
		float *row = c->grads + s * c->stride;

		key->epoch++;
		random_uniform(key, c->n, -13, 2, size);
		key->epoch++;
		random_normal(key, c->n, 1, row);
		for (size_t i = 0; i < c->n; i++)
			row[i] *= expf(size[i]);
	}
	free(size);
}

static size_t
case_lanes(size_t n)
{
	size_t last = lstm_blocks(n) - 1;

	return last * LSTM_BLOCK + lstm_block_lanes(n, last);
}

/* h in (-1, 1) and c somewhat wider; zeros in the spare lanes. */
static void
draw_state(struct lstm_case *c, struct random_key *key)
{
	size_t rows = naive_rows(c->net), len = lstm_state_len(c->net, c->n);

	c->state = get(len, sizeof *c->state);
	key->epoch++;
	random_uniform(key, len, -0.9f, 0.9f, c->state);
	for (size_t i = c->n; i < case_lanes(c->n); i++)
		for (size_t r = 0; r < rows; r++)
			c->state[naive_at(c->net, c->n, i, r)] = 0;
	c->states = get(c->n * rows, sizeof *c->states);
	for (size_t i = 0; i < c->n; i++)
		naive_state(c->net, c->n, c->state, i, c->states + i * rows);
}

void
case_new(struct lstm_case *c, const struct lstm_net *net, size_t n,
    size_t steps)
{
	struct random_key key = { .purpose = RANDOM_TEST,
	    .instance = (uint32_t)n, .step = (uint32_t)steps };

	*c = (struct lstm_case){ .net = net, .n = n, .steps = steps,
	    .stride = n + 3, .len = lstm_weights_len(net) };
	c->weights = get(c->len, sizeof *c->weights);
	c->weights_double = get(c->len, sizeof *c->weights_double);
	random_uniform(&key, c->len, -0.4f, 0.4f, c->weights);
	for (size_t i = 0; i < c->len; i++)
		c->weights_double[i] = (double)c->weights[i];
	draw_grads(c, &key);
	draw_state(c, &key);
	c->theta = get(n, sizeof *c->theta);
	key.epoch++;
	random_normal(&key, n, 1, c->theta);
	c->loss_weights = get(steps, sizeof *c->loss_weights);
	key.epoch++;
	random_uniform(&key, steps, 0, 2, c->loss_weights);
}

void
case_free(struct lstm_case *c)
{
	free(c->weights);
	free(c->weights_double);
	free(c->grads);
	free(c->loss_weights);
	free(c->state);
	free(c->states);
	free(c->theta);
}

float *
case_pack(const struct lstm_case *c, const struct lstm_kernels *k)
{
	float *packed = case_nan(k->packed_len(c->net));

	k->pack(c->net, c->weights, packed);
	return packed;
}

struct lstm_window
case_window(const struct lstm_case *c, const struct lstm_kernels *k)
{
	return (struct lstm_window){
		.net = c->net, .packed = case_pack(c, k), .n = c->n,
		.steps = c->steps, .state = c->state, .grads = c->grads,
		.stride = c->stride, .loss_weights = c->loss_weights,
		.scale = 0.25f,
		.scratch = case_nan(k->window_scratch(c->net, c->steps)),
	};
}

static double
error_of(const double *got, const double *want, size_t len)
{
	double most = 0, error = 0;

	for (size_t i = 0; i < len; i++) {
		double e = fabs(got[i] - want[i]);

		if (!isfinite(e))
			return INFINITY;
		most = fmax(most, fabs(want[i]));
		error = fmax(error, e);
	}
	return error > 0 ? error / most : 0;
}

double
case_error(const struct lstm_net *net, const double *got, const double *want)
{
	size_t at = 0, top = (size_t)net->size[net->layers - 1];
	double error = 0;

	for (int l = 0; l < net->layers; l++) {
		size_t h = (size_t)net->size[l];
		size_t lens[3] = { 4 * h * (size_t)lstm_layer_inputs(net, l),
		    4 * h * h, 4 * h };

		for (int t = 0; t < 3; t++) {
			error = fmax(error, error_of(got + at, want + at,
			    lens[t]));
			at += lens[t];
		}
	}
	error = fmax(error, error_of(got + at, want + at, top));
	return fmax(error, error_of(got + at + top, want + at + top, 1));
}
