/* The golden vectors: losses and theta of every step, the meta-gradients of
 * both windows, the weights after Adam's updates, the hand-crafted optimizers
 * and the preprocessing, all against double precision. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "meta/lockstep.h"
#include "meta/train.h"
#include "num/blas.h"
#include "num/lstm.h"

#define UNROLL 20
#define TOLERANCE 1e-4		/* of the learned optimizer, relative */
#define TOLERANCE_CRAFTED 1e-5

static const char *const cases[] = { "simple", "quadratic_b1", "quadratic_b4",
    "quadratic_b4_own", "mlp_sigmoid", "mlp_relu", "mlp_2layer" };
#define CASES ((int)(sizeof cases / sizeof *cases))

static void
expect(const char *name, const char *what, const float *got,
    const struct array *want, double tolerance)
{
	double error = golden_error(got, want);

	ck_assert_msg(error <= tolerance, "%s: %s: relative error %.3g, at most "
	    "%.0e", name, what, error, tolerance);
}

static json_t *
read_case(const char *name, const char *suffix)
{
	char file[128];

	snprintf(file, sizeof file, "%s%s.json", name, suffix);
	return golden_read(file);
}

struct run {
	const char *name;
	struct lockstep ls;
	struct pool *pool;
	float *grads, *state, *losses, *theta;
};

/* The theta and losses of a window, compared; grads are left in run. */
static void
check_forward(struct run *r, const json_t *window, uint32_t first)
{
	struct array want = golden_array(window, "theta");
	struct array losses = golden_array(window, "loss");
	struct array inputs = golden_array(window, "input");
	size_t n = r->ls.n;

	memcpy(r->state, r->ls.parts[0].state, r->ls.parts[0].state_len *
	    sizeof *r->state);
	for (uint32_t s = 0; s < UNROLL; s++) {
		lockstep_update(&r->ls, r->grads + s * n);
		memcpy(r->theta + s * n, r->ls.theta, n * sizeof(float));
		lockstep_eval(&r->ls, first + s + 1, r->grads + (s + 1) * n);
		r->losses[s] = (float)lockstep_loss(&r->ls);
	}
	expect(r->name, "theta", r->theta, &want, TOLERANCE);
	expect(r->name, "losses", r->losses, &losses, TOLERANCE);
	expect(r->name, "gradients", r->grads, &inputs, TOLERANCE);
	free(want.v);
	free(losses.v);
	free(inputs.v);
}

static void
check_gradient(struct run *r, const float *weights, const json_t *want_json)
{
	const struct lockstep_part *part = &r->ls.parts[0];
	const struct optim_type *type = part->rule->type;
	size_t len = type->weights_len(&part->rule->options), want_len;
	size_t at = 0;
	double *gradient = pool_get(r->pool, len, sizeof *gradient);
	float *want = golden_weights(want_json, &want_len);
	struct optim_tensor tensors[OPTIM_TENSORS_MAX];
	int count = type->tensors(&part->rule->options, tensors);
	float ones[UNROLL];
	struct optim_window window = {
		.options = &part->rule->options, .n = r->ls.n,
		.steps = UNROLL, .weights = weights,
		.prepared = part->prepared, .state = r->state,
		.grads = r->grads, .stride = r->ls.n, .loss_weights = ones,
		.scale = 1 / (float)r->ls.runs, .gradient = gradient,
		.scratch = pool_get(r->pool, type->window_scratch(
		    &part->rule->options, r->ls.n, UNROLL, 1), 1),
	};

	for (int i = 0; i < UNROLL; i++)
		ones[i] = 1;
	type->window_back(&window);
	ck_assert_uint_eq(len, want_len);
	/* Tensor by tensor: each has a scale of its own. */
	for (int t = 0; t < count; t++) {
		double most = 0, error = 0;

		if (tensors[t].zeros)
			continue;
		at = tensors[t].offset;
		for (size_t i = at; i < len && (t + 1 == count ||
		    i < at + tensors[t].shape[0] * (tensors[t].dims > 1 ?
		    tensors[t].shape[1] : 1)); i++) {
			ck_assert(isfinite(gradient[i]));
			most = fmax(most, fabs((double)want[i]));
			error = fmax(error, fabs(gradient[i] -
			    (double)want[i]));
		}
		ck_assert_msg(error <= TOLERANCE * most, "%s: gradient of %s: "
		    "relative error %.3g", r->name, tensors[t].name,
		    error / most);
	}
	free(want);
}

