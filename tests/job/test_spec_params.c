/* Every parameter there is, moved off its default, survives being read and
 * written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/param_json.h"
#include "tests/job/jobtest.h"

/* Another allowed value than the default; NULL: there is none. */
static json_t *
moved_number(const struct param *p, double preset)
{
	double v = preset + 1 <= p->max ? preset + 1 : p->min;

	if (p->kind == PARAM_REAL && preset / 2 >= p->min && preset != 0)
		v = preset / 2;
	return v == preset ? NULL : p->kind == PARAM_INT ?
	    json_integer((json_int_t)v) : json_real(v);
}

static json_t *
moved_list(const struct param *p, const json_t *preset)
{
	struct param one = *p;
	json_t *list = json_array();

	one.kind = p->kind == PARAM_INTS ? PARAM_INT : PARAM_REAL;
	for (size_t i = 0; i < json_array_size(preset); i++)
		json_array_append_new(list, moved_number(&one,
		    json_number_value(json_array_get(preset, i))));
	if ((int)json_array_size(list) < p->len_max)
		json_array_append_new(list, p->kind == PARAM_INTS ?
		    json_integer((json_int_t)p->min) : json_real(p->min));
	return list;
}

static json_t *
moved(const struct param *table, const json_t *defaults);

static json_t *
moved_value(const struct param *p, const json_t *preset)
{
	switch (p->kind) {
	case PARAM_BOOL:
		return json_boolean(!json_is_true(preset));
	case PARAM_INT:
	case PARAM_REAL:
		return moved_number(p, json_number_value(preset));
	case PARAM_CHOICE:
		for (int i = 0; p->choices[i] != NULL; i++)
			if (strcmp(p->choices[i], json_string_value(preset)))
				return json_string(p->choices[i]);
		return NULL;
	case PARAM_TEXT:
		return json_string(strcmp(p->name, "dataset") == 0 ?
		    "synthetic-digits" : "moved \xc3\xa9");
	case PARAM_INTS:
	case PARAM_REALS:
		return moved_list(p, preset);
	case PARAM_GROUP:
		return moved(p->members, preset);
	}
	return NULL;
}

/* An object with every member of table moved off its default, if it can be. */
static json_t *
moved(const struct param *table, const json_t *defaults)
{
	json_t *object = json_object();

	for (const struct param *p = table; p->name != NULL; p++) {
		json_t *value = moved_value(p,
		    json_object_get(defaults, p->name));

		if (value != NULL)
			json_object_set_new(object, p->name, value);
	}
	return object;
}

static json_t *
moved_table(const struct param *table)
{
	json_t *defaults = param_json_defaults(table);
	json_t *object = moved(table, defaults);
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		ck_assert_msg(!json_equal(value, json_object_get(defaults, key)),
		    "%s was not moved", key);
	json_decref(defaults);
	return object;
}

/* Every member of `part` is in `whole` with the same value. */
static void
contains(const json_t *whole, json_t *part)
{
	const char *key;
	json_t *value, *other;

	json_object_foreach(part, key, value) {
		other = json_object_get(whole, key);
		ck_assert_msg(other != NULL, "%s is gone", key);
		if (json_is_object(value))
			contains(other, value);
		else if (json_is_number(value))
			ck_assert_double_eq(json_number_value(value),
			    json_number_value(other));
		else
			ck_assert_msg(json_equal(value, other),
			    "%s is another value", key);
	}
}

/* Read a spec that has `object` (taken) as its member at `pointer`, and find it
 * again in the filled-in spec. */
static void
survives(const char *before, json_t *object, const char *after,
    const char *pointer)
{
	char *inner = jobtest_text(object), *text;
	struct spec *spec;

	ck_assert_int_gt(asprintf(&text, "%s%s%s", before, inner, after), 0);
	spec = jobtest_fixed(text, &jobtest_env);
	contains(jobtest_at(spec->json, pointer), object);
	spec_free(spec);
	json_decref(object);
	free(inner);
	free(text);
}

START_TEST(every_problem)
{
	for (int i = 0; problem_types[i] != NULL; i++) {
		json_t *object = moved_table(problem_types[i]->params);

		json_object_set_new(object, "type",
		    json_string(problem_types[i]->name));
		survives("{\"problem\": ", object, "}", "/problem");
	}
}
END_TEST

START_TEST(every_optimizer)
{
	for (int i = 0; optim_types[i] != NULL; i++) {
		json_t *object = moved_table(optim_types[i]->params);

		json_object_set_new(object, "type",
		    json_string(optim_types[i]->name));
		if (optim_learned(optim_types[i]))
			survives("{\"problem\": {\"type\": \"simple\"}, "
			    "\"optimizer\": ", object, "}", "/optimizer");
		else
			survives("{\"problem\": {\"type\": \"simple\"}, "
			    "\"evaluation\": [{\"baselines\": [", object,
			    "]}]}", "/evaluation/0/baselines/0");
	}
}
END_TEST

START_TEST(every_other)
{
	json_t *head = moved_table(spec_params), *training;

	json_object_del(head, "type");
	json_object_set_new(head, "problem",
	    json_pack("{s:s}", "type", "simple"));
	json_object_set_new(head, "tags", json_pack("[s, s]", "a", "b"));
	survives("", head, "", "");
	training = moved_table(train_params);
	survives("{\"problem\": {\"type\": \"simple\"}, \"training\": ",
	    training, "}", "/training");
	survives("{\"problem\": {\"type\": \"simple\"}, \"evaluation\": [",
	    moved_table(evaluate_params), "]}", "/evaluation/0");
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("spec_params");

	tcase_add_test(t, every_problem);
	tcase_add_test(t, every_optimizer);
	tcase_add_test(t, every_other);
	return jobtest_main("spec_params", t);
}
