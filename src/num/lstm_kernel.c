/* The LSTM kernels.  This file is compiled once for each instruction set, with
 * LEVEL (the suffix of its table's name) and LEVEL_NAME defined.
 *
 * A block is NV vectors of VL lanes: two groups of 16 coordinates with AVX-512
 * (or one, at the end), one group with AVX2, half a group with SSE or NEON.
 * Inside a block every quantity is a table of rows, a row one unit's value for
 * all lanes (W = NV x VL floats).  Weights are broadcast; nothing is ever
 * transposed.  The gates of a unit are neighbours, so that
 *
 *	z [u][i f g o] = b + W_x x + W_h h	(tile: UNITS x 4 x NV registers)
 *
 * is followed by the nonlinearities while z is still in registers.
 *
 * One step's inputs to a layer are one table `in`, so that both products are
 * one loop:
 *
 *	in  [I rows]  x, or h of the layer below (new)
 *	    [H rows]  h of this layer (old)
 *	    [1 row]   ones: the bias, for dW
 *
 * Backward.  With the optimizee's gradients constants, the window's adjoint
 * needs nothing but those gradients (algorithms.md): each block redoes its
 * steps into a buffer that stays in the L2 cache and runs them backward there.
 * Windows too long for the buffer go in segments, the states at their starts
 * kept.  dW tiles stay in registers over all steps of a segment. */
#include "num/lstm.h"

#include "num/lstm_backward.h"
#include "num/lstm_forward.h"
#include "num/lstm_pack.h"
#include "num/lstm_record.h"
#include "num/lstm_tile.h"

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(lstm_kernels_, level)

/* ---- one step ---- */

static size_t
step_scratch(const struct lstm_net *net)
{
	return 2 * record_rows(net) * W_MAX;
}

INLINE void
step_block(const struct lstm_step *s, size_t lane, const int nv)
{
	const struct lstm_net *net = s->net;
	const size_t w = (size_t)nv * VL, rows = state_rows(net);
	struct layer_record records[LSTM_LAYERS_MAX];
	const struct layer_record *top = &records[net->layers - 1];
	const float *out;

	record_layout(net, s->scratch, 1, w, records);
	out = s->packed + packed_len(net) - top->h - 1;
	record_begin(net, records, s->state, lane, nv);
	record_forward(net, s->packed, records, 0, s->grad, s->n, lane, nv, 0);
	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t first = state_row(net, l);

		for (size_t u = 0; u < r->h; u++)
			UNROLL
			for (int j = 0; j < nv; j++) {
				vec_store(s->state + state_at(rows, lane, j,
				    first + u), vec_load(r->in + (r->k + 1 +
				    r->k - r->h + u) * w + j * VL));
				vec_store(s->state + state_at(rows, lane, j,
				    first + r->h + u), vec_load(r->c + (r->h +
				    u) * w + j * VL));
			}
	}
	for (int j = 0; j < nv; j++) {
		size_t at = lane + (size_t)j * VL;
		const float *h = top->in + (2 * top->k + 1 - top->h) * w;
		float update[VL];

		vec_store(update, net->scale * output(out, top->h, h + j * VL,
		    w));
		for (size_t i = 0; i < VL && at + i < s->n; i++)
			s->theta[at + i] += update[i];
	}
}

/* Run block(s, lane, nv) over the lanes of groups begin .. end - 1. */
#define EACH_BLOCK(begin, end, block, arg)                              \
	do {                                                            \
		size_t lane = (begin) * LANES, stop = (end) * LANES;    \
                                                                        \
		for (; lane + W_MAX <= stop; lane += W_MAX)             \
			block(arg, lane, NV_MAX);                       \
		for (; lane < stop; lane += VL)                         \
			block(arg, lane, 1);                            \
	} while (0)

static void
step(const struct lstm_step *s, size_t begin, size_t end)
{
	EACH_BLOCK(begin, end, step_block, s);
}

/* ---- a window ---- */

/* Steps of a segment: as many as the buffer holds, shared out evenly. */
static size_t
segment_steps(const struct lstm_net *net, size_t steps)
{
	size_t most = SEGMENT_BYTES / (record_rows(net) * W_MAX *
	    sizeof(float)), segments;

	if (most < 1)
		most = 1;
	segments = (steps + most - 1) / most;
	return (steps + segments - 1) / segments;
}

static size_t
dw_len(const struct lstm_net *net)
{
	size_t len = ((size_t)net->size[net->layers - 1] + 1) * VL;

	for (int l = 0; l < net->layers; l++) {
		size_t h = (size_t)net->size[l];

		len += 4 * h * (h + (size_t)lstm_layer_inputs(net, l) + 1) * VL;
	}
	return len;
}

