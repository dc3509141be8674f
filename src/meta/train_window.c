/* One truncated window: its steps, and the backward pass through them. */
#include <string.h>

#include "meta/train_state.h"

/* Coordinates of a part in all instances. */
static size_t
part_n(const struct train_config *config, const struct rule_part *part)
{
	return rule_part_coordinates(config->problem, part) *
	    (size_t)config->options.meta_batch;
}

/* Floats of a part's record; 0: too many, its steps are to be redone. */
static size_t
part_record_len(const struct train_config *config, const struct rule_part *part)
{
	const struct train_options *o = &config->options;
	size_t len = part->type->record_len(&part->options,
	    part_n(config, part), (size_t)o->unroll);

	return len <= ((size_t)o->record_memory << 20) / sizeof(float) ? len :
	    0;
}

/* Floats of the state that is kept instead of a record. */
static size_t
part_state_len(const struct train_config *config, const struct rule_part *part)
{
	return part_record_len(config, part) > 0 ? 0 :
	    part->type->state_len(&part->options, part_n(config, part));
}

/* The most scratch that any learned part needs: they take turns. */
static size_t
window_scratch(const struct train_config *config, int members)
{
	size_t most = 0;

	for (int i = 0; i < config->rule->parts_len; i++) {
		const struct rule_part *part = &config->rule->parts[i];
		size_t need;

		if (!optim_learned(part->type))
			continue;
		need = part->type->window_scratch(&part->options,
		    part_n(config, part), (size_t)config->options.unroll,
		    members);
		most = need > most ? need : most;
	}
	return most;
}

void
window_cost_add(size_t *sum, const struct train_config *config, int members)
{
	const struct train_options *o = &config->options;
	size_t n = config->problem->n * (size_t)o->meta_batch;

	pool_cost_add(sum, n, (size_t)(o->unroll + 1) * sizeof(float));
	pool_cost_add(sum, (size_t)o->unroll, sizeof(float));
	pool_cost_add(sum, window_scratch(config, members), 1);
	for (int i = 0; i < config->rule->parts_len; i++) {
		const struct rule_part *part = &config->rule->parts[i];

		/* One of the two is nothing. */
		if (optim_learned(part->type))
			pool_cost_add(sum, part_record_len(config, part) +
			    part_state_len(config, part), sizeof(float));
	}
}

/* A part's record, or room for its first state. */
static int
part_memory(struct trainer *t, int i, struct pool *pool)
{
	const struct rule_part *part = &t->rule.parts[i];
	size_t record = part_record_len(&t->config, part);

	if (record > 0) {
		t->records[i] = pool_get(pool, record, sizeof(float));
		return t->records[i] == NULL ? ERR_MEMORY : 0;
	}
	t->window_state[i] = pool_get(pool, part_state_len(&t->config, part),
	    sizeof(float));
	return t->window_state[i] == NULL ? ERR_MEMORY : 0;
}

int
window_memory(struct trainer *t, struct pool *pool)
{
	const struct train_options *o = &t->config.options;
	size_t n = t->config.problem->n * (size_t)o->meta_batch;

	t->grads = pool_get(pool, n, (size_t)(o->unroll + 1) * sizeof(float));
	t->loss_weights = pool_get(pool, (size_t)o->unroll, sizeof(float));
	t->scratch = pool_get(pool, window_scratch(&t->config,
	    team_size(t->config.team)), 1);
	if (t->grads == NULL || t->loss_weights == NULL || t->scratch == NULL)
		return ERR_MEMORY;
	for (int i = 0; i < t->rule.parts_len; i++)
		if (optim_learned(t->rule.parts[i].type) &&
		    part_memory(t, i, pool) < 0)
			return ERR_MEMORY;
	return 0;
}

/* `steps` updates; grads[1 .. steps] are filled.  Returns the sum of the mean
 * losses. */
static double
forward(struct trainer *t, uint32_t first, size_t steps)
{
	double sum = 0;

	for (int i = 0; i < t->rule.parts_len; i++)
		if (t->window_state[i] != NULL)
			memcpy(t->window_state[i], t->ls.parts[i].state,
			    t->ls.parts[i].state_len * sizeof(float));
	for (size_t s = 0; s < steps; s++) {
		lockstep_record(&t->ls, t->grads + s * t->ls.n, t->records, s,
		    steps);
		lockstep_eval(&t->ls, first + (uint32_t)s + 1,
		    t->grads + (s + 1) * t->ls.n);
		sum += lockstep_loss(&t->ls);
	}
	return sum;
}

/* Part i's recorded gradients lie among those of the other parts; with one part
 * they are the whole. */
static void
backward(struct trainer *t, size_t steps)
{
	double *gradient = t->gradient;
	const float *weights = t->weights;

	memset(t->gradient, 0, t->len * sizeof *t->gradient);
	for (size_t s = 0; s < steps; s++)
		t->loss_weights[s] = t->config.options.loss_weights ==
		    TRAIN_LOSS_ALL || s + 1 == steps ? 1 : 0;
	for (int i = 0; i < t->rule.parts_len; i++) {
		const struct lockstep_part *part = &t->ls.parts[i];
		const struct optim_type *type = part->rule->type;
		struct optim_window window = {
			.options = &part->rule->options,
			.n = part->n,
			.steps = steps,
			.weights = weights,
			.prepared = part->prepared,
			.state = t->window_state[i],
			.record = t->records[i],
			.grads = t->grads + part->offset,
			.stride = t->ls.n,
			.loss_weights = t->loss_weights,
			.scale = 1 / (float)t->ls.runs,
			.gradient = gradient,
			.scratch = t->scratch,
			.team = t->config.team,
		};
		size_t len;

		if (!optim_learned(type))
			continue;
		type->window_back(&window);
		len = type->weights_len(&part->rule->options);
		gradient += len;
		weights += len;
	}
}

double
window_run(struct trainer *t, uint32_t first, size_t steps)
{
	double sum = forward(t, first, steps);

	backward(t, steps);
	memcpy(t->grads, t->grads + steps * t->ls.n, t->ls.n * sizeof(float));
	return sum;
}
