/* Runs in lockstep, under rules of several parts too, are the same as each run
 * and each part done apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

#define RUNS 3
#define STEPS 12

static const struct problem_run first = { .seed = 21, .stage = RANDOM_TRAIN,
    .split = SPLIT_TRAIN, .epoch = 4, .instance = 10 };

/* One part of one run, by itself. */
struct apart {
	const struct rule_part *part;
	size_t n;
	float *theta, *grad, *state, *prepared;
	void *scratch;
};

static void
apart_new(struct apart *a, const struct problem *p,
    const struct rule_part *part)
{
	const struct optim_type *type = part->type;
	void *memory;

	*a = (struct apart){ .part = part, .n = rule_part_coordinates(p,
	    part) };
	a->theta = calloc(a->n, sizeof(float));
	a->grad = calloc(a->n, sizeof(float));
	a->state = calloc(type->state_len(&part->options, a->n) + 1,
	    sizeof(float));
	if (!optim_learned(type))
		return;
	a->prepared = calloc(type->prepared_len(&part->options),
	    sizeof(float));
	type->prepare(&part->options, part->weights, a->prepared);
	ck_assert_int_eq(posix_memalign(&memory, 64,
	    type->step_scratch(&part->options, 1)), 0);
	a->scratch = memory;
}

static void
apart_free(struct apart *a)
{
	free(a->theta);
	free(a->grad);
	free(a->state);
	free(a->prepared);
	free(a->scratch);
}

/* The part's coordinates among those of the problem, group after group. */
static void
apart_copy(const struct apart *a, const struct problem *p, float *own,
    float *part, bool to_part)
{
	for (int g = 0; g < p->groups_len; g++) {
		size_t begin = p->groups[g].begin;
		size_t len = p->groups[g].end - begin;

		if (!(a->part->groups >> g & 1))
			continue;
		memcpy(to_part ? part : own + begin,
		    to_part ? own + begin : part, len * sizeof *own);
		part += len;
	}
}

static void
apart_step(struct apart *a)
{
	struct optim_step step = { .options = &a->part->options, .n = a->n,
	    .prepared = a->prepared, .grad = a->grad, .theta = a->theta,
	    .state = a->state, .scratch = a->scratch };

	a->part->type->step(&step);
}

/* Run number `run`, part by part: its losses, and theta in problem's order. */
static void
run_apart(const struct problem *p, const struct rule *rule, uint32_t run,
    double losses[STEPS + 1], float *theta)
{
	struct apart parts[PROBLEM_GROUPS_MAX];
	struct problem_run key = first;
	void *instance = aligned_alloc(64, (p->instance_size + 127) / 64 * 64);
	float *grad = calloc(p->n, sizeof *grad);

	memset(instance, 0, p->instance_size);
	key.instance += run;
	p->type->attach(p, instance);
	p->type->sample(p, instance, &key);
	p->type->start(p, instance, &key, theta);
	for (int i = 0; i < rule->parts_len; i++)
		apart_new(&parts[i], p, &rule->parts[i]);
	for (uint32_t s = 0; s <= STEPS; s++) {
		p->type->draw(p, instance, &key, s);
		losses[s] = p->type->eval(p, instance, theta, grad);
		for (int i = 0; s < STEPS && i < rule->parts_len; i++) {
			apart_copy(&parts[i], p, theta, parts[i].theta, true);
			apart_copy(&parts[i], p, grad, parts[i].grad, true);
			apart_step(&parts[i]);
			apart_copy(&parts[i], p, theta, parts[i].theta, false);
		}
	}
	for (int i = 0; i < rule->parts_len; i++)
		apart_free(&parts[i]);
	free(grad);
	free(instance);
}

/* Where lockstep keeps a run's coordinates. */
static void
compare_theta(const struct lockstep *ls, size_t run, float *want)
{
	for (int i = 0; i < ls->rule.parts_len; i++) {
		const struct lockstep_part *part = &ls->parts[i];
		struct apart a = { .part = part->rule };
		float *own = calloc(part->coordinates, sizeof *own);

		apart_copy(&a, ls->problem, want, own, true);
		ck_assert_msg(memcmp(own, ls->theta + part->offset + run *
		    part->coordinates, part->coordinates * sizeof *own) == 0,
		    "run %zu, part %d: other parameters", run, i);
		free(own);
	}
}

