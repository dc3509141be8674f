/* Specs that are read: what is filled in, and that it is a fixed point. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/job/jobtest.h"

static void
text_at(const struct spec *spec, const char *pointer, const char *expected)
{
	char *text = jobtest_text(jobtest_at(spec->json, pointer));

	ck_assert_msg(strcmp(text, expected) == 0, "%s is %s, not %s", pointer,
	    text, expected);
	free(text);
}

START_TEST(filled_in)
{
	struct spec *spec = jobtest_fixed("{\"problem\": {\"type\": \"quadratic\"}}",
	    &jobtest_env);
	const struct spec_evaluation *v = spec->evaluations;

	ck_assert_str_eq(spec->options.name, "quadratic");
	ck_assert_int_eq(spec->options.type, SPEC_TRAIN);
	ck_assert_int_eq(spec->options.seed, 1);
	ck_assert_int_eq(spec->options.threads, 0);
	ck_assert_str_eq(spec->problem.type->name, "quadratic");
	ck_assert_str_eq(spec->rule.rule.name, "lstm");
	ck_assert_int_eq(spec->rule.rule.parts_len, 1);
	ck_assert_uint_eq(spec->rule.rule.parts[0].groups, RULE_GROUPS_ALL);
	ck_assert(!spec->rule.rule.tune);
	ck_assert_int_eq(spec->training.horizon, 100);
	ck_assert_int_eq(spec->evaluations_len, 1);
	ck_assert_str_eq(v->options.name, "same problem");
	ck_assert_int_eq(v->options.horizon, 100);
	ck_assert_uint_eq(v->groups[0], RULE_GROUPS_ALL);
	ck_assert_int_eq(v->rules_len, 4);
	ck_assert_str_eq(v->rules[1].rule.name, "nag");
	ck_assert_str_eq(v->rules[1].rule.parts[0].type->name, "nesterov");
	for (int i = 0; i < v->rules_len; i++)
		ck_assert(v->rules[i].rule.tune);
	text_at(spec, "/evaluation/0/problem/variables", "10");
	text_at(spec, "/optimizer/preprocess/p", "10");
	text_at(spec, "/training/meta_optimizer/learning_rate", "0.001");
	text_at(spec, "/tags", "[]");
	spec_free(spec);
}
END_TEST

/* The job of api.md, on a data set that needs no files. */
START_TEST(whole_job)
{
	struct spec *spec = jobtest_fixed("{"
	    "\"name\": \"MNIST, 20 sigmoid units\", \"type\": \"train\","
	    "\"seed\": 1, \"problem\": {\"type\": \"mlp\", \"dataset\": "
	    "\"synthetic-digits\", \"hidden\": [20], \"activation\": "
	    "\"sigmoid\", \"batch\": 128}, \"optimizer\": {\"type\": \"lstm\", "
	    "\"layers\": [20, 20], \"preprocess\": {\"type\": \"log_sign\", "
	    "\"p\": 10}, \"output_scale\": 0.1}, \"training\": {\"epochs\": "
	    "1000, \"horizon\": 100, \"unroll\": 20, \"meta_batch\": 1, "
	    "\"meta_optimizer\": {\"type\": \"adam\", \"learning_rate\": "
	    "0.001}, \"validate_every\": 50, \"validation_runs\": 10, "
	    "\"patience\": 5}, \"evaluation\": [{\"name\": \"same problem, "
	    "twice as long\", \"horizon\": 200, \"runs\": 100, \"baselines\": "
	    "[\"sgd\", \"nag\", \"rmsprop\", \"adam\"]}, {\"name\": \"40 units"
	    "\", \"problem\": {\"hidden\": [40]}, \"horizon\": 100, \"runs\": "
	    "100, \"baselines\": [\"sgd\", \"nag\", \"rmsprop\", \"adam\"]}], "
	    "\"threads\": 1, \"priority\": 0, \"tags\": [\"paper\"]}",
	    &jobtest_env);

	ck_assert_int_eq(spec->training.patience, 5);
	ck_assert_int_eq(spec->tags_len, 1);
	ck_assert_str_eq(spec->tags[0], "paper");
	ck_assert_int_eq(spec->evaluations_len, 2);
	text_at(spec, "/evaluation/0/problem/hidden", "[20]");
	text_at(spec, "/evaluation/1/problem/hidden", "[40]");
	text_at(spec, "/evaluation/1/problem/dataset", "\"synthetic-digits\"");
	text_at(spec, "/evaluation/1/problem/batch", "128");
	spec_free(spec);
}
END_TEST

