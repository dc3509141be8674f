/* The LSTM kernels.  This file is compiled once for each instruction set, with
 * LEVEL (the suffix of its table's name) and LEVEL_NAME defined.
 *
 * Work goes by tiles of W = NV x VL lanes: with AVX-512 a block of 32
 * coordinates (or its half, at the end), with AVX2 half a block, with SSE or
 * NEON a quarter.  Every quantity is a row of W lanes.  Weights are broadcast;
 * nothing is ever transposed.  The gates of a unit are neighbours, so that
 *
 *	z [u][i f g o] = b + W_x x + W_h h	(tile: UNITS x 4 x NV registers)
 *
 * is followed by the nonlinearities while z is still in registers.
 *
 * A layer's inputs and its own h of the step before are neighbours too, so that
 * both products are one loop.  In a state, where new h replaces old h layer by
 * layer, that is so by itself (num/lstm.h).  Of recorded steps, `in` is skewed:
 *
 *	rows:   x         h of layer 0   h of layer 1   h of layer 2
 *	        ------    ------------   ------------   ------------
 *	  t     x(t)      h0(t)          h1(t-1)        h2(t-2)
 *	  t+1   x(t+1)    h0(t+1)        h1(t)          h2(t-1)
 *	  t+2   x(t+2)    h0(t+2)        h1(t+1)        h2(t)
 *
 * where h(t) is what t steps have made: step t of layer 1 reads h0(t+1) and
 * h1(t), of layer 2 h1(t+1) and h2(t), and nothing is there twice.
 *
 * Backward.  With the optimizee's gradients constants, the window's adjoint
 * needs nothing but those gradients (algorithms.md): each tile of lanes takes
 * its steps from the window's record or redoes them into a buffer of its own, and
 * runs them backward.  Windows too long for the buffer go in segments, the states
 * at their starts kept.  dW tiles stay in registers over all steps of a segment.
 *
 * lstm_tile.h has the tiles and a net's shape, lstm_pack.h the weights' layout,
 * lstm_forward.h one layer's step, lstm_record.h recorded steps, lstm_dx.h and
 * lstm_dw.h the products of the backward pass, lstm_backward.h all of it. */
#include "num/lstm.h"

#include "num/lstm_backward.h"
#include "num/lstm_dw.h"
#include "num/lstm_forward.h"
#include "num/lstm_pack.h"
#include "num/lstm_record.h"
#include "num/lstm_tile.h"

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(lstm_kernels_, level)

/* Run tile(arg, state, row, at, nv) over the lanes of blocks begin .. end - 1:
 * `at` is the tile's first coordinate, `state` where its rows begin, `row` their
 * distance. */
#define EACH_TILE(arg, net, n, states, begin, end, tile)                \
	for (size_t b_ = (begin); b_ < (end); b_++) {                   \
		size_t at = b_ * LSTM_BLOCK, row = lstm_block_lanes(n, b_); \
		size_t lane = 0;                                        \
                                                                        \
		for (; lane + W_MAX <= row; lane += W_MAX)              \
			tile(arg, (states) + lstm_state_at(net, n, at, 0) + \
			    lane, row, at + lane, NV_MAX);              \
		for (; lane < row; lane += VL)                          \
			tile(arg, (states) + lstm_state_at(net, n, at, 0) + \
			    lane, row, at + lane, 1);                   \
	}

/* ---- one step ---- */

/* New h of a layer, until the layer is done with the old one. */
static size_t
step_scratch(const struct lstm_net *net)
{
	size_t most = 0;

	for (int i = 0; i < net->layers; i++)
		most = (size_t)net->size[i] > most ? (size_t)net->size[i] :
		    most;
	return most * W_MAX;
}

static size_t
record_len(const struct lstm_net *net, size_t n, size_t steps)
{
	struct shape s;

	shape_of(net, NULL, &s);
	return lstm_state_len(net, n) / s.state_rows * record_rows(&s, steps);
}

struct stepping {
	const struct lstm_step *step;
	struct shape s;
};

/* theta += scale (w_out . h + b_out); h's rows are `row` floats apart. */
INLINE void
step_theta(const struct stepping *a, const float *h, size_t row, size_t at,
    const int nv)
{
	const struct shape *s = &a->s;
	const ptrdiff_t exist = (ptrdiff_t)a->step->n - (ptrdiff_t)at;

	for (int j = 0; j < nv; j++) {
		float *theta = a->step->theta + at + j * VL, update[VL];
		vec u = s->net->scale * output(s->out, s->top->h, h + j * VL,
		    row);

		if (exist - j * VL >= VL) {
			vec_store(theta, vec_load(theta) + u);
			continue;
		}
		vec_store(update, u);
		for (ptrdiff_t i = 0; i < exist - j * VL; i++)
			theta[i] += update[i];
	}
}

/* One step into the record. */
INLINE void
step_record(const struct stepping *a, float *state, size_t row, size_t at,
    const int nv)
{
	const struct lstm_step *step = a->step;
	const struct shape *s = &a->s;
	const size_t w = (size_t)nv * VL, t = step->t;
	float *record = step->record + at * record_rows(s, step->steps);

	if (t == 0)
		record_begin(s, record, state, row, nv);
	record_forward(s, record, t, step->grad + at, (ptrdiff_t)step->n -
	    (ptrdiff_t)at, nv, 1, 1);
	if (t + 1 == step->steps)
		record_end(s, record, t + 1, state, row, nv);
	step_theta(a, record_h(s, record, s->top, t + 1, w), w, at, nv);
}

