/* Tiles of the LSTM kernels, and a net's shape as they see it: for
 * lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_TILE_H
#define L2LD_NUM_LSTM_TILE_H

#include <math.h>

#include "num/lstm.h"
#include "num/simd.h"

/* Tiles are what the registers hold. */
#define NV_MAX 2		/* vectors of lanes */
#if VL == 16
#define UNITS 2			/* forward: UNITS x 4 x NV accumulators */
#define DX_ROWS 10		/* dX: DX_ROWS x NV */
#define DW_COLS 5		/* dW: (DW_COLS + the bias) x 4 */
#else
#define UNITS 1
#define DX_ROWS 5
#define DW_COLS 2
#endif

#define W_MAX (NV_MAX * VL)
/* Of the recorded steps of a tile, at most: 100 steps of two layers of 20 units,
 * 20 steps of three of 40. */
#define SEGMENT_BYTES ((size_t)4 << 20)

/* A layer, and where its rows are: see lstm_kernel.c. */
struct layer {
	size_t h, k;		/* units; columns: inputs + h */
	size_t in;		/* first row of its inputs; its h follow them */
	size_t unit;		/* units of the layers below */
	size_t back;		/* rows of dX: k, or h in layer 0 */
	const float *bias, *forward, *dx;	/* packed weights */
};

struct shape {
	const struct lstm_net *net;
	size_t inputs, units;
	size_t in_rows;		/* inputs + units */
	size_t state_rows;	/* in_rows + units */
	size_t step_rows;	/* of a recorded step: in_rows + 6 units */
	float gain;		/* e^p */
	const float *out;	/* packed output layer: [H] and the bias */
	struct layer layer[LSTM_LAYERS_MAX];
	const struct layer *top;
};

/* Packed weights of one layer:
 *	bias     [H][4]		sigmoids' and tanh's factors folded in
 *	forward  [H][k][4]	the same
 *	dx       [back][4H]	in tiles: [tile][4H][rows of the tile] */
static size_t
layer_packed_len(const struct layer *l)
{
	return 4 * l->h * (1 + l->k + l->back);
}

/* Of a net with its weights packed at `packed` (NULL: sizes only). */
static void
shape_of(const struct lstm_net *net, const float *packed, struct shape *s)
{
	size_t in = 0, unit = 0;

	*s = (struct shape){ .net = net, .inputs = (size_t)lstm_inputs(net) };
	for (int i = 0; i < net->layers; i++) {
		struct layer *l = &s->layer[i];
		size_t inputs = (size_t)lstm_layer_inputs(net, i);

		l->h = (size_t)net->size[i];
		l->k = inputs + l->h;
		l->in = in;
		l->unit = unit;
		l->back = i > 0 ? l->k : l->h;
		if (packed != NULL) {
			l->bias = packed;
			l->forward = l->bias + 4 * l->h;
			l->dx = l->forward + 4 * l->h * l->k;
			packed += layer_packed_len(l);
		}
		in += inputs;
		unit += l->h;
	}
	s->units = unit;
	s->in_rows = s->inputs + unit;
	s->state_rows = s->in_rows + unit;
	s->step_rows = s->in_rows + 6 * unit;
	s->gain = expf(net->p);
	s->out = packed;
	s->top = &s->layer[net->layers - 1];
}

#endif
