/* Training: what it says happens and when, what it refuses, and that threads do
 * not show. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

static const char *const configs[] = {
	"epochs=3 horizon=20 unroll=5 meta_batch=5 validate_every=2 "
	    "validation_runs=7",
	"epochs=2 horizon=7 unroll=20 validate_every=1 validation_runs=1 "
	    "loss_weights=last meta_optimizer.clip_norm=0.1",
	"epochs=2 horizon=10 unroll=1 meta_batch=2 validate_every=0",
	"epochs=2 horizon=14 unroll=5 meta_batch=2 validate_every=0 "
	    "record_memory=0",
};
#define CONFIGS ((int)(sizeof configs / sizeof *configs))

/* Train to the end; the last event. */
static struct train_event
train(struct trainer *t)
{
	struct train_event event;

	do
		trainer_next(t, &event);
	while (event.what != TRAIN_DONE && event.what != TRAIN_DIVERGED);
	return event;
}

START_TEST(teams_are_alike)
{
	struct rule rules[2] = { fixture_rule("lstm", NULL) };
	struct problem p[2];

	fixture_part(&rules[1], "lstm", "layers=7", 1);
	fixture_part(&rules[1], "adam", NULL, 2);
	fixture_problem(&p[0], "quadratic", "variables=40 functions=10");
	fixture_problem(&p[1], "mlp", NULL);
	for (int i = 0; i < 2; i++) {
		struct train_config c = { .problem = &p[i], .rule = &rules[i],
		    .options = fixture_training(configs[_i]), .seed = 5 };
		char *want = NULL;

		for (int threads = 0; threads <= 3; threads++) {
			struct pool *pool;
			struct trainer *t;
			char *got;

			if (threads > 0)
				ck_assert_int_eq(team_new(threads, &c.team),
				    0);
			t = fixture_trainer(&c, &pool);
			ck_assert_uint_eq(pool_used(pool), trainer_cost(&c,
			    team_size(c.team)));
			train(t);
			got = malloc(trainer_save_len(t));
			trainer_save(t, got);
			ck_assert(want == NULL || memcmp(got, want,
			    trainer_save_len(t)) == 0);
			if (want == NULL)
				want = got;
			else
				free(got);
			pool_free(pool);
			team_free(c.team);
			c.team = NULL;
		}
		free(want);
		problem_close(&p[i]);
	}
}
END_TEST

/* Every 2nd of 5 epochs and the last are validated, in pieces of meta_batch. */
START_TEST(order_of_events)
{
	static const enum train_what want[] = { TRAIN_EPOCH, TRAIN_EPOCH,
	    TRAIN_WORKING, TRAIN_WORKING, TRAIN_VALIDATION, TRAIN_EPOCH,
	    TRAIN_EPOCH, TRAIN_WORKING, TRAIN_WORKING, TRAIN_VALIDATION,
	    TRAIN_EPOCH, TRAIN_WORKING, TRAIN_WORKING, TRAIN_VALIDATION,
	    TRAIN_DONE };
	struct rule rule = fixture_rule("lstm", "layers=4"), best;
	struct train_config c = { .rule = &rule, .options = fixture_training(
	    "epochs=5 horizon=10 unroll=5 meta_batch=3 validate_every=2 "
	    "validation_runs=7 meta_optimizer.learning_rate=0.05") };
	struct train_event event;
	struct problem p;
	struct pool *pool;
	struct trainer *t;
	double lowest = INFINITY;
	float *kept = NULL, *got;
	int64_t epoch = 0, best_epoch = 0;

	fixture_problem(&p, "quadratic", NULL);
	c.problem = &p;
	t = fixture_trainer(&c, &pool);
	ck_assert(isnan(trainer_best_loss(t)));
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		trainer_next(t, &event);
		ck_assert_int_eq(event.what, want[i]);
		epoch += event.what == TRAIN_EPOCH;
		ck_assert_int_eq(event.epoch, epoch);
		ck_assert_int_eq(trainer_epoch(t), epoch);
		if (event.what != TRAIN_VALIDATION)
			continue;
		ck_assert_int_eq(event.best, event.loss < lowest);
		if (!event.best)
			continue;
		lowest = event.loss;
		best_epoch = epoch;
		trainer_rule(t, false, &best);
		free(kept);
		kept = fixture_weights(&best);
	}
	ck_assert(!event.stopped_early);
	ck_assert_double_eq(trainer_best_loss(t), lowest);
	ck_assert_int_eq(trainer_best_epoch(t), best_epoch);
	trainer_rule(t, true, &best);
	got = fixture_weights(&best);
	ck_assert_mem_eq(got, kept, rule_weights_len(&rule) * sizeof *got);
	free(got);
	free(kept);
	pool_free(pool);
	problem_close(&p);
}
END_TEST

