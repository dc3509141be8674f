#include "meta/train.h"

#include <math.h>
#include <string.h>

#include "meta/train_state.h"

/* Epochs in a row in which every run diverges, or the meta-gradient is not
 * finite, before the training itself is called diverged. */
#define FAILURES_MAX 20

size_t
trainer_cost(const struct train_config *config, int members)
{
	const struct train_options *o = &config->options;
	size_t len = rule_weights_len(config->rule);
	size_t sum = lockstep_cost(config->problem, config->rule,
	    (int)o->meta_batch, members);

	pool_cost_add(&sum, 1, sizeof(struct trainer));
	pool_cost_add(&sum, len, sizeof(float));
	pool_cost_add(&sum, len, sizeof(float));
	pool_cost_add(&sum, adam_state_len(NULL, len), sizeof(float));
	pool_cost_add(&sum, len, sizeof(double));
	pool_cost_add(&sum, len, sizeof(float));
	window_cost_add(&sum, config, members);
	return sum;
}

static int
trainer_memory(struct trainer *t, struct pool *pool)
{
	const struct train_options *o = &t->config.options;

	t->len = rule_weights_len(&t->rule);
	t->meta_state_len = adam_state_len(NULL, t->len);
	t->weights = pool_get(pool, t->len, sizeof(float));
	t->best = pool_get(pool, t->len, sizeof(float));
	t->meta_state = pool_get(pool, t->meta_state_len, sizeof(float));
	t->gradient = pool_get(pool, t->len, sizeof(double));
	t->gradient_single = pool_get(pool, t->len, sizeof(float));
	if (t->weights == NULL || t->best == NULL || t->meta_state == NULL ||
	    t->gradient == NULL || t->gradient_single == NULL ||
	    window_memory(t, pool) < 0)
		return ERR_MEMORY;
	return lockstep_new(&t->ls, t->config.problem, &t->rule,
	    (int)o->meta_batch, t->config.team, pool);
}

/* The parts' given weights, or drawn ones. */
static void
first_weights(struct trainer *t)
{
	float *w = t->weights;

	for (int i = 0; i < t->rule.parts_len; i++) {
		const struct rule_part *part = &t->rule.parts[i];
		struct random_key key = { .seed = t->config.seed,
		    .purpose = RANDOM_WEIGHTS, .stage = RANDOM_TRAIN,
		    .instance = (uint32_t)i };
		size_t len;

		if (!optim_learned(part->type))
			continue;
		len = part->type->weights_len(&part->options);
		if (part->weights != NULL)
			memcpy(w, part->weights, len * sizeof *w);
		else
			part->type->weights_init(&part->options, &key, w);
		w += len;
	}
	memcpy(t->best, t->weights, t->len * sizeof *w);
}

int
trainer_new(const struct train_config *config, struct pool *pool,
    struct trainer **trainer, struct message *m)
{
	struct trainer *t;
	int r;

	*trainer = NULL;
	if (!rule_learned(config->rule))
		return message_set(m, ERR_INVALID, "no part of the optimizer "
		    "is a learned one: there is nothing to train");
	r = rule_check(config->rule, config->problem, m);
	if (r < 0)
		return r;
	t = pool_get(pool, 1, sizeof *t);
	if (t == NULL)
		return message_set(m, ERR_MEMORY, "no memory for training");
	t->config = *config;
	t->rule = *config->rule;
	if (trainer_memory(t, pool) < 0)
		return message_set(m, ERR_MEMORY, "no memory for training");
	t->progress.best_loss = NAN;
	first_weights(t);
	*trainer = t;
	return 0;
}

static double
rate(const struct trainer *t)
{
	const struct train_options *o = &t->config.options;

	if (o->schedule == 0)
		return o->learning_rate;
	return o->learning_rate * 0.5 * (1 + cos(acos(-1) *
	    (double)t->progress.epoch / (double)o->epochs));
}

