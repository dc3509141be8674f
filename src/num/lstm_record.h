/* Recorded steps of a tile of lanes: for lstm_kernel.c only.
 *
 * Everything that one step leaves is one table of step_rows rows, W lanes wide:
 *	c	[units]		before the step
 *	gates	[units][4]	i f g o; the backward pass turns them into dz
 *	tanh_c	[units]
 *	in	[in_rows]	inputs and h, skewed: see lstm_kernel.c
 * and the tables follow each other. */
#ifndef L2LD_NUM_LSTM_RECORD_H
#define L2LD_NUM_LSTM_RECORD_H

#include "num/lstm_forward.h"

/* Rows of `steps` steps: behind them are the last c, and h of upper layers. */
static size_t
record_rows(const struct shape *s, size_t steps)
{
	return (steps + (size_t)s->net->layers) * s->step_rows;
}

INLINE float *
record_c(const struct shape *s, float *record, const struct layer *l, size_t t,
    size_t w)
{
	return record + (t * s->step_rows + l->unit) * w;
}

INLINE float *
record_gates(const struct shape *s, float *record, const struct layer *l,
    size_t t, size_t w)
{
	return record + (t * s->step_rows + s->units + 4 * l->unit) * w;
}

INLINE float *
record_tanh_c(const struct shape *s, float *record, const struct layer *l,
    size_t t, size_t w)
{
	return record + (t * s->step_rows + 5 * s->units + l->unit) * w;
}

/* A layer's inputs of step t; its h of the step before follows. */
INLINE float *
record_in(const struct shape *s, float *record, const struct layer *l, size_t t,
    size_t w)
{
	size_t skewed = t + (size_t)(l - s->layer);

	return record + (skewed * s->step_rows + 6 * s->units + l->in) * w;
}

/* h of a layer after t steps. */
INLINE float *
record_h(const struct shape *s, float *record, const struct layer *l, size_t t,
    size_t w)
{
	return record_in(s, record, l, t, w) + (l->k - l->h) * w;
}

INLINE void
copy_rows(float *to, size_t to_row, const float *from, size_t from_row,
    size_t rows, const int nv)
{
	for (size_t i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			vec_store(to + i * to_row + j * VL,
			    vec_load(from + i * from_row + j * VL));
}

/* Put h and c of a state, whose rows are `row` floats apart, before step 0. */
INLINE void
record_begin(const struct shape *s, float *record, const float *state,
    size_t row, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int i = 0; i < s->net->layers; i++) {
		const struct layer *l = &s->layer[i];

		copy_rows(record_h(s, record, l, 0, w), w, state +
		    (s->inputs + l->unit) * row, row, l->h, nv);
		copy_rows(record_c(s, record, l, 0, w), w, state +
		    (s->in_rows + l->unit) * row, row, l->h, nv);
	}
}

/* Copy h and c after t steps to a state. */
INLINE void
record_end(const struct shape *s, float *record, size_t t, float *state,
    size_t row, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int i = 0; i < s->net->layers; i++) {
		const struct layer *l = &s->layer[i];

		copy_rows(state + (s->inputs + l->unit) * row, row,
		    record_h(s, record, l, t, w), w, l->h, nv);
		copy_rows(state + (s->in_rows + l->unit) * row, row,
		    record_c(s, record, l, t, w), w, l->h, nv);
	}
}

/* Step t forward, all layers; g are its gradients.  keep: gates and tanh_c too;
 * fetch: they come from afar. */
INLINE void
record_forward(const struct shape *s, float *record, size_t t, const float *g,
    ptrdiff_t exist, const int nv, const int keep, const int fetch)
{
	const size_t w = (size_t)nv * VL;

	UNROLL
	for (int j = 0; j < nv; j++)
		features(s->net, s->gain, load_lanes(g + j * VL, exist - j * VL),
		    record_in(s, record, s->layer, t, w) + j * VL, w);
	for (int i = 0; i < s->net->layers; i++) {
		const struct layer *l = &s->layer[i];
		float *gates = record_gates(s, record, l, t, w);
		struct cell cell = {
			.l = l, .row = w, .in = record_in(s, record, l, t, w),
			.c_old = record_c(s, record, l, t, w),
			.c_new = record_c(s, record, l, t + 1, w),
			.h_new = record_h(s, record, l, t + 1, w),
			.gates = gates,
			.tanh_c = record_tanh_c(s, record, l, t, w),
			.ahead = fetch ? (const char *)(gates + UNITS * 4 * w) :
			    NULL,
			.ahead_bytes = 4 * w * sizeof(float),
		};

		cell_forward(&cell, nv, keep);
	}
}

#endif
