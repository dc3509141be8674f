/* The LSTM kernels.  This file is compiled once for each instruction set, with
 * LEVEL (the suffix of its table's name) and LEVEL_NAME defined.
 *
 * A block is NV vectors of VL lanes: two groups of 16 coordinates with AVX-512
 * (or one, at the end), one group with AVX2, half a group with SSE or NEON.
 * Inside a block every quantity is a table of rows, a row one unit's value for
 * all lanes (W = NV x VL floats).  Weights are broadcast; nothing is ever
 * transposed.  The gates of a unit are neighbours, so that
 *
 *	z [u][i f g o] = b + W_x x + W_h h	(tile: UNITS x 4 x NV registers)
 *
 * is followed by the nonlinearities while z is still in registers.
 *
 * One step's inputs to a layer are one table `in`, so that both products are
 * one loop:
 *
 *	in  [I rows]  x, or h of the layer below (new)
 *	    [H rows]  h of this layer (old)
 *	    [1 row]   ones: the bias, for dW
 *
 * Backward.  With the optimizee's gradients constants, the window's adjoint
 * needs nothing but those gradients (algorithms.md): each block redoes its
 * steps into a buffer that stays in the L2 cache and runs them backward there.
 * Windows too long for the buffer go in segments, the states at their starts
 * kept.  dW tiles stay in registers over all steps of a segment. */
#include "num/lstm.h"

#include <math.h>

#include "num/simd.h"

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(lstm_kernels_, level)

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

/* ---- sizes ---- */

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

/* ---- features ---- */

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

/* ---- forward ---- */

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

/* ---- the buffer of recorded steps ---- */

/* Tables of one layer, each [step][rows][W]. */
struct layer_record {
	float *in;	/* [steps + 1][k + 1] */
	float *c;	/* [steps + 1][h] */
	float *gates;	/* [steps][4h]; the backward pass turns them into dz */
	float *tanh_c;	/* [steps][h] */
	size_t h, k;
};

static size_t
record_rows(const struct lstm_net *net)
{
	size_t rows = 0;

	for (int l = 0; l < net->layers; l++)
		rows += (size_t)lstm_layer_inputs(net, l) + 1 +
		    7 * (size_t)net->size[l];
	return rows;
}

/* Lay the tables for `steps` steps of blocks of w lanes out in buffer. */
static void
record_layout(const struct lstm_net *net, float *buffer, size_t steps, size_t w,
    struct layer_record *records)
{
	for (int l = 0; l < net->layers; l++) {
		struct layer_record *r = &records[l];

		r->h = (size_t)net->size[l];
		r->k = r->h + (size_t)lstm_layer_inputs(net, l);
		r->in = buffer;
		r->c = r->in + (steps + 1) * (r->k + 1) * w;
		r->gates = r->c + (steps + 1) * r->h * w;
		r->tanh_c = r->gates + steps * 4 * r->h * w;
		buffer = r->tanh_c + steps * r->h * w;
	}
}

/* Put h and c of a block's lanes into the tables of step 0. */
INLINE void
record_begin(const struct lstm_net *net, const struct layer_record *records,
    const float *state, size_t lane, const int nv)
{
	const size_t w = (size_t)nv * VL, rows = state_rows(net);

	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t first = state_row(net, l);

		for (size_t u = 0; u < r->h; u++)
			UNROLL
			for (int j = 0; j < nv; j++) {
				vec_store(r->in + (r->k - r->h + u) * w +
				    j * VL, vec_load(state +
				    state_at(rows, lane, j, first + u)));
				vec_store(r->c + u * w + j * VL,
				    vec_load(state + state_at(rows, lane, j,
				    first + r->h + u)));
			}
	}
}

/* Copy h and c at recorded step `step` to a kept state [rows][W]; and from one
 * back to step 0. */
INLINE void
record_keep(const struct lstm_net *net, const struct layer_record *records,
    size_t step, float *kept, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t bytes = r->h * w * sizeof *kept;

		memcpy(kept, r->in + (step * (r->k + 1) + r->k - r->h) * w,
		    bytes);
		memcpy(kept + r->h * w, r->c + step * r->h * w, bytes);
		kept += 2 * r->h * w;
	}
}

