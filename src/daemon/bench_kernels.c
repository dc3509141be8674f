/* l2ld bench: the LSTM's kernels alone. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "daemon/bench.h"
#include "num/lstm.h"

#define STEPS 20		/* of a window */
#define ROUNDS 40		/* windows of a phase's measure */
#define COORDINATES 15910	/* MNIST, 784-20-10 */
#define MEASURES 5

static const struct lstm_net nets[] = {
	{ .size = { 20 }, .layers = 1 },
	{ .size = { 20, 20 }, .layers = 2 },
	{ .size = { 17, 17 }, .layers = 2 },
	{ .size = { 32, 32 }, .layers = 2 },
	{ .size = { 40, 40, 40 }, .layers = 3 },
	{ .size = { 128 }, .layers = 1 },
};

#define NETS (sizeof nets / sizeof *nets)
#define USUAL 1			/* the paper's, of these */

/* A window of random gradients, and everything that belongs to it. */
struct fixture {
	struct lstm_net net;
	struct lstm_step step;
	struct lstm_window window;
	void *memory[8];
	int memory_len;
};

/* len numbers of the given size, or of `len` doubles' room when size is 0; NULL
 * when there is no memory. */
static void *
numbers(struct fixture *f, size_t len, float size, uint32_t what)
{
	struct random_key key = { .purpose = RANDOM_TEST, .instance = what };
	size_t bytes = (len * (size > 0 ? sizeof(float) : sizeof(double)) +
	    63) / 64 * 64;
	float *x = aligned_alloc(64, bytes);

	f->memory[f->memory_len++] = x;
	if (x == NULL)
		return NULL;
	if (size > 0)
		random_uniform(&key, len, -size, size, x);
	else
		for (size_t i = 0; i < bytes / sizeof *x; i++)
			x[i] = 0;
	return x;
}

static void
fixture_close(struct fixture *f)
{
	while (f->memory_len > 0)
		free(f->memory[--f->memory_len]);
}

static int
fixture_open(struct fixture *f, const struct lstm_net *net, size_t n)
{
	static const float loss_weights[STEPS] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	    1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	const struct lstm_kernels *k = lstm_kernels();
	float *weights, *packed, *grads, *theta, *state, *scratch;
	double *gradient;
	size_t most;

	*f = (struct fixture){ .net = *net };
	f->net.features = LSTM_LOG_SIGN;
	f->net.p = 10;
	f->net.scale = 0.1f;
	most = k->window_scratch(&f->net, STEPS);
	if (k->step_scratch(&f->net) > most)
		most = k->step_scratch(&f->net);
	weights = numbers(f, lstm_weights_len(&f->net), 0.2f, 0);
	packed = numbers(f, k->packed_len(&f->net), 1, 1);
	grads = numbers(f, (STEPS + 1) * n, 0.01f, 2);
	theta = numbers(f, n, 1, 3);
	state = numbers(f, lstm_state_len(&f->net, n), 0.5f, 4);
	scratch = numbers(f, most, 1, 5);
	gradient = numbers(f, lstm_weights_len(&f->net), 0, 6);
	for (int i = 0; i < f->memory_len; i++)
		if (f->memory[i] == NULL) {
			fixture_close(f);
			return ERR_MEMORY;
		}
	k->pack(&f->net, weights, packed);
	f->step = (struct lstm_step){ .net = &f->net, .packed = packed, .n = n,
	    .grad = grads, .theta = theta, .state = state,
	    .scratch = scratch };
	f->window = (struct lstm_window){ .net = &f->net, .packed = packed,
	    .n = n, .steps = STEPS, .state = state, .grads = grads, .stride = n,
	    .loss_weights = loss_weights, .scale = 1, .gradient = gradient,
	    .scratch = scratch };
	return 0;
}

/* Multiply-adds of a coordinate-step, forward; backward has twice as many. */
static double
products(const struct lstm_net *net)
{
	double sum = net->size[net->layers - 1];

	for (int l = 0; l < net->layers; l++)
		sum += 4.0 * net->size[l] * (lstm_layer_inputs(net, l) +
		    net->size[l]);
	return sum;
}

json_t *
bench_phases(void)
{
	static const char *const names[] = { "forward", "cell backward", "dX",
	    "dW" };
	const struct lstm_kernels *k = lstm_kernels();
	json_t *phases = json_array();
	double until[4], useful[4] = { 0 };
	struct fixture f;

	if (fixture_open(&f, &nets[USUAL], LSTM_BLOCK) < 0)
		return phases;
	/* dX of the features is not useful, nor computed. */
	useful[LSTM_FORWARD] = useful[LSTM_DW] = products(&f.net);
	useful[LSTM_DX] = useful[LSTM_DW] - 4.0 * f.net.size[0] *
	    lstm_inputs(&f.net);
	for (int p = LSTM_FORWARD; p <= LSTM_DW; p++) {
		double fma = 0, best = INFINITY;

		for (int i = 0; i < MEASURES; i++) {
			double begin, lanes;

			fma = bench_fma();
			begin = clock_seconds();
			lanes = (double)k->phases(&f.window,
			    (enum lstm_phase)p, ROUNDS);
			/* In cycles: a multiply-add of 16 lanes is one. */
			best = fmin(best, (clock_seconds() - begin) * fma / 32 /
			    (lanes / 16 * STEPS * ROUNDS));
		}
		until[p] = best;
		best -= p > 0 ? until[p - 1] : 0;
		json_array_append_new(phases, json_pack("{s:s,s:f,s:f}",
		    "phase", names[p], "cycles", best, "fma_fraction",
		    useful[p] / best));
	}
	fixture_close(&f);
	return phases;
}

/* Seconds of a whole window's forward and backward pass. */
static double
time_window(struct fixture *f)
{
	const struct lstm_kernels *k = lstm_kernels();
	size_t blocks = lstm_blocks(f->step.n);
	double begin = clock_seconds();

	for (size_t t = 0; t < STEPS; t++) {
		struct lstm_step step = f->step;

		step.grad += t * f->step.n;
		k->step(&step, 0, blocks);
	}
	k->window(&f->window, 0, blocks);
	return clock_seconds() - begin;
}

static json_t *
net_json(const struct lstm_net *net, double seconds, double possible)
{
	double flops = 6 * products(net) * COORDINATES * STEPS;
	json_t *layers = json_array();

	for (int l = 0; l < net->layers; l++)
		json_array_append_new(layers, json_integer(net->size[l]));
	return json_pack("{s:o,s:f,s:f,s:f}", "layers", layers, "seconds",
	    seconds, "gflops", flops / seconds * 1e-9, "fma_fraction",
	    flops / possible);
}

json_t *
bench_nets(const struct bench *b)
{
	int measures = b->o->quick ? 1 : MEASURES;
	json_t *list = json_array();

	for (size_t i = 0; i < NETS; i++) {
		double seconds[MEASURES], possible[MEASURES];
		struct fixture f;

		if (fixture_open(&f, &nets[i], COORDINATES) < 0)
			break;
		for (int k = 0; k < measures; k++) {
			double fma = bench_fma();

			seconds[k] = time_window(&f);
			possible[k] = seconds[k] * (fma + bench_fma()) / 2;
		}
		json_array_append_new(list, net_json(&f.net,
		    bench_median(seconds, measures),
		    bench_median(possible, measures)));
		fixture_close(&f);
	}
	return list;
}
