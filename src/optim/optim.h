/* Optimizers: update rules, hand-crafted or learned.
 *
 * One file each; the registry is generated from OPTIM_TYPES in Makefile.inc.
 * State and weights are flat float arrays of the caller: a checkpoint or an
 * export is a copy.  Methods neither allocate nor fail.  Coordinates are all
 * alike to an optimizer here: n is their number over all lockstep instances. */
#ifndef L2LD_OPTIM_OPTIM_H
#define L2LD_OPTIM_OPTIM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/param.h"
#include "base/random.h"
#include "base/team.h"

#define OPTIM_OPTIONS_MAX 1024
#define OPTIM_TENSORS_MAX 48

/* Options of any type, filled by param_defaults(type->params, &o). */
struct optim_options {
	_Alignas(16) char bytes[OPTIM_OPTIONS_MAX];
};

/* A named piece of a learned optimizer's weights, row-major, with PyTorch's
 * names (lstm.0.weight_ih, ..., output.bias). */
struct optim_tensor {
	char name[32];
	size_t offset;		/* in the flat weights */
	int dims;
	size_t shape[2];
	bool zeros;		/* exported as zeros; not in the weights */
};

/* One update of all coordinates. */
struct optim_step {
	const void *options;
	size_t n;
	const float *prepared;	/* learned: from prepare */
	const float *grad;	/* [n] */
	float *theta;		/* [n], updated in place */
	float *state;		/* state_len floats, updated in place */
	/* NULL; or, learned: record_len floats, where step t of a window of
	 * `steps` leaves what window_back needs.  Steps go in order, and the
	 * state is read by the first and updated by the last of them. */
	float *record;
	size_t t, steps;
	void *scratch;		/* step_scratch bytes */
	struct team *team;	/* NULL: the caller alone */
};

/* The backward pass through a window of `steps` updates. */
struct optim_window {
	const void *options;
	size_t n;
	size_t steps;		/* T */
	const float *weights;
	const float *prepared;
	const float *state;	/* at the window's start; not with a record */
	float *record;		/* of its steps, used up; NULL: redo them */
	const float *grads;	/* [T + 1] rows of n: at theta_0 .. theta_T */
	size_t stride;		/* floats from row to row, >= n */
	const float *loss_weights;	/* [T]: w_t of the loss after update t */
	float scale;		/* of the meta-loss: 1 / meta-batch */
	double *gradient;	/* dL/d weights, added to */
	void *scratch;		/* window_scratch bytes */
	struct team *team;
};

struct optim_type {
	const char *name;
	const char *alias;		/* another name, or NULL */
	const char *text;		/* one sentence */
	const struct param *params;	/* over the type's options struct */
	/* Floats of state for n coordinates; all zero is the start. */
	size_t (*state_len)(const void *options, size_t n);
	void (*step)(const struct optim_step *s);
	/* Bytes of scratch for step on a team of `members`; NULL: none. */
	size_t (*step_scratch)(const void *options, int members);

	/* Learned optimizers only; NULL for the others. */
	size_t (*weights_len)(const void *options);
	/* The initial weights; key's purpose is RANDOM_WEIGHTS. */
	void (*weights_init)(const void *options, const struct random_key *key,
	    float *weights);
	/* What the weights are; returns how many tensors (<= OPTIM_TENSORS_MAX). */
	int (*tensors)(const void *options, struct optim_tensor *tensors);
	/* Weights in the kernels' layout, made once for each change of them. */
	size_t (*prepared_len)(const void *options);
	void (*prepare)(const void *options, const float *weights,
	    float *prepared);
	/* Floats that n coordinates' window of `steps` leaves in a record. */
	size_t (*record_len)(const void *options, size_t n, size_t steps);
	/* Bytes of scratch for window_back on a team of `members`. */
	size_t (*window_scratch)(const void *options, size_t n, size_t steps,
	    int members);
	void (*window_back)(const struct optim_window *w);
	/* Useful flops per coordinate and step, forward / with backward. */
	double (*flops)(const void *options, bool training);
};

/* All types, NULL at the end (generated). */
extern const struct optim_type *const optim_types[];

/* By name or alias; NULL when there is none. */
const struct optim_type *
optim_find(const char *name);

static inline bool
optim_learned(const struct optim_type *type)
{
	return type->weights_len != NULL;
}

/* x / d; 0 for x = 0 even if d is 0: a coordinate that has seen no gradient stays
 * where it is, with an epsilon of 0 too.  Without a branch, for loops. */
static inline float
optim_ratio(float x, float d)
{
	return x / (x != 0 ? d : 1);
}

/* The learning rate in options; NULL for a type that has none. */
double *
optim_rate(const struct optim_type *type, const void *options);

#endif
