/* A tile of lanes through a window, backward: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_BACKWARD_H
#define L2LD_NUM_LSTM_BACKWARD_H

#include "num/lstm_record.h"

/* What a window's tiles share within one call. */
struct back {
	const struct lstm_window *win;
	struct shape s;
	size_t segment;		/* steps of a segment */
	float *record;
	float *kept;		/* [segments][state rows][W] */
	float *dh, *dc;		/* [units][W] */
	float *dw;		/* see dw_len */
};

/* dW's accumulators, VL floats each, four gates folded into one:
 *	layer   [H][k + 1]	the last column is the bias
 *	output  [H + 1]		not folded */
static size_t
dw_layer_len(const struct layer *l)
{
	return l->h * (l->k + 1) * VL;
}

static size_t
dw_len(const struct shape *s)
{
	size_t len = (s->top->h + 1) * VL;

	for (int i = 0; i < s->net->layers; i++)
		len += dw_layer_len(&s->layer[i]);
	return len;
}

/* dz of one layer at step t from dh and dc; dc becomes the older step's.
 *	do = dh tanh(c')       dc += dh o (1 - tanh(c')^2)
 *	di = dc g   dg = dc i   df = dc c   dc_old = dc f
 * and through the nonlinearities: sigmoid' = s (1 - s), tanh' = 1 - t^2. */
INLINE void
cell_back(const struct shape *s, float *record, const struct layer *l, size_t t,
    const float *dh, float *dc, const int nv)
{
	const size_t w = (size_t)nv * VL;
	const float *c_old = record_c(s, record, l, t, w);
	const float *tanh_c = record_tanh_c(s, record, l, t, w);
	float *gates = record_gates(s, record, l, t, w);

	for (size_t u = 0; u < l->h; u++, gates += 4 * w)
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = u * w + (size_t)j * VL;
			float *z = gates + j * VL;
			vec i = vec_load(z), f = vec_load(z + w);
			vec g = vec_load(z + 2 * w), o = vec_load(z + 3 * w);
			vec th = vec_load(tanh_c + at);
			vec dho = vec_load(dh + at) * o;
			vec d = vec_load(dc + at) + dho * (1 - th * th);
			vec df = d * f, di = d * i;

			vec_store(z, di * g * (1 - i));
			vec_store(z + w, df * vec_load(c_old + at) * (1 - f));
			vec_store(z + 2 * w, di * (1 - g * g));
			vec_store(z + 3 * w, dho * th * (1 - o));
			vec_store(dc + at, df);
		}
}

/* What the tiles of one layer's dX go through. */
struct dx {
	const float *weights;	/* packed */
	const float *dz;	/* [4H][W] */
	size_t depth;		/* 4H */
	const char *ahead;	/* memory to fetch meanwhile, line by line */
};

/* dX = W^T dz, or dX += W^T dz: the next `rows` rows, one tile. */
INLINE void
dx_tile(struct dx *d, float *dx, const int rows, const int nv, const int add)
{
	const size_t w = (size_t)nv * VL;
	const float *weights = d->weights, *dz = d->dz;
	const char *ahead = d->ahead;
	vec sum[DX_ROWS][NV_MAX];

	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			sum[i][j] = add ? vec_load(dx + (size_t)i * w +
			    j * VL) : vec_all(0);
	for (size_t k = 0; k < d->depth; k++) {
		vec z[NV_MAX];

		UNROLL
		for (int j = 0; j < nv; j++)
			z[j] = vec_load(dz + j * VL);
		UNROLL
		for (int i = 0; i < rows; i++) {
			vec b = vec_all(weights[i]);

			UNROLL
			for (int j = 0; j < nv; j++)
				sum[i][j] += b * z[j];
		}
		__builtin_prefetch(ahead);
		weights += rows;
		dz += w;
		ahead += 64;
	}
	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			vec_store(dx + (size_t)i * w + j * VL, sum[i][j]);
	d->weights = weights;
	d->ahead = ahead;
}

