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

/* W[gate][unit][column] of a layer's flat weights: columns are inputs, then h. */
static float
weight_at(const float *w, const struct layer *l, size_t gate, size_t unit,
    size_t column)
{
	size_t row = gate * l->h + unit, inputs = l->k - l->h;

	if (column < inputs)
		return w[row * inputs + column];
	return w[4 * l->h * inputs + row * l->h + column - inputs];
}

/* `rows` rows of W^T from column `first` on, in tiles. */
static float *
pack_dx(const float *w, const struct layer *l, size_t first, size_t rows,
    float *out)
{
	for (size_t r = 0; r < rows; r += DX_ROWS) {
		size_t tile = rows - r < DX_ROWS ? rows - r : DX_ROWS;

		for (size_t u = 0; u < l->h; u++)
			for (size_t g = 0; g < 4; g++)
				for (size_t i = 0; i < tile; i++)
					*out++ = weight_at(w, l, g, u,
					    first + r + i);
	}
	return out;
}

static float *
pack_layer(const float *w, const struct layer *l, float *out)
{
	static const float factor[4] = { SIGMOID_FACTOR, SIGMOID_FACTOR,
	    TANH_FACTOR, SIGMOID_FACTOR };
	size_t inputs = l->k - l->h;

	for (size_t u = 0; u < l->h; u++)
		for (size_t g = 0; g < 4; g++)
			*out++ = w[4 * l->h * l->k + g * l->h + u] * factor[g];
	for (size_t u = 0; u < l->h; u++)
		for (size_t c = 0; c < l->k; c++)
			for (size_t g = 0; g < 4; g++)
				*out++ = weight_at(w, l, g, u, c) * factor[g];
	/* Nobody asks for dX of the features. */
	if (l->back == l->k)
		out = pack_dx(w, l, 0, inputs, out);
	return pack_dx(w, l, inputs, l->h, out);
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
