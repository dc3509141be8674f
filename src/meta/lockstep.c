#include "meta/lockstep.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

static size_t
instance_size(const struct problem *p)
{
	return (p->instance_size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
}

static void
add_part_cost(size_t *sum, const struct rule_part *part, size_t n, int members)
{
	const struct optim_type *type = part->type;

	pool_cost_add(sum, type->state_len(&part->options, n), sizeof(float));
	if (optim_learned(type))
		pool_cost_add(sum, type->prepared_len(&part->options),
		    sizeof(float));
	if (type->step_scratch != NULL)
		pool_cost_add(sum, type->step_scratch(&part->options, members), 1);
}

size_t
lockstep_cost(const struct problem *problem, const struct rule *rule, int most,
    int members)
{
	size_t sum = 0, runs = (size_t)most, n;

	/* n and the group sizes are bounded by PROBLEM_COORDINATES_MAX, runs
	 * by an int: the product fits. */
	n = problem->n * runs;
	for (int i = 0; i < rule->parts_len; i++)
		add_part_cost(&sum, &rule->parts[i],
		    runs * rule_part_coordinates(problem, &rule->parts[i]),
		    members);
	pool_cost_add(&sum, n, sizeof(float));
	pool_cost_add(&sum, n, sizeof(float));
	if (rule->parts_len > 1) {
		pool_cost_add(&sum, n, sizeof(float));
		pool_cost_add(&sum, n, sizeof(float));
	}
	pool_cost_add(&sum, runs, instance_size(problem));
	pool_cost_add(&sum, runs, sizeof(struct problem_run));
	pool_cost_add(&sum, runs, sizeof(double));
	pool_cost_add(&sum, runs, sizeof(bool));
	return sum;
}

static int
part_new(struct lockstep_part *part, const struct rule_part *rule,
    const struct lockstep *ls, struct pool *pool)
{
	const struct optim_type *type = rule->type;
	size_t scratch = type->step_scratch == NULL ? 0 :
	    type->step_scratch(&rule->options, team_size(ls->team));

	part->rule = rule;
	part->coordinates = rule_part_coordinates(ls->problem, rule);
	part->state = pool_get(pool, type->state_len(&rule->options,
	    part->coordinates * (size_t)ls->most), sizeof(float));
	if (part->state == NULL)
		return ERR_MEMORY;
	if (optim_learned(type)) {
		part->prepared = pool_get(pool,
		    type->prepared_len(&rule->options), sizeof(float));
		if (part->prepared == NULL)
			return ERR_MEMORY;
	}
	if (scratch > 0) {
		part->scratch = pool_get(pool, scratch, 1);
		if (part->scratch == NULL)
			return ERR_MEMORY;
	}
	return 0;
}

int
lockstep_new(struct lockstep *ls, const struct problem *problem,
    const struct rule *rule, int most, struct team *team, struct pool *pool)
{
	size_t n = problem->n * (size_t)most, runs = (size_t)most;

	*ls = (struct lockstep){ .problem = problem, .rule = *rule,
	    .team = team, .most = most };
	for (int i = 0; i < rule->parts_len; i++)
		if (part_new(&ls->parts[i], &ls->rule.parts[i], ls, pool) < 0)
			return ERR_MEMORY;
	ls->theta = pool_get(pool, n, sizeof(float));
	ls->grads = pool_get(pool, n, sizeof(float));
	if (rule->parts_len > 1) {
		ls->theta_own = pool_get(pool, n, sizeof(float));
		ls->grad_own = pool_get(pool, n, sizeof(float));
		if (ls->theta_own == NULL || ls->grad_own == NULL)
			return ERR_MEMORY;
	}
	ls->instance_size = instance_size(problem);
	ls->instances = pool_get(pool, runs, ls->instance_size);
	ls->keys = pool_get(pool, runs, sizeof *ls->keys);
	ls->losses = pool_get(pool, runs, sizeof *ls->losses);
	ls->diverged = pool_get(pool, runs, sizeof *ls->diverged);
	if (ls->theta == NULL || ls->grads == NULL || ls->instances == NULL ||
	    ls->keys == NULL || ls->losses == NULL || ls->diverged == NULL)
		return ERR_MEMORY;
	for (size_t r = 0; r < runs; r++)
		problem->type->attach(problem,
		    ls->instances + r * ls->instance_size);
	return 0;
}

void
lockstep_weights(struct lockstep *ls, const float *weights)
{
	for (int i = 0; i < ls->rule.parts_len; i++) {
		struct lockstep_part *part = &ls->parts[i];
		const struct optim_type *type = part->rule->type;

		if (!optim_learned(type))
			continue;
		type->prepare(&part->rule->options, weights, part->prepared);
		weights += type->weights_len(&part->rule->options);
	}
}

/* Copy one run's coordinates between the problem's order and the optimizers'. */
static void
reorder(const struct lockstep *ls, size_t run, float *own, float *theirs,
    bool to_own)
{
	const struct problem *p = ls->problem;

	for (int i = 0; i < ls->rule.parts_len; i++) {
		const struct lockstep_part *part = &ls->parts[i];
		float *at = theirs + part->offset + run * part->coordinates;

		for (int g = 0; g < p->groups_len; g++) {
			size_t begin = p->groups[g].begin;
			size_t len = p->groups[g].end - begin;

			if (!(part->rule->groups >> g & 1))
				continue;
			if (to_own)
				memcpy(own + begin, at, len * sizeof *at);
			else
				memcpy(at, own + begin, len * sizeof *at);
			at += len;
		}
	}
}

static void *
instance(const struct lockstep *ls, size_t run)
{
	return ls->instances + run * ls->instance_size;
}

static void
begin_run(void *arg, size_t run, int member)
{
	struct lockstep *ls = arg;
	const struct problem *p = ls->problem;
	float *theta = ls->theta_own != NULL ? ls->theta_own : ls->theta;

	(void)member;
	p->type->sample(p, instance(ls, run), &ls->keys[run]);
	p->type->start(p, instance(ls, run), &ls->keys[run],
	    theta + run * p->n);
	if (ls->theta_own != NULL)
		reorder(ls, run, ls->theta_own + run * p->n, ls->theta, false);
}

void
lockstep_begin(struct lockstep *ls, const struct problem_run *first, int runs)
{
	size_t offset = 0;

	ls->runs = runs;
	ls->n = ls->problem->n * (size_t)runs;
	for (int i = 0; i < ls->rule.parts_len; i++) {
		struct lockstep_part *part = &ls->parts[i];

		part->n = part->coordinates * (size_t)runs;
		part->offset = offset;
		offset += part->n;
		part->state_len = part->rule->type->state_len(
		    &part->rule->options, part->n);
		memset(part->state, 0, part->state_len * sizeof(float));
	}
	for (int r = 0; r < runs; r++) {
		ls->keys[r] = *first;
		ls->keys[r].instance += (uint32_t)r;
		ls->diverged[r] = false;
	}
	team_run(ls->team, (size_t)runs, begin_run, ls);
}

/* All finite?  An exponent of ones is what infinities and NaN have. */
static bool
finite_all(const float *x, size_t n)
{
	uint32_t any = 0, bits;

	/* The sum reaches the sign bit if the exponent is all ones. */
	for (size_t i = 0; i < n; i++) {
		memcpy(&bits, &x[i], sizeof bits);
		any |= (bits & 0x7fffffff) + 0x00800000;
	}
	return any >> 31 == 0;
}

struct eval_work {
	struct lockstep *ls;
	float *grad;
	uint32_t step;
};

static void
eval_run(void *arg, size_t run, int member)
{
	const struct eval_work *work = arg;
	struct lockstep *ls = work->ls;
	const struct problem *p = ls->problem;
	bool several = ls->theta_own != NULL;
	float *theta = (several ? ls->theta_own : ls->theta) + run * p->n;
	float *grad = work->grad == NULL ? NULL :
	    (several ? ls->grad_own : work->grad) + run * p->n;

	(void)member;
	if (several)
		reorder(ls, run, theta, ls->theta, true);
	if (!ls->diverged[run]) {
		p->type->draw(p, instance(ls, run), &ls->keys[run], work->step);
		ls->losses[run] = p->type->eval(p, instance(ls, run), theta,
		    grad);
		if (!isfinite(ls->losses[run]) ||
		    (grad != NULL && !finite_all(grad, p->n)))
			ls->diverged[run] = true;
	}
	if (ls->diverged[run]) {
		ls->losses[run] = INFINITY;
		if (grad != NULL)
			memset(grad, 0, p->n * sizeof *grad);
	}
	if (several && grad != NULL)
		reorder(ls, run, grad, work->grad, false);
}

void
lockstep_eval(struct lockstep *ls, uint32_t step, float *grad)
{
	struct eval_work work = { .ls = ls, .grad = grad, .step = step };

	team_run(ls->team, (size_t)ls->runs, eval_run, &work);
}

void
lockstep_update(struct lockstep *ls, const float *grad)
{
	static float *const none[PROBLEM_GROUPS_MAX];

	lockstep_record(ls, grad, none, 0, 0);
}

void
lockstep_record(struct lockstep *ls, const float *grad, float *const *records,
    size_t t, size_t steps)
{
	for (int i = 0; i < ls->rule.parts_len; i++) {
		const struct lockstep_part *part = &ls->parts[i];
		struct optim_step step = {
			.options = &part->rule->options,
			.n = part->n,
			.prepared = part->prepared,
			.grad = grad + part->offset,
			.theta = ls->theta + part->offset,
			.state = part->state,
			.record = records[i],
			.t = t,
			.steps = steps,
			.scratch = part->scratch,
			.team = ls->team,
		};

		part->rule->type->step(&step);
	}
}

double
lockstep_loss(const struct lockstep *ls)
{
	double sum = 0;

	for (int r = 0; r < ls->runs; r++)
		sum += ls->losses[r];
	return sum / ls->runs;
}

int
lockstep_diverged(const struct lockstep *ls)
{
	int count = 0;

	for (int r = 0; r < ls->runs; r++)
		count += ls->diverged[r];
	return count;
}
