/* A training that is saved at any of its events and taken up by another trainer
 * goes on as if nothing had happened, to the bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/blas.h"
#include "tests/meta/fixture.h"
#include "tests/run.h"

#define EVENTS_MAX 64

static const struct {
	const char *problem;
	struct {
		const char *type, *settings;
		uint32_t groups;
	} parts[2];
	const char *training;
} cases[] = {
	/* Validations in three pieces: saved in their middle too. */
	{ "quadratic", { { "lstm", "layers=6", RULE_GROUPS_ALL } },
	  "epochs=5 horizon=12 unroll=5 meta_batch=3 validate_every=2 "
	  "validation_runs=8 meta_optimizer.learning_rate=0.02" },
	{ "quadratic", { { "lstm", "layers=6", RULE_GROUPS_ALL } },
	  "epochs=6 horizon=10 unroll=5 validate_every=2 validation_runs=2 "
	  "meta_optimizer.schedule=cosine meta_optimizer.clip_norm=0.01" },
	{ "mlp", { { "lstm", "layers=5", 1 }, { "adam", NULL, 2 } },
	  "epochs=4 horizon=9 unroll=4 meta_batch=2 validate_every=1 "
	  "validation_runs=3 loss_weights=last" },
	{ "mlp", { { "lstm", "layers=3", 2 }, { "lstm", NULL, 1 } },
	  "epochs=4 horizon=9 unroll=3 meta_batch=2 validate_every=3 "
	  "validation_runs=2 meta_optimizer.beta2=0.9" },
	/* Patience runs out: weights that stay. */
	{ "quadratic", { { "lstm", "layers=4", RULE_GROUPS_ALL } },
	  "epochs=30 horizon=5 validate_every=1 validation_runs=2 patience=3 "
	  "meta_batch=2 meta_optimizer.learning_rate=0" },
};
#define CASES ((int)(sizeof cases / sizeof *cases))

struct setting {
	struct problem problem;
	struct rule rule;
	struct train_config config;
};

static void
setting_new(struct setting *s, int i)
{
	*s = (struct setting){ .config = { .seed = 1000 + (uint64_t)i } };
	fixture_problem(&s->problem, cases[i].problem, NULL);
	for (int k = 0; k < 2 && cases[i].parts[k].type != NULL; k++)
		fixture_part(&s->rule, cases[i].parts[k].type,
		    cases[i].parts[k].settings, cases[i].parts[k].groups);
	s->config.problem = &s->problem;
	s->config.rule = &s->rule;
	s->config.options = fixture_training(cases[i].training);
}

