/* Several runs of one optimizee in lockstep under one rule: the meta-batch of a
 * training, or some of the paired runs of an evaluation.
 *
 * Optimizers see coordinates in their own order: part after part of the rule, in
 * each part run after run, so that every part's coordinates are neighbours:
 *
 *	part 0: [run][coordinates of its groups]   part 1: [run][...]   ...
 *
 * With one part that is the problem's order, [run][n], and nothing is copied. */
#ifndef L2LD_META_LOCKSTEP_H
#define L2LD_META_LOCKSTEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"
#include "base/team.h"
#include "meta/rule.h"

struct lockstep_part {
	const struct rule_part *rule;
	size_t coordinates;	/* of one run */
	size_t offset;		/* in the optimizers' order, all runs */
	size_t n;		/* coordinates of all runs */
	float *prepared;	/* learned: weights in the kernels' layout */
	float *state;
	size_t state_len;
	void *scratch;
};

struct lockstep {
	const struct problem *problem;
	struct rule rule;
	struct team *team;
	int most;		/* runs there is room for */
	int runs;		/* runs under way */
	size_t n;		/* coordinates of all runs */
	struct lockstep_part parts[PROBLEM_GROUPS_MAX];
	float *theta;		/* [n], optimizers' order */
	float *grads;		/* [n]: for callers that keep no others */
	float *theta_own;	/* [most][problem n]: several parts only */
	float *grad_own;
	char *instances;	/* most x instance_size */
	size_t instance_size;
	struct problem_run *keys;	/* [most] */
	double *losses;		/* [most]: of the last evaluation */
	bool *diverged;		/* [most] */
};

/* Bytes of pool for it; SIZE_MAX when it overflows. */
size_t
lockstep_cost(const struct problem *problem, const struct rule *rule, int most,
    int members);

/* Memory for `most` runs.  The rule is copied; its weights pointers are not
 * used before lockstep_weights.  0 or ERR_MEMORY. */
int
lockstep_new(struct lockstep *ls, const struct problem *problem,
    const struct rule *rule, int most, struct team *team, struct pool *pool);

/* Take the learned parts' weights from `weights`, one part after the other. */
void
lockstep_weights(struct lockstep *ls, const float *weights);

/* Begin `runs` runs: instances first.instance, + 1, ... of its stage and epoch;
 * states are zero, theta at the initial points. */
void
lockstep_begin(struct lockstep *ls, const struct problem_run *first, int runs);

/* Draw each run's minibatch of this step and evaluate: losses, and gradients
 * into grad [n] (optimizers' order; NULL: losses only).  A run whose loss or
 * gradient is not finite has diverged: its gradient is zero from then on and
 * its loss infinite. */
void
lockstep_eval(struct lockstep *ls, uint32_t step, float *grad);

/* Update theta and the states with grad [n]. */
void
lockstep_update(struct lockstep *ls, const float *grad);

/* The same as step t of a window of `steps`: parts that have a record (not NULL
 * in `records`, one for each part) leave there what window_back needs, and their
 * states are updated by the last step only. */
void
lockstep_record(struct lockstep *ls, const float *grad, float *const *records,
    size_t t, size_t steps);

/* Mean of the losses over the runs; runs that have diverged. */
double
lockstep_loss(const struct lockstep *ls);
int
lockstep_diverged(const struct lockstep *ls);

#endif
