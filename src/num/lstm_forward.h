/* One layer, one step, one tile of coordinates: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_FORWARD_H
#define L2LD_NUM_LSTM_FORWARD_H

#include "num/lstm_tile.h"

/* x [inputs] of a vector of gradients; gain is e^p, row the distance of rows. */
INLINE void
features(const struct lstm_net *net, float gain, vec g, float *x, size_t row)
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
		vec_store(x, vec_max(-1, a));
		vec_store(x + row, vec_clamp(g * gain, -1, 1));
		break;
	}
}

/* Lanes that exist: load VL of them from p, zeros past the end. */
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

/* What a layer reads and writes in one step.  W = nv x VL lanes. */
struct cell {
	const struct layer *l;
	size_t row;		/* floats from row to row of in and c */
	const float *in;	/* [k]: inputs, h of the step before */
	const float *c_old;	/* [H] */
	float *c_new;		/* [H]; may be c_old */
	float *h_new;		/* [H][W]; not among `in` */
	float *gates;		/* [H][4][W], recorded: i f g o */
	float *tanh_c;		/* [H][W], recorded */
	/* Memory to fetch meanwhile, so many bytes for each unit; or NULL. */
	const char *ahead;
	size_t ahead_bytes;
};

/* The gates of one unit, when z holds their pre-activations times the factors:
 *	c' = f c + i g
 * Returns c'; z[3] becomes o. */
INLINE vec
cell_gates(const struct cell *cell, size_t u, int j, vec z[4], const int nv,
    const int record)
{
	const size_t w = (size_t)nv * VL, at = u * cell->row + (size_t)j * VL;
	vec c;

	vec_sigmoid2(z, 4);
	z[2] = 2.0f * z[2] - 1.0f;
	c = z[1] * vec_load(cell->c_old + at) + z[0] * z[2];
	vec_store(cell->c_new + at, c);
	if (record)
		UNROLL
		for (size_t g = 0; g < 4; g++)
			vec_store(cell->gates + (4 * u + g) * w + j * VL,
			    z[g]);
	return c;
}

/* `units` units from u on:
 *	z [units][i f g o][W] = b + W in	(units x 4 x nv registers)
 *	h' = o tanh(c') */
INLINE void
cell_tile(const struct cell *cell, size_t u, const int units, const int nv,
    const int record)
{
	const size_t k = cell->l->k;
	const float *weights = cell->l->forward + u * k * 4, *in = cell->in;
	const size_t w = (size_t)nv * VL;
	vec z[UNITS][NV_MAX][4], t[UNITS * NV_MAX];

	UNROLL
	for (int a = 0; a < units; a++)
		UNROLL
		for (int g = 0; g < 4; g++)
			UNROLL
			for (int j = 0; j < nv; j++)
				z[a][j][g] = vec_all(cell->l->bias[(u +
				    (size_t)a) * 4 + (size_t)g]);
	for (size_t c = 0; c < k; c++, weights += 4, in += cell->row) {
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
					z[a][j][g] += b * x[j];
			}
	}
	UNROLL
	for (int a = 0; a < units; a++)
		UNROLL
		for (int j = 0; j < nv; j++)
			t[a * nv + j] = TANH_FACTOR * cell_gates(cell,
			    u + (size_t)a, j, z[a][j], nv, record);
	vec_sigmoid2(t, units * nv);
	UNROLL
	for (int a = 0; a < units; a++)
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = (u + (size_t)a) * w + (size_t)j * VL;
			vec tanh_c = 2.0f * t[a * nv + j] - 1.0f;

			vec_store(cell->h_new + at, z[a][j][3] * tanh_c);
			if (record)
				vec_store(cell->tanh_c + at, tanh_c);
		}
}

INLINE void
cell_forward(const struct cell *cell, const int nv, const int record)
{
	const size_t bytes = UNITS * cell->ahead_bytes;
	const char *ahead = cell->ahead;
	size_t u = 0;

	for (; u + UNITS <= cell->l->h; u += UNITS) {
		if (ahead != NULL) {
			for (size_t i = 0; i < bytes; i += 64)
				__builtin_prefetch(ahead + i, 1, 2);
			ahead += bytes;
		}
		cell_tile(cell, u, UNITS, nv, record);
	}
	for (; u < cell->l->h; u++)
		cell_tile(cell, u, 1, nv, record);
}

/* w_out . h + b_out, as two sums. */
INLINE vec
output(const float *weights, size_t h, const float *top, size_t row)
{
	vec even = vec_all(weights[h]), odd = vec_all(0);

	for (size_t u = 0; u + 1 < h; u += 2) {
		even += weights[u] * vec_load(top + u * row);
		odd += weights[u + 1] * vec_load(top + (u + 1) * row);
	}
	if (h % 2 != 0)
		even += weights[h - 1] * vec_load(top + (h - 1) * row);
	return even + odd;
}

#endif
