/* dX: what goes back through a layer's weights: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_DX_H
#define L2LD_NUM_LSTM_DX_H

#include "num/lstm_tile.h"

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

#endif
