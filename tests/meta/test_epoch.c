/* An epoch of a trainer against the same written out: windows, losses, the
 * gradient's clipping and the meta-optimizer's update. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "optim/adam.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

#define SEED 77

/* What an epoch is made of. */
struct by_hand {
	const struct train_options *o;
	struct lockstep ls;
	struct pool *pool;
	size_t len;
	float *weights, *adam, *grads;
	double *gradient;
	float *states[2];
	/* What a trainer tells of an epoch. */
	double loss, norm;
};

static void
begin(struct by_hand *h, const struct train_config *c, int64_t epoch)
{
	struct problem_run first = { .seed = SEED, .stage = RANDOM_TRAIN,
	    .split = SPLIT_TRAIN, .epoch = (uint32_t)epoch };

	h->loss = h->norm = 0;
	lockstep_weights(&h->ls, h->weights);
	lockstep_begin(&h->ls, &first, (int)c->options.meta_batch);
	lockstep_eval(&h->ls, 0, h->grads);
}

/* The gradient of a window whose gradients are recorded. */
static void
backward(struct by_hand *h, size_t steps)
{
	float *ones = calloc(steps, sizeof *ones);
	double *gradient = h->gradient;

	for (size_t s = 0; s < steps; s++)
		ones[s] = h->o->loss_weights == TRAIN_LOSS_ALL ||
		    s == steps - 1;
	memset(gradient, 0, h->len * sizeof *gradient);
	for (int i = 0; i < h->ls.rule.parts_len; i++) {
		const struct lockstep_part *part = &h->ls.parts[i];
		const struct optim_type *type = part->rule->type;
		const void *options = &part->rule->options;
		struct optim_window w = {
			.options = options, .n = part->n, .steps = steps,
			.prepared = part->prepared, .state = h->states[i],
			.grads = h->grads + part->offset,
			.stride = h->ls.n, .loss_weights = ones,
			.scale = 1 / (float)h->ls.runs, .gradient = gradient,
		};

		if (!optim_learned(type))
			continue;
		w.scratch = pool_get(h->pool, type->window_scratch(options,
		    part->n, steps, 1), 1);
		type->window_back(&w);
		gradient += type->weights_len(options);
	}
	free(ones);
}

static void
update(struct by_hand *h, double rate)
{
	struct adam_options adam = { .learning_rate = rate,
	    .beta1 = h->o->beta1, .beta2 = h->o->beta2,
	    .epsilon = h->o->epsilon };
	float *single = calloc(h->len, sizeof *single);
	double norm = 0, clip = h->o->clip_norm;

	for (size_t i = 0; i < h->len; i++)
		norm += h->gradient[i] * h->gradient[i];
	norm = sqrt(norm);
	h->norm = fmax(h->norm, norm);
	for (size_t i = 0; i < h->len; i++)
		single[i] = (float)(clip > 0 && norm > clip ?
		    clip / norm * h->gradient[i] : h->gradient[i]);
	adam_update(&adam, h->len, single, h->weights, h->adam);
	free(single);
}

static void
epoch_by_hand(struct by_hand *h, const struct train_config *c, int64_t epoch)
{
	const struct train_options *o = h->o;
	double rate = o->schedule == 0 ? o->learning_rate : o->learning_rate *
	    (1 + cos(acos(-1) * (double)epoch / (double)o->epochs)) / 2;
	size_t n;

	begin(h, c, epoch);
	n = h->ls.n;
	for (int64_t done = 0; done < o->horizon;) {
		int64_t left = o->horizon - done;
		size_t steps = (size_t)(left < o->unroll ? left : o->unroll);

		for (int i = 0; i < h->ls.rule.parts_len; i++)
			memcpy(h->states[i], h->ls.parts[i].state,
			    h->ls.parts[i].state_len * sizeof(float));
		for (size_t s = 0; s < steps; s++) {
			lockstep_update(&h->ls, h->grads + s * n);
			done++;
			lockstep_eval(&h->ls, (uint32_t)done,
			    h->grads + (s + 1) * n);
			h->loss += lockstep_loss(&h->ls);
		}
		backward(h, steps);
		update(h, rate);
		lockstep_weights(&h->ls, h->weights);
		memmove(h->grads, h->grads + steps * n, n * sizeof(float));
	}
}

