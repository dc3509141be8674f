/* The coordinatewise LSTM: one step forward for many coordinates, and the
 * backward pass through a window.  (Andrychowicz et al. 2016, section 2.1 and
 * appendix A; algorithms.md.)  Optimized for each instruction set: see
 * lstm_kernel.c; the choice is made when the program starts.
 *
 * Coordinates are the SIMD lanes.  Thirty-two of them form a block; the state of
 * a block is a table of rows, each one quantity for all lanes:
 *
 *	           lane 0 .. 31
 *	x          [1 or 2 rows]	features of the last gradient
 *	h, layer 0 [H0 rows]
 *	h, layer 1 [H1 rows]
 *	...
 *	c, layer 0 [H0 rows]
 *	c, layer 1 [H1 rows]
 *	...
 *
 * and blocks follow each other.  If no more than 16 coordinates are left for the
 * last block it has 16 lanes.  Its spare lanes are computed on zeros and never
 * read. */
#ifndef L2LD_NUM_LSTM_H
#define L2LD_NUM_LSTM_H

#include <stddef.h>

#define LSTM_LAYERS_MAX 8
#define LSTM_SIZE_MAX 256
#define LSTM_BLOCK 32		/* coordinates of a block */

enum lstm_features { LSTM_RAW, LSTM_LOG_SIGN, LSTM_CLAMP };

/* What is computed; weights apart. */
struct lstm_net {
	enum lstm_features features;
	float p;		/* LOG_SIGN: see algorithms.md */
	float clamp;		/* CLAMP: gradients to [-clamp, clamp] */
	float scale;		/* of the update */
	int layers;
	int size[LSTM_LAYERS_MAX];	/* H of each layer */
};

/* The flat weights, layer after layer, with PyTorch's shapes and gate order i,
 * f, g, o: weight_ih [4H][I], weight_hh [4H][H], bias [4H]; then the output
 * layer's weight [H] and bias [1]. */
size_t
lstm_weights_len(const struct lstm_net *net);
/* Features of a gradient: 1 or 2. */
int
lstm_inputs(const struct lstm_net *net);
/* I of a layer. */
int
lstm_layer_inputs(const struct lstm_net *net, int layer);
/* Where a layer's weights begin in the flat vector; layer = layers: the output
 * layer's. */
size_t
lstm_layer_offset(const struct lstm_net *net, int layer);

/* Blocks of n coordinates, and the lanes of one of them: 32 or 16. */
size_t
lstm_blocks(size_t n);
size_t
lstm_block_lanes(size_t n, size_t block);

/* Floats of the state of n coordinates; and where in it a coordinate's value of
 * a row is (rows as above). */
size_t
lstm_state_len(const struct lstm_net *net, size_t n);
size_t
lstm_state_at(const struct lstm_net *net, size_t n, size_t coordinate,
    size_t row);

/* One step. */
struct lstm_step {
	const struct lstm_net *net;
	const float *packed;
	size_t n;
	const float *grad;	/* [n] */
	float *theta;		/* [n]: theta += scale * update */
	float *state;
	/* NULL; or record_len floats, where a window's steps leave what its
	 * backward pass needs: this is step t of `steps`, in order.  Then the
	 * state is read by the first and written by the last of them. */
	float *record;
	size_t t, steps;
	float *scratch;		/* step_scratch floats */
};

/* A window's backward pass. */
struct lstm_window {
	const struct lstm_net *net;
	const float *packed;
	size_t n, steps;
	const float *state;	/* at its start */
	float *record;		/* of its steps, used up; NULL: redo them */
	const float *grads;	/* [steps + 1] rows of n */
	size_t stride;		/* floats from row to row */
	const float *loss_weights;	/* [steps] */
	float scale;		/* of the meta-loss */
	double *gradient;	/* [weights_len], added to */
	float *scratch;		/* window_scratch floats */
};

/* What a window's backward pass does, one after the other. */
enum lstm_phase { LSTM_FORWARD, LSTM_CELL, LSTM_DX, LSTM_DW };

/* The functions of one instruction set.  Blocks from `begin` to before `end`
 * are processed: callers share out ranges of blocks among threads. */
struct lstm_kernels {
	const char *name;	/* "x86-64-v4", ..., "portable" */
	/* Weights in the kernels' layout: pack whenever they change. */
	size_t (*packed_len)(const struct lstm_net *net);
	void (*pack)(const struct lstm_net *net, const float *weights,
	    float *packed);
	size_t (*step_scratch)(const struct lstm_net *net);
	/* Floats of the record of n coordinates' window. */
	size_t (*record_len)(const struct lstm_net *net, size_t n,
	    size_t steps);
	void (*step)(const struct lstm_step *s, size_t begin, size_t end);
	size_t (*window_scratch)(const struct lstm_net *net, size_t steps);
	void (*window)(const struct lstm_window *w, size_t begin, size_t end);
	/* For a profile: the window of the first W lanes alone, `rounds` times,
	 * its phases up to `last`.  Returns W.  No gradient comes of it. */
	size_t (*phases)(const struct lstm_window *w, enum lstm_phase last,
	    size_t rounds);
	/* Elementwise, for tests of accuracy: out[i] = f(x[i]). */
	void (*sigmoid)(size_t n, const float *x, float *out);
	void (*tanh)(size_t n, const float *x, float *out);
	void (*log)(size_t n, const float *x, float *out);
	/* Features of n gradients, [inputs][n]. */
	void (*features)(const struct lstm_net *net, size_t n, const float *g,
	    float *x);
	/* Multiply-adds on registers, for a peak: returns flops done. */
	double (*peak)(size_t rounds);
};

/* The best this CPU can run, or the one L2LD_KERNELS names in the environment
 * (a lower level of the same kind). */
const struct lstm_kernels *
lstm_kernels(void);

/* All this CPU can run, best first, NULL at the end (at most 4 entries). */
void
lstm_kernels_list(const struct lstm_kernels *list[4]);

#endif
