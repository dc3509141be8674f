#include "meta/evaluate.h"

#include <math.h>
#include <string.h>

#include "meta/evaluate_state.h"
#include "meta/stats.h"

/* Runs go in lockstep so that small problems fill the SIMD lanes: up to this
 * many coordinates, and at most so many runs. */
#define CHUNK_COORDINATES 4096
#define CHUNK_MAX 64
/* Work (see rule_work) of one call of evaluator_next: tenths of a second. */
#define UNIT_WORK 1e10

static int
chunk_runs(const struct evaluate_config *c)
{
	size_t runs = CHUNK_COORDINATES / c->problem->n;

	runs = runs < 1 ? 1 : runs > CHUNK_MAX ? CHUNK_MAX : runs;
	return c->options.runs < (int64_t)runs ? (int)c->options.runs :
	    (int)runs;
}

static size_t
runs_most(const struct evaluate_options *o)
{
	return (size_t)(o->runs > o->tuning_runs ? o->runs : o->tuning_runs);
}

size_t
evaluator_cost(const struct evaluate_config *c, int members)
{
	const struct evaluate_options *o = &c->options;
	size_t runs = (size_t)o->runs, sum = 0;

	pool_cost_add(&sum, 1, sizeof(struct evaluator));
	pool_cost_add(&sum, runs_most(o), sizeof(double));
	pool_cost_add(&sum, runs, sizeof(double));
	for (int i = 0; i < 3; i++)
		pool_cost_add(&sum, (size_t)c->rules_len, sizeof(double));
	pool_cost_add(&sum, STATS_RESAMPLES, sizeof(double));
	pool_cost_add(&sum, runs, sizeof(uint32_t));
	for (int i = 0; i < c->rules_len; i++) {
		pool_cost_add(&sum, (size_t)members, sizeof(struct lockstep));
		for (int k = 0; k < members; k++) {
			size_t one = lockstep_cost(c->problem, &c->rules[i],
			    chunk_runs(c), 1);

			if (__builtin_add_overflow(sum, one, &sum))
				return SIZE_MAX;
		}
		pool_cost_add(&sum, PARAM_LIST_MAX, sizeof(double));
		pool_cost_add(&sum, runs,
		    (size_t)(o->horizon + 1) * sizeof(float));
	}
	return sum;
}

static double
run_work(const struct evaluate_config *c, const struct rule *rule)
{
	return rule_work(rule, c->problem, false) *
	    (double)(c->options.horizon + 1);
}

double
evaluator_work(const struct evaluate_config *c)
{
	double work = 0;

	for (int i = 0; i < c->rules_len; i++) {
		double runs = (double)c->options.runs;

		if (c->rules[i].tune)
			runs += (double)(c->options.tuning_runs *
			    c->options.learning_rates.len);
		work += runs * run_work(c, &c->rules[i]);
	}
	return work;
}

static int
rule_memory(struct evaluator *e, struct evaluate_rule *r, struct pool *pool)
{
	const struct evaluate_options *o = &e->config.options;

	r->ls = pool_get(pool, (size_t)e->members, sizeof *r->ls);
	r->tune_sums = pool_get(pool, PARAM_LIST_MAX, sizeof(double));
	r->losses = pool_get(pool, (size_t)o->runs,
	    (size_t)(o->horizon + 1) * sizeof(float));
	if (r->ls == NULL || r->tune_sums == NULL || r->losses == NULL)
		return ERR_MEMORY;
	for (int k = 0; k < e->members; k++)
		if (lockstep_new(&r->ls[k], e->config.problem, &r->rule,
		    e->chunk, NULL, pool) < 0)
			return ERR_MEMORY;
	return 0;
}

static int
evaluator_memory(struct evaluator *e, struct pool *pool)
{
	const struct evaluate_options *o = &e->config.options;
	size_t rules = (size_t)e->config.rules_len;

	e->sums = pool_get(pool, runs_most(o), sizeof(double));
	e->sorted = pool_get(pool, (size_t)o->runs, sizeof(double));
	e->difference = pool_get(pool, rules, sizeof(double));
	e->difference_low = pool_get(pool, rules, sizeof(double));
	e->difference_high = pool_get(pool, rules, sizeof(double));
	e->bootstrap = pool_get(pool, STATS_RESAMPLES, sizeof(double));
	e->numbers = pool_get(pool, (size_t)o->runs, sizeof(uint32_t));
	if (e->sums == NULL || e->sorted == NULL || e->difference == NULL ||
	    e->difference_low == NULL || e->difference_high == NULL ||
	    e->bootstrap == NULL || e->numbers == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < rules; i++)
		if (rule_memory(e, &e->rules[i], pool) < 0)
			return ERR_MEMORY;
	return 0;
}

/* The first thing to do for the present rule. */
static void
begin_rule(struct evaluator *e)
{
	const struct evaluate_rule *r = &e->rules[e->rule];

	e->run = 0;
	e->rate = e->rule < e->config.rules_len && r->rule.tune ? 0 :
	    e->config.options.learning_rates.len;
}

int
evaluator_new(const struct evaluate_config *config, struct pool *pool,
    struct evaluator **evaluator, struct message *m)
{
	struct evaluator *e;
	int r;

