/* A block of coordinates through a window, backward: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_BACKWARD_H
#define L2LD_NUM_LSTM_BACKWARD_H

#include "num/lstm_record.h"

/* What a window's blocks share within one call. */
struct back {
	const struct lstm_window *w;
	size_t segment;		/* steps of a segment */
	float *kept;		/* [segments][state rows][W] */
	float *dh, *dc;		/* [all units][W] */
	float *dw;		/* [layer][h][k + 1][4][VL]; output [h + 1][VL] */
	float *record;
};

static size_t
units(const struct lstm_net *net)
{
	return state_rows(net) / 2;
}

static size_t
dw_layer_len(const struct layer_record *r)
{
	return 4 * r->h * (r->k + 1) * VL;
}

/* dz of one layer at one step from dh and dc; dc becomes the older step's.
 *	do = dh tanh(c')       dc += dh o (1 - tanh(c')^2)
 *	di = dc g   dg = dc i   df = dc c   dc_old = dc f
 * and through the nonlinearities: sigmoid' = s (1 - s), tanh' = 1 - t^2. */
INLINE void
cell_back(const struct layer_record *r, size_t s, const float *dh, float *dc,
    const int nv)
{
	const size_t w = (size_t)nv * VL;
	const float *c_old = r->c + s * r->h * w;
	const float *tanh_c = r->tanh_c + s * r->h * w;
	float *gates = r->gates + s * 4 * r->h * w;

	for (size_t u = 0; u < r->h; u++, gates += 4 * w)
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = u * w + (size_t)j * VL;
			float *z = gates + j * VL;
			vec i = vec_load(z), f = vec_load(z + w);
			vec g = vec_load(z + 2 * w), o = vec_load(z + 3 * w);
			vec t = vec_load(tanh_c + at), h = vec_load(dh + at);
			vec d = vec_load(dc + at) + h * o * (1 - t * t);

			vec_store(z, d * g * i * (1 - i));
			vec_store(z + w, d * vec_load(c_old + at) * f *
			    (1 - f));
			vec_store(z + 2 * w, d * i * (1 - g * g));
			vec_store(z + 3 * w, h * t * o * (1 - o));
			vec_store(dc + at, d * f);
		}
}

/* dX += W^T dz, `rows` rows from one tile of packed weights. */
INLINE void
dx_tile(const float *weights, const float *dz, size_t depth, float *dx,
    const int rows, const int nv)
{
	const size_t w = (size_t)nv * VL;
	vec sum[DX_ROWS][NV_MAX];

	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			sum[i][j] = vec_load(dx + (size_t)i * w + j * VL);
	for (size_t r = 0; r < depth; r++, weights += rows, dz += w) {
		vec d[NV_MAX];

		UNROLL
		for (int j = 0; j < nv; j++)
			d[j] = vec_load(dz + j * VL);
		UNROLL
		for (int i = 0; i < rows; i++) {
			vec b = vec_all(weights[i]);

			UNROLL
			for (int j = 0; j < nv; j++)
				sum[i][j] += b * d[j];
		}
	}
	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			vec_store(dx + (size_t)i * w + j * VL, sum[i][j]);
}

/* All rows of a layer's dX: those of its inputs (dh of the layer below, this
 * step) and those of its own h (dh of the older step), which are neighbours. */
INLINE void
dx_rows(const float *weights, const float *dz, size_t depth, float *dx,
    size_t rows, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (; rows >= DX_ROWS; rows -= DX_ROWS) {
		dx_tile(weights, dz, depth, dx, DX_ROWS, nv);
		weights += DX_ROWS * depth;
		dx += DX_ROWS * w;
	}
#define REST(n)                                                         \
	case n:                                                         \
		dx_tile(weights, dz, depth, dx, n, nv);                 \
		break
	switch (rows) {
		REST(1);
		REST(2);
		REST(3);
		REST(4);
#if DX_ROWS > 5
		REST(5);
		REST(6);
		REST(7);
		REST(8);
		REST(9);
#endif
	}
#undef REST
}

/* dW of one unit's four gates and `cols` columns over all recorded steps:
 *	dW [u][col][gate] += sum over steps and lanes of dz[gate] in[col] */
INLINE void
dw_tile(const struct layer_record *r, size_t steps, size_t u, size_t col,
    float *dw, const int cols, const int nv)
{
	const size_t w = (size_t)nv * VL;
	const size_t dz_step = 4 * r->h * w, in_step = (r->k + 1) * w;
	const float *dz = r->gates + 4 * u * w, *in = r->in + col * w;
	float *out = dw + (u * (r->k + 1) + col) * 4 * VL;
	vec sum[DW_COLS][4];

	UNROLL
	for (int c = 0; c < cols; c++)
		UNROLL
		for (int g = 0; g < 4; g++)
			sum[c][g] = vec_load(out + (c * 4 + g) * VL);
	for (size_t s = 0; s < steps; s++, dz += dz_step, in += in_step)
		UNROLL
		for (int j = 0; j < nv; j++) {
			vec d[4];

			UNROLL
			for (int g = 0; g < 4; g++)
				d[g] = vec_load(dz + (size_t)g * w + j * VL);
			UNROLL
			for (int c = 0; c < cols; c++) {
				vec x = vec_load(in + (size_t)c * w + j * VL);

				UNROLL
				for (int g = 0; g < 4; g++)
					sum[c][g] += d[g] * x;
			}
		}
	UNROLL
	for (int c = 0; c < cols; c++)
		UNROLL
		for (int g = 0; g < 4; g++)
			vec_store(out + (c * 4 + g) * VL, sum[c][g]);
}

