/* The "evaluation" list: on which problems, for how long, against whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/json_text.h"
#include "job/spec_read.h"
#include "job/text.h"

static const char *const others[] = { "problem", "baselines", NULL };

/* One entry of the list while it is read. */
struct entry {
	struct spec_evaluation *evaluation;
	char pointer[POINTER_MAX];
	const json_t *patch;		/* its problem object, or NULL */
	char problem_at[POINTER_MAX];
	struct problem problem;
	bool shaped;
	json_t *normal;
};

static bool
is_train(const struct spec_reader *s)
{
	return s->spec->options.type == SPEC_TRAIN;
}

/* ---- the problem ---- */

static void
read_problem(struct spec_reader *s, struct entry *e)
{
	const struct spec_problem *base = &s->spec->problem;
	struct spec_problem *problem = &e->evaluation->problem;

	if (e->patch == NULL) {
		*problem = *base;
		e->problem = s->problem;
		e->shaped = s->shaped;
		if (s->absent)
			fault_add(s->faults, e->problem_at, "missing", "must say "
			    "the problem, here or for all of the job at /problem");
		return;
	}
	/* Changes to a problem that could not be read say nothing. */
	if (base->type == NULL && !s->absent &&
	    json_object_get(e->patch, "type") == NULL)
		return;
	if (spec_problem_read(s, e->patch, e->problem_at,
	    base->type != NULL ? base : NULL, problem))
		e->shaped = spec_problem_shape(s, problem, !s->shaped &&
		    problem->type == base->type ? e->patch : NULL,
		    e->problem_at, &e->problem);
}

/* ---- its name ---- */

/* What is different: "hidden [40], 200 steps". */
static void
describe(const struct spec_reader *s, const struct entry *e,
    char name[PARAM_TEXT_MAX])
{
	json_t *patch = (json_t *)(uintptr_t)e->patch, *value;
	int64_t horizon = e->evaluation->options.horizon;
	const char *key, *comma = "";
	struct buf text = { 0 };

	json_object_foreach(patch, key, value) {
		buf_text(&text, comma);
		if (strcmp(key, "type") != 0)
			buf_printf(&text, "%s ", key);
		if (json_is_string(value))
			buf_text(&text, json_string_value(value));
		else
			json_text(&text, value, false);
		comma = ", ";
	}
	if (text.len == 0)
		buf_text(&text, is_train(s) ? "same problem" :
		    e->evaluation->problem.type->name);
	if (is_train(s) && horizon != s->spec->training.horizon)
		buf_printf(&text, ", %lld steps", (long long)horizon);
	if (buf_error(&text) == 0)
		snprintf(name, PARAM_TEXT_MAX, "%.*s",
		    (int)text_cut(text.data, PARAM_TEXT_MAX - 16), text.data);
	buf_free(&text);
}

static bool
name_taken(const struct spec *spec, const struct evaluate_options *options)
{
	for (int i = 0; i < spec->evaluations_len; i++)
		if (strcmp(spec->evaluations[i].options.name,
		    options->name) == 0)
			return true;
	return false;
}

/* Every evaluation has a name of its own: tables and curves go by it. */
static void
finish_name(struct spec_reader *s, struct entry *e)
{
	struct evaluate_options *options = &e->evaluation->options;
	char stem[PARAM_TEXT_MAX];

	if (options->name[0] == 0)
		describe(s, e, options->name);
	strcpy(stem, options->name);
	for (int i = 2; name_taken(s->spec, options); i++)
		snprintf(options->name, PARAM_TEXT_MAX, "%.*s %d",
		    (int)text_cut(stem, PARAM_TEXT_MAX - 12), stem, i);
}

/* ---- who takes part ---- */

/* Which coordinates of this evaluation's problem the job's own rules get. */
static void
assign_groups(struct spec_reader *s, struct entry *e)
{
	struct spec_evaluation *v = e->evaluation;
	struct rule trained = s->spec->rule.rule;

	if (s->optimizer == NULL || !e->shaped)
		return;
	if (is_train(s)) {
		/* For the job's own problem this was done before. */
		if (e->patch != NULL)
			spec_rule_groups(s, s->optimizer, &e->problem, &trained,
			    "/optimizer", e->problem_at);
		for (int i = 0; i < trained.parts_len; i++)
			v->groups[i] = trained.parts[i].groups;
		return;
	}
	for (int i = 0; i < v->rules_len && e->patch != NULL; i++)
		if (!spec_rule_groups(s, json_array_get(s->optimizer, (size_t)i),
		    &e->problem, &v->rules[i].rule, "/optimizers",
		    e->problem_at))
			return;
}

/* Who a learned optimizer is compared with unless a spec says otherwise. */
static json_t *
default_baselines(struct spec_reader *s)
{
	json_t *list = json_pack("[s, s, s, s]", "sgd", "nag", "rmsprop",
	    "adam");

	s->memory |= list == NULL;
	return list;
}

