/* Specs that are refused: every fault at once, each at its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/job/jobtest.h"

#define SIMPLE "\"problem\": {\"type\": \"simple\"}"

static void
refused(const char *text, const char *expected)
{
	jobtest_faults(text, &jobtest_env, expected);
}

/* The detail of the only fault of a text holds a phrase. */
static void
says(const char *text, const char *phrase)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct spec *spec;

	jobtest_read(text, &jobtest_env, &spec, faults);
	ck_assert_ptr_null(spec);
	ck_assert_int_eq(faults->len, 1);
	ck_assert_msg(strstr(faults->list[0].detail, phrase) != NULL,
	    "'%s' is not in '%s'", phrase, faults->list[0].detail);
	free(faults);
}

START_TEST(document)
{
	refused("{", ". json\n");
	refused("{\"a\": 1, \"a\": 1}", ". json\n");
	refused("[]", ". wrong_type\n");
	refused("{}", "/problem missing\n");
	refused("{\"problem\": null}", "/problem wrong_type\n");
	refused("{\"problem\": \"simple\"}", "/problem wrong_type\n");
}
END_TEST

START_TEST(head)
{
	refused("{" SIMPLE ", \"name\": 1, \"type\": \"trian\", \"seed\": -1, "
	    "\"threads\": 1.5, \"priority\": 101, \"notes\": \"\\u0007\", "
	    "\"tags\": \"x\", \"sead\": 1}", "/name wrong_type\n"
	    "/type not_a_choice\n/seed out_of_range\n/threads not_whole\n"
	    "/priority out_of_range\n/notes bad_text\n/sead unknown_key\n"
	    "/tags wrong_type\n");
	refused("{" SIMPLE ", \"name\": \"two\\nlines\", \"notes\": "
	    "\"two\\nlines\", \"seed\": 9007199254740993}",
	    "/seed out_of_range\n/name bad_text\n");
	refused("{" SIMPLE ", \"tags\": [\"a\", 1, \"\", \"a\", \"\\t\"]}",
	    "/tags/1 wrong_type\n/tags/2 wrong_length\n/tags/3 duplicate\n"
	    "/tags/4 bad_text\n");
	refused("{" SIMPLE ", \"tags\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,"
	    "17]}", "/tags wrong_length\n");
	refused("{" SIMPLE ", \"optimizers\": []}", "/optimizers not_allowed\n");
	says("{" SIMPLE ", \"sead\": 1}", "did you mean 'seed'?");
	says("{" SIMPLE ", \"type\": \"trian\"}", "did you mean 'train'?");
	says("{" SIMPLE ", \"qqqqqq\": 1}", "known are name, type, seed");
}
END_TEST

START_TEST(long_notes)
{
	char text[SPEC_NOTES_MAX + 100], notes[SPEC_NOTES_MAX + 2] = "";
	struct faults *faults = calloc(1, sizeof *faults);
	struct spec *spec;

	memset(notes, 'n', SPEC_NOTES_MAX + 1);
	snprintf(text, sizeof text, "{" SIMPLE ", \"notes\": \"%s\"}", notes);
	refused(text, "/notes too_long\n");
	says(text, "at most 4000 bytes, not 4001");
	notes[SPEC_NOTES_MAX] = 0;
	snprintf(text, sizeof text, "{" SIMPLE ", \"notes\": \"%s\"}", notes);
	jobtest_read(text, &jobtest_env, &spec, faults);
	ck_assert_ptr_nonnull(spec);
	ck_assert_str_eq(spec->options.notes, notes);
	spec_free(spec);
	free(faults);
}
END_TEST

START_TEST(pointers)
{
	char text[900], key[500];

	refused("{" SIMPLE ", \"a/b~c\": 1}", "/a~1b~0c unknown_key\n");
	refused("{" SIMPLE ", \"\": 1}", "/ unknown_key\n");
	refused("{" SIMPLE ", \"t\xc3\xa9st\": 1}", "/t\xc3\xa9st unknown_key\n");
	/* A long key is cut, not past the end of a pointer. */
	memset(key, '/', sizeof key);
	key[sizeof key - 1] = 0;
	snprintf(text, sizeof text, "{" SIMPLE ", \"%s\": 1}", key);
	says(text, "known are");
}
END_TEST

