/* What a trainer is made of; for train.c and train_save.c. */
#ifndef L2LD_META_TRAIN_STATE_H
#define L2LD_META_TRAIN_STATE_H

#include "meta/lockstep.h"
#include "meta/train.h"
#include "optim/adam.h"

/* Numbers that change as training goes on.  Plain memory: a checkpoint holds
 * its bytes, so it has no pointers. */
struct train_progress {
	int64_t epoch;			/* epochs done */
	int64_t validated;		/* validation runs done, while in one */
	double validation_sum;
	bool validating;
	bool done, stopped_early, diverged;
	double best_loss;		/* NaN: none yet */
	int64_t best_epoch;
	int64_t waiting;		/* validations since the best */
	int64_t failures;		/* epochs in a row that came to nothing */
};

struct trainer {
	struct train_config config;
	struct rule rule;
	struct lockstep ls;
	struct train_progress progress;
	size_t len;			/* weights of all learned parts */
	float *weights;			/* [len] */
	float *best;			/* [len] */
	float *meta_state;		/* Adam's */
	size_t meta_state_len;
	double *gradient;		/* [len] */
	float *gradient_single;		/* [len]: after clipping */
	float *grads;			/* [unroll + 1][n of all runs] */
	/* A learned part's window is recorded, or its first state kept. */
	float *records[PROBLEM_GROUPS_MAX];
	float *window_state[PROBLEM_GROUPS_MAX];
	float *loss_weights;		/* [unroll] */
	void *scratch;			/* of window_back */
};

/* ---- train_window.c ---- */

/* Add the bytes of pool that windows take to *sum; SIZE_MAX when it overflows. */
void
window_cost_add(size_t *sum, const struct train_config *config, int members);

/* Get them for t->config.  0 or ERR_MEMORY. */
int
window_memory(struct trainer *t, struct pool *pool);

/* The window of `steps` updates from step `first` on.  t->grads[0] is the
 * gradient at the present theta, and at the new one when it is done.  Returns
 * the sum of the mean losses; the meta-gradient is in t->gradient. */
double
window_run(struct trainer *t, uint32_t first, size_t steps);

#endif