static void
read_baselines(struct spec_reader *s, struct entry *e, const json_t *list)
{
	struct spec_evaluation *v = e->evaluation;
	json_t *preset = list == NULL ? default_baselines(s) : NULL, *normal;
	char at[POINTER_MAX], rule_at[POINTER_MAX];

	pointer_key(at, e->pointer, "baselines");
	/* One place is the trained rule's. */
	if (spec_rules_read(s, list != NULL ? list : preset, at,
	    EVALUATE_RULES_MAX - 1, s->spec->rule.rule.name, v->rules,
	    &v->rules_len, &normal)) {
		for (int i = 0; i < v->rules_len && e->shaped; i++) {
			pointer_index(rule_at, at, (size_t)i);
			spec_rule_groups(s, json_array_get(normal, (size_t)i),
			    &e->problem, &v->rules[i].rule, rule_at, NULL);
		}
		spec_put(s, e->normal, "baselines", normal);
	}
	json_decref(preset);
}

static void
read_rules(struct spec_reader *s, struct entry *e, const json_t *baselines)
{
	char at[POINTER_MAX];

	if (is_train(s)) {
		read_baselines(s, e, baselines);
		return;
	}
	if (baselines != NULL) {
		pointer_key(at, e->pointer, "baselines");
		fault_add(s->faults, at, "not_allowed", "an evaluate job compares "
		    "its \"optimizers\"; put these there");
	}
	e->evaluation->rules_len = s->rules_len;
	for (int i = 0; i < s->rules_len; i++)
		e->evaluation->rules[i] = s->rules[i];
}

/* ---- the list ---- */

/* What stands before the baselines in the normal form. */
static void
write_head(struct spec_reader *s, struct entry *e)
{
	if (!param_json_write(evaluate_params, &e->evaluation->options,
	    e->normal))
		s->memory = true;
	spec_put(s, e->normal, "problem",
	    spec_problem_json(&e->evaluation->problem));
}

static void
read_entry(struct spec_reader *s, const json_t *value, struct entry *e)
{
	struct evaluate_options *options = &e->evaluation->options;
	char at[POINTER_MAX];

	if (!json_expect(value, JSON_OBJECT, e->pointer, s->faults))
		return;
	e->patch = json_object_get(value, "problem");
	pointer_key(e->problem_at, e->pointer, "problem");
	param_defaults(evaluate_params, options);
	if (is_train(s))
		options->horizon = s->spec->training.horizon;
	param_json_read(evaluate_params, value, others, e->pointer, options,
	    s->faults);
	pointer_key(at, e->pointer, "name");
	json_expect_text(options->name, false, at, s->faults);
	read_problem(s, e);
	if (e->evaluation->problem.type != NULL) {
		finish_name(s, e);
		write_head(s, e);
	}
	read_rules(s, e, json_object_get(value, "baselines"));
	assign_groups(s, e);
}

/* How many entries there are; 0 with a fault when that cannot be. */
static size_t
check_length(struct spec_reader *s, const json_t *list)
{
	size_t len = json_array_size(list);

	if (!json_expect(list, JSON_ARRAY, "/evaluation", s->faults))
		return 0;
	if (len == 0 && !is_train(s))
		fault_add(s->faults, "/evaluation", "wrong_length", "an evaluate "
		    "job needs at least one entry, or leave this out");
	if (len <= SPEC_EVALUATIONS_MAX)
		return len;
	fault_add(s->faults, "/evaluation", "wrong_length", "must have at most "
	    "%d entries", SPEC_EVALUATIONS_MAX);
	return 0;
}

static json_t *
read_list(struct spec_reader *s, const json_t *list)
{
	size_t len = check_length(s, list);
	json_t *normal = json_array();

	s->spec->evaluations = calloc(len + 1, sizeof *s->spec->evaluations);
	if (s->spec->evaluations == NULL || normal == NULL) {
		s->memory = true;
		return normal;
	}
	for (size_t i = 0; i < len; i++) {
		struct entry e = {
			.evaluation = &s->spec->evaluations[i],
			.normal = json_object(),
		};

		pointer_index(e.pointer, "/evaluation", i);
		s->memory |= e.normal == NULL;
		read_entry(s, json_array_get(list, i), &e);
		s->spec->evaluations_len++;
		if (json_array_append_new(normal, e.normal) < 0)
			s->memory = true;
	}
	return normal;
}

json_t *
spec_evaluations_read(struct spec_reader *s, const json_t *list)
{
	json_t *preset = list == NULL ? json_pack("[{}]") : NULL, *normal;

	if (list == NULL && preset == NULL) {
		s->memory = true;
		return NULL;
	}
	normal = read_list(s, list != NULL ? list : preset);
	json_decref(preset);
	return normal;
}