/* Doubles by their bits, so that NaN is like NaN. */
static bool
alike(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static void
compare_events(const struct train_event *a, const struct train_event *b)
{
	ck_assert_int_eq(a->what, b->what);
	ck_assert_int_eq(a->epoch, b->epoch);
	ck_assert(alike(a->meta_loss, b->meta_loss));
	ck_assert(alike(a->learning_rate, b->learning_rate));
	ck_assert(alike(a->gradient_norm, b->gradient_norm));
	ck_assert(alike(a->loss, b->loss));
	ck_assert_int_eq(a->best, b->best);
	ck_assert_int_eq(a->stopped_early, b->stopped_early);
}

static char *
save(const struct trainer *t)
{
	char *bytes = malloc(trainer_save_len(t));

	trainer_save(t, bytes);
	return bytes;
}

/* All events of an uninterrupted training and, in saved, what it would have
 * saved after each; returns how many. */
static int
uninterrupted(struct setting *s, struct train_event *events, char **saved)
{
	struct pool *pool;
	struct trainer *t = fixture_trainer(&s->config, &pool);
	int count = 0;

	do {
		ck_assert_int_lt(count, EVENTS_MAX);
		trainer_next(t, &events[count]);
		saved[count++] = save(t);
	} while (events[count - 1].what != TRAIN_DONE);
	pool_free(pool);
	return count;
}

/* A trainer that takes up what was saved after event `from`. */
static void
taken_up(struct setting *s, int from, const struct train_event *events,
    char *const *saved, int count)
{
	struct pool *pool;
	struct trainer *t = fixture_trainer(&s->config, &pool);
	size_t len = trainer_save_len(t);
	struct train_event event;
	char *bytes;

	/* Whatever it has done before does not matter. */
	for (int i = 0; i < from % 3; i++)
		trainer_next(t, &event);
	ck_assert_int_eq(trainer_restore(t, saved[from], len), 0);
	ck_assert_int_eq(trainer_epoch(t), events[from].epoch);
	for (int i = from; i + 1 < count; i++) {
		bytes = save(t);
		ck_assert_msg(memcmp(bytes, saved[i], len) == 0,
		    "event %d, taken up after %d: another state", i, from);
		free(bytes);
		trainer_next(t, &event);
		compare_events(&event, &events[i + 1]);
	}
	bytes = save(t);
	ck_assert_mem_eq(bytes, saved[count - 1], len);
	free(bytes);
	pool_free(pool);
}

START_TEST(resumes)
{
	static struct train_event events[EVENTS_MAX];
	char *saved[EVENTS_MAX];
	struct setting s;
	int count;

	setting_new(&s, _i);
	count = uninterrupted(&s, events, saved);
	ck_assert_int_gt(count, 5);
	for (int from = 0; from < count; from++)
		taken_up(&s, from, events, saved, count);
	/* With another number of threads. */
	ck_assert_int_eq(team_new(2, &s.config.team), 0);
	for (int from = 0; from < count; from += 3)
		taken_up(&s, from, events, saved, count);
	team_free(s.config.team);
	for (int i = 0; i < count; i++)
		free(saved[i]);
	problem_close(&s.problem);
}
END_TEST

/* The best weights and their loss come back too. */
START_TEST(best_comes_back)
{
	struct setting s;
	struct pool *pools[2];
	struct trainer *t[2];
	struct train_event event;
	struct rule rules[2];
	float *weights[2];
	char *bytes;

	setting_new(&s, 0);
	for (int i = 0; i < 2; i++)
		t[i] = fixture_trainer(&s.config, &pools[i]);
	for (int i = 0; i < 8; i++)
		trainer_next(t[0], &event);
	bytes = save(t[0]);
	ck_assert_int_eq(trainer_restore(t[1], bytes, trainer_save_len(t[0])),
	    0);
	for (int best = 0; best < 2; best++) {
		for (int i = 0; i < 2; i++) {
			trainer_rule(t[i], best, &rules[i]);
			weights[i] = fixture_weights(&rules[i]);
		}
		ck_assert_mem_eq(weights[0], weights[1],
		    rule_weights_len(&s.rule) * sizeof(float));
		free(weights[0]);
		free(weights[1]);
	}
	ck_assert(isfinite(trainer_best_loss(t[0])));
	ck_assert(alike(trainer_best_loss(t[0]), trainer_best_loss(t[1])));
	ck_assert_int_eq(trainer_best_epoch(t[0]), trainer_best_epoch(t[1]));
	free(bytes);
	pool_free(pools[0]);
	pool_free(pools[1]);
	problem_close(&s.problem);
}
END_TEST

/* Bytes of another trainer, or of none. */
START_TEST(refuses)
{
	struct setting s, other;
	struct pool *pool, *other_pool;
	struct trainer *t, *u;
	char *bytes, *before, *after;
	size_t len;

	setting_new(&s, 0);
	setting_new(&other, 4);
	t = fixture_trainer(&s.config, &pool);
	len = trainer_save_len(t);
	bytes = save(t);
	before = save(t);
	ck_assert_int_eq(trainer_restore(t, bytes, len - 1), ERR_FORMAT);
	ck_assert_int_eq(trainer_restore(t, bytes, 0), ERR_FORMAT);
	bytes[0] ^= 1;
	ck_assert_int_eq(trainer_restore(t, bytes, len), ERR_FORMAT);
	free(bytes);
	/* Another seed, and other layers. */
	s.config.seed++;
	u = fixture_trainer(&s.config, &other_pool);
	bytes = save(u);
	ck_assert_int_eq(trainer_restore(t, bytes, len), ERR_FORMAT);
	free(bytes);
	pool_free(other_pool);
	u = fixture_trainer(&other.config, &other_pool);
	bytes = save(u);
	ck_assert_int_eq(trainer_restore(t, bytes, trainer_save_len(u)),
	    ERR_FORMAT);
	free(bytes);
	pool_free(other_pool);
	/* Nothing of it was taken over. */
	after = save(t);
	ck_assert_mem_eq(before, after, len);
	free(before);
	free(after);
	pool_free(pool);
	problem_close(&s.problem);
	problem_close(&other.problem);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, fixture_end);
	tcase_add_loop_test(tcase, resumes, 0, CASES);
	tcase_add_test(tcase, best_comes_back);
	tcase_add_test(tcase, refuses);
}

int
main(void)
{
	blas_start();
	return run_tests("train_save", add);
}