START_TEST(short_forms)
{
	struct spec *spec = jobtest_fixed("{\"problem\": {\"type\": \"simple\"}, "
	    "\"optimizer\": \"lstm\", \"training\": {\"horizon\": 7}, "
	    "\"evaluation\": [{\"problem\": {\"variables\": 3}}, {}, {}, "
	    "{\"horizon\": 9}, {\"problem\": {\"type\": \"quadratic\"}, "
	    "\"baselines\": []}]}", &jobtest_env);

	/* A window is never longer than the run. */
	ck_assert_int_eq(spec->training.unroll, 7);
	text_at(spec, "/evaluation/0/name", "\"variables 3\"");
	text_at(spec, "/evaluation/0/horizon", "7");
	text_at(spec, "/evaluation/0/problem/start", "1");
	text_at(spec, "/evaluation/1/name", "\"same problem\"");
	text_at(spec, "/evaluation/2/name", "\"same problem 2\"");
	text_at(spec, "/evaluation/3/name", "\"same problem, 9 steps\"");
	text_at(spec, "/evaluation/4/name", "\"quadratic\"");
	text_at(spec, "/evaluation/4/problem/variables", "10");
	ck_assert_int_eq(spec->evaluations[4].rules_len, 0);
	spec_free(spec);
}
END_TEST

START_TEST(baselines)
{
	struct spec *spec = jobtest_fixed("{\"problem\": {\"type\": \"simple\"}, "
	    "\"optimizer\": {\"name\": \"adam\"}, \"evaluation\": "
	    "[{\"baselines\": [\"adam\", \"adam\", {\"type\": \"adam\", "
	    "\"beta1\": 0.5}, {\"type\": \"nag\", \"learning_rate\": 0.25}, "
	    "{\"type\": \"sgd\", \"name\": \"plain\"}, {\"type\": \"sgd\", "
	    "\"name\": \"plain\"}]}]}", &jobtest_env);
	const struct spec_rule *r = spec->evaluations[0].rules;

	ck_assert_str_eq(spec->rule.rule.name, "adam");
	ck_assert_str_eq(r[0].rule.name, "adam 2");
	ck_assert_str_eq(r[1].rule.name, "adam 3");
	ck_assert_str_eq(r[2].rule.name, "adam 4");
	ck_assert_str_eq(r[3].rule.name, "nag");
	ck_assert_str_eq(r[4].rule.name, "plain");
	ck_assert_str_eq(r[5].rule.name, "plain 2");
	ck_assert(r[2].rule.tune);
	ck_assert(!r[3].rule.tune);
	ck_assert_double_eq(*optim_rate(r[3].rule.parts[0].type,
	    &r[3].rule.parts[0].options), 0.25);
	text_at(spec, "/evaluation/0/baselines/2/beta1", "0.5");
	text_at(spec, "/evaluation/0/baselines/3/type", "\"nesterov\"");
	text_at(spec, "/evaluation/0/baselines/3/learning_rate", "0.25");
	ck_assert_ptr_null(json_object_get(jobtest_at(spec->json,
	    "/evaluation/0/baselines/2"), "learning_rate"));
	spec_free(spec);
}
END_TEST

START_TEST(groups)
{
	struct spec *spec = jobtest_fixed("{\"problem\": {\"type\": \"mlp\", "
	    "\"dataset\": \"synthetic-digits\"}, \"optimizer\": [{\"group\": "
	    "\"output\", \"type\": \"lstm\", \"layers\": [4]}, {\"group\": "
	    "[\"hidden\"], \"type\": \"sgd\"}], \"evaluation\": [{\"baselines\":"
	    " [[{\"group\": \"hidden\", \"type\": \"adam\"}, {\"group\": "
	    "\"output\", \"type\": \"sgd\", \"learning_rate\": 3}], [\"adam\"], "
	    "[{\"type\": \"adam\", \"group\": [\"hidden\", \"output\"]}]]}]}",
	    &jobtest_env);
	const struct rule *rule = &spec->rule.rule;
	const struct spec_rule *r = spec->evaluations[0].rules;

	ck_assert_str_eq(rule->name, "lstm + sgd");
	ck_assert_int_eq(rule->parts_len, 2);
	ck_assert_uint_eq(rule->parts[0].groups, 2);
	ck_assert_uint_eq(rule->parts[1].groups, 1);
	ck_assert_uint_eq(spec->evaluations[0].groups[0], 2);
	ck_assert_uint_eq(spec->evaluations[0].groups[1], 1);
	text_at(spec, "/optimizer/1/learning_rate", "0.01");
	ck_assert_str_eq(r[0].rule.name, "adam + sgd");
	ck_assert(!r[0].rule.tune);
	ck_assert_uint_eq(r[0].rule.parts[0].groups, 1);
	ck_assert_str_eq(r[1].rule.name, "adam");
	ck_assert_uint_eq(r[1].rule.parts[0].groups, RULE_GROUPS_ALL);
	ck_assert_str_eq(r[2].rule.name, "adam 2");
	ck_assert_uint_eq(r[2].rule.parts[0].groups, 3);
	spec_free(spec);
}
END_TEST

