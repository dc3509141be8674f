/* What an evaluator is made of; for evaluate.c and evaluate_result.c. */
#ifndef L2LD_META_EVALUATE_STATE_H
#define L2LD_META_EVALUATE_STATE_H

#include "meta/evaluate.h"
#include "meta/lockstep.h"

struct evaluate_rule {
	struct rule rule;	/* with the picked learning rate, once tuned */
	struct lockstep *ls;	/* [members] */
	double *tune_sums;	/* [rates]: mean sum of losses; tuned rules */
	bool edge;
	float *losses;		/* [runs][horizon + 1] */
};

struct evaluator {
	struct evaluate_config config;
	struct evaluate_rule rules[EVALUATE_RULES_MAX];
	int members;
	int chunk;		/* runs in lockstep */
	/* Position: which rule, which rate of the grid (rates: the evaluation
	 * itself), how many of its runs are done. */
	int rule, rate;
	int64_t run;
	double work, work_done;
	double *sums;		/* [max(tuning runs, runs)] scratch */
	/* Results, made at the end. */
	int best_crafted;	/* lowest final mean, -1: none */
	int best;		/* lowest mean sum of all */
	double *sorted;		/* [runs] scratch */
	double *difference, *difference_low, *difference_high;	/* [rules] */
	double *bootstrap;	/* [STATS_RESAMPLES] scratch */
	uint32_t *numbers;	/* [runs] scratch */
};

/* Fill in the results when all runs are done. */
void
evaluate_finish(struct evaluator *e);

#endif