INLINE void
record_restore(const struct lstm_net *net, const struct layer_record *records,
    const float *kept, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t bytes = r->h * w * sizeof *kept;

		memcpy(r->in + (r->k - r->h) * w, kept, bytes);
		memcpy(r->c, kept + r->h * w, bytes);
		kept += 2 * r->h * w;
	}
}

/* Step s of the record forward, all layers. */
INLINE void
record_forward(const struct lstm_net *net, const float *packed,
    const struct layer_record *records, size_t s, const float *grad, size_t n,
    size_t lane, const int nv, const int record)
{
	const size_t w = (size_t)nv * VL;

	UNROLL
	for (int j = 0; j < nv; j++) {
		size_t at = lane + (size_t)j * VL;
		const struct layer_record *r = &records[0];

		features(net, load_lanes(grad + at, (ptrdiff_t)n -
		    (ptrdiff_t)at), r->in + s * (r->k + 1) * w + j * VL, w);
	}
	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		struct packed_layer p = packed_layer(net, packed, l);
		const struct layer_record *up = r + 1;
		struct cell cell = {
			.h = r->h, .k = r->k, .bias = p.bias,
			.forward = p.forward,
			.in = r->in + s * (r->k + 1) * w,
			.c_old = r->c + s * r->h * w,
			.c_new = r->c + (s + 1) * r->h * w,
			.h_next = r->in + ((s + 1) * (r->k + 1) + r->k -
			    r->h) * w,
			.h_up = l + 1 < net->layers ?
			    up->in + s * (up->k + 1) * w : NULL,
			.gates = r->gates + s * 4 * r->h * w,
			.tanh_c = r->tanh_c + s * r->h * w,
		};

		cell_forward(&cell, nv, record);
	}
}

/* ---- one step ---- */

static size_t
step_scratch(const struct lstm_net *net)
{
	return 2 * record_rows(net) * W_MAX;
}

INLINE void
step_block(const struct lstm_step *s, size_t lane, const int nv)
{
	const struct lstm_net *net = s->net;
	const size_t w = (size_t)nv * VL, rows = state_rows(net);
	struct layer_record records[LSTM_LAYERS_MAX];
	const struct layer_record *top = &records[net->layers - 1];
	const float *out;

	record_layout(net, s->scratch, 1, w, records);
	out = s->packed + packed_len(net) - top->h - 1;
	record_begin(net, records, s->state, lane, nv);
	record_forward(net, s->packed, records, 0, s->grad, s->n, lane, nv, 0);
	for (int l = 0; l < net->layers; l++) {
		const struct layer_record *r = &records[l];
		size_t first = state_row(net, l);

		for (size_t u = 0; u < r->h; u++)
			UNROLL
			for (int j = 0; j < nv; j++) {
				vec_store(s->state + state_at(rows, lane, j,
				    first + u), vec_load(r->in + (r->k + 1 +
				    r->k - r->h + u) * w + j * VL));
				vec_store(s->state + state_at(rows, lane, j,
				    first + r->h + u), vec_load(r->c + (r->h +
				    u) * w + j * VL));
			}
	}
	for (int j = 0; j < nv; j++) {
		size_t at = lane + (size_t)j * VL;
		const float *h = top->in + (2 * top->k + 1 - top->h) * w;
		float update[VL];

		vec_store(update, net->scale * output(out, top->h, h + j * VL,
		    w));
		for (size_t i = 0; i < VL && at + i < s->n; i++)
			s->theta[at + i] += update[i];
	}
}

/* Run block(s, lane, nv) over the lanes of groups begin .. end - 1. */
#define EACH_BLOCK(begin, end, block, arg)                              \
	do {                                                            \
		size_t lane = (begin) * LANES, stop = (end) * LANES;    \
                                                                        \
		for (; lane + W_MAX <= stop; lane += W_MAX)             \
			block(arg, lane, NV_MAX);                       \
		for (; lane < stop; lane += VL)                         \
			block(arg, lane, 1);                            \
	} while (0)