INLINE void
dw_layer(const struct layer_record *r, size_t steps, float *dw, const int nv)
{
	const size_t cols = r->k + 1, full = cols / DW_COLS * DW_COLS;

	for (size_t c = 0; c < full; c += DW_COLS)
		for (size_t u = 0; u < r->h; u++)
			dw_tile(r, steps, u, c, dw, DW_COLS, nv);
	for (size_t u = 0; u < r->h; u++) {
#define REST(n)                                                         \
	case n:                                                         \
		dw_tile(r, steps, u, full, dw, n, nv);                  \
		break
		switch (cols - full) {
			REST(1);
#if DW_COLS > 2
			REST(2);
			REST(3);
			REST(4);
			REST(5);
#endif
		}
#undef REST
	}
}

/* The recorded steps [first, first + steps) of a block, backward. lambda [W] is
 * dL/d theta after the last of them, without that step's own loss. */
INLINE void
segment_back(const struct back *b, const struct layer_record *records,
    size_t first, size_t steps, size_t lane, float *lambda, const int nv)
{
	const struct lstm_window *win = b->w;
	const struct lstm_net *net = win->net;
	const size_t w = (size_t)nv * VL, n = win->n;
	const struct layer_record *top = &records[net->layers - 1];
	const float *out = win->packed + packed_len(net) - top->h - 1;
	const size_t below = units(net) - top->h;
	float *dw = b->dw;

	for (int l = 0; l < net->layers; l++)
		dw += dw_layer_len(&records[l]);
	for (size_t s = steps; s-- > 0;) {
		const float *grad = win->grads + (first + s + 1) * win->stride;
		const float *h = top->in + ((s + 1) * (top->k + 1) + top->k -
		    top->h) * w;
		float weight = win->loss_weights[first + s] * win->scale;
		size_t unit = below;

		/* lambda_t = lambda_{t+1} + w_t grad_t;  du = scale lambda;
		 * dh += w_out du, dw_out += h du. */
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = lane + (size_t)j * VL;
			vec a = vec_load(lambda + j * VL) + weight *
			    load_lanes(grad + at, (ptrdiff_t)n - (ptrdiff_t)at);
			vec du = net->scale * a;

			vec_store(lambda + j * VL, a);
			for (size_t u = 0; u < top->h; u++) {
				float *dh = b->dh + (below + u) * w + j * VL;
				float *d = dw + u * VL;

				vec_store(dh, vec_load(dh) + out[u] * du);
				vec_store(d, vec_load(d) + du *
				    vec_load(h + u * w + j * VL));
			}
			vec_store(dw + top->h * VL, vec_load(dw + top->h *
			    VL) + du);
		}
		for (int l = net->layers - 1; l >= 0; l--) {
			const struct layer_record *r = &records[l];
			struct packed_layer p = packed_layer(net, win->packed,
			    l);
			size_t rows = back_rows(net, l);
			float *dh = b->dh + unit * w;

			cell_back(r, s, dh, b->dc + unit * w, nv);
			memset(dh, 0, r->h * w * sizeof *dh);
			dx_rows(p.back, r->gates + s * 4 * r->h * w, 4 * r->h,
			    dh - (rows - r->h) * w, rows, nv);
			if (l > 0)
				unit -= (size_t)net->size[l - 1];
		}
	}
	dw = b->dw;
	for (int l = 0; l < net->layers; l++) {
		dw_layer(&records[l], steps, dw, nv);
		dw += dw_layer_len(&records[l]);
	}
}

INLINE void
window_block(const struct back *b, size_t lane, const int nv)
{
	const struct lstm_window *win = b->w;
	const struct lstm_net *net = win->net;
	const size_t w = (size_t)nv * VL, kept = state_rows(net) * w;
	const size_t segments = (win->steps + b->segment - 1) / b->segment;
	struct layer_record records[LSTM_LAYERS_MAX];
	float lambda[W_MAX] = { 0 };

	record_layout(net, b->record, b->segment, w, records);
	for (int l = 0; l < net->layers; l++)
		for (size_t s = 0; s <= b->segment; s++)
			for (size_t i = 0; i < w; i++)
				records[l].in[(s * (records[l].k + 1) +
				    records[l].k) * w + i] = 1;
	memset(b->dh, 0, units(net) * w * sizeof *b->dh);
	memset(b->dc, 0, units(net) * w * sizeof *b->dc);
	record_begin(net, records, win->state, lane, nv);
	for (size_t q = 0; q + 1 < segments; q++) {
		record_keep(net, records, 0, b->kept + q * kept, nv);
		for (size_t s = 0; s < b->segment; s++)
			record_forward(net, win->packed, records, s, win->grads
			    + (q * b->segment + s) * win->stride, win->n,
			    lane, nv, 0);
		/* The end of this segment is the start of the next. */
		record_keep(net, records, b->segment, b->kept + (q + 1) * kept,
		    nv);
		record_restore(net, records, b->kept + (q + 1) * kept, nv);
	}
	for (size_t q = segments; q-- > 0;) {
		size_t first = q * b->segment;
		size_t steps = win->steps - first < b->segment ?
		    win->steps - first : b->segment;

		if (q + 1 < segments)
			record_restore(net, records, b->kept + q * kept, nv);
		for (size_t s = 0; s < steps; s++)
			record_forward(net, win->packed, records, s, win->grads
			    + (first + s) * win->stride, win->n, lane, nv,
			    1);
		segment_back(b, records, first, steps, lane, lambda, nv);
	}
}

#endif