static void
check(const struct problem *p, const struct rule *rule, struct team *team)
{
	static double losses[STEPS + 1][RUNS];
	float *weights = fixture_weights(rule);
	float *theta = calloc(p->n, sizeof *theta);
	struct lockstep ls;
	struct pool *pool;

	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(lockstep_new(&ls, p, rule, RUNS + 2, team, pool), 0);
	ck_assert_uint_eq(pool_used(pool), lockstep_cost(p, rule, RUNS + 2,
	    team_size(team)));
	lockstep_weights(&ls, weights);
	/* Twice: nothing of the first time is left. */
	for (int time = 0; time < 2; time++) {
		lockstep_begin(&ls, &first, time == 0 ? RUNS + 2 : RUNS);
		for (uint32_t s = 0; s <= STEPS; s++) {
			double mean = 0;

			lockstep_eval(&ls, s, s < STEPS ? ls.grads : NULL);
			for (int r = 0; r < RUNS; r++) {
				losses[s][r] = ls.losses[r];
				mean += ls.losses[r] / RUNS;
			}
			ck_assert(time == 0 || fabs(mean -
			    lockstep_loss(&ls)) < 1e-12 * mean);
			if (s < STEPS)
				lockstep_update(&ls, ls.grads);
		}
	}
	ck_assert_int_eq(lockstep_diverged(&ls), 0);
	for (uint32_t r = 0; r < RUNS; r++) {
		double want[STEPS + 1];

		run_apart(p, rule, r, want, theta);
		for (int s = 0; s <= STEPS; s++)
			EXPECT(want[s] == losses[s][r], "run %u, step %d: "
			    "loss %.17g, not %.17g", r, s, losses[s][r],
			    want[s]);
		compare_theta(&ls, r, theta);
	}
	pool_free(pool);
	free(weights);
	free(theta);
}

static const struct {
	const char *problem, *settings;
	struct {
		const char *type, *settings;
		uint32_t groups;
	} parts[2];
} cases[] = {
	{ "quadratic", NULL, { { "adam", NULL, RULE_GROUPS_ALL } } },
	{ "quadratic", "functions=3", { { "lstm", NULL, 1 } } },
	{ "mlp", NULL, { { "lstm", "layers=7,3", RULE_GROUPS_ALL } } },
	{ "mlp", NULL, { { "adam", NULL, 1 }, { "momentum", NULL, 2 } } },
	{ "mlp", NULL, { { "sgd", NULL, 2 }, { "rmsprop", NULL, 1 } } },
	{ "mlp", "hidden=6,5", { { "lstm", NULL, 1 }, { "adam", NULL, 2 } } },
	{ "mlp", NULL, { { "nag", NULL, 2 }, { "lstm", "layers=9", 1 } } },
	{ "mlp", NULL, { { "lstm", "layers=4", 2 }, { "lstm", NULL, 1 } } },
};

START_TEST(parts_and_runs_apart)
{
	struct rule rule = { .parts_len = 0 };
	float *weights[2] = { NULL, NULL };
	struct team *team;
	struct problem p;

	fixture_problem(&p, cases[_i].problem, cases[_i].settings);
	for (int i = 0; i < 2 && cases[_i].parts[i].type != NULL; i++) {
		struct random_key key = { .instance = (uint32_t)i };
		struct rule_part *part = &rule.parts[i];

		fixture_part(&rule, cases[_i].parts[i].type,
		    cases[_i].parts[i].settings, cases[_i].parts[i].groups);
		if (!optim_learned(part->type))
			continue;
		weights[i] = calloc(part->type->weights_len(&part->options),
		    sizeof(float));
		part->type->weights_init(&part->options, &key, weights[i]);
		part->weights = weights[i];
	}
	check(&p, &rule, NULL);
	ck_assert_int_eq(team_new(2, &team), 0);
	check(&p, &rule, team);
	team_free(team);
	free(weights[0]);
	free(weights[1]);
	problem_close(&p);
}
END_TEST

START_TEST(too_little_memory)
{
	struct rule rule = fixture_rule("lstm", NULL);
	size_t cost;
	struct problem p;

	fixture_problem(&p, "mlp", NULL);
	cost = lockstep_cost(&p, &rule, 4, 1);
	for (size_t budget = 1; budget < cost; budget += cost / 50) {
		struct lockstep ls;
		struct pool *pool;

		ck_assert_int_eq(pool_new(budget, &pool), 0);
		ck_assert_int_eq(lockstep_new(&ls, &p, &rule, 4, NULL, pool),
		    ERR_MEMORY);
		pool_free(pool);
	}
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_loop_test(tcase, parts_and_runs_apart, 0,
	    (int)(sizeof cases / sizeof *cases));
	tcase_add_test(tcase, too_little_memory);
}

int
main(void)
{
	blas_start();
	return run_tests("lockstep", add);
}
