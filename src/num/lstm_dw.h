/* dW: the weights' gradient, from recorded steps: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_DW_H
#define L2LD_NUM_LSTM_DW_H

#include "num/lstm_record.h"

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

/* Sum one unit's accumulators of one matrix, [4H][columns], over their lanes and
 * add them to its gradient; returns the accumulators behind them. */
static const float *
dw_reduce_unit(const float *dw, size_t h, size_t columns, size_t u,
    double *gradient)
{
	for (size_t c = 0; c < columns; c++)
		for (size_t g = 0; g < 4; g++, dw += VL / 4) {
			float sum = dw[0];

			for (int v = 1; v < VL / 4; v++)
				sum += dw[v];
			gradient[(g * h + u) * columns + c] += (double)sum;
		}
	return dw;
}

/* The same for all layers and the output layer. */
static void
dw_reduce(const struct shape *s, const float *dw, double *gradient)
{
	for (int i = 0; i < s->net->layers; i++) {
		size_t h = s->layer[i].h, inputs = s->layer[i].k - h;
		double *ih = gradient + lstm_layer_offset(s->net, i);
		double *hh = ih + 4 * h * inputs, *bias = hh + 4 * h * h;

		for (size_t u = 0; u < h; u++) {
			dw = dw_reduce_unit(dw, h, inputs, u, ih);
			dw = dw_reduce_unit(dw, h, h, u, hh);
			dw = dw_reduce_unit(dw, h, 1, u, bias);
		}
	}
	gradient += lstm_layer_offset(s->net, s->net->layers);
	for (size_t u = 0; u <= s->top->h; u++)
		gradient[u] += vec_sum(vec_load(dw + u * VL));
}

#endif
