#include <math.h>
#include <stdlib.h>

#include "job/json_text.h"
#include "job/param_json.h"

static json_t *
write_ints(const struct param_ints *list)
{
	json_t *array = json_array();

	for (int i = 0; i < list->len && array != NULL; i++) {
		if (json_array_append_new(array, json_integer(list->v[i])) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *
write_reals(const struct param_reals *list)
{
	json_t *array = json_array();

	for (int i = 0; i < list->len && array != NULL; i++) {
		if (json_array_append_new(array, json_number(list->v[i])) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *
write_group(const struct param *table, const void *options)
{
	json_t *object = json_object();

	if (object != NULL && !param_json_write(table, options, object)) {
		json_decref(object);
		object = NULL;
	}
	return object;
}

static json_t *
write_value(const struct param *p, const void *options)
{
	switch (p->kind) {
	case PARAM_BOOL:
		return json_boolean(*param_bool(p, options));
	case PARAM_INT:
		return json_integer(*param_int(p, options));
	case PARAM_REAL:
		return json_number(*param_real(p, options));
	case PARAM_CHOICE:
		return json_string(p->choices[*param_choice(p, options)]);
	case PARAM_TEXT:
		return json_string(param_text(p, options));
	case PARAM_INTS:
		return write_ints(param_ints(p, options));
	case PARAM_REALS:
		return write_reals(param_reals(p, options));
	case PARAM_GROUP:
		return write_group(p->members, options);
	}
	return NULL;
}

bool
param_json_write(const struct param *table, const void *options, json_t *object)
{
	for (const struct param *p = table; p->name != NULL; p++)
		if (json_object_set_new(object, p->name,
		    write_value(p, options)) < 0)
			return false;
	return true;
}

/* Bytes up to the end of the last member. */
static size_t
table_extent(const struct param *table)
{
	size_t extent = 0;

	for (const struct param *p = table; p->name != NULL; p++) {
		size_t end = p->kind == PARAM_GROUP ? table_extent(p->members) :
		    p->offset + (p->kind == PARAM_TEXT ? param_text_size(p) :
		    sizeof(struct param_reals));

		if (end > extent)
			extent = end;
	}
	return extent;
}

json_t *
param_json_defaults(const struct param *table)
{
	void *options = calloc(1, table_extent(table) + 1);
	json_t *object = NULL;

	if (options != NULL) {
		param_defaults(table, options);
		object = write_group(table, options);
	}
	free(options);
	return object;
}

/* ---- the catalogue ---- */

/* Bounds that say nothing are left out. */
static bool
put_bounds(json_t *object, const struct param *p, const char *min,
    const char *max)
{
	if (isfinite(p->min) &&
	    json_object_set_new(object, min, json_number(p->min)) < 0)
		return false;
	return !isfinite(p->max) ||
	    json_object_set_new(object, max, json_number(p->max)) == 0;
}

static json_t *
choices_json(const struct param *p)
{
	json_t *list = json_array();

	for (int i = 0; p->choices[i] != NULL && list != NULL; i++) {
		if (json_array_append_new(list, json_string(p->choices[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static bool
is_list(const struct param *p)
{
	return p->kind == PARAM_INTS || p->kind == PARAM_REALS;
}

static const char *
entry_kind(const struct param *p)
{
	return param_kind_name(p->kind == PARAM_INTS ? PARAM_INT : PARAM_REAL);
}

static bool
describe_kind(json_t *object, const struct param *p)
{
	if (p->kind == PARAM_CHOICE)
		return json_object_set_new(object, "choices",
		    choices_json(p)) == 0;
	if (p->kind == PARAM_GROUP)
		return json_object_set_new(object, "members",
		    param_json_describe(p->members)) == 0;
	if (p->kind == PARAM_INT || p->kind == PARAM_REAL)
		return put_bounds(object, p, "min", "max");
	if (p->kind == PARAM_TEXT)
		return json_object_set_new(object, "len_max",
		    json_integer((json_int_t)param_text_size(p) - 1)) == 0;
	if (!is_list(p))
		return true;
	return put_bounds(object, p, "min", "max") &&
	    json_object_set_new(object, "entries",
		json_string(entry_kind(p))) == 0 &&
	    json_object_set_new(object, "len_min",
		json_integer(p->len_min)) == 0 &&
	    json_object_set_new(object, "len_max",
		json_integer(p->len_max)) == 0;
}

static json_t *
describe_one(const struct param *p, json_t *preset)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:O}", "name", p->name,
	    "kind", param_kind_name(p->kind), "text", p->text != NULL ? p->text :
	    "", "default", preset);

	if (object == NULL)
		return NULL;
	if ((p->unit != NULL && json_object_set_new(object, "unit",
	    json_string(p->unit)) < 0) || !describe_kind(object, p)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

json_t *
param_json_describe(const struct param *table)
{
	json_t *list = json_array(), *defaults = param_json_defaults(table);

	for (const struct param *p = table; p->name != NULL; p++) {
		json_t *preset = json_object_get(defaults, p->name);

		if (preset == NULL || json_array_append_new(list,
		    describe_one(p, preset)) < 0) {
			json_decref(list);
			list = NULL;
			break;
		}
	}
	json_decref(defaults);
	return list;
}

/* ---- the schema ---- */

static bool
schema_kind(json_t *object, const struct param *p)
{
	json_t *items;

	if (p->kind == PARAM_CHOICE)
		return json_object_set_new(object, "enum", choices_json(p)) == 0;
	if (p->kind == PARAM_TEXT)
		return json_object_set_new(object, "maxLength",
		    json_integer((json_int_t)param_text_size(p) - 1)) == 0;
	if (p->kind == PARAM_GROUP)
		return json_object_set_new(object, "properties",
			param_json_schema(p->members)) == 0 &&
		    json_object_set_new(object, "additionalProperties",
			json_false()) == 0;
	if (p->kind == PARAM_INT || p->kind == PARAM_REAL)
		return put_bounds(object, p, "minimum", "maximum");
	if (!is_list(p))
		return true;
	items = json_pack("{s:s}", "type", entry_kind(p));
	if (items == NULL || !put_bounds(items, p, "minimum", "maximum")) {
		json_decref(items);
		return false;
	}
	return json_object_set_new(object, "items", items) == 0 &&
	    json_object_set_new(object, "minItems",
		json_integer(p->len_min)) == 0 &&
	    json_object_set_new(object, "maxItems",
		json_integer(p->len_max)) == 0;
}

static json_t *
schema_one(const struct param *p, json_t *preset)
{
	json_t *object = json_pack("{s:s, s:s, s:O}", "type",
	    param_kind_name(p->kind), "description", p->text != NULL ? p->text :
	    "", "default", preset);

	if (object != NULL && !schema_kind(object, p)) {
		json_decref(object);
		object = NULL;
	}
	return object;
}

json_t *
param_json_schema(const struct param *table)
{
	json_t *object = json_object(), *defaults = param_json_defaults(table);

	for (const struct param *p = table; p->name != NULL; p++) {
		json_t *preset = json_object_get(defaults, p->name);

		if (preset == NULL || json_object_set_new(object, p->name,
		    schema_one(p, preset)) < 0) {
			json_decref(object);
			object = NULL;
			break;
		}
	}
	json_decref(defaults);
	return object;
}
