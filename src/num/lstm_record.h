/* The buffer of recorded steps of a tile of lanes: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_RECORD_H
#define L2LD_NUM_LSTM_RECORD_H

#include "num/lstm_forward.h"

/* Tables of rows of W lanes; `in` is skewed, see lstm_kernel.c. */
struct record {
	float *in;	/* [steps + layers][in_rows] */
	float *c;	/* [steps + 1][units] */
	float *gates;	/* [steps][units][4]; backward turns them into dz */
	float *tanh_c;	/* [steps][units] */
};

/* Rows of all tables. */
static size_t
record_rows(const struct shape *s, size_t steps)
{
	return (steps + (size_t)s->net->layers) * s->in_rows +
	    (6 * steps + 1) * s->units;
}

static struct record
record_layout(const struct shape *s, size_t steps, size_t w, float *buffer)
{
	struct record r = { .in = buffer };

	r.c = r.in + (steps + (size_t)s->net->layers) * s->in_rows * w;
	r.gates = r.c + (steps + 1) * s->units * w;
	r.tanh_c = r.gates + steps * 4 * s->units * w;
	return r;
}

/* Where layer i's inputs of step t are: its h of the step before follows. */
INLINE float *
record_in(const struct shape *s, const struct record *r, int i, size_t t,
    size_t w)
{
	return r->in + ((t + (size_t)i) * s->in_rows + s->layer[i].in) * w;
}

/* Where h of layer i after t steps is. */
INLINE float *
record_h(const struct shape *s, const struct record *r, int i, size_t t,
    size_t w)
{
	return record_in(s, r, i, t, w) + (s->layer[i].k - s->layer[i].h) * w;
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

/* Put h and c of a state, whose rows are `row` floats apart, into step 0. */
INLINE void
record_begin(const struct shape *s, const struct record *r, const float *state,
    size_t row, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int i = 0; i < s->net->layers; i++)
		copy_rows(record_h(s, r, i, 0, w), w, state + (s->inputs +
		    s->layer[i].unit) * row, row, s->layer[i].h, nv);
	copy_rows(r->c, w, state + s->in_rows * row, row, s->units, nv);
}

/* Copy h and c after t steps to a kept state, rows W floats apart. */
INLINE void
record_keep(const struct shape *s, const struct record *r, size_t t,
    float *kept, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int i = 0; i < s->net->layers; i++)
		copy_rows(kept + (s->inputs + s->layer[i].unit) * w, w,
		    record_h(s, r, i, t, w), w, s->layer[i].h, nv);
	copy_rows(kept + s->in_rows * w, w, r->c + t * s->units * w, w,
	    s->units, nv);
}

/* Step t of the record forward, all layers; g are its gradients. */
INLINE void
record_forward(const struct shape *s, const struct record *r, size_t t,
    const float *g, ptrdiff_t exist, const int nv, const int record)
{
	const size_t w = (size_t)nv * VL, step = t * s->units;

	UNROLL
	for (int j = 0; j < nv; j++)
		features(s, load_lanes(g + j * VL, exist - j * VL),
		    record_in(s, r, 0, t, w) + j * VL, w);
	for (int i = 0; i < s->net->layers; i++) {
		const struct layer *l = &s->layer[i];
		struct cell cell = {
			.l = l, .row = w, .in = record_in(s, r, i, t, w),
			.c_old = r->c + (step + l->unit) * w,
			.c_new = r->c + (step + s->units + l->unit) * w,
			.h_new = record_h(s, r, i, t + 1, w),
			.gates = r->gates + 4 * (step + l->unit) * w,
			.tanh_c = r->tanh_c + (step + l->unit) * w,
		};

		cell_forward(&cell, nv, record);
	}
}

#endif