	*evaluator = NULL;
	for (int i = 0; i < config->rules_len; i++) {
		r = rule_check(&config->rules[i], config->problem, m);
		if (r < 0)
			return r;
	}
	e = pool_get(pool, 1, sizeof *e);
	if (e == NULL)
		return message_set(m, ERR_MEMORY, "no memory to evaluate");
	e->config = *config;
	e->members = team_size(config->team);
	e->chunk = chunk_runs(config);
	e->work = evaluator_work(config);
	for (int i = 0; i < config->rules_len; i++)
		e->rules[i].rule = config->rules[i];
	if (evaluator_memory(e, pool) < 0)
		return message_set(m, ERR_MEMORY, "no memory to evaluate");
	begin_rule(e);
	*evaluator = e;
	return 0;
}

static void
set_rate(struct rule *rule, double rate)
{
	for (int i = 0; i < rule->parts_len; i++) {
		double *at = optim_rate(rule->parts[i].type,
		    &rule->parts[i].options);

		if (at != NULL)
			*at = rate;
	}
}

/* The learned parts' weights, wherever each one's are. */
static void
set_weights(struct lockstep *ls, const struct rule *rule)
{
	for (int i = 0; i < rule->parts_len; i++) {
		const struct rule_part *part = &rule->parts[i];

		if (optim_learned(part->type))
			part->type->prepare(&part->options, part->weights,
			    ls->parts[i].prepared);
	}
}

static bool
tuning(const struct evaluator *e)
{
	return e->rate < e->config.options.learning_rates.len;
}

struct chunk_work {
	struct evaluator *e;
	int64_t first, end;	/* runs */
};

/* A chunk's runs from their initial points to the horizon. */
static void
run_chunk(void *arg, size_t item, int member)
{
	const struct chunk_work *work = arg;
	struct evaluator *e = work->e;
	struct evaluate_rule *r = &e->rules[e->rule];
	struct lockstep *ls = &r->ls[member];
	int64_t horizon = e->config.options.horizon;
	int64_t first = work->first + (int64_t)item * e->chunk;
	int64_t left = work->end - first;
	int runs = left < e->chunk ? (int)left : e->chunk;
	struct problem_run run = { .seed = e->config.seed,
	    .stage = tuning(e) ? RANDOM_TUNE : RANDOM_EVALUATE,
	    .split = tuning(e) ? SPLIT_TRAIN : SPLIT_EVALUATE,
	    .instance = (uint32_t)first };

	ls->rule = r->rule;
	if (tuning(e))
		set_rate(&ls->rule,
		    e->config.options.learning_rates.v[e->rate]);
	set_weights(ls, &ls->rule);
	lockstep_begin(ls, &run, runs);
	for (int k = 0; k < runs; k++)
		e->sums[first + k] = 0;
	for (int64_t step = 0; step <= horizon; step++) {
		/* The last loss needs no gradient. */
		lockstep_eval(ls, (uint32_t)step,
		    step < horizon ? ls->grads : NULL);
		for (int k = 0; k < runs; k++) {
			if (step > 0)
				e->sums[first + k] += ls->losses[k];
			if (!tuning(e))
				r->losses[(first + k) * (horizon + 1) + step] =
				    (float)ls->losses[k];
		}
		if (step < horizon)
			lockstep_update(ls, ls->grads);
	}
}

/* The grid's winner: the lowest mean sum; never a diverged one, if any was
 * not. */
static void
pick_rate(struct evaluator *e, struct evaluate_rule *r)
{
	const struct param_reals *grid = &e->config.options.learning_rates;
	double low = grid->v[0], high = grid->v[0];
	int best = 0;

	for (int i = 1; i < grid->len; i++) {
		if (r->tune_sums[i] < r->tune_sums[best])
			best = i;
		low = fmin(low, grid->v[i]);
		high = fmax(high, grid->v[i]);
	}
	set_rate(&r->rule, grid->v[best]);
	r->edge = grid->v[best] == low || grid->v[best] == high;
}

/* All runs of the present rate, or of the evaluation, are done. */
static void
end_runs(struct evaluator *e)
{
	struct evaluate_rule *r = &e->rules[e->rule];

	if (!tuning(e)) {
		e->rule++;
		begin_rule(e);
		return;
	}
	r->tune_sums[e->rate] = stats_mean(e->sums,
	    (size_t)e->config.options.tuning_runs);
	e->run = 0;
	e->rate++;
	if (!tuning(e))
		pick_rate(e, r);
}

void
evaluator_next(struct evaluator *e, struct evaluate_event *event)
{
	const struct evaluate_options *o = &e->config.options;
	int64_t all, chunks, most;
	struct chunk_work work = { .e = e };
	double one;

	*event = (struct evaluate_event){ .done = true, .fraction = 1 };
	if (e->rule >= e->config.rules_len)
		return;
	one = run_work(&e->config, &e->rules[e->rule].rule);
	all = tuning(e) ? o->tuning_runs : o->runs;
	most = (int64_t)(UNIT_WORK / (one * e->chunk)) + 1;
	most = (most + e->members - 1) / e->members * e->members;
	chunks = (all - e->run + e->chunk - 1) / e->chunk;
	chunks = chunks < most ? chunks : most;
	work.first = e->run;
	work.end = e->run + chunks * e->chunk < all ?
	    e->run + chunks * e->chunk : all;
	team_run(e->config.team, (size_t)chunks, run_chunk, &work);
	e->work_done += (double)(work.end - e->run) * one;
	e->run = work.end;
	if (e->run == all)
		end_runs(e);
	event->done = e->rule >= e->config.rules_len;
	event->fraction = event->done ? 1 : fmin(e->work_done / e->work, 1);
	if (event->done)
		evaluate_finish(e);
}