static void
step(const struct lstm_step *s, size_t begin, size_t end)
{
	EACH_BLOCK(begin, end, step_block, s);
}

/* ---- backward ---- */

/* What a window's blocks share within one call. */
struct back {
	const struct lstm_window *w;
	size_t segment;		/* steps of a segment */
	float *kept;		/* [segments][state rows][W] */
	float *dh, *dc;		/* [all units][W] */
	float *dw;		/* [layer][h][k + 1][4][VL]; output [h + 1][VL] */
	float *record;
};

static size_t
units(const struct lstm_net *net)
{
	return state_rows(net) / 2;
}

static size_t
dw_layer_len(const struct layer_record *r)
{
	return 4 * r->h * (r->k + 1) * VL;
}

/* dz of one layer at one step from dh and dc; dc becomes the older step's.
 *	do = dh tanh(c')       dc += dh o (1 - tanh(c')^2)
 *	di = dc g   dg = dc i   df = dc c   dc_old = dc f
 * and through the nonlinearities: sigmoid' = s (1 - s), tanh' = 1 - t^2. */
INLINE void
cell_back(const struct layer_record *r, size_t s, const float *dh, float *dc,
    const int nv)
{
	const size_t w = (size_t)nv * VL;
	const float *c_old = r->c + s * r->h * w;
	const float *tanh_c = r->tanh_c + s * r->h * w;
	float *gates = r->gates + s * 4 * r->h * w;

	for (size_t u = 0; u < r->h; u++, gates += 4 * w)
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = u * w + (size_t)j * VL;
			float *z = gates + j * VL;
			vec i = vec_load(z), f = vec_load(z + w);
			vec g = vec_load(z + 2 * w), o = vec_load(z + 3 * w);
			vec t = vec_load(tanh_c + at), h = vec_load(dh + at);
			vec d = vec_load(dc + at) + h * o * (1 - t * t);

			vec_store(z, d * g * i * (1 - i));
			vec_store(z + w, d * vec_load(c_old + at) * f *
			    (1 - f));
			vec_store(z + 2 * w, d * i * (1 - g * g));
			vec_store(z + 3 * w, h * t * o * (1 - o));
			vec_store(dc + at, d * f);
		}
}

/* dX += W^T dz, `rows` rows from one tile of packed weights. */
INLINE void
dx_tile(const float *weights, const float *dz, size_t depth, float *dx,
    const int rows, const int nv)
{
	const size_t w = (size_t)nv * VL;
	vec sum[DX_ROWS][NV_MAX];

	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			sum[i][j] = vec_load(dx + (size_t)i * w + j * VL);
	for (size_t r = 0; r < depth; r++, weights += rows, dz += w) {
		vec d[NV_MAX];

		UNROLL
		for (int j = 0; j < nv; j++)
			d[j] = vec_load(dz + j * VL);
		UNROLL
		for (int i = 0; i < rows; i++) {
			vec b = vec_all(weights[i]);

			UNROLL
			for (int j = 0; j < nv; j++)
				sum[i][j] += b * d[j];
		}
	}
	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
		for (int j = 0; j < nv; j++)
			vec_store(dx + (size_t)i * w + j * VL, sum[i][j]);
}

/* All rows of a layer's dX: those of its inputs (dh of the layer below, this
 * step) and those of its own h (dh of the older step), which are neighbours. */
