#include <stdlib.h>
#include <string.h>

#include "job/catalogue.h"
#include "tests/job/jobtest.h"

/* The entry called name of a list. */
static json_t *
named(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *entry = json_array_get(list, i);

		if (strcmp(json_string_value(json_object_get(entry, "name")),
		    name) == 0)
			return entry;
	}
	ck_abort_msg("there is no %s", name);
	return NULL;
}

/* Every option is described: a sentence, a kind, a default. */
static void
described(const json_t *params)
{
	for (size_t i = 0; i < json_array_size(params); i++) {
		const json_t *p = json_array_get(params, i);
		const char *text = json_string_value(json_object_get(p, "text"));

		ck_assert_msg(text != NULL && strlen(text) > 8, "%s",
		    json_string_value(json_object_get(p, "name")));
		ck_assert_ptr_nonnull(json_object_get(p, "kind"));
		ck_assert_ptr_nonnull(json_object_get(p, "default"));
		described(json_object_get(p, "members"));
	}
}

/* A page of `count` described entries. */
static json_t *
page(json_t *value, const char *name, size_t count)
{
	json_t *list = jobtest_at(value, name);

	ck_assert(json_is_null(json_object_get(value, "next_cursor")));
	ck_assert_uint_eq(json_array_size(list), count);
	for (size_t i = 0; i < count; i++)
		described(json_object_get(json_array_get(list, i), "params"));
	return list;
}

START_TEST(problems)
{
	json_t *value = catalogue_problems(), *params;
	size_t count = 0;
	char *text;

	while (problem_types[count] != NULL)
		count++;
	params = json_object_get(named(page(value, "problems", count), "mlp"),
	    "params");
	text = jobtest_text(named(params, "hidden"));
	ck_assert_str_eq(text, "{\"name\": \"hidden\", \"kind\": \"array\", "
	    "\"text\": \"Sizes of the hidden layers.\", \"default\": [20], "
	    "\"unit\": \"units\", \"min\": 1, \"max\": 4096, \"entries\": "
	    "\"integer\", \"len_min\": 0, \"len_max\": 16}");
	free(text);
	text = jobtest_text(json_object_get(named(params, "activation"),
	    "choices"));
	ck_assert_str_eq(text, "[\"sigmoid\", \"relu\", \"tanh\"]");
	free(text);
	json_decref(value);
}
END_TEST

START_TEST(optimizers)
{
	json_t *value = catalogue_optimizers(), *list, *lstm, *preprocess, *p;
	size_t count = 0;

	while (optim_types[count] != NULL)
		count++;
	list = page(value, "optimizers", count);
	lstm = named(list, "lstm");
	ck_assert(json_is_true(json_object_get(lstm, "learned")));
	ck_assert(json_is_null(json_object_get(lstm, "alias")));
	ck_assert_str_eq(json_string_value(json_object_get(named(list,
	    "nesterov"), "alias")), "nag");
	preprocess = named(json_object_get(lstm, "params"), "preprocess");
	p = named(json_object_get(preprocess, "members"), "p");
	ck_assert_int_eq(json_integer_value(json_object_get(p, "default")), 10);
	json_decref(value);
}
END_TEST

START_TEST(datasets)
{
	json_t *value = catalogue_datasets("/nonexistent"), *list, *set;

	list = jobtest_at(value, "datasets");
	set = named(list, "synthetic-digits");
	ck_assert(json_is_true(json_object_get(set, "available")));
	ck_assert_int_eq(json_integer_value(json_object_get(set, "inputs")),
	    784);
	ck_assert(json_is_false(json_object_get(named(list, "mnist"),
	    "available")));
	json_decref(value);
}
END_TEST

/* Every preset is a spec without faults, but for data sets that are not here;
 * and says what it is. */
START_TEST(presets)
{
	const char *data = getenv("L2LD_DATA");
	struct spec_env env = { data != NULL ? data : "/nonexistent", NULL };
	json_t *value = catalogue_presets(), *list = jobtest_at(value,
	    "presets");

	ck_assert_uint_ge(json_array_size(list), 7);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *preset = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(preset,
		    "name"));
		struct faults *faults = calloc(1, sizeof *faults);
		struct spec *spec = NULL;

		ck_assert_ptr_nonnull(catalogue_preset_text(name));
		ck_assert_uint_gt(json_string_length(json_object_get(preset,
		    "text")), 20);
		spec_read(json_object_get(preset, "spec"), &env, &spec, faults);
		for (int k = 0; k < faults->len; k++)
			ck_assert_msg(data == NULL &&
			    strcmp(faults->list[k].code, "not_found") == 0,
			    "%s: %s %s", name, faults->list[k].pointer,
			    faults->list[k].detail);
		spec_free(spec);
		spec = NULL;
		if (faults->len == 0)
			spec = jobtest_fixed(catalogue_preset_text(name), &env);
		spec_free(spec);
		free(faults);
	}
	ck_assert_ptr_nonnull(catalogue_preset_text("default"));
	ck_assert_ptr_null(catalogue_preset_text("defaul"));
	ck_assert_ptr_null(catalogue_preset_text("default.json"));
	ck_assert_ptr_null(catalogue_preset_text(""));
	json_decref(value);
}
END_TEST

/* Every reference of a schema leads somewhere in it. */
static void
resolved(const json_t *schema, json_t *at)
{
	const char *key, *target;
	json_t *value;
	size_t i;

	json_array_foreach(at, i, value)
		resolved(schema, value);
	json_object_foreach(at, key, value) {
		target = json_string_value(value);
		if (strcmp(key, "$ref") == 0)
			jobtest_at(schema, target + 1);
		resolved(schema, value);
	}
}

START_TEST(schema)
{
	json_t *value = catalogue_job_schema();

	ck_assert_ptr_nonnull(value);
	resolved(value, value);
	jobtest_at(value, "/properties/training/properties/meta_optimizer"
	    "/properties/learning_rate/maximum");
	ck_assert_int_eq(json_integer_value(jobtest_at(value,
	    "/properties/priority/minimum")), -100);
	json_decref(value);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("catalogue");

	tcase_add_test(t, problems);
	tcase_add_test(t, optimizers);
	tcase_add_test(t, datasets);
	tcase_add_test(t, presets);
	tcase_add_test(t, schema);
	return jobtest_main("catalogue", t);
}
