/* Paired, fair evaluation: every optimizer sees the same instances, initial
 * points and minibatches; the hand-crafted ones' learning rates are picked over
 * a grid on other instances (algorithms.md, "Evaluation: paired and fair"). */
#ifndef L2LD_META_EVALUATE_H
#define L2LD_META_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/param.h"
#include "base/pool.h"
#include "base/team.h"
#include "meta/rule.h"

/* Members of an object of a job's "evaluation" list. */
struct evaluate_options {
	char name[PARAM_TEXT_MAX];
	int64_t horizon, runs, tuning_runs;
	struct param_reals learning_rates;	/* the grid */
	int64_t points;		/* of a curve; evaluate_stride */
};

extern const struct param evaluate_params[];

/* Every so many steps one is recorded, so that there are no more than `points`
 * beside the last: a function of the options alone. */
int64_t
evaluate_stride(const struct evaluate_options *o);

#define EVALUATE_RULES_MAX 16

struct evaluate_config {
	const struct problem *problem;	/* loaded */
	const struct rule *rules;	/* learned and hand-crafted */
	int rules_len;			/* <= EVALUATE_RULES_MAX */
	struct evaluate_options options;
	uint64_t seed;
	struct team *team;		/* or NULL */
};

struct evaluator;

/* Bytes of pool that evaluator_new takes; SIZE_MAX when it overflows. */
size_t
evaluator_cost(const struct evaluate_config *config, int members);

int
evaluator_new(const struct evaluate_config *config, struct pool *pool,
    struct evaluator **evaluator, struct message *m);

/* All its work, in the measure of rule_work; a shaped problem will do. */
double
evaluator_work(const struct evaluate_config *config);

struct evaluate_event {
	bool done;
	double fraction;	/* of the work, 0 to 1 */
};

/* Do the next piece: some runs of one optimizer, on the team. */
void
evaluator_next(struct evaluator *evaluator, struct evaluate_event *event);

/* After done: one rule's curve, at steps 0 .. horizon. */
struct evaluate_point {
	double mean, median, q10, q90;	/* infinite where runs diverged */
	int64_t runs, diverged;
};
void
evaluator_point(const struct evaluator *evaluator, int rule, int64_t step,
    struct evaluate_point *point);

/* After done: one rule's row of the table. */
struct evaluate_row {
	double learning_rate;	/* NaN: none */
	bool tuned, edge;	/* the grid's winner lies at its edge */
	double final_mean, final_median;
	double sum_mean;	/* mean over runs of the sum over steps 1.. */
	int64_t diverged;
	/* Paired: this rule's final loss less that of the best hand-crafted
	 * one, mean over runs with a 95 % bootstrap interval.  NaN for the best
	 * hand-crafted one itself, and where there is none. */
	double difference, difference_low, difference_high;
	bool best;		/* lowest mean of the sum of losses of all */
};
void
evaluator_row(const struct evaluator *evaluator, int rule,
    struct evaluate_row *row);

#endif
