/* The JSON schema of a job, from the tables that check it.  It says what a spec
 * may look like; what depends on two places (groups, data sets, snapshots) is
 * checked by spec_read alone. */
#include "job/catalogue.h"
#include "job/param_json.h"
#include "optim/optim.h"
#include "problem/problem.h"

/* A closed object with these properties; takes them. */
static json_t *
closed(json_t *properties)
{
	return properties == NULL ? NULL : json_pack("{s:s, s:o, s:b}",
	    "type", "object", "properties", properties,
	    "additionalProperties", 0);
}

/* Put value, a new reference or NULL, into object; frees it when it cannot. */
static json_t *
with(json_t *object, const char *key, json_t *value)
{
	if (object == NULL) {
		json_decref(value);
		return NULL;
	}
	if (json_object_set_new(object, key, value) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
text(const char *description)
{
	return json_pack("{s:s, s:s}", "type", "string", "description",
	    description);
}

/* One of the two names, or just the one. */
static json_t *
name_of(const char *name, const char *alias)
{
	return alias != NULL ? json_pack("{s:[s, s]}", "enum", name, alias) :
	    json_pack("{s:s}", "const", name);
}

static json_t *
problem_schema(const struct problem_type *type, bool whole)
{
	json_t *schema = closed(with(param_json_schema(type->params), "type",
	    name_of(type->name, NULL)));

	schema = with(schema, "description", json_string(type->text));
	return whole ? with(schema, "required", json_pack("[s]", "type")) :
	    schema;
}

/* Any problem; or, not whole, changes to one. */
static json_t *
problems(bool whole)
{
	json_t *list = json_array();

	for (int i = 0; problem_types[i] != NULL; i++) {
		if (json_array_append_new(list,
		    problem_schema(problem_types[i], whole)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:o}", "anyOf", list);
}

static json_t *
group_schema(void)
{
	return json_pack("{s:s, s:[{s:s}, {s:s, s:{s:s}, s:i, s:i}]}",
	    "description", "The problem's groups of coordinates that this "
	    "optimizer updates; needed in a list.",
	    "anyOf", "type", "string", "type", "array", "items", "type",
	    "string", "minItems", 1, "maxItems", PROBLEM_GROUPS_MAX);
}

static json_t *
snapshot_schema(void)
{
	return json_pack("{s:s, s:i, s:s}", "type", "integer", "minimum", 1,
	    "description", "The number of the snapshot whose weights it begins "
	    "with; its type and options come with it.");
}

static json_t *
optimizer_schema(const struct optim_type *type)
{
	json_t *properties = param_json_schema(type->params);

	properties = with(properties, "type", name_of(type->name, type->alias));
	properties = with(properties, "name",
	    text("What it is called in charts and tables."));
	properties = with(properties, "group", group_schema());
	if (optim_learned(type))
		properties = with(properties, "snapshot", snapshot_schema());
	return with(closed(properties), "description", json_string(type->text));
}

static json_t *
type_names(void)
{
	json_t *names = json_array();

	for (int i = 0; optim_types[i] != NULL; i++) {
		const struct optim_type *type = optim_types[i];

		if (json_array_append_new(names, json_string(type->name)) < 0 ||
		    (type->alias != NULL && json_array_append_new(names,
		    json_string(type->alias)) < 0)) {
			json_decref(names);
			return NULL;
		}
	}
	return json_pack("{s:o}", "enum", names);
}

static json_t *
part_schema(void)
{
	json_t *list = json_pack("[o]", type_names());

	for (int i = 0; optim_types[i] != NULL && list != NULL; i++) {
		if (json_array_append_new(list,
		    optimizer_schema(optim_types[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:o}", "anyOf", list);
}

/* A part, or a list of parts that have groups. */
static json_t *
rule_schema(void)
{
	return json_pack("{s:[{s:s}, {s:s, s:{s:s}, s:i, s:i}]}", "anyOf",
	    "$ref", "#/$defs/part", "type", "array",
	    "items", "$ref", "#/$defs/part", "minItems", 1,
	    "maxItems", PROBLEM_GROUPS_MAX);
}

static json_t *
list_of(const char *reference, int max, const char *description)
{
	return json_pack("{s:s, s:{s:s}, s:i, s:s}", "type", "array", "items",
	    "$ref", reference, "maxItems", max, "description", description);
}

static json_t *
evaluation_schema(void)
{
	json_t *properties = param_json_schema(evaluate_params);

	properties = with(properties, "problem",
	    json_pack("{s:s}", "$ref", "#/$defs/change"));
	properties = with(properties, "baselines", list_of("#/$defs/optimizer",
	    EVALUATE_RULES_MAX - 1, "Optimizers to compare the trained one "
	    "with; default: sgd, nag, rmsprop and adam."));
	return closed(properties);
}

static json_t *
tags_schema(void)
{
	return json_pack("{s:s, s:{s:s, s:i, s:i}, s:i, s:b, s:[]}", "type",
	    "array", "items", "type", "string", "minLength", 1, "maxLength",
	    PARAM_TEXT_MAX - 1, "maxItems", SPEC_TAGS_MAX, "uniqueItems", 1,
	    "default");
}

json_t *
catalogue_job_schema(void)
{
	json_t *properties = param_json_schema(spec_params), *defs;

	properties = with(properties, "tags", tags_schema());
	properties = with(properties, "problem",
	    json_pack("{s:s}", "$ref", "#/$defs/problem"));
	properties = with(properties, "optimizer",
	    json_pack("{s:s}", "$ref", "#/$defs/optimizer"));
	properties = with(properties, "optimizers", list_of("#/$defs/optimizer",
	    EVALUATE_RULES_MAX, "What a job of type evaluate compares."));
	properties = with(properties, "training",
	    closed(param_json_schema(train_params)));
	properties = with(properties, "evaluation",
	    list_of("#/$defs/evaluation", SPEC_EVALUATIONS_MAX,
	    "Default: the job's own problem, for as long as it trained."));
	defs = json_object();
	defs = with(defs, "problem", problems(true));
	defs = with(defs, "change", problems(false));
	defs = with(defs, "part", part_schema());
	defs = with(defs, "optimizer", rule_schema());
	defs = with(defs, "evaluation", evaluation_schema());
	properties = with(closed(properties), "$defs", defs);
	properties = with(properties, "$id", json_string("urn:l2ld:job"));
	return with(properties, "$schema",
	    json_string("https://json-schema.org/draft/2020-12/schema"));
}