START_TEST(problem)
{
	refused("{\"problem\": {}}", "/problem/type missing\n");
	refused("{\"problem\": {\"type\": 1}}", "/problem/type wrong_type\n");
	refused("{\"problem\": {\"type\": \"quadratics\", \"nonsense\": 1}}",
	    "/problem/type not_a_choice\n");
	says("{\"problem\": {\"type\": \"quadratics\"}}", "mean 'quadratic'?");
	says("{\"problem\": {\"type\": \"banana\"}}", "simple, quadratic");
	refused("{\"problem\": {\"type\": \"quadratic\", \"variables\": 0, "
	    "\"functions\": \"1\", \"distribution\": \"norm\", "
	    "\"start_deviation\": null, \"variabels\": 3}}",
	    "/problem/variables out_of_range\n/problem/functions wrong_type\n"
	    "/problem/distribution not_a_choice\n"
	    "/problem/start_deviation wrong_type\n"
	    "/problem/variabels unknown_key\n");
	refused("{\"problem\": {\"type\": \"mlp\", \"hidden\": [20, 0, 2.5, "
	    "\"a\"], \"batch\": true}}", "/problem/hidden/1 out_of_range\n"
	    "/problem/hidden/2 not_whole\n/problem/hidden/3 wrong_type\n"
	    "/problem/batch wrong_type\n");
	refused("{\"problem\": {\"type\": \"mlp\", \"hidden\": [1,1,1,1,1,1,1,"
	    "1,1,1,1,1,1,1,1,1,1]}}", "/problem/hidden wrong_length\n");
	refused("{\"problem\": {\"type\": \"mlp\", \"hidden\": 20}}",
	    "/problem/hidden wrong_type\n");
	refused("{\"problem\": {\"type\": \"mlp\", \"dataset\": \"mnist\"}}",
	    "/problem/dataset not_found\n");
	says("{\"problem\": {\"type\": \"mlp\"}}", "/nonexistent");
	refused("{\"problem\": {\"type\": \"mlp\", \"dataset\": "
	    "\"../../etc\"}}", "/problem/dataset unusable\n");
	refused("{\"problem\": {\"type\": \"mlp\", \"dataset\": "
	    "\"synthetic-digits\", \"batch\": 60000}}",
	    "/problem/batch unusable\n");
	refused("{\"problem\": {\"type\": \"quadratic\", \"variables\": 2048, "
	    "\"functions\": 4096}}", "/problem/functions too_large\n");
}
END_TEST

START_TEST(optimizer)
{
	refused("{" SIMPLE ", \"optimizer\": 1}", "/optimizer wrong_type\n");
	refused("{" SIMPLE ", \"optimizer\": {\"type\": \"lstn\"}}",
	    "/optimizer/type not_a_choice\n");
	says("{" SIMPLE ", \"optimizer\": {\"type\": \"lstn\"}}",
	    "did you mean 'lstm'?");
	refused("{" SIMPLE ", \"optimizer\": \"transformer\"}",
	    "/optimizer/type not_a_choice\n");
	refused("{" SIMPLE ", \"optimizer\": {\"type\": \"adam\"}}",
	    "/optimizer unusable\n");
	refused("{" SIMPLE ", \"optimizer\": {\"layers\": [], \"output_scale\": "
	    "\"x\", \"preprocess\": {\"type\": \"log\", \"q\": 1}, \"name\": 3, "
	    "\"group\": 1}}", "/optimizer/layers wrong_length\n"
	    "/optimizer/output_scale wrong_type\n"
	    "/optimizer/preprocess/type not_a_choice\n"
	    "/optimizer/preprocess/q unknown_key\n"
	    "/optimizer/group wrong_type\n/optimizer/name wrong_type\n");
	refused("{" SIMPLE ", \"optimizer\": {\"preprocess\": \"log_sign\"}}",
	    "/optimizer/preprocess wrong_type\n");
	refused("{" SIMPLE ", \"optimizer\": {\"snapshot\": 1}}",
	    "/optimizer/snapshot not_found\n");
	refused("{" SIMPLE ", \"optimizer\": {\"snapshot\": \"1\"}}",
	    "/optimizer/snapshot wrong_type\n");
	refused("{" SIMPLE ", \"optimizer\": {\"snapshot\": 0}}",
	    "/optimizer/snapshot wrong_type\n");
	refused("{" SIMPLE ", \"optimizer\": []}", "/optimizer wrong_length\n");
}
END_TEST