START_TEST(evaluate)
{
	struct store *store = jobtest_store_open();
	struct spec_env env = { "/nonexistent", store };
	struct snapshot_row row;
	struct spec *spec;
	int64_t id;
	char text[600];

	jobtest_snapshot("{\"layers\": [5], \"output_scale\": 0.5}", &row);
	row.job = 0;
	ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	snapshot_row_free(&row);
	snprintf(text, sizeof text, "{\"type\": \"evaluate\", \"optimizers\": "
	    "[{\"snapshot\": %d}, {\"snapshot\": %d, \"output_scale\": 0.25, "
	    "\"name\": \"half\"}, \"adam\", {\"type\": \"nag\"}], "
	    "\"evaluation\": [{\"problem\": {\"type\": \"quadratic\"}, "
	    "\"horizon\": 30}, {\"problem\": {\"type\": \"simple\"}}]}",
	    (int)id, (int)id);
	spec = jobtest_fixed(text, &env);
	ck_assert_int_eq(spec->options.type, SPEC_EVALUATE);
	ck_assert_str_eq(spec->options.name, "evaluation: quadratic");
	ck_assert_str_eq(spec->problem.type->name, "quadratic");
	ck_assert_int_eq(spec->evaluations_len, 2);
	for (int i = 0; i < 2; i++) {
		const struct spec_evaluation *v = &spec->evaluations[i];

		ck_assert_int_eq(v->rules_len, 4);
		ck_assert_int_eq(v->rules[0].snapshots[0], id);
		ck_assert_str_eq(v->rules[0].rule.name, "lstm (snapshot 1)");
		ck_assert(!v->rules[0].rule.tune);
		ck_assert_uint_eq(v->rules[0].rule.parts[0].groups,
		    RULE_GROUPS_ALL);
		ck_assert_str_eq(v->rules[1].rule.name, "half");
		ck_assert(v->rules[2].rule.tune);
	}
	text_at(spec, "/optimizers/0/layers", "[5]");
	text_at(spec, "/optimizers/0/output_scale", "0.5");
	text_at(spec, "/optimizers/1/output_scale", "0.25");
	text_at(spec, "/evaluation/1/horizon", "100");
	spec_free(spec);

	/* A job may go on training a snapshot. */
	snprintf(text, sizeof text, "{\"problem\": {\"type\": \"simple\"}, "
	    "\"optimizer\": {\"snapshot\": %d}}", (int)id);
	spec = jobtest_fixed(text, &env);
	ck_assert_int_eq(spec->rule.snapshots[0], id);
	ck_assert_str_eq(spec->rule.rule.name, "lstm");
	spec_free(spec);

	/* Other layers than the weights are of. */
	snprintf(text, sizeof text, "{\"problem\": {\"type\": \"simple\"}, "
	    "\"optimizer\": {\"snapshot\": %d, \"layers\": [6]}, "
	    "\"evaluation\": [{\"baselines\": [{\"type\": \"adam\", "
	    "\"snapshot\": %d}, {\"snapshot\": 99}]}]}", (int)id, (int)id);
	jobtest_faults(text, &env, "/optimizer unusable\n"
	    "/evaluation/0/baselines/0/snapshot unusable\n"
	    "/evaluation/0/baselines/1/snapshot not_found\n");
	jobtest_store_close(store);
}
END_TEST

/* ---- PATCH ---- */

static int
patch(const char *text, struct spec_patch *p, struct faults *faults)
{
	json_t *object = json_loads(text, 0, NULL);
	int r;

	memset(faults, 0, sizeof *faults);
	r = spec_patch_read(object, p, faults);
	json_decref(object);
	return r;
}

START_TEST(patches)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct spec_patch p;

	ck_assert_int_eq(patch("{\"name\": \"new\", \"notes\": \"\", \"tags\": "
	    "[\"a\", \"\\\"\"], \"priority\": -3}", &p, faults), 0);
	ck_assert_str_eq(p.patch.name, "new");
	ck_assert_str_eq(p.patch.notes, "");
	ck_assert_str_eq(p.patch.tags, "[\"a\", \"\\\"\"]");
	ck_assert_int_eq(*p.patch.priority, -3);
	spec_patch_free(&p);
	ck_assert_int_eq(patch("{}", &p, faults), 0);
	ck_assert(p.patch.name == NULL && p.patch.notes == NULL &&
	    p.patch.tags == NULL && p.patch.priority == NULL);
	spec_patch_free(&p);
	ck_assert_int_eq(patch("{\"seed\": 2, \"nmae\": 1}", &p, faults),
	    ERR_INVALID);
	ck_assert_int_eq(faults->len, 2);
	ck_assert_str_eq(faults->list[0].code, "not_allowed");
	spec_patch_free(&p);
	ck_assert_int_eq(patch("{\"name\": \"\", \"tags\": [1, \"\"], "
	    "\"priority\": 101}", &p, faults), ERR_INVALID);
	ck_assert_int_eq(faults->len, 4);
	spec_patch_free(&p);
	ck_assert_int_eq(patch("[]", &p, faults), ERR_INVALID);
	spec_patch_free(&p);
	free(faults);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("spec");

	tcase_add_test(t, filled_in);
	tcase_add_test(t, whole_job);
	tcase_add_test(t, short_forms);
	tcase_add_test(t, baselines);
	tcase_add_test(t, groups);
	tcase_add_test(t, evaluate);
	tcase_add_test(t, patches);
	return jobtest_main("spec", t);
}