/* The next `rows` rows. */
INLINE void
dx_rows(struct dx *d, float *dx, size_t rows, const int nv, const int add)
{
	const size_t w = (size_t)nv * VL;

	for (; rows >= DX_ROWS; rows -= DX_ROWS) {
		dx_tile(d, dx, DX_ROWS, nv, add);
		dx += DX_ROWS * w;
	}
#define REST(n)                                                         \
	case n:                                                         \
		dx_tile(d, dx, n, nv, add);                             \
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

/* dW of one unit's four gates and `cols` columns, of the bias too, over steps:
 *	dW [col][gate] += sum over steps and lanes of dz[gate] in[col]
 * dz [4][W] and in [cols][W] of a step lie `step` floats after the last one's. */
INLINE void
dw_tile(const float *dz, const float *in, size_t step, size_t steps, float *dw,
    float *dw_bias, const int cols, const int bias, const int nv)
{
	const size_t w = (size_t)nv * VL;
	vec sum[DW_COLS + 1][4];

	UNROLL
	for (int c = 0; c < cols + bias; c++)
		UNROLL
		for (int g = 0; g < 4; g++)
			sum[c][g] = vec_all(0);
	for (size_t t = 0; t < steps; t++, dz += step, in += step)
		UNROLL
		for (int j = 0; j < nv; j++) {
			vec d[4];

			UNROLL
			for (int g = 0; g < 4; g++) {
				d[g] = vec_load(dz + (size_t)g * w + j * VL);
				if (bias)
					sum[cols][g] += d[g];
			}
			UNROLL
			for (int c = 0; c < cols; c++) {
				vec x = vec_load(in + (size_t)c * w + j * VL);

				UNROLL
				for (int g = 0; g < 4; g++)
					sum[c][g] += d[g] * x;
			}
		}
	UNROLL
	for (int c = 0; c < cols + bias; c++) {
		float *to = c < cols ? dw + c * VL : dw_bias;

		vec_store(to, vec_load(to) + vec_fold4(sum[c][0], sum[c][1],
		    sum[c][2], sum[c][3]));
	}
}

/* One tile of columns for all units of a layer. */
INLINE void
dw_columns(const struct shape *s, float *record, const struct layer *l,
    size_t steps, size_t col, float *dw, const int cols, const int bias,
    const int nv)
{
	const size_t w = (size_t)nv * VL;
	const float *in = record_in(s, record, l, 0, w) + col * w;
	const float *dz = record_gates(s, record, l, 0, w);

	for (size_t u = 0; u < l->h; u++, dz += 4 * w, dw += (l->k + 1) * VL)
		dw_tile(dz, in, s->step_rows * w, steps, dw + col * VL,
		    dw + l->k * VL, cols, bias, nv);
}

INLINE void
dw_layer(const struct shape *s, float *record, const struct layer *l,
    size_t steps, float *dw, const int nv)
{
	size_t col = l->k % DW_COLS;

	/* The odd columns first, and with them the bias. */
#define REST(n)                                                         \
	case n:                                                         \
		dw_columns(s, record, l, steps, 0, dw, n, 1, nv);       \
		break
	switch (col) {
		REST(0);
		REST(1);
#if DW_COLS > 2
		REST(2);
		REST(3);
		REST(4);
#endif
	}
#undef REST
	for (; col < l->k; col += DW_COLS)
		dw_columns(s, record, l, steps, col, dw, DW_COLS, 0, nv);
}

/* The output layer at step t, and lambda [W]: dL/d theta, there.
 *	lambda_t = lambda_{t+1} + w_t grad_t      du = scale lambda
 *	dh += w_out du      dw_out += h du      db_out += du */
INLINE void
output_back(const struct back *b, float *record, size_t first, size_t t,
    size_t at, float *lambda, float *dw, const int nv)
{
	const struct lstm_window *win = b->win;
	const struct layer *top = b->s.top;
	const size_t w = (size_t)nv * VL;
	const float *h = record_h(&b->s, record, top, t + 1, w);
	const float *grad = win->grads + (first + t + 1) * win->stride + at;
	const float weight = win->loss_weights[first + t] * win->scale;
	float *dh = b->dh + top->unit * w;
	ptrdiff_t exist = (ptrdiff_t)win->n - (ptrdiff_t)at;
	vec du[NV_MAX];

	UNROLL
	for (int j = 0; j < nv; j++) {
		vec a = vec_load(lambda + j * VL) + weight *
		    load_lanes(grad + j * VL, exist - j * VL);

		vec_store(lambda + j * VL, a);
		du[j] = win->net->scale * a;
	}
	for (size_t u = 0; u < top->h; u++) {
		vec sum = vec_load(dw + u * VL);

		UNROLL
		for (int j = 0; j < nv; j++) {
			float *d = dh + u * w + j * VL;

			vec_store(d, vec_load(d) + b->s.out[u] * du[j]);
			sum += du[j] * vec_load(h + u * w + j * VL);
		}
		vec_store(dw + u * VL, sum);
	}
	UNROLL
	for (int j = 0; j < nv; j++)
		vec_store(dw + top->h * VL, vec_load(dw + top->h * VL) + du[j]);
}

/* The recorded steps [first, first + steps) of a tile of lanes, backward;
 * `at` is its first coordinate.  last: LSTM_DW, or less to measure. */
INLINE void
segment_back(const struct back *b, float *record, size_t first, size_t steps,
    size_t at, float *lambda, const int nv, const enum lstm_phase last)
{
	const struct shape *s = &b->s;
	const size_t w = (size_t)nv * VL;
	float *dw = b->dw;

	for (int i = 0; i < s->net->layers; i++)
		dw += dw_layer_len(&s->layer[i]);
	for (size_t t = steps; t-- > 0;) {
		/* The step before comes from the L2 cache, or from afar. */
		const char *ahead = (const char *)record_c(s, record, s->layer,
		    t > 0 ? t - 1 : 0, w);

		output_back(b, record, first, t, at, lambda, dw, nv);
		for (int i = s->net->layers - 1; i >= 0; i--) {
			const struct layer *l = &s->layer[i];
			float *dh = b->dh + l->unit * w;
			struct dx d = { .weights = l->dx, .ahead = ahead,
			    .dz = record_gates(s, record, l, t, w),
			    .depth = 4 * l->h };

			cell_back(s, record, l, t, dh, b->dc + l->unit * w, nv);
			/* To h of the layer below at this step ... */
			if (i > 0 && last >= LSTM_DX)
				dx_rows(&d, dh - (l - 1)->h * w, (l - 1)->h,
				    nv, 1);
			/* ... and to this layer's, at the step before, if that
			 * is of the window. */
			if (first + t > 0 && last >= LSTM_DX)
				dx_rows(&d, dh, l->h, nv, 0);
			ahead = d.ahead;
		}
	}
	dw = b->dw;
	for (int i = 0; i < s->net->layers && last >= LSTM_DW; i++) {
		dw_layer(s, record, &s->layer[i], steps, dw, nv);
		dw += dw_layer_len(&s->layer[i]);
	}
}

/* A whole window of one tile of lanes, its steps in the window's record. */
INLINE void
window_back_recorded(const struct back *b, const float *state, size_t row,
    size_t at, const int nv)
{
	const struct lstm_window *win = b->win;
	const size_t w = (size_t)nv * VL;
	float *record = win->record + at * record_rows(&b->s, win->steps);
	float lambda[W_MAX] = { 0 };

	(void)state, (void)row;
	memset(b->dh, 0, b->s.units * w * sizeof *b->dh);
	memset(b->dc, 0, b->s.units * w * sizeof *b->dc);
	segment_back(b, record, 0, win->steps, at, lambda, nv, LSTM_DW);
}

/* The same, its steps done once more. */
INLINE void
window_back(const struct back *b, const float *state, size_t row, size_t at,
    const int nv)
{
	const struct lstm_window *win = b->win;
	const struct shape *s = &b->s;
	const size_t w = (size_t)nv * VL, kept = s->state_rows * w;
	const size_t last = (win->steps - 1) / b->segment;
	const float *grads = win->grads + at;
	const ptrdiff_t exist = (ptrdiff_t)win->n - (ptrdiff_t)at;
	float lambda[W_MAX] = { 0 };

	memset(b->dh, 0, s->units * w * sizeof *b->dh);
	memset(b->dc, 0, s->units * w * sizeof *b->dc);
	record_begin(s, b->record, state, row, nv);
	/* Where each segment but the first begins. */
	for (size_t q = 0; q < last; q++) {
		float *next = b->kept + (q + 1) * kept;

		for (size_t t = 0; t < b->segment; t++)
			record_forward(s, b->record, t, grads + (q * b->segment + t) *
			    win->stride, exist, nv, 0, 0);
		record_end(s, b->record, b->segment, next, w, nv);
		record_begin(s, b->record, next, w, nv);
	}
	for (size_t q = last + 1; q-- > 0;) {
		size_t first = q * b->segment;
		size_t steps = win->steps - first < b->segment ?
		    win->steps - first : b->segment;

		if (q < last)
			record_begin(s, b->record, q > 0 ? b->kept + q * kept : state,
			    q > 0 ? w : row, nv);
		for (size_t t = 0; t < steps; t++)
			record_forward(s, b->record, t, grads + (first + t) *
			    win->stride, exist, nv, 1, 0);
		segment_back(b, b->record, first, steps, at, lambda, nv,
		    LSTM_DW);
	}
}

#endif