#define MLP "\"problem\": {\"type\": \"mlp\", \"dataset\": \"synthetic-digits\"}"

START_TEST(groups)
{
	refused("{" MLP ", \"optimizer\": [{\"group\": \"hiden\"}]}",
	    "/optimizer/0/group not_found\n");
	says("{" MLP ", \"optimizer\": [{\"group\": \"hiden\"}]}",
	    "it has hidden, output");
	refused("{" MLP ", \"optimizer\": [{\"group\": \"hidden\"}]}",
	    "/optimizer unusable\n");
	says("{" MLP ", \"optimizer\": [{\"group\": \"hidden\"}]}", "'output'");
	refused("{" MLP ", \"optimizer\": [{\"group\": \"hidden\"}, {\"group\": "
	    "[\"hidden\", \"output\"]}]}", "/optimizer unusable\n");
	refused("{" MLP ", \"optimizer\": [{\"group\": []}, {\"group\": [1]}, "
	    "2]}", "/optimizer/0/group wrong_length\n"
	    "/optimizer/1/group/0 wrong_type\n/optimizer/2 wrong_type\n");
	/* The evaluation's net has no hidden layer, so no such group. */
	refused("{" MLP ", \"optimizer\": [{\"group\": \"hidden\"}, {\"group\": "
	    "\"output\"}], \"evaluation\": [{}, {\"problem\": {\"hidden\": "
	    "[]}}]}", "/evaluation/1/problem unusable\n");
	refused("{" MLP ", \"evaluation\": [{\"baselines\": [\"sgd\", "
	    "[{\"type\": \"adam\", \"group\": \"x\"}]]}]}",
	    "/evaluation/0/baselines/1/0/group not_found\n");
}
END_TEST

START_TEST(training)
{
	refused("{" SIMPLE ", \"training\": 1}", "/training wrong_type\n");
	refused("{" SIMPLE ", \"training\": {\"epochs\": 0, \"horizont\": 1, "
	    "\"meta_optimizer\": {\"learning_rate\": -1, \"beta1\": 1, "
	    "\"gamma\": 1}}}", "/training/epochs out_of_range\n"
	    "/training/horizont unknown_key\n"
	    "/training/meta_optimizer/learning_rate out_of_range\n"
	    "/training/meta_optimizer/beta1 out_of_range\n"
	    "/training/meta_optimizer/gamma unknown_key\n");
	refused("{" SIMPLE ", \"training\": {\"horizon\": 10, \"unroll\": 20}}",
	    "/training/unroll out_of_range\n");
	says("{" SIMPLE ", \"training\": {\"horizont\": 1}}",
	    "did you mean 'horizon'?");
}
END_TEST

START_TEST(evaluation)
{
	refused("{" SIMPLE ", \"evaluation\": {}}", "/evaluation wrong_type\n");
	refused("{" SIMPLE ", \"evaluation\": [1, {\"runs\": 0, \"name\": "
	    "\"\\u001b\", \"learning_rates\": [], \"baseline\": [], "
	    "\"problem\": 3, \"baselines\": [\"lion\", {}, 5, \"lstm\", "
	    "{\"type\": \"adam\", \"beta3\": 0}]}]}",
	    "/evaluation/0 wrong_type\n/evaluation/1/runs out_of_range\n"
	    "/evaluation/1/name bad_text\n"
	    "/evaluation/1/learning_rates wrong_length\n"
	    "/evaluation/1/baseline unknown_key\n"
	    "/evaluation/1/problem wrong_type\n"
	    "/evaluation/1/baselines/0/type not_a_choice\n"
	    "/evaluation/1/baselines/1/type missing\n"
	    "/evaluation/1/baselines/2 wrong_type\n"
	    "/evaluation/1/baselines/3 missing\n"
	    "/evaluation/1/baselines/4/beta3 unknown_key\n");
	refused("{" SIMPLE ", \"evaluation\": [{\"problem\": {\"start\": "
	    "1e300}}]}", "/evaluation/0/problem/start out_of_range\n");
	refused("{" SIMPLE ", \"evaluation\": [{\"problem\": {\"type\": \"mlp\","
	    " \"dataset\": \"nowhere\"}}]}",
	    "/evaluation/0/problem/dataset not_found\n");
	refused("{" SIMPLE ", \"evaluation\": [{\"baselines\": [\"sgd\",\"sgd\","
	    "\"sgd\",\"sgd\",\"sgd\",\"sgd\",\"sgd\",\"sgd\",\"sgd\",\"sgd\","
	    "\"sgd\",\"sgd\",\"sgd\",\"sgd\",\"sgd\",\"sgd\"]}]}",
	    "/evaluation/0/baselines wrong_length\n");
	refused("{" SIMPLE ", \"evaluation\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
	    "1]}", "/evaluation wrong_length\n");
}
END_TEST

