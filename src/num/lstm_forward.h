/* One layer, one step, one block of coordinates: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_FORWARD_H
#define L2LD_NUM_LSTM_FORWARD_H

#include <math.h>

#include "num/lstm_tile.h"

/* x (I rows) of a vector of gradients; row is the distance of rows. */
INLINE void
features(const struct lstm_net *net, vec g, float *x, size_t row)
{
	vec a;

	switch (net->features) {
	case LSTM_RAW:
		vec_store(x, g);
		break;
	case LSTM_CLAMP:
		vec_store(x, vec_clamp(g, -net->clamp, net->clamp));
		break;
	case LSTM_LOG_SIGN:
		/* (max(log|g| / p, -1), clamp(e^p g, -1, 1)): both cases of
		 * appendix A in one.  Written so that NaN stays NaN. */
		a = (vec)((veci)g & 0x7fffffff);
		a = vec_select(a == a, vec_log(a), a) * (1.0f / net->p);
		vec_store(x, vec_select(a < vec_all(-1), vec_all(-1), a));
		vec_store(x + row, vec_clamp(g * expf(net->p), -1, 1));
		break;
	}
}

/* Lanes of a block that exist: load VL of them from p, zeros past the end. */
INLINE vec
load_lanes(const float *p, ptrdiff_t exist)
{
	float v[VL] = { 0 };

	if (exist >= VL)
		return vec_load(p);
	for (ptrdiff_t i = 0; i < exist; i++)
		v[i] = p[i];
	return vec_load(v);
}

/* A vector's place in a state: vector j of the block whose first lane is
 * `lane`, row `row`. */
INLINE size_t
state_at(size_t rows, size_t lane, int j, size_t row)
{
	size_t at = lane + (size_t)j * VL;

	return (at / LANES * rows + row) * LANES + at % LANES;
}

/* One layer, one step, one block: what the cell reads and writes. */
struct cell {
	size_t h, k;		/* units; inputs + h */
	const float *bias, *forward;
	const float *in;	/* [k][W] */
	const float *c_old;	/* [h][W] */
	float *c_new;		/* [h][W] */
	float *h_next;		/* [h][W]: to this layer's next step */
	float *h_up;		/* [h][W]: to the layer above, or NULL */
	float *gates;		/* [h][4][W], recorded: i f g o */
	float *tanh_c;		/* [h][W], recorded */
};

/* c' = f c + i g;  h' = o tanh(c')  for `units` units from u on. */
INLINE void
cell_tile(const struct cell *cell, size_t u, const int units, const int nv,
    const int record)
{
	const size_t w = (size_t)nv * VL, k = cell->k;
	const float *weights = cell->forward + u * k * 4, *in = cell->in;
	vec z[UNITS][4][NV_MAX];

	UNROLL
	for (int a = 0; a < units; a++)
		UNROLL
		for (int g = 0; g < 4; g++)
			UNROLL
			for (int j = 0; j < nv; j++)
				z[a][g][j] = vec_all(cell->bias[(u +
				    (size_t)a) * 4 + (size_t)g]);
	for (size_t c = 0; c < k; c++, weights += 4, in += w) {
		vec x[NV_MAX];

		UNROLL
		for (int j = 0; j < nv; j++)
			x[j] = vec_load(in + j * VL);
		UNROLL
		for (int a = 0; a < units; a++)
			UNROLL
			for (int g = 0; g < 4; g++) {
				vec b = vec_all(weights[(size_t)a * k * 4 +
				    (size_t)g]);

				UNROLL
				for (int j = 0; j < nv; j++)
					z[a][g][j] += b * x[j];
			}
	}
	UNROLL
	for (int a = 0; a < units; a++)
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = (u + (size_t)a) * w + (size_t)j * VL;
			vec i = vec_tanh(z[a][0][j]) * 0.5f + 0.5f;
			vec f = vec_tanh(z[a][1][j]) * 0.5f + 0.5f;
			vec g = vec_tanh(z[a][2][j]);
			vec o = vec_tanh(z[a][3][j]) * 0.5f + 0.5f;
			vec c = f * vec_load(cell->c_old + at) + i * g;
			vec t = vec_tanh(c), h = o * t;

			vec_store(cell->c_new + at, c);
			vec_store(cell->h_next + at, h);
			if (cell->h_up != NULL)
				vec_store(cell->h_up + at, h);
			if (record) {
				float *gates = cell->gates + at +
				    3 * (u + (size_t)a) * w;

				vec_store(cell->tanh_c + at, t);
				vec_store(gates, i);
				vec_store(gates + w, f);
				vec_store(gates + 2 * w, g);
				vec_store(gates + 3 * w, o);
			}
		}
}

INLINE void
cell_forward(const struct cell *cell, const int nv, const int record)
{
	size_t u = 0;

	for (; u + UNITS <= cell->h; u += UNITS)
		cell_tile(cell, u, UNITS, nv, record);
	for (; u < cell->h; u++)
		cell_tile(cell, u, 1, nv, record);
}

/* w_out . h + b_out */
INLINE vec
output(const float *weights, size_t h, const float *top, size_t w)
{
	vec sum = vec_all(weights[h]);

	for (size_t u = 0; u < h; u++)
		sum += weights[u] * vec_load(top + u * w);
	return sum;
}

#endif
