/* Evaluations from their making to their results. */
#ifndef L2LD_TESTS_META_EVALUATION_H
#define L2LD_TESTS_META_EVALUATION_H

#include "tests/meta/fixture.h"

#define EVALUATION_SEED 31
#define EVALUATION_RULES 4

/* One, and what it was made of. */
struct evaluation {
	struct problem problem;
	struct rule rules[EVALUATION_RULES];
	struct evaluate_config config;
	float *weights;		/* of learned rules: all have the same */
	struct pool *pool;
	struct evaluator *e;
	struct evaluate_row rows[EVALUATION_RULES];	/* once it has run */
};

/* On a problem of this type; settings as fixture_problem and
 * fixture_evaluation take them. */
void
evaluation_begin(struct evaluation *d, const char *problem,
    const char *settings, const char *options);

/* Append a rule of one part; tune: over the grid. */
void
evaluation_rule(struct evaluation *d, const char *type, const char *settings,
    bool tune);

/* Do all its work, on d->config.team if that is set. */
void
evaluation_run(struct evaluation *d);

struct evaluate_point
evaluation_point(const struct evaluation *d, int rule, int64_t step);

/* Losses of `runs` runs of a rule by lockstep alone, [run][horizon + 1];
 * malloc'd. */
double *
evaluation_losses(const struct evaluation *d, const struct rule *rule,
    enum random_stage stage, int runs);

void
evaluation_end(struct evaluation *d);

#endif