/* A fault of the job's problem is not told again for each evaluation of it,
 * but an evaluation's own is. */
START_TEST(inherited)
{
	refused("{\"problem\": {\"type\": \"mlp\"}, \"evaluation\": [{}, "
	    "{\"problem\": {\"hidden\": [40]}}, {\"problem\": {\"dataset\": "
	    "\"nowhere\"}}, {\"problem\": {\"hidden\": [0]}}]}",
	    "/problem/dataset not_found\n"
	    "/evaluation/2/problem/dataset not_found\n"
	    "/evaluation/3/problem/hidden/0 out_of_range\n");
	refused("{\"problem\": {\"type\": \"mpl\"}, \"evaluation\": [{}, "
	    "{\"problem\": {\"hidden\": [40]}}]}",
	    "/problem/type not_a_choice\n");
}
END_TEST

START_TEST(evaluate)
{
	refused("{\"type\": \"evaluate\"}", "/problem missing\n"
	    "/optimizers missing\n");
	refused("{\"type\": \"evaluate\", " SIMPLE ", \"optimizers\": [], "
	    "\"optimizer\": 1, \"training\": 2}", "/optimizers missing\n"
	    "/optimizer not_allowed\n/training not_allowed\n");
	refused("{\"type\": \"evaluate\", " SIMPLE ", \"optimizers\": [\"lstm\","
	    " {\"snapshot\": 7}, \"nothing\"], \"evaluation\": []}",
	    "/optimizers/0 missing\n/optimizers/1/snapshot not_found\n"
	    "/optimizers/2/type not_a_choice\n/evaluation wrong_length\n");
	refused("{\"type\": \"evaluate\", \"optimizers\": [\"sgd\"], "
	    "\"evaluation\": [{\"problem\": {\"type\": \"simple\"}}, {}, "
	    "{\"problem\": {\"variables\": 2}}, {" SIMPLE ", \"baselines\": []"
	    "}]}", "/evaluation/1/problem missing\n"
	    "/evaluation/2/problem/type missing\n"
	    "/evaluation/3/baselines not_allowed\n");
	refused("{\"type\": \"evaluate\", " MLP ", \"optimizers\": [[{\"type\": "
	    "\"sgd\", \"group\": \"hidden\"}, {\"type\": \"adam\", \"group\": "
	    "\"output\"}]], \"evaluation\": [{}, " "{" SIMPLE "}]}",
	    "/evaluation/1/problem unusable\n");
}
END_TEST

START_TEST(many)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct buf text = { 0 };
	struct spec *spec;

	buf_text(&text, "{");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "\"unknown%d\": %d, ", i, i);
	buf_text(&text, SIMPLE "}");
	ck_assert_int_eq(jobtest_read(text.data, &jobtest_env, &spec, faults),
	    ERR_INVALID);
	ck_assert_int_eq(faults->len, FAULTS_MAX);
	ck_assert_int_eq(faults->more, 100 - FAULTS_MAX);
	buf_free(&text);
	free(faults);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("spec_faults");

	tcase_add_test(t, document);
	tcase_add_test(t, head);
	tcase_add_test(t, long_notes);
	tcase_add_test(t, pointers);
	tcase_add_test(t, problem);
	tcase_add_test(t, optimizer);
	tcase_add_test(t, groups);
	tcase_add_test(t, training);
	tcase_add_test(t, evaluation);
	tcase_add_test(t, inherited);
	tcase_add_test(t, evaluate);
	tcase_add_test(t, many);
	return jobtest_main("spec_faults", t);
}
