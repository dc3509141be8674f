#include <string.h>

#include "job/spec_read.h"

static const char *const others[] = { "type", NULL };

static const char *
type_name(const void *arg, int i)
{
	(void)arg;
	return problem_types[i] != NULL ? problem_types[i]->name : NULL;
}

/* The type that the object says, or base's. */
static const struct problem_type *
read_type(struct spec_reader *s, const json_t *value, const char *pointer,
    const struct spec_problem *base)
{
	const json_t *name = json_object_get(value, "type");
	const struct problem_type *type;
	char at[POINTER_MAX], names[200] = "";
	const char *near;

	if (name == NULL && base != NULL)
		return base->type;
	pointer_key(at, pointer, "type");
	for (int i = 0; problem_types[i] != NULL; i++) {
		strncat(names, i > 0 ? ", " : "", sizeof names - strlen(names) - 1);
		strncat(names, problem_types[i]->name,
		    sizeof names - strlen(names) - 1);
	}
	if (name == NULL) {
		fault_add(s->faults, at, "missing", "must say the problem's "
		    "type; there are %s", names);
		return NULL;
	}
	if (!json_expect(name, JSON_STRING, at, s->faults))
		return NULL;
	type = problem_find(json_string_value(name));
	if (type != NULL)
		return type;
	near = param_nearest(json_string_value(name), type_name, NULL);
	if (near != NULL)
		fault_add(s->faults, at, "not_a_choice", "there is no problem "
		    "'%.40s'; did you mean '%s'?", json_string_value(name), near);
	else
		fault_add(s->faults, at, "not_a_choice", "there is no problem "
		    "'%.40s'; there are %s", json_string_value(name), names);
	return NULL;
}

bool
spec_problem_read(struct spec_reader *s, const json_t *value,
    const char *pointer, const struct spec_problem *base,
    struct spec_problem *problem)
{
	int before = spec_faults(s);

	if (!json_expect(value, JSON_OBJECT, pointer, s->faults))
		return false;
	problem->type = read_type(s, value, pointer, base);
	if (problem->type == NULL)
		return false;
	if (base != NULL && base->type == problem->type)
		problem->options = base->options;
	else
		param_defaults(problem->type->params, &problem->options);
	param_json_read(problem->type->params, value, others, pointer,
	    &problem->options, s->faults);
	return spec_faults(s) == before;
}

static const char *
shape_code(int r)
{
	switch (r) {
	case ERR_NOT_FOUND:
		return "not_found";
	case ERR_LIMIT:
		return "too_large";
	case ERR_MEMORY:
		return "memory";
	default:
		return "unusable";
	}
}

bool
spec_problem_shape(struct spec_reader *s, const struct spec_problem *problem,
    const json_t *only, const char *pointer, struct problem *shaped)
{
	const char *param;
	char at[POINTER_MAX];
	struct message m = { "" };
	int r = problem_shape(shaped, problem->type, &problem->options,
	    s->env->data_folder, &param, &m);

	if (r == 0)
		return true;
	if (param != NULL)
		pointer_key(at, pointer, param);
	if (only == NULL || (param != NULL &&
	    json_object_get(only, param) != NULL))
		fault_add(s->faults, param != NULL ? at : pointer,
		    shape_code(r), "%s", m.text);
	return false;
}

json_t *
spec_problem_json(const struct spec_problem *problem)
{
	json_t *object = json_pack("{s:s}", "type", problem->type->name);

	if (object != NULL && !param_json_write(problem->type->params,
	    &problem->options, object)) {
		json_decref(object);
		object = NULL;
	}
	return object;
}