/* Weights that stay: each validation sees the same runs, so that the loss stays
 * too, and patience runs out. */
START_TEST(patience)
{
	struct rule rule = fixture_rule("lstm", "layers=4");
	struct train_config c = { .rule = &rule, .options = fixture_training(
	    "epochs=50 horizon=5 validate_every=3 validation_runs=4 "
	    "meta_batch=3 patience=4 meta_optimizer.learning_rate=0") };
	struct train_event event;
	struct problem p;
	struct pool *pool;
	struct trainer *t;
	double loss = NAN;
	int validations = 0;

	fixture_problem(&p, "quadratic", NULL);
	c.problem = &p;
	t = fixture_trainer(&c, &pool);
	do {
		trainer_next(t, &event);
		if (event.what != TRAIN_VALIDATION)
			continue;
		ck_assert(validations++ == 0 || event.loss == loss);
		loss = event.loss;
	} while (event.what != TRAIN_DONE);
	ck_assert(event.stopped_early);
	ck_assert_int_eq(validations, 5);
	ck_assert_int_eq(event.epoch, 15);
	ck_assert_int_eq(trainer_best_epoch(t), 3);
	pool_free(pool);
	problem_close(&p);
}
END_TEST

static struct problem_type never;

static double
eval_nan(const struct problem *p, void *instance, const float *theta,
    float *grad)
{
	(void)instance, (void)theta;
	for (size_t i = 0; grad != NULL && i < p->n; i++)
		grad[i] = NAN;
	return NAN;
}

/* Nothing but NaN: said at each epoch, and in the end; no weight is touched. */
START_TEST(diverges)
{
	struct rule rule = fixture_rule("lstm", "layers=4"), now;
	struct train_config c = { .rule = &rule, .options = fixture_training(
	    "epochs=100 horizon=10 unroll=2 meta_batch=2 validate_every=10 "
	    "validation_runs=2") };
	struct train_event event;
	struct problem p;
	struct pool *pool;
	struct trainer *t;
	float *before, *after;

	fixture_problem(&p, "simple", NULL);
	never = *p.type;
	never.eval = eval_nan;
	p.type = &never;
	c.problem = &p;
	t = fixture_trainer(&c, &pool);
	trainer_rule(t, false, &now);
	before = fixture_weights(&now);
	do {
		trainer_next(t, &event);
		ck_assert(event.what != TRAIN_EPOCH ||
		    isinf(event.meta_loss));
		ck_assert(event.what != TRAIN_VALIDATION ||
		    (isinf(event.loss) && !event.best));
	} while (event.what != TRAIN_DIVERGED && event.what != TRAIN_DONE);
	ck_assert_int_eq(event.what, TRAIN_DIVERGED);
	ck_assert_int_lt(event.epoch, 100);
	ck_assert(isnan(trainer_best_loss(t)));
	trainer_rule(t, true, &now);
	after = fixture_weights(&now);
	ck_assert_mem_eq(before, after, rule_weights_len(&rule) *
	    sizeof *after);
	free(before);
	free(after);
	pool_free(pool);
	problem_close(&p);
}
END_TEST