/* One step in the state. */
INLINE void
step_tile(const struct stepping *a, float *state, size_t row, size_t at,
    const int nv)
{
	const struct lstm_step *step = a->step;
	const struct shape *s = &a->s;
	const ptrdiff_t exist = (ptrdiff_t)step->n - (ptrdiff_t)at;

	UNROLL
	for (int j = 0; j < nv; j++)
		features(s->net, s->gain, load_lanes(step->grad + at + j * VL,
		    exist - j * VL), state + j * VL, row);
	for (int i = 0; i < s->net->layers; i++) {
		const struct layer *l = &s->layer[i];
		float *c = state + (s->in_rows + l->unit) * row;
		/* The next block's state comes from the L3 cache. */
		const float *next = state + (s->state_rows + 2 * l->unit) *
		    LSTM_BLOCK;
		struct cell cell = {
			.l = l, .row = row, .in = state + l->in * row,
			.c_old = c, .c_new = c, .h_new = step->scratch,
			.ahead = (const char *)next,
			.ahead_bytes = 2 * LSTM_BLOCK * sizeof(float),
		};

		cell_forward(&cell, nv, 0);
		copy_rows(state + (s->inputs + l->unit) * row, row,
		    step->scratch, (size_t)nv * VL, l->h, nv);
	}
	step_theta(a, state + (s->inputs + s->top->unit) * row, row, at, nv);
}

static void
step(const struct lstm_step *step, size_t begin, size_t end)
{
	struct stepping a = { .step = step };

	shape_of(step->net, step->packed, &a.s);
	if (step->record != NULL)
		EACH_TILE(&a, step->net, step->n, step->state, begin, end,
		    step_record)
	else
		EACH_TILE(&a, step->net, step->n, step->state, begin, end,
		    step_tile)
}

/* ---- a window ---- */

/* Steps of a segment: as many as the buffer holds, shared out evenly. */
static size_t
segment_steps(const struct shape *s, size_t steps)
{
	size_t most = SEGMENT_BYTES / (s->step_rows * W_MAX * sizeof(float));
	size_t segments;

	if (most < 1)
		most = 1;
	segments = (steps + most - 1) / most;
	return (steps + segments - 1) / segments;
}

/* Lay a window's scratch out from `scratch`; returns its floats. */
static size_t
back_layout(struct back *b, size_t steps, float *scratch)
{
	const struct shape *s = &b->s;
	size_t segments, len = 0;

	b->segment = segment_steps(s, steps);
	segments = (steps + b->segment - 1) / b->segment;
	b->record = scratch;
	len += record_rows(s, b->segment) * W_MAX;
	b->kept = scratch + len;
	len += segments * s->state_rows * W_MAX;
	b->dh = scratch + len;
	len += s->units * W_MAX;
	b->dc = scratch + len;
	len += s->units * W_MAX;
	b->dw = scratch + len;
	return len + dw_len(s);
}

static size_t
window_scratch(const struct lstm_net *net, size_t steps)
{
	float nothing[1];
	struct back b = { .win = NULL };

	shape_of(net, NULL, &b.s);
	return back_layout(&b, steps, nothing);
}

static void
window(const struct lstm_window *win, size_t begin, size_t end)
{
	struct back b = { .win = win };

	shape_of(win->net, win->packed, &b.s);
	back_layout(&b, win->steps, win->scratch);
	memset(b.dw, 0, dw_len(&b.s) * sizeof *b.dw);
	if (win->record != NULL)
		EACH_TILE(&b, win->net, win->n, win->state, begin, end,
		    window_back_recorded)
	else
		EACH_TILE(&b, win->net, win->n, win->state, begin, end,
		    window_back)
	dw_reduce(&b.s, b.dw, win->gradient);
}

static size_t
phases(const struct lstm_window *win, enum lstm_phase last, size_t rounds)
{
	struct back b = { .win = win };
	float lambda[W_MAX] = { 0 };

	shape_of(win->net, win->packed, &b.s);
	back_layout(&b, win->steps, win->scratch);
	memset(b.dh, 0, b.s.units * W_MAX * sizeof *b.dh);
	memset(b.dc, 0, b.s.units * W_MAX * sizeof *b.dc);
	memset(b.dw, 0, dw_len(&b.s) * sizeof *b.dw);
	for (size_t r = 0; r < rounds; r++) {
		record_begin(&b.s, b.record, win->state, LSTM_BLOCK, NV_MAX);
		for (size_t t = 0; t < b.segment; t++)
			record_forward(&b.s, b.record, t, win->grads + t *
			    win->stride, (ptrdiff_t)win->n, NV_MAX, 1, 0);
		switch (last) {
#define PHASE(phase)                                                    \
		case phase:                                             \
			segment_back(&b, b.record, 0, b.segment, 0, lambda, \
			    NV_MAX, phase);                             \
			break
			PHASE(LSTM_CELL);
			PHASE(LSTM_DX);
			PHASE(LSTM_DW);
#undef PHASE
		case LSTM_FORWARD:
			break;
		}
	}
	return W_MAX;
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

ELEMENTWISE(all_sigmoid, vec_sigmoid)
ELEMENTWISE(all_tanh, vec_tanh)
ELEMENTWISE(all_log, vec_log)

static void
all_features(const struct lstm_net *net, size_t n, const float *g, float *x)
{
	int inputs = lstm_inputs(net);
	float gain = expf(net->p);

	for (size_t i = 0; i < n; i += VL) {
		float v[2 * VL];

		features(net, gain, load_lanes(g + i, (ptrdiff_t)(n - i)), v, VL);
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
	.record_len = record_len,
	.step = step,
	.window_scratch = window_scratch,
	.window = window,
	.phases = phases,
	.sigmoid = all_sigmoid,
	.tanh = all_tanh,
	.log = all_log,
	.features = all_features,
	.peak = peak,
};