/* Both windows with the same weights. */
START_TEST(both_windows)
{
	const char *name = cases[_i];
	json_t *c = read_case(name, ""), *grad = read_case(name, ".grad");
	const json_t *spec = json_object_get(c, "problem");
	bool own = json_number_value(json_object_get(c, "input_gain")) > 1;
	struct run r = { .name = name };
	struct problem p;
	struct rule rule;
	float *weights;
	int runs = golden_problem(spec, own, &p);
	struct problem_run first = { .stage = RANDOM_PROBE };

	golden_rule(c, &rule, &weights);
	ck_assert_int_eq(pool_new(0, &r.pool), 0);
	ck_assert_int_eq(lockstep_new(&r.ls, &p, &rule, runs, NULL, r.pool),
	    0);
	lockstep_weights(&r.ls, weights);
	lockstep_begin(&r.ls, &first, runs);
	r.grads = pool_get(r.pool, (UNROLL + 1) * r.ls.n, sizeof(float));
	r.theta = pool_get(r.pool, UNROLL * r.ls.n, sizeof(float));
	r.losses = pool_get(r.pool, UNROLL, sizeof(float));
	r.state = pool_get(r.pool, r.ls.parts[0].state_len, sizeof(float));
	lockstep_eval(&r.ls, 0, r.grads);
	check_forward(&r, json_object_get(c, "window1"), 0);
	check_gradient(&r, weights, json_object_get(grad, "window1"));
	memcpy(r.grads, r.grads + UNROLL * r.ls.n, r.ls.n * sizeof(float));
	check_forward(&r, json_object_get(c, "window2"), UNROLL);
	check_gradient(&r, weights, json_object_get(grad, "window2"));
	pool_free(r.pool);
	golden_problem_close(&p);
	free(weights);
	json_decref(c);
	json_decref(grad);
}
END_TEST

/* The trainer itself over one epoch of `windows` windows. */
static void
check_trainer(const char *name, int64_t windows, const char *want_name)
{
	json_t *c = read_case(name, ""), *adam = read_case(name, ".adam");
	bool own = json_number_value(json_object_get(c, "input_gain")) > 1;
	struct train_config config = { 0 };
	struct train_event event;
	struct problem p;
	struct rule rule, trained;
	struct pool *pool;
	struct trainer *trainer;
	struct array want = { 0 };
	float *weights, *after;
	int runs = golden_problem(json_object_get(c, "problem"), own, &p);
	double error = 0, most = 0;

	golden_rule(c, &rule, &weights);
	config.problem = &p;
	config.rule = &rule;
	param_defaults(train_params, &config.options);
	config.options.epochs = 1;
	config.options.horizon = windows * UNROLL;
	config.options.unroll = UNROLL;
	config.options.meta_batch = runs;
	config.options.learning_rate = json_number_value(json_object_get(adam,
	    "lr"));
	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(trainer_new(&config, pool, &trainer, NULL), 0);
	trainer_next(trainer, &event);
	ck_assert_int_eq(event.what, TRAIN_EPOCH);
	trainer_rule(trainer, false, &trained);
	after = golden_weights(json_object_get(adam, want_name), &want.len);
	for (size_t i = 0; i < want.len; i++) {
		double e = fabs((double)(trained.parts[0].weights[i] -
		    after[i]));

		ck_assert(isfinite(e));
		error = fmax(error, e);
		most = fmax(most, fabs((double)after[i]));
	}
	ck_assert_msg(error <= TOLERANCE * most, "%s: %s: relative error %.3g",
	    name, want_name, error / most);
	if (windows == 2) {
		double sum = json_number_value(json_object_get(json_object_get(
		    c, "window1"), "meta_loss")) + json_number_value(
		    json_object_get(json_object_get(adam, "window2_after_1"),
		    "meta_loss"));

		ck_assert_msg(fabs(event.meta_loss - sum) <= TOLERANCE * sum,
		    "%s: the epoch's losses: %.9g, not %.9g", name,
		    event.meta_loss, sum);
	}
	free(after);
	pool_free(pool);
	golden_problem_close(&p);
	free(weights);
	json_decref(c);
	json_decref(adam);
}

