#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "tests/job/jobtest.h"

static struct estimate
estimate(const char *text, int members)
{
	struct message m = { "" };
	struct estimate e;
	struct spec *spec;

	ck_assert_int_eq(jobtest_read(text, &jobtest_env, &spec, NULL), 0);
	ck_assert_msg(spec_estimate(spec, &jobtest_env, members, &e, &m) == 0,
	    "%s", m.text);
	spec_free(spec);
	return e;
}

START_TEST(quadratic)
{
	struct estimate e = estimate("{\"problem\": {\"type\": \"quadratic\"}}",
	    1);
	struct estimate longer = estimate("{\"problem\": {\"type\": "
	    "\"quadratic\"}, \"training\": {\"epochs\": 2000}}", 1);
	struct estimate more = estimate("{\"problem\": {\"type\": "
	    "\"quadratic\"}, \"training\": {\"snapshot_every\": 10}}", 1);
	struct estimate all = estimate("{\"problem\": {\"type\": "
	    "\"quadratic\"}, \"training\": {\"snapshot_every\": 10, "
	    "\"snapshot_keep\": 0}}", 1);
	struct estimate bare = estimate("{\"problem\": {\"type\": "
	    "\"quadratic\"}, \"evaluation\": []}", 1);

	ck_assert_uint_eq(e.coordinates, 10);
	/* Layers of 20 and 20 with two inputs, and the output layer. */
	ck_assert_uint_eq(e.weights, 80 * (2 + 20 + 1) + 80 * (20 + 20 + 1) +
	    21);
	ck_assert_uint_gt(e.memory, 1 << 20);
	ck_assert_uint_lt(e.memory, 256 << 20);
	ck_assert(longer.flops > e.flops && longer.flops < 2 * e.flops);
	ck_assert_uint_eq(longer.memory, e.memory);
	ck_assert_uint_gt(longer.disk, e.disk);
	/* Ten snapshots more are kept, or a hundred. */
	ck_assert_uint_ge(more.disk, e.disk + 10 * e.weights * 4);
	ck_assert_uint_lt(more.disk, e.disk + 20 * e.weights * 4);
	ck_assert_uint_ge(all.disk, e.disk + 100 * e.weights * 4);
	ck_assert(bare.flops < e.flops && bare.disk < e.disk);
}
END_TEST

/* What the estimate says is enough for what the pools take. */
START_TEST(covers_trainer)
{
	const char *text = "{\"problem\": {\"type\": \"mlp\", \"dataset\": "
	    "\"synthetic-digits\"}, \"training\": {\"meta_batch\": 3}}";
	struct estimate e = estimate(text, 2);
	struct problem p;
	struct train_config config = { .problem = &p };
	struct pool *pool;
	struct trainer *trainer;
	struct message m = { "" };
	struct spec *spec;
	struct team *team;
	const char *param;

	ck_assert_int_eq(jobtest_read(text, &jobtest_env, &spec, NULL), 0);
	ck_assert_int_eq(problem_shape(&p, spec->problem.type,
	    &spec->problem.options, "/nonexistent", &param, &m), 0);
	ck_assert_uint_eq(e.coordinates, p.n);
	ck_assert_int_eq(team_new(2, &team), 0);
	config.rule = &spec->rule.rule;
	config.options = spec->training;
	config.team = team;
	ck_assert_int_eq(pool_new(e.memory - p.info.bytes, &pool), 0);
	ck_assert_msg(trainer_new(&config, pool, &trainer, &m) == 0, "%s",
	    m.text);
	ck_assert_uint_ge(e.memory, pool_used(pool) + p.info.bytes);
	pool_free(pool);
	team_free(team);
	spec_free(spec);
}
END_TEST

START_TEST(evaluate)
{
	struct estimate one = estimate("{\"type\": \"evaluate\", \"problem\": "
	    "{\"type\": \"simple\"}, \"optimizers\": [\"sgd\"]}", 1);
	struct estimate three = estimate("{\"type\": \"evaluate\", \"problem\": "
	    "{\"type\": \"simple\"}, \"optimizers\": [\"sgd\", \"sgd\", "
	    "\"sgd\"]}", 1);
	struct estimate fixed = estimate("{\"type\": \"evaluate\", \"problem\": "
	    "{\"type\": \"simple\"}, \"optimizers\": [{\"type\": \"sgd\", "
	    "\"learning_rate\": 1}]}", 1);

	ck_assert_uint_eq(one.weights, 0);
	ck_assert(three.flops == 3 * one.flops);
	ck_assert(fixed.flops < one.flops);
	ck_assert_uint_gt(three.disk, one.disk);
}
END_TEST

/* The largest job that a spec can describe overflows nothing. */
START_TEST(largest)
{
	struct estimate e;
	struct message m = { "" };
	struct spec *spec;
	int r;

	ck_assert_int_eq(jobtest_read("{\"problem\": {\"type\": \"simple\", "
	    "\"variables\": 10000000}, \"training\": {\"epochs\": 10000000, "
	    "\"horizon\": 100000, \"unroll\": 1000, \"meta_batch\": 4096, "
	    "\"validation_runs\": 100000, \"snapshot_every\": 1}, "
	    "\"evaluation\": [{\"runs\": 100000, \"tuning_runs\": 100000}]}",
	    &jobtest_env, &spec, NULL), 0);
	r = spec_estimate(spec, &jobtest_env, 256, &e, &m);
	if (r == 0)
		ck_assert_uint_gt(e.memory, UINT64_C(1) << 40);
	else
		ck_assert_int_eq(r, ERR_LIMIT);
	spec_free(spec);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("estimate");

	tcase_add_test(t, quadratic);
	tcase_add_test(t, covers_trainer);
	tcase_add_test(t, evaluate);
	tcase_add_test(t, largest);
	return jobtest_main("estimate", t);
}