INLINE void
dx_rows(const float *weights, const float *dz, size_t depth, float *dx,
    size_t rows, const int nv)
{
	const size_t w = (size_t)nv * VL;

	for (; rows >= DX_ROWS; rows -= DX_ROWS) {
		dx_tile(weights, dz, depth, dx, DX_ROWS, nv);
		weights += DX_ROWS * depth;
		dx += DX_ROWS * w;
	}
#define REST(n)                                                         \
	case n:                                                         \
		dx_tile(weights, dz, depth, dx, n, nv);                 \
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

/* dW of one unit's four gates and `cols` columns over all recorded steps:
 *	dW [u][col][gate] += sum over steps and lanes of dz[gate] in[col] */
INLINE void
dw_tile(const struct layer_record *r, size_t steps, size_t u, size_t col,
    float *dw, const int cols, const int nv)
{
	const size_t w = (size_t)nv * VL;
	const size_t dz_step = 4 * r->h * w, in_step = (r->k + 1) * w;
	const float *dz = r->gates + 4 * u * w, *in = r->in + col * w;
	float *out = dw + (u * (r->k + 1) + col) * 4 * VL;
	vec sum[DW_COLS][4];

	UNROLL
	for (int c = 0; c < cols; c++)
		UNROLL
		for (int g = 0; g < 4; g++)
			sum[c][g] = vec_load(out + (c * 4 + g) * VL);
	for (size_t s = 0; s < steps; s++, dz += dz_step, in += in_step)
		UNROLL
		for (int j = 0; j < nv; j++) {
			vec d[4];

			UNROLL
			for (int g = 0; g < 4; g++)
				d[g] = vec_load(dz + (size_t)g * w + j * VL);
			UNROLL
			for (int c = 0; c < cols; c++) {
				vec x = vec_load(in + (size_t)c * w + j * VL);

				UNROLL
				for (int g = 0; g < 4; g++)
					sum[c][g] += d[g] * x;
			}
		}
	UNROLL
	for (int c = 0; c < cols; c++)
		UNROLL
		for (int g = 0; g < 4; g++)
			vec_store(out + (c * 4 + g) * VL, sum[c][g]);
}

INLINE void
dw_layer(const struct layer_record *r, size_t steps, float *dw, const int nv)
{
	const size_t cols = r->k + 1, full = cols / DW_COLS * DW_COLS;

	for (size_t c = 0; c < full; c += DW_COLS)
		for (size_t u = 0; u < r->h; u++)
			dw_tile(r, steps, u, c, dw, DW_COLS, nv);
	for (size_t u = 0; u < r->h; u++) {
#define REST(n)                                                         \
	case n:                                                         \
		dw_tile(r, steps, u, full, dw, n, nv);                  \
		break
		switch (cols - full) {
			REST(1);
#if DW_COLS > 2
			REST(2);
			REST(3);
			REST(4);
			REST(5);
#endif
		}
#undef REST
	}
}

/* The recorded steps [first, first + steps) of a block, backward. lambda [W] is
 * dL/d theta after the last of them, without that step's own loss. */
INLINE void
segment_back(const struct back *b, const struct layer_record *records,
    size_t first, size_t steps, size_t lane, float *lambda, const int nv)
{
	const struct lstm_window *win = b->w;
	const struct lstm_net *net = win->net;
	const size_t w = (size_t)nv * VL, n = win->n;
	const struct layer_record *top = &records[net->layers - 1];
	const float *out = win->packed + packed_len(net) - top->h - 1;
	const size_t below = units(net) - top->h;
	float *dw = b->dw;

	for (int l = 0; l < net->layers; l++)
		dw += dw_layer_len(&records[l]);
	for (size_t s = steps; s-- > 0;) {
		const float *grad = win->grads + (first + s + 1) * win->stride;
		const float *h = top->in + ((s + 1) * (top->k + 1) + top->k -
		    top->h) * w;
		float weight = win->loss_weights[first + s] * win->scale;
		size_t unit = below;

		/* lambda_t = lambda_{t+1} + w_t grad_t;  du = scale lambda;
		 * dh += w_out du, dw_out += h du. */
		UNROLL
		for (int j = 0; j < nv; j++) {
			size_t at = lane + (size_t)j * VL;
			vec a = vec_load(lambda + j * VL) + weight *
			    load_lanes(grad + at, (ptrdiff_t)n - (ptrdiff_t)at);
			vec du = net->scale * a;

			vec_store(lambda + j * VL, a);
			for (size_t u = 0; u < top->h; u++) {
				float *dh = b->dh + (below + u) * w + j * VL;
				float *d = dw + u * VL;

				vec_store(dh, vec_load(dh) + out[u] * du);
				vec_store(d, vec_load(d) + du *
				    vec_load(h + u * w + j * VL));
			}
			vec_store(dw + top->h * VL, vec_load(dw + top->h *
			    VL) + du);
		}
		for (int l = net->layers - 1; l >= 0; l--) {
			const struct layer_record *r = &records[l];
			struct packed_layer p = packed_layer(net, win->packed,
			    l);
			size_t rows = back_rows(net, l);
			float *dh = b->dh + unit * w;

			cell_back(r, s, dh, b->dc + unit * w, nv);
			memset(dh, 0, r->h * w * sizeof *dh);
			dx_rows(p.back, r->gates + s * 4 * r->h * w, 4 * r->h,
			    dh - (rows - r->h) * w, rows, nv);
			if (l > 0)
				unit -= (size_t)net->size[l - 1];
		}
	}
	dw = b->dw;
	for (int l = 0; l < net->layers; l++) {
		dw_layer(&records[l], steps, dw, nv);
		dw += dw_layer_len(&records[l]);
	}
}

INLINE void
window_block(const struct back *b, size_t lane, const int nv)
{
	const struct lstm_window *win = b->w;
	const struct lstm_net *net = win->net;
	const size_t w = (size_t)nv * VL, kept = state_rows(net) * w;
	const size_t segments = (win->steps + b->segment - 1) / b->segment;
	struct layer_record records[LSTM_LAYERS_MAX];
	float lambda[W_MAX] = { 0 };

	record_layout(net, b->record, b->segment, w, records);
	for (int l = 0; l < net->layers; l++)
		for (size_t s = 0; s <= b->segment; s++)
			for (size_t i = 0; i < w; i++)
				records[l].in[(s * (records[l].k + 1) +
				    records[l].k) * w + i] = 1;
	memset(b->dh, 0, units(net) * w * sizeof *b->dh);
	memset(b->dc, 0, units(net) * w * sizeof *b->dc);
	record_begin(net, records, win->state, lane, nv);
	for (size_t q = 0; q + 1 < segments; q++) {
		record_keep(net, records, 0, b->kept + q * kept, nv);
		for (size_t s = 0; s < b->segment; s++)
			record_forward(net, win->packed, records, s, win->grads
			    + (q * b->segment + s) * win->stride, win->n,
			    lane, nv, 0);
		/* The end of this segment is the start of the next. */
		record_keep(net, records, b->segment, b->kept + (q + 1) * kept,
		    nv);
		record_restore(net, records, b->kept + (q + 1) * kept, nv);
	}
	for (size_t q = segments; q-- > 0;) {
		size_t first = q * b->segment;
		size_t steps = win->steps - first < b->segment ?
		    win->steps - first : b->segment;

		if (q + 1 < segments)
			record_restore(net, records, b->kept + q * kept, nv);
		for (size_t s = 0; s < steps; s++)
			record_forward(net, win->packed, records, s, win->grads
			    + (first + s) * win->stride, win->n, lane, nv,
			    1);
		segment_back(b, records, first, steps, lane, lambda, nv);
	}
}

/* Steps of a segment: as many as the buffer holds, shared out evenly. */
static size_t
segment_steps(const struct lstm_net *net, size_t steps)
{
	size_t most = SEGMENT_BYTES / (record_rows(net) * W_MAX *
	    sizeof(float)), segments;

	if (most < 1)
		most = 1;
	segments = (steps + most - 1) / most;
	return (steps + segments - 1) / segments;
}

static size_t
dw_len(const struct lstm_net *net)
{
	size_t len = ((size_t)net->size[net->layers - 1] + 1) * VL;

	for (int l = 0; l < net->layers; l++) {
		size_t h = (size_t)net->size[l];

		len += 4 * h * (h + (size_t)lstm_layer_inputs(net, l) + 1) * VL;
	}
	return len;
}

static size_t
window_scratch(const struct lstm_net *net, size_t steps)
{
	size_t segment = segment_steps(net, steps);
	size_t segments = (steps + segment - 1) / segment;

	return record_rows(net) * (segment + 1) * W_MAX +
	    segments * state_rows(net) * W_MAX + 2 * units(net) * W_MAX +
	    dw_len(net);
}

/* Sum the accumulators over their lanes and add them to the flat gradient. */
static void
dw_reduce(const struct lstm_net *net, const float *dw, double *gradient)
{
	size_t top = (size_t)net->size[net->layers - 1];

	for (int l = 0; l < net->layers; l++) {
		size_t h = (size_t)net->size[l];
		size_t inputs = (size_t)lstm_layer_inputs(net, l);
		double *ih = gradient + lstm_layer_offset(net, l);
		double *hh = ih + 4 * h * inputs, *bias = hh + 4 * h * h;

		for (size_t u = 0; u < h; u++)
			for (size_t c = 0; c <= inputs + h; c++)
				for (size_t g = 0; g < 4; g++, dw += VL) {
					size_t row = g * h + u;
					double *to = c < inputs ?
					    &ih[row * inputs + c] :
					    c < inputs + h ?
					    &hh[row * h + c - inputs] :
					    &bias[row];

					*to += vec_sum(vec_load(dw));
				}
	}
	gradient += lstm_layer_offset(net, net->layers);
	for (size_t u = 0; u <= top; u++)
		gradient[u] += vec_sum(vec_load(dw + u * VL));
}

static void
window(const struct lstm_window *win, size_t begin, size_t end)
{
	const struct lstm_net *net = win->net;
	size_t segment = segment_steps(net, win->steps);
	size_t segments = (win->steps + segment - 1) / segment;
	struct back back = { .w = win, .segment = segment };

	back.record = win->scratch;
	back.kept = back.record + record_rows(net) * (segment + 1) * W_MAX;
	back.dh = back.kept + segments * state_rows(net) * W_MAX;
	back.dc = back.dh + units(net) * W_MAX;
	back.dw = back.dc + units(net) * W_MAX;
	memset(back.dw, 0, dw_len(net) * sizeof *back.dw);
	EACH_BLOCK(begin, end, window_block, &back);
	dw_reduce(net, back.dw, win->gradient);
}

/* ---- the rest of the table ---- */

#define ELEMENTWISE(name, function)                                     \
	static void                                                     \
	name(size_t n, const float *x, float *out)                      \
	{                                                               \
		for (size_t i = 0; i < n; i += VL) {                    \
			float v[VL];                                    \
                                                                        \
			vec_store(v, function(load_lanes(x + i,         \
			    (ptrdiff_t)(n - i))));                      \
			memcpy(out + i, v, (n - i < VL ? n - i : VL) *  \
			    sizeof *v);                                 \
		}                                                       \
	}

ELEMENTWISE(all_tanh, vec_tanh)
ELEMENTWISE(all_log, vec_log)

static void
all_features(const struct lstm_net *net, size_t n, const float *g, float *x)
{
	int inputs = lstm_inputs(net);

	for (size_t i = 0; i < n; i += VL) {
		float v[2 * VL];

		features(net, load_lanes(g + i, (ptrdiff_t)(n - i)), v, VL);
		for (int r = 0; r < inputs; r++)
			memcpy(x + (size_t)r * n + i, v + r * VL,
			    (n - i < VL ? n - i : VL) * sizeof *v);
	}
}

/* Independent multiply-adds on registers: what the core can do at most. */
static double
peak(size_t rounds)
{
	vec sum[12], a = vec_all(0.999f), b = vec_all(0.001f);
	volatile float sink;

	UNROLL
	for (int i = 0; i < 12; i++)
		sum[i] = vec_all((float)i);
	for (size_t r = 0; r < rounds; r++) {
		UNROLL
		for (int i = 0; i < 12; i++)
			sum[i] = sum[i] * a + b;
	}
	for (int i = 1; i < 12; i++)
		sum[0] += sum[i];
	sink = vec_sum(sum[0]);
	(void)sink;
	return (double)rounds * 12 * 2 * VL;
}

extern const struct lstm_kernels TABLE(LEVEL);

const struct lstm_kernels TABLE(LEVEL) = {
	.name = LEVEL_NAME,
	.packed_len = packed_len,
	.pack = pack,
	.step_scratch = step_scratch,
	.step = step,
	.window_scratch = window_scratch,
	.window = window,
	.tanh = all_tanh,
	.log = all_log,
	.features = all_features,
	.peak = peak,
};