static void
by_hand_new(struct by_hand *h, const struct train_config *c,
    const float *weights)
{
	const struct train_options *o = &c->options;
	size_t n = c->problem->n * (size_t)o->meta_batch;

	*h = (struct by_hand){ .o = o, .len = rule_weights_len(c->rule) };
	ck_assert_int_eq(pool_new(0, &h->pool), 0);
	ck_assert_int_eq(lockstep_new(&h->ls, c->problem, c->rule,
	    (int)o->meta_batch, NULL, h->pool), 0);
	h->weights = pool_get(h->pool, h->len, sizeof(float));
	memcpy(h->weights, weights, h->len * sizeof(float));
	h->adam = pool_get(h->pool, adam_state_len(NULL, h->len),
	    sizeof(float));
	h->gradient = pool_get(h->pool, h->len, sizeof(double));
	h->grads = pool_get(h->pool, n * (size_t)(o->unroll + 1),
	    sizeof(float));
	for (int i = 0; i < c->rule->parts_len; i++) {
		const struct rule_part *part = &c->rule->parts[i];

		h->states[i] = pool_get(h->pool, part->type->state_len(
		    &part->options, n), sizeof(float));
	}
}

static const struct {
	const char *problem;
	struct {
		const char *type, *settings;
		uint32_t groups;
	} parts[2];
	const char *training;
} cases[] = {
	{ "quadratic", { { "lstm", NULL, RULE_GROUPS_ALL } },
	  "meta_batch=3 horizon=20 unroll=5" },
	{ "quadratic", { { "lstm", NULL, RULE_GROUPS_ALL } },
	  "meta_batch=3 horizon=20 unroll=5 loss_weights=last" },
	/* A last window of 2 steps; fewer steps than a window. */
	{ "quadratic", { { "lstm", "layers=9", RULE_GROUPS_ALL } },
	  "horizon=17 unroll=5 meta_optimizer.clip_norm=0.5" },
	/* Steps that are done twice. */
	{ "quadratic", { { "lstm", "layers=9", RULE_GROUPS_ALL } },
	  "meta_batch=3 horizon=17 unroll=5 record_memory=0" },
	{ "mlp", { { "lstm", "layers=5,4", 2 }, { "lstm", NULL, 1 } },
	  "meta_batch=2 horizon=12 unroll=6 record_memory=0" },
	{ "quadratic", { { "lstm", "layers=9", RULE_GROUPS_ALL } },
	  "horizon=4 unroll=9 meta_optimizer.schedule=cosine epochs=3" },
	{ "mlp", { { "lstm", "layers=5", 1 }, { "adam", NULL, 2 } },
	  "meta_batch=2 horizon=12 unroll=4 meta_optimizer.beta1=0.5" },
	{ "mlp", { { "lstm", "layers=5,4", 2 }, { "lstm", NULL, 1 } },
	  "meta_batch=2 horizon=12 unroll=6 meta_optimizer.clip_norm=0.01 "
	  "meta_optimizer.epsilon=1e-3 meta_optimizer.beta2=0.9" },
	{ "simple", { { "lstm", NULL, RULE_GROUPS_ALL } },
	  "horizon=3 unroll=1 loss_weights=last" },
};

START_TEST(as_by_hand)
{
	struct rule rule = { .parts_len = 0 }, now;
	struct train_config c = { .rule = &rule, .seed = SEED };
	struct train_event event;
	struct problem p;
	struct pool *pool;
	struct trainer *t;
	struct by_hand h;
	float *weights;

	fixture_problem(&p, cases[_i].problem, NULL);
	for (int i = 0; i < 2 && cases[_i].parts[i].type != NULL; i++)
		fixture_part(&rule, cases[_i].parts[i].type,
		    cases[_i].parts[i].settings, cases[_i].parts[i].groups);
	c.problem = &p;
	c.options = fixture_training(cases[_i].training);
	c.options.validate_every = 0;
	t = fixture_trainer(&c, &pool);
	trainer_rule(t, false, &now);
	weights = fixture_weights(&now);
	by_hand_new(&h, &c, weights);
	free(weights);
	for (int64_t epoch = 0; epoch < 3; epoch++) {
		trainer_next(t, &event);
		ck_assert_int_eq(event.what, TRAIN_EPOCH);
		ck_assert_int_eq(event.epoch, epoch + 1);
		epoch_by_hand(&h, &c, epoch);
		ck_assert_double_eq_tol(event.meta_loss, h.loss,
		    1e-9 * fabs(h.loss));
		ck_assert_double_eq_tol(event.gradient_norm, h.norm,
		    1e-9 * h.norm);
		trainer_rule(t, false, &now);
		weights = fixture_weights(&now);
		for (size_t i = 0; i < h.len; i++)
			EXPECT(weights[i] == h.weights[i], "epoch %d: weight "
			    "%zu is %.9g, not %.9g", (int)epoch, i,
			    (double)weights[i], (double)h.weights[i]);
		free(weights);
	}
	pool_free(pool);
	pool_free(h.pool);
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_loop_test(tcase, as_by_hand, 0,
	    (int)(sizeof cases / sizeof *cases));
}

int
main(void)
{
	blas_start();
	return run_tests("epoch", add);
}
