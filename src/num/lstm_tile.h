/* Tiles of the LSTM kernels, and the rows of a state: for lstm_kernel.c only. */
#ifndef L2LD_NUM_LSTM_TILE_H
#define L2LD_NUM_LSTM_TILE_H

#include "num/lstm.h"
#include "num/simd.h"

#if VL == 16
#define NV_MAX 2		/* vectors of a block */
#define UNITS 2			/* forward tile: UNITS x 4 x NV accumulators */
#define DX_ROWS 10		/* dX tile: DX_ROWS x NV */
#define DW_COLS 6		/* dW tile: 4 x DW_COLS */
#else
#define NV_MAX 2
#define UNITS 1
#define DX_ROWS 5
#define DW_COLS 2
#endif

#define LANES LSTM_LANES
#define W_MAX (NV_MAX * VL)
/* Of the recorded steps of a block: 20 steps of two layers of 20 units.  A
 * little past the L2 cache; two shorter segments, with the first one's steps
 * done once more, were slower. */
#define SEGMENT_BYTES (800 * 1024)

static size_t
state_rows(const struct lstm_net *net)
{
	return lstm_state_len(net, 1) / LANES;
}

/* Where layer l's h begins among the rows of a state. */
static size_t
state_row(const struct lstm_net *net, int l)
{
	size_t row = 0;

	for (int k = 0; k < l; k++)
		row += 2 * (size_t)net->size[k];
	return row;
}

#endif
