/* Weights in the layout that the LSTM kernels read: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_PACK_H
#define L2LD_NUM_LSTM_PACK_H

#include "num/lstm_tile.h"

/* Packed weights of one layer:
 *	forward  [H][4]            bias, sigmoid rows halved
 *	         [H][I + H][4]     W, the same
 *	dX       [K'][4H]          in tiles of DX_ROWS rows: [tile][4H][rows]
 * where K' = I + H, or H in layer 0, whose inputs are constants. */
struct packed_layer {
	const float *bias, *forward, *back;
};

static size_t
back_rows(const struct lstm_net *net, int l)
{
	return (size_t)net->size[l] + (l > 0 ? (size_t)net->size[l - 1] : 0);
}

static size_t
packed_layer_len(const struct lstm_net *net, int l)
{
	size_t h = (size_t)net->size[l];
	size_t k = h + (size_t)lstm_layer_inputs(net, l);

	return 4 * h * (1 + k + back_rows(net, l));
}

static size_t
packed_len(const struct lstm_net *net)
{
	size_t len = (size_t)net->size[net->layers - 1] + 1;

	for (int l = 0; l < net->layers; l++)
		len += packed_layer_len(net, l);
	return len;
}

static struct packed_layer
packed_layer(const struct lstm_net *net, const float *packed, int l)
{
	size_t h = (size_t)net->size[l];
	size_t k = h + (size_t)lstm_layer_inputs(net, l);
	struct packed_layer p;

	for (int i = 0; i < l; i++)
		packed += packed_layer_len(net, i);
	p.bias = packed;
	p.forward = p.bias + 4 * h;
	p.back = p.forward + 4 * h * k;
	return p;
}

/* W[gate][unit][column] of a layer's flat weights: columns are inputs, then h. */
static float
weight_at(const float *w, size_t h, size_t inputs, size_t gate, size_t unit,
    size_t column)
{
	size_t row = gate * h + unit;

	if (column < inputs)
		return w[row * inputs + column];
	return w[4 * h * inputs + row * h + column - inputs];
}

static void
pack_layer(const struct lstm_net *net, int l, const float *w, float *out)
{
	size_t h = (size_t)net->size[l];
	size_t inputs = (size_t)lstm_layer_inputs(net, l), k = inputs + h;
	size_t rows = back_rows(net, l), first = k - rows;

	/* sigmoid(z) = 0.5 + 0.5 tanh(z / 2): the half is in the weights. */
	for (size_t u = 0; u < h; u++)
		for (size_t g = 0; g < 4; g++)
			*out++ = w[4 * h * k + g * h + u] * (g == 2 ? 1 : 0.5f);
	for (size_t u = 0; u < h; u++)
		for (size_t c = 0; c < k; c++)
			for (size_t g = 0; g < 4; g++)
				*out++ = weight_at(w, h, inputs, g, u, c) *
				    (g == 2 ? 1 : 0.5f);
	for (size_t r = 0; r < rows; r += DX_ROWS) {
		size_t tile = rows - r < DX_ROWS ? rows - r : DX_ROWS;

		for (size_t u = 0; u < h; u++)
			for (size_t g = 0; g < 4; g++)
				for (size_t i = 0; i < tile; i++)
					*out++ = weight_at(w, h, inputs, g, u,
					    first + r + i);
	}
}

static void
pack(const struct lstm_net *net, const float *weights, float *packed)
{
	for (int l = 0; l < net->layers; l++) {
		pack_layer(net, l, weights + lstm_layer_offset(net, l), packed);
		packed += packed_layer_len(net, l);
	}
	memcpy(packed, weights + lstm_layer_offset(net, net->layers),
	    ((size_t)net->size[net->layers - 1] + 1) * sizeof *packed);
}

#endif