/* Four sums side by side: one would wait for its own additions. */
static double
sum_squares(const double *x, size_t n)
{
	double sum[4] = { 0 };

	for (size_t i = 0; i < n; i++)
		sum[i % 4] += x[i] * x[i];
	return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Clip the meta-gradient and update the weights.  Returns its norm before
 * clipping; if that is not finite nothing is updated. */
static double
meta_update(struct trainer *t)
{
	const struct train_options *o = &t->config.options;
	struct adam_options adam = { .learning_rate = rate(t),
	    .beta1 = o->beta1, .beta2 = o->beta2, .epsilon = o->epsilon };
	double norm = sqrt(sum_squares(t->gradient, t->len)), scale = 1;

	if (!isfinite(norm))
		return norm;
	if (o->clip_norm > 0 && norm > o->clip_norm)
		scale = o->clip_norm / norm;
	for (size_t i = 0; i < t->len; i++)
		t->gradient_single[i] = (float)(scale * t->gradient[i]);
	adam_update(&adam, t->len, t->gradient_single, t->weights,
	    t->meta_state);
	return norm;
}

/* ---- an epoch, a validation ---- */

static bool
finite_weights(const struct trainer *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (!isfinite(t->weights[i]))
			return false;
	return true;
}

/* One run of the horizon, a meta-update after each window. */
static void
train_epoch(struct trainer *t, struct train_event *event)
{
	const struct train_options *o = &t->config.options;
	struct problem_run run = { .seed = t->config.seed,
	    .stage = RANDOM_TRAIN, .split = SPLIT_TRAIN,
	    .epoch = (uint32_t)t->progress.epoch };
	bool failed = false;

	event->what = TRAIN_EPOCH;
	event->learning_rate = rate(t);
	lockstep_weights(&t->ls, t->weights);
	lockstep_begin(&t->ls, &run, (int)o->meta_batch);
	lockstep_eval(&t->ls, 0, t->grads);
	for (int64_t done = 0; done < o->horizon && !failed;) {
		size_t steps = (size_t)(o->horizon - done < o->unroll ?
		    o->horizon - done : o->unroll);
		double norm;

		event->meta_loss += window_run(t, (uint32_t)done, steps);
		done += (int64_t)steps;
		norm = meta_update(t);
		/* Written so that a norm of NaN is kept. */
		if (!(norm <= event->gradient_norm))
			event->gradient_norm = norm;
		failed = !isfinite(norm) ||
		    lockstep_diverged(&t->ls) == t->ls.runs;
		lockstep_weights(&t->ls, t->weights);
	}
	if (failed)
		event->meta_loss = INFINITY;
	t->progress.failures = failed ? t->progress.failures + 1 : 0;
	t->progress.epoch++;
	event->epoch = t->progress.epoch;
	t->progress.diverged = t->progress.failures >= FAILURES_MAX ||
	    !finite_weights(t);
	t->progress.validating = o->validate_every > 0 &&
	    (t->progress.epoch % o->validate_every == 0 ||
	    t->progress.epoch == o->epochs);
	t->progress.validated = 0;
	t->progress.validation_sum = 0;
}

static void
end_validation(struct trainer *t, struct train_event *event)
{
	struct train_progress *p = &t->progress;
	double loss = p->validation_sum /
	    (double)t->config.options.validation_runs;

	event->what = TRAIN_VALIDATION;
	event->loss = loss;
	event->best = isfinite(loss) &&
	    (isnan(p->best_loss) || loss < p->best_loss);
	p->validating = false;
	p->waiting++;
	if (event->best) {
		p->best_loss = loss;
		p->best_epoch = p->epoch;
		p->waiting = 0;
		memcpy(t->best, t->weights, t->len * sizeof *t->best);
	}
	if (t->config.options.patience > 0 &&
	    p->waiting >= t->config.options.patience)
		p->stopped_early = true;
}

/* As many validation runs at a time as there is room for. */
static void
validate(struct trainer *t, struct train_event *event)
{
	const struct train_options *o = &t->config.options;
	int64_t left = o->validation_runs - t->progress.validated;
	int runs = (int)(left < o->meta_batch ? left : o->meta_batch);
	struct problem_run run = { .seed = t->config.seed,
	    .stage = RANDOM_VALIDATE, .split = SPLIT_TRAIN,
	    .instance = (uint32_t)t->progress.validated };

	event->what = TRAIN_WORKING;
	lockstep_weights(&t->ls, t->weights);
	lockstep_begin(&t->ls, &run, runs);
	for (int64_t step = 0; step <= o->horizon; step++) {
		lockstep_eval(&t->ls, (uint32_t)step, t->grads);
		if (step > 0)
			t->progress.validation_sum += lockstep_loss(&t->ls) *
			    runs;
		if (step < o->horizon)
			lockstep_update(&t->ls, t->grads);
	}
	t->progress.validated += runs;
	if (t->progress.validated == o->validation_runs)
		end_validation(t, event);
}

void
trainer_next(struct trainer *t, struct train_event *event)
{
	const struct train_progress *p = &t->progress;

	*event = (struct train_event){ .epoch = p->epoch };
	if (p->diverged) {
		event->what = TRAIN_DIVERGED;
	} else if (p->validating) {
		validate(t, event);
	} else if (p->stopped_early || p->epoch >= t->config.options.epochs) {
		event->what = TRAIN_DONE;
		event->stopped_early = p->stopped_early;
	} else {
		train_epoch(t, event);
	}
}

void
trainer_rule(const struct trainer *t, bool best, struct rule *rule)
{
	const float *w = best && !isnan(t->progress.best_loss) ? t->best :
	    t->weights;

	*rule = t->rule;
	rule_set_weights(rule, w);
}

double
trainer_best_loss(const struct trainer *t)
{
	return t->progress.best_loss;
}

int64_t
trainer_best_epoch(const struct trainer *t)
{
	return t->progress.best_epoch;
}

int64_t
trainer_epoch(const struct trainer *t)
{
	return t->progress.epoch;
}
