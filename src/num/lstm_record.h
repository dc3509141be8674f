/* The buffer of recorded steps of a block: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_RECORD_H
#define L2LD_NUM_LSTM_RECORD_H

#include "num/lstm_forward.h"
#include "num/lstm_pack.h"

/* Tables of one layer, each [step][rows][W]. */
struct layer_record {
	float *in;	/* [steps + 1][k + 1] */
	float *c;	/* [steps + 1][h] */
	float *gates;	/* [steps][4h]; the backward pass turns them into dz */
	float *tanh_c;	/* [steps][h] */
	size_t h, k;
};

static size_t
record_rows(const struct lstm_net *net)
{
	size_t rows = 0;

	for (int l = 0; l < net->layers; l++)
		rows += (size_t)lstm_layer_inputs(net, l) + 1 +
		    7 * (size_t)net->size[l];
	return rows;
}

/* Lay the tables for `steps` steps of blocks of w lanes out in buffer. */
static void
record_layout(const struct lstm_net *net, float *buffer, size_t steps, size_t w,
    struct layer_record *records)
{
	for (int l = 0; l < net->layers; l++) {
		struct layer_record *r = &records[l];

		r->h = (size_t)net->size[l];
		r->k = r->h + (size_t)lstm_layer_inputs(net, l);
		r->in = buffer;
		r->c = r->in + (steps + 1) * (r->k + 1) * w;
		r->gates = r->c + (steps + 1) * r->h * w;
		r->tanh_c = r->gates + steps * 4 * r->h * w;
		buffer = r->tanh_c + steps * r->h * w;
	}
}

/* Put h and c of a block's lanes into the tables of step 0. */
INLINE void
record_begin(const struct lstm_net *net, const struct layer_record *records,
    const float *state, size_t lane, const int nv)
{
	const size_t w = (size_t)nv * VL, rows = state_rows(net);

	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t first = state_row(net, l);

		for (size_t u = 0; u < r->h; u++)
			UNROLL
			for (int j = 0; j < nv; j++) {
				vec_store(r->in + (r->k - r->h + u) * w +
				    j * VL, vec_load(state +
				    state_at(rows, lane, j, first + u)));
				vec_store(r->c + u * w + j * VL,
				    vec_load(state + state_at(rows, lane, j,
				    first + r->h + u)));
			}
	}
}

/* Copy h and c at recorded step `step` to a kept state [rows][W]; and from one
 * back to step 0. */
INLINE void
record_keep(const struct lstm_net *net, const struct layer_record *records,
    size_t step, float *kept, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t bytes = r->h * w * sizeof *kept;

		memcpy(kept, r->in + (step * (r->k + 1) + r->k - r->h) * w,
		    bytes);
		memcpy(kept + r->h * w, r->c + step * r->h * w, bytes);
		kept += 2 * r->h * w;
	}
}

INLINE void
record_restore(const struct lstm_net *net, const struct layer_record *records,
    const float *kept, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t bytes = r->h * w * sizeof *kept;

		memcpy(r->in + (r->k - r->h) * w, kept, bytes);
		memcpy(r->c, kept + r->h * w, bytes);
		kept += 2 * r->h * w;
	}
}

/* Step s of the record forward, all layers. */
INLINE void
record_forward(const struct lstm_net *net, const float *packed,
    const struct layer_record *records, size_t s, const float *grad, size_t n,
    size_t lane, const int nv, const int record)
{
	const size_t w = (size_t)nv * VL;

	UNROLL
	for (int j = 0; j < nv; j++) {
		size_t at = lane + (size_t)j * VL;
		const struct layer_record *r = &records[0];

		features(net, load_lanes(grad + at, (ptrdiff_t)n -
		    (ptrdiff_t)at), r->in + s * (r->k + 1) * w + j * VL, w);
	}
	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		struct packed_layer p = packed_layer(net, packed, l);
		const struct layer_record *up = r + 1;
		struct cell cell = {
			.h = r->h, .k = r->k, .bias = p.bias,
			.forward = p.forward,
			.in = r->in + s * (r->k + 1) * w,
			.c_old = r->c + s * r->h * w,
			.c_new = r->c + (s + 1) * r->h * w,
			.h_next = r->in + ((s + 1) * (r->k + 1) + r->k -
			    r->h) * w,
			.h_up = l + 1 < net->layers ?
			    up->in + s * (up->k + 1) * w : NULL,
			.gates = r->gates + s * 4 * r->h * w,
			.tanh_c = r->tanh_c + s * r->h * w,
		};

		cell_forward(&cell, nv, record);
	}
}

#endif
