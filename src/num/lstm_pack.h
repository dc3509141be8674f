/* Weights in the layout that the LSTM kernels read: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_PACK_H
#define L2LD_NUM_LSTM_PACK_H

#include "num/lstm_tile.h"

static size_t
packed_len(const struct lstm_net *net)
{
	struct shape s;
	size_t len;

	shape_of(net, NULL, &s);
	len = s.top->h + 1;
	for (int i = 0; i < net->layers; i++)
		len += layer_packed_len(&s.layer[i]);
	return len;
}

/* W^T of one matrix, [4H][columns], in tiles of rows. */
static float *
pack_dx(const float *w, size_t h, size_t columns, float *out)
{
	for (size_t r = 0; r < columns; r += DX_ROWS) {
		size_t tile = columns - r < DX_ROWS ? columns - r : DX_ROWS;

		for (size_t u = 0; u < h; u++)
			for (size_t g = 0; g < 4; g++) {
				memcpy(out, w + (g * h + u) * columns + r,
				    tile * sizeof *out);
				out += tile;
			}
	}
	return out;
}

/* One unit's rows of a matrix, a column's four gates side by side. */
static float *
pack_forward(const float *w, size_t h, size_t columns, size_t u, float *out)
{
	static const float factor[4] = { SIGMOID_FACTOR, SIGMOID_FACTOR,
	    TANH_FACTOR, SIGMOID_FACTOR };

	for (size_t c = 0; c < columns; c++)
		for (size_t g = 0; g < 4; g++)
			*out++ = w[(g * h + u) * columns + c] * factor[g];
	return out;
}

static float *
pack_layer(const float *w, const struct layer *l, float *out)
{
	size_t h = l->h, inputs = l->k - h;
	const float *hh = w + 4 * h * inputs, *bias = hh + 4 * h * h;

	for (size_t u = 0; u < h; u++)
		out = pack_forward(bias, h, 1, u, out);
	for (size_t u = 0; u < h; u++) {
		out = pack_forward(w, h, inputs, u, out);
		out = pack_forward(hh, h, h, u, out);
	}
	/* Nobody asks for dX of the features. */
	if (l->back == l->k)
		out = pack_dx(w, h, inputs, out);
	return pack_dx(hh, h, h, out);
}

static void
pack(const struct lstm_net *net, const float *weights, float *packed)
{
	struct shape s;

	shape_of(net, NULL, &s);
	for (int i = 0; i < net->layers; i++)
		packed = pack_layer(weights + lstm_layer_offset(net, i),
		    &s.layer[i], packed);
	memcpy(packed, weights + lstm_layer_offset(net, net->layers),
	    (s.top->h + 1) * sizeof *packed);
}

#endif