START_TEST(one_epoch)
{
	check_trainer(cases[_i], 1, "phi_after_1");
	check_trainer(cases[_i], 2, "phi_after_2");
}
END_TEST

static const char *const crafted[] = { "sgd", "momentum", "nesterov", "rmsprop",
    "adam", "adagrad", "adamw" };

static void
set_hyper(struct rule_part *part, const json_t *hyper)
{
	/* The file's names, and those of our parameters. */
	const char *const names[][2] = { { "lr", "learning_rate" },
	    { "momentum", "momentum" }, { "alpha", "alpha" },
	    { "eps", "epsilon" }, { "beta1", "beta1" }, { "beta2", "beta2" },
	    { "weight_decay", "weight_decay" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const json_t *v = json_object_get(hyper, names[i][0]);

		if (v != NULL)
			ck_assert_int_eq(param_set_real(param_find(
			    part->type->params, names[i][1]), &part->options,
			    json_number_value(v), NULL), 0);
	}
}

START_TEST(hand_crafted)
{
	const char *name = crafted[_i];
	json_t *all = golden_read("optimizers.json");
	const json_t *c = json_object_get(all, name);
	struct array losses = golden_array(c, "loss");
	struct array theta = golden_array(c, "theta");
	struct rule rule = { .parts_len = 1 };
	struct problem p;
	struct lockstep ls;
	struct pool *pool;
	struct problem_run first = { .stage = RANDOM_PROBE };
	float got[21], path[200], grad[10];

	golden_problem(json_object_get(all, "problem"), false, &p);
	rule.parts[0].type = optim_find(name);
	rule.parts[0].groups = RULE_GROUPS_ALL;
	param_defaults(rule.parts[0].type->params, &rule.parts[0].options);
	set_hyper(&rule.parts[0], c);
	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_int_eq(lockstep_new(&ls, &p, &rule, 1, NULL, pool), 0);
	lockstep_begin(&ls, &first, 1);
	for (uint32_t s = 0; s <= 20; s++) {
		lockstep_eval(&ls, s, grad);
		got[s] = (float)lockstep_loss(&ls);
		if (s == 20)
			break;
		lockstep_update(&ls, grad);
		memcpy(path + s * 10, ls.theta, sizeof grad);
	}
	expect(name, "losses", got, &losses, TOLERANCE_CRAFTED);
	expect(name, "theta", path, &theta, TOLERANCE_CRAFTED);
	pool_free(pool);
	golden_problem_close(&p);
	free(losses.v);
	free(theta.v);
	json_decref(all);
}
END_TEST

START_TEST(preprocess)
{
	json_t *all = golden_read("preprocess.json");
	const char *key;
	json_t *c;

	json_object_foreach(all, key, c) {
		struct array g = golden_array(c, "g");
		struct array want[2] = { golden_array(c, "first"),
		    golden_array(c, "second") };
		struct lstm_net net = { .features = LSTM_LOG_SIGN,
		    .p = (float)json_number_value(json_object_get(c, "p")) };
		float *in = calloc(g.len, sizeof *in);
		float *x = calloc(2 * g.len, sizeof *x);

		for (size_t i = 0; i < g.len; i++)
			in[i] = (float)g.v[i];
		lstm_kernels()->features(&net, g.len, in, x);
		for (size_t f = 0; f < 2; f++)
			for (size_t i = 0; i < g.len; i++)
				ck_assert_msg(fabs((double)x[f * g.len + i] -
				    want[f].v[i]) <= 1e-6, "%s: feature %zu of "
				    "%g: %g, not %g", key, f, g.v[i],
				    (double)x[f * g.len + i], want[f].v[i]);
		free(in);
		free(x);
		free(g.v);
		free(want[0].v);
		free(want[1].v);
	}
	json_decref(all);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("golden");
	TCase *tcase = tcase_create("golden");
	SRunner *runner;
	int failed;

	blas_start();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, both_windows, 0, CASES);
	tcase_add_loop_test(tcase, one_epoch, 0, CASES);
	tcase_add_loop_test(tcase, hand_crafted, 0,
	    (int)(sizeof crafted / sizeof *crafted));
	tcase_add_test(tcase, preprocess);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	printf("kernels: %s\n", lstm_kernels()->name);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
