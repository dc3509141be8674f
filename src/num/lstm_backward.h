/* A tile of lanes through a window, backward: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_BACKWARD_H
#define L2LD_NUM_LSTM_BACKWARD_H

#include "num/lstm_dw.h"
#include "num/lstm_dx.h"
#include "num/lstm_record.h"

/* What a window's tiles share within one call. */
struct back {
	const struct lstm_window *win;
	struct shape s;
	size_t segment;		/* steps of a segment */
	float *record;
	float *kept;		/* [segments][state rows][W] */
	float *dh, *dc;		/* [units][W] */
	float *dw;		/* see lstm_dw.h */
};

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