static size_t
window_scratch(const struct lstm_net *net, size_t steps)
{
	size_t segment = segment_steps(net, steps);
	size_t segments = (steps + segment - 1) / segment;

	return record_rows(net) * (segment + 1) * W_MAX +
	    segments * state_rows(net) * W_MAX + 2 * units(net) * W_MAX +
	    dw_len(net);
}

/* Sum the accumulators over their lanes and add them to the flat gradient. */
static void
dw_reduce(const struct lstm_net *net, const float *dw, double *gradient)
{
	size_t top = (size_t)net->size[net->layers - 1];

	for (int l = 0; l < net->layers; l++) {
		size_t h = (size_t)net->size[l];
		size_t inputs = (size_t)lstm_layer_inputs(net, l);
		double *ih = gradient + lstm_layer_offset(net, l);
		double *hh = ih + 4 * h * inputs, *bias = hh + 4 * h * h;

		for (size_t u = 0; u < h; u++)
			for (size_t c = 0; c <= inputs + h; c++)
				for (size_t g = 0; g < 4; g++, dw += VL) {
					size_t row = g * h + u;
					double *to = c < inputs ?
					    &ih[row * inputs + c] :
					    c < inputs + h ?
					    &hh[row * h + c - inputs] :
					    &bias[row];

					*to += vec_sum(vec_load(dw));
				}
	}
	gradient += lstm_layer_offset(net, net->layers);
	for (size_t u = 0; u <= top; u++)
		gradient[u] += vec_sum(vec_load(dw + u * VL));
}

static void
window(const struct lstm_window *win, size_t begin, size_t end)
{
	const struct lstm_net *net = win->net;
	size_t segment = segment_steps(net, win->steps);
	size_t segments = (win->steps + segment - 1) / segment;
	struct back back = { .w = win, .segment = segment };

	back.record = win->scratch;
	back.kept = back.record + record_rows(net) * (segment + 1) * W_MAX;
	back.dh = back.kept + segments * state_rows(net) * W_MAX;
	back.dc = back.dh + units(net) * W_MAX;
	back.dw = back.dc + units(net) * W_MAX;
	memset(back.dw, 0, dw_len(net) * sizeof *back.dw);
	EACH_BLOCK(begin, end, window_block, &back);
	dw_reduce(net, back.dw, win->gradient);
}

/* ---- the rest of the table ---- */

#define ELEMENTWISE(name, function)                                     \
	static void                                                     \
	name(size_t n, const float *x, float *out)                      \
	{                                                               \
		for (size_t i = 0; i < n; i += VL) {                    \
			float v[VL];                                    \
                                                                        \
			vec_store(v, function(load_lanes(x + i,         \
			    (ptrdiff_t)(n - i))));                      \
			memcpy(out + i, v, (n - i < VL ? n - i : VL) *  \
			    sizeof *v);                                 \
		}                                                       \
	}

ELEMENTWISE(all_tanh, vec_tanh)
ELEMENTWISE(all_log, vec_log)

static void
all_features(const struct lstm_net *net, size_t n, const float *g, float *x)
{
	int inputs = lstm_inputs(net);

	for (size_t i = 0; i < n; i += VL) {
		float v[2 * VL];

		features(net, load_lanes(g + i, (ptrdiff_t)(n - i)), v, VL);
		for (int r = 0; r < inputs; r++)
			memcpy(x + (size_t)r * n + i, v + r * VL,
			    (n - i < VL ? n - i : VL) * sizeof *v);
	}
}

/* Independent multiply-adds on registers: what the core can do at most. */
static double
peak(size_t rounds)
{
	vec sum[12], a = vec_all(0.999f), b = vec_all(0.001f);
	volatile float sink;

	UNROLL
	for (int i = 0; i < 12; i++)
		sum[i] = vec_all((float)i);
	for (size_t r = 0; r < rounds; r++) {
		UNROLL
		for (int i = 0; i < 12; i++)
			sum[i] = sum[i] * a + b;
	}
	for (int i = 1; i < 12; i++)
		sum[0] += sum[i];
	sink = vec_sum(sum[0]);
	(void)sink;
	return (double)rounds * 12 * 2 * VL;
}

extern const struct lstm_kernels TABLE(LEVEL);

const struct lstm_kernels TABLE(LEVEL) = {
	.name = LEVEL_NAME,
	.packed_len = packed_len,
	.pack = pack,
	.step_scratch = step_scratch,
	.step = step,
	.window_scratch = window_scratch,
	.window = window,
	.tanh = all_tanh,
	.log = all_log,
	.features = all_features,
	.peak = peak,
};
