/* The spec as a whole: what is read in which order. */
#include "job/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/spec_read.h"

int
spec_faults(const struct spec_reader *s)
{
	return s->faults->len + s->faults->more;
}

void
spec_put(struct spec_reader *s, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		s->memory = true;
}

/* ---- what is trained, or compared ---- */

static void
read_training(struct spec_reader *s, const json_t *value)
{
	struct train_options *t = &s->spec->training;

	param_defaults(train_params, t);
	if (value != NULL && json_expect(value, JSON_OBJECT, "/training",
	    s->faults))
		param_json_read(train_params, value, NULL, "/training", t,
		    s->faults);
	if (t->unroll <= t->horizon)
		return;
	if (json_object_get(value, "unroll") != NULL)
		fault_add(s->faults, "/training/unroll", "out_of_range", "must be "
		    "at most the horizon, which is %lld", (long long)t->horizon);
	else
		t->unroll = t->horizon;
}

static void
read_trained(struct spec_reader *s, const json_t *value)
{
	json_t *preset = value == NULL ? json_object() : NULL;
	struct spec_rule *rule = &s->spec->rule;

	if (value == NULL && preset == NULL) {
		s->memory = true;
	} else if (spec_rule_read(s, value != NULL ? value : preset,
	    "/optimizer", SPEC_TRAINED, rule, &s->optimizer)) {
		if (s->shaped)
			spec_rule_groups(s, s->optimizer, &s->problem,
			    &rule->rule, "/optimizer", NULL);
		if (!rule_learned(&rule->rule))
			fault_add(s->faults, "/optimizer", "unusable", "there is "
			    "nothing to train about %s: give a learned optimizer, "
			    "or a job of type evaluate", rule->rule.name);
	}
	json_decref(preset);
}

static void
read_compared(struct spec_reader *s, const json_t *list)
{
	char at[POINTER_MAX];

	if (list == NULL || (json_is_array(list) && json_array_size(list) == 0)) {
		fault_add(s->faults, "/optimizers", "missing", "must list what to "
		    "compare, for example [{\"snapshot\": 1}, \"adam\"]");
		return;
	}
	s->rules = calloc(EVALUATE_RULES_MAX, sizeof *s->rules);
	if (s->rules == NULL) {
		s->memory = true;
		return;
	}
	if (!spec_rules_read(s, list, "/optimizers", EVALUATE_RULES_MAX, NULL,
	    s->rules, &s->rules_len, &s->optimizer) || !s->shaped)
		return;
	for (int i = 0; i < s->rules_len; i++) {
		pointer_index(at, "/optimizers", (size_t)i);
		spec_rule_groups(s, json_array_get(s->optimizer, (size_t)i),
		    &s->problem, &s->rules[i].rule, at, NULL);
	}
}

/* Members that belong to the other type of job. */
static void
refuse(struct spec_reader *s, const json_t *document, const char *key,
    const char *type)
{
	char at[POINTER_MAX];

	pointer_key(at, "", key);
	if (json_object_get(document, key) != NULL)
		fault_add(s->faults, at, "not_allowed", "is for a job of type %s",
		    type);
}

/* ---- the whole ---- */

static void
read_problem(struct spec_reader *s, const json_t *document)
{
	const json_t *value = json_object_get(document, "problem");

	/* In an evaluate job each evaluation may have its own. */
	s->absent = value == NULL && s->spec->options.type == SPEC_EVALUATE &&
	    json_array_size(json_object_get(document, "evaluation")) > 0;
	if (s->absent)
		return;
	if (value == NULL)
		fault_add(s->faults, "/problem", "missing", "must say what is "
		    "optimized, for example {\"type\": \"quadratic\"}");
	else if (spec_problem_read(s, value, "/problem", NULL,
	    &s->spec->problem))
		s->shaped = spec_problem_shape(s, &s->spec->problem, NULL,
		    "/problem", &s->problem);
}

static void
finish_name(struct spec *spec)
{
	if (spec->options.name[0] == 0)
		snprintf(spec->options.name, sizeof spec->options.name, "%s%s",
		    spec->options.type == SPEC_TRAIN ? "" : "evaluation: ",
		    spec->problem.type->name);
}

/* The filled-in spec, in the order that people read it. */
static void
write_json(struct spec_reader *s, json_t *evaluations)
{
	bool train = s->spec->options.type == SPEC_TRAIN;
	json_t *json = s->spec->json = json_object(), *training;

	if (json == NULL || !param_json_write(spec_params, &s->spec->options,
	    json)) {
		s->memory = true;
		return;
	}
	spec_put(s, json, "tags", spec_tags_json(s->spec));
	spec_put(s, json, "problem", spec_problem_json(&s->spec->problem));
	spec_put(s, json, train ? "optimizer" : "optimizers",
	    json_incref(s->optimizer));
	if (train) {
		training = json_object();
		if (training == NULL || !param_json_write(train_params,
		    &s->spec->training, training))
			s->memory = true;
		spec_put(s, json, "training", training);
	}
	spec_put(s, json, "evaluation", json_incref(evaluations));
}

static void
read_document(struct spec_reader *s, const json_t *document)
{
	json_t *evaluations;

	spec_head_read(document, s->spec, s->faults);
	read_problem(s, document);
	if (s->spec->options.type == SPEC_TRAIN) {
		read_training(s, json_object_get(document, "training"));
		read_trained(s, json_object_get(document, "optimizer"));
		refuse(s, document, "optimizers", "evaluate");
	} else {
		read_compared(s, json_object_get(document, "optimizers"));
		refuse(s, document, "optimizer", "train");
		refuse(s, document, "training", "train");
	}
	evaluations = spec_evaluations_read(s,
	    json_object_get(document, "evaluation"));
	if (s->spec->problem.type == NULL && s->spec->evaluations_len > 0)
		s->spec->problem = s->spec->evaluations[0].problem;
	if (spec_faults(s) == 0 && !s->memory) {
		finish_name(s->spec);
		write_json(s, evaluations);
	}
	json_decref(evaluations);
}

int
spec_read(const json_t *document, const struct spec_env *env,
    struct spec **spec, struct faults *faults)
{
	struct spec_reader s = { .env = env, .faults = faults };
	int r = 0;

	*spec = NULL;
	if (!json_expect(document, JSON_OBJECT, "", faults))
		return ERR_INVALID;
	s.spec = calloc(1, sizeof *s.spec);
	if (s.spec == NULL)
		return ERR_MEMORY;
	read_document(&s, document);
	if (s.memory)
		r = ERR_MEMORY;
	else if (spec_faults(&s) > 0)
		r = ERR_INVALID;
	json_decref(s.optimizer);
	free(s.rules);
	if (r == 0)
		*spec = s.spec;
	else
		spec_free(s.spec);
	return r;
}

void
spec_free(struct spec *spec)
{
	if (spec == NULL)
		return;
	json_decref(spec->json);
	free(spec->evaluations);
	free(spec);
}
