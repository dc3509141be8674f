#include "tests/meta/evaluation.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void
evaluation_rule(struct evaluation *d, const char *type, const char *settings,
    bool tune)
{
	struct rule *rule = &d->rules[d->config.rules_len++];

	*rule = fixture_rule(type, settings);
	rule->tune = tune;
	if (d->weights == NULL && rule_learned(rule)) {
		struct random_key key = { .seed = EVALUATION_SEED };

		d->weights = calloc(rule_weights_len(rule), sizeof(float));
		rule->parts[0].type->weights_init(&rule->parts[0].options,
		    &key, d->weights);
	}
	rule->parts[0].weights = rule_learned(rule) ? d->weights : NULL;
}

void
evaluation_begin(struct evaluation *d, const char *problem,
    const char *settings, const char *options)
{
	*d = (struct evaluation){ .config = { .seed = EVALUATION_SEED } };
	fixture_problem(&d->problem, problem, settings);
	d->config.problem = &d->problem;
	d->config.rules = d->rules;
	d->config.options = fixture_evaluation(options);
}

void
evaluation_run(struct evaluation *d)
{
	struct evaluate_event event = { .done = false };
	struct message m = { "" };
	double fraction = 0;

	ck_assert_int_eq(pool_new(0, &d->pool), 0);
	ck_assert_int_eq(evaluator_new(&d->config, d->pool, &d->e, &m), 0);
	ck_assert_uint_eq(pool_used(d->pool), evaluator_cost(&d->config,
	    team_size(d->config.team)));
	while (!event.done) {
		evaluator_next(d->e, &event);
		ck_assert(event.fraction > fraction && event.fraction <= 1);
		fraction = event.fraction;
	}
	ck_assert_double_eq(fraction, 1);
	/* Asked again it is still done. */
	evaluator_next(d->e, &event);
	ck_assert(event.done);
	for (int i = 0; i < d->config.rules_len; i++)
		evaluator_row(d->e, i, &d->rows[i]);
}

void
evaluation_end(struct evaluation *d)
{
	pool_free(d->pool);
	free(d->weights);
	problem_close(&d->problem);
}

struct evaluate_point
evaluation_point(const struct evaluation *d, int rule, int64_t step)
{
	struct evaluate_point p;

	evaluator_point(d->e, rule, step, &p);
	return p;
}

double *
evaluation_losses(const struct evaluation *d, const struct rule *rule,
    enum random_stage stage, int runs)
{
	int64_t horizon = d->config.options.horizon;
	double *all = calloc((size_t)(runs * (horizon + 1)), sizeof *all);
	struct problem_run first = { .seed = EVALUATION_SEED, .stage = stage,
	    .split = stage == RANDOM_TUNE ? SPLIT_TRAIN : SPLIT_EVALUATE };
	struct lockstep ls;
	struct pool *pool;

	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(lockstep_new(&ls, &d->problem, rule, runs, NULL,
	    pool), 0);
	lockstep_weights(&ls, d->weights);
	lockstep_begin(&ls, &first, runs);
	for (int64_t s = 0; s <= horizon; s++) {
		lockstep_eval(&ls, (uint32_t)s, ls.grads);
		for (int r = 0; r < runs; r++)
			all[r * (horizon + 1) + s] = ls.losses[r];
		lockstep_update(&ls, ls.grads);
	}
	pool_free(pool);
	return all;
}