START_TEST(refusals)
{
	struct rule crafted = fixture_rule("adam", NULL);
	struct rule partial = { .parts_len = 0 };
	struct rule learned = fixture_rule("lstm", NULL);
	struct train_config c = { .options = fixture_training(configs[0]) };
	struct trainer *t = (struct trainer *)&c;
	struct message m = { "" };
	struct problem p;
	struct pool *pool;
	size_t cost;

	fixture_problem(&p, "mlp", NULL);
	fixture_part(&partial, "lstm", NULL, 1);
	c.problem = &p;
	ck_assert_int_eq(pool_new(0, &pool), 0);
	c.rule = &crafted;
	ck_assert_int_eq(trainer_new(&c, pool, &t, &m), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(m.text, "nothing to train"));
	ck_assert_ptr_null(t);
	c.rule = &partial;
	ck_assert_int_eq(trainer_new(&c, pool, &t, &m), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(m.text, "'output'"));
	pool_free(pool);
	c.rule = &learned;
	cost = trainer_cost(&c, 1);
	for (size_t budget = 1; budget < cost; budget += cost / 60) {
		ck_assert_int_eq(pool_new(budget, &pool), 0);
		m.text[0] = 0;
		ck_assert_int_eq(trainer_new(&c, pool, &t, &m), ERR_MEMORY);
		ck_assert_ptr_nonnull(strstr(m.text, "memory"));
		pool_free(pool);
	}
	ck_assert_int_eq(pool_new(cost, &pool), 0);
	ck_assert_int_eq(trainer_new(&c, pool, &t, NULL), 0);
	pool_free(pool);
	problem_close(&p);
}
END_TEST

/* A window costs its gradients; else its length hardly shows: a thread's buffer
 * of recorded steps has at most 4 MiB. */
START_TEST(memory_of_windows)
{
	struct rule rule = fixture_rule("lstm", NULL);
	struct problem p = { 0 };
	struct problem_options options;
	const struct problem_type *mlp = problem_find("mlp");
	const char *param;
	struct message m;
	size_t most = 0;

	param_defaults(mlp->params, &options);
	ck_assert_int_eq(param_set_text(param_find(mlp->params, "dataset"),
	    &options, "synthetic-digits", NULL), 0);
	ck_assert_int_eq(problem_shape(&p, mlp, &options, "", &param, &m), 0);
	ck_assert_uint_eq(p.n, 15910);
	for (int64_t unroll = 1; unroll <= 1000; unroll += 37) {
		struct train_config c = { .problem = &p, .rule = &rule,
		    .options = fixture_training(NULL) };
		size_t cost, grads;

		c.options.unroll = unroll;
		cost = trainer_cost(&c, 2);
		grads = p.n * (size_t)(unroll + 1) * sizeof(float);
		ck_assert_uint_gt(cost, grads);
		most = cost - grads > most ? cost - grads : most;
	}
	ck_assert_uint_lt(most, 32 << 20);
	problem_close(&p);
}
END_TEST

/* What may be recorded is, and costs what it says. */
START_TEST(memory_of_records)
{
	struct rule rule = fixture_rule("lstm", NULL);
	struct train_config c = { .rule = &rule };
	size_t cost[3];
	struct problem p;

	fixture_problem(&p, "quadratic", NULL);
	c.problem = &p;
	for (int i = 0; i < 3; i++) {
		c.options = fixture_training("meta_batch=128");
		c.options.record_memory = i == 0 ? 0 : i == 1 ? 32 : 1000;
		cost[i] = trainer_cost(&c, 1);
	}
	ck_assert_uint_gt(cost[1], cost[0] + (24 << 20));
	ck_assert_uint_lt(cost[1], cost[0] + (32 << 20));
	ck_assert_uint_eq(cost[2], cost[1]);
	problem_close(&p);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_loop_test(tcase, teams_are_alike, 0, CONFIGS);
	tcase_add_test(tcase, order_of_events);
	tcase_add_test(tcase, patience);
	tcase_add_test(tcase, diverges);
	tcase_add_test(tcase, refusals);
	tcase_add_test(tcase, memory_of_windows);
	tcase_add_test(tcase, memory_of_records);
}

int
main(void)
{
	blas_start();
	return run_tests("train", add);
}
