/* What an evaluation found: curves and table. */
#include <math.h>

#include "meta/evaluate_state.h"
#include "meta/stats.h"

static double
loss_at(const struct evaluator *e, int rule, int64_t run, int64_t step)
{
	return (double)e->rules[rule].losses[run *
	    (e->config.options.horizon + 1) + step];
}

static double
final_mean(const struct evaluator *e, int rule)
{
	const struct evaluate_options *o = &e->config.options;
	double sum = 0;

	for (int64_t run = 0; run < o->runs; run++)
		sum += loss_at(e, rule, run, o->horizon);
	return sum / (double)o->runs;
}

static double
sum_mean(const struct evaluator *e, int rule)
{
	const struct evaluate_options *o = &e->config.options;
	double sum = 0;

	for (int64_t run = 0; run < o->runs; run++)
		for (int64_t step = 1; step <= o->horizon; step++)
			sum += loss_at(e, rule, run, step);
	return sum / (double)o->runs;
}

/* Final losses of a rule less those of the best hand-crafted one, run by run. */
static void
compare(struct evaluator *e, int rule)
{
	const struct evaluate_options *o = &e->config.options;

	for (int64_t run = 0; run < o->runs; run++)
		e->sorted[run] = loss_at(e, rule, run, o->horizon) -
		    loss_at(e, e->best_crafted, run, o->horizon);
	e->difference[rule] = stats_mean(e->sorted, (size_t)o->runs);
	/* With a diverged run there is no mean difference to speak of. */
	if (!isfinite(e->difference[rule])) {
		e->difference[rule] = NAN;
		return;
	}
	stats_bootstrap(e->sorted, (size_t)o->runs, e->config.seed,
	    (uint32_t)rule, e->bootstrap, e->numbers,
	    &e->difference_low[rule], &e->difference_high[rule]);
}

void
evaluate_finish(struct evaluator *e)
{
	double best = INFINITY, best_crafted = INFINITY;

	e->best = e->best_crafted = -1;
	for (int i = 0; i < e->config.rules_len; i++) {
		double sum = sum_mean(e, i), final = final_mean(e, i);

		if (sum < best) {
			best = sum;
			e->best = i;
		}
		if (final < best_crafted && !rule_learned(&e->rules[i].rule)) {
			best_crafted = final;
			e->best_crafted = i;
		}
	}
	for (int i = 0; i < e->config.rules_len; i++) {
		e->difference[i] = NAN;
		e->difference_low[i] = e->difference_high[i] = NAN;
		if (e->best_crafted >= 0 && i != e->best_crafted)
			compare(e, i);
	}
}

void
evaluator_point(const struct evaluator *e, int rule, int64_t step,
    struct evaluate_point *point)
{
	int64_t runs = e->config.options.runs;
	double *sorted = e->sorted;
	size_t n = (size_t)runs;

	point->runs = runs;
	point->diverged = 0;
	for (int64_t run = 0; run < runs; run++) {
		sorted[run] = loss_at(e, rule, run, step);
		point->diverged += !isfinite(sorted[run]);
	}
	point->mean = stats_mean(sorted, n);
	stats_sort(sorted, n);
	point->median = stats_quantile(sorted, n, 0.5);
	point->q10 = stats_quantile(sorted, n, 0.1);
	point->q90 = stats_quantile(sorted, n, 0.9);
}

void
evaluator_row(const struct evaluator *e, int rule, struct evaluate_row *row)
{
	const struct evaluate_rule *r = &e->rules[rule];
	struct evaluate_point last;
	const double *rate = NULL;

	evaluator_point(e, rule, e->config.options.horizon, &last);
	for (int i = 0; i < r->rule.parts_len && rate == NULL; i++)
		rate = optim_rate(r->rule.parts[i].type,
		    &r->rule.parts[i].options);
	*row = (struct evaluate_row){
		.learning_rate = rate != NULL ? *rate : NAN,
		.tuned = r->rule.tune,
		.edge = r->edge,
		.final_mean = last.mean,
		.final_median = last.median,
		.sum_mean = sum_mean(e, rule),
		.diverged = last.diverged,
		.difference = e->difference[rule],
		.difference_low = e->difference_low[rule],
		.difference_high = e->difference_high[rule],
		.best = e->best == rule,
	};
}
