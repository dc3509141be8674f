/* A part of a rule: which optimizer, with what options and weights, for which
 * groups of coordinates. */
#include <stdio.h>
#include <string.h>

#include "job/spec_read.h"
#include "job/weights.h"

static const char *const others[] = { "type", "name", "snapshot", "group",
    NULL };

static const char *
type_name(const void *arg, int i)
{
	(void)arg;
	return optim_types[i] != NULL ? optim_types[i]->name : NULL;
}

static const struct optim_type *
first_learned(void)
{
	for (int i = 0; optim_types[i] != NULL; i++)
		if (optim_learned(optim_types[i]))
			return optim_types[i];
	return NULL;
}

static const struct optim_type *
find_type(struct spec_reader *s, const char *name, const char *pointer)
{
	const struct optim_type *type = optim_find(name);
	const char *near = param_nearest(name, type_name, NULL);
	char names[200] = "";

	if (type != NULL)
		return type;
	if (near != NULL) {
		fault_add(s->faults, pointer, "not_a_choice", "there is no "
		    "optimizer '%.40s'; did you mean '%s'?", name, near);
		return NULL;
	}
	for (int i = 0; optim_types[i] != NULL; i++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof names - used, "%s%s",
		    i > 0 ? ", " : "", optim_types[i]->name);
	}
	fault_add(s->faults, pointer, "not_a_choice", "there is no optimizer "
	    "'%.40s'; there are %s", name, names);
	return NULL;
}

/* The snapshot's type and options into part. */
static bool
read_snapshot(struct spec_reader *s, const json_t *value, const char *pointer,
    struct rule_part *part, int64_t *id)
{
	struct snapshot_row row;
	struct message m = { "" };
	int r = ERR_NOT_FOUND;

	if (!json_is_integer(value) || json_integer_value(value) < 1) {
		fault_add(s->faults, pointer, "wrong_type", "must be the number "
		    "of a snapshot");
		return false;
	}
	*id = json_integer_value(value);
	if (s->env->store != NULL)
		r = store_snapshot_read(s->env->store, *id, &row);
	if (r < 0) {
		fault_add(s->faults, pointer, r == ERR_NOT_FOUND ? "not_found" :
		    "unusable", "snapshot %lld %s", (long long)*id,
		    r == ERR_NOT_FOUND ? "does not exist; GET /api/v1/snapshots "
		    "lists those that do" : "could not be read");
		return false;
	}
	r = weights_optimizer(&row, &part->type, &part->options, &m);
	snapshot_row_free(&row);
	if (r < 0)
		fault_add(s->faults, pointer, "unusable", "snapshot %lld: %s",
		    (long long)*id, m.text);
	return r == 0;
}

/* The type, and the options to begin with: the snapshot's or defaults. */
static bool
read_type(struct spec_reader *s, const json_t *value, const char *pointer,
    enum spec_use use, struct rule_part *part, int64_t *snapshot)
{
	const json_t *name = json_object_get(value, "type");
	const json_t *id = json_object_get(value, "snapshot");
	const struct optim_type *type = use == SPEC_TRAINED ? first_learned() : NULL;
	char at[POINTER_MAX];

	pointer_key(at, pointer, "type");
	if (name != NULL) {
		if (!json_expect(name, JSON_STRING, at, s->faults))
			return false;
		type = find_type(s, json_string_value(name), at);
		if (type == NULL)
			return false;
	} else if (type == NULL && id == NULL) {
		fault_add(s->faults, at, "missing", "must say the optimizer's "
		    "type, or a snapshot");
		return false;
	}
	if (id == NULL) {
		part->type = type;
		param_defaults(type->params, &part->options);
		return true;
	}
	pointer_key(at, pointer, "snapshot");
	if (!read_snapshot(s, id, at, part, snapshot))
		return false;
	if (name != NULL && type != part->type) {
		fault_add(s->faults, at, "unusable", "snapshot %lld is of type "
		    "%s; leave \"type\" out", (long long)*snapshot,
		    part->type->name);
		return false;
	}
	return true;
}

static bool
same_tensors(const struct optim_type *type, const void *a, const void *b)
{
	struct optim_tensor x[OPTIM_TENSORS_MAX], y[OPTIM_TENSORS_MAX];
	int len = type->tensors(a, x);

	if (type->tensors(b, y) != len)
		return false;
	for (int i = 0; i < len; i++) {
		if (strcmp(x[i].name, y[i].name) != 0 || x[i].dims != y[i].dims)
			return false;
		for (int d = 0; d < x[i].dims; d++)
			if (x[i].shape[d] != y[i].shape[d])
				return false;
	}
	return true;
}

/* Options over those of the snapshot are allowed as long as its weights still
 * mean the same: another output scale, but not other layers. */
static bool
read_options(struct spec_reader *s, const json_t *value, const char *pointer,
    struct rule_part *part, int64_t snapshot)
{
	struct optim_options stored = part->options;
	int before = spec_faults(s);

	param_json_read(part->type->params, value, others, pointer,
	    &part->options, s->faults);
	if (spec_faults(s) > before)
		return false;
	if (snapshot == 0 || same_tensors(part->type, &stored, &part->options))
		return true;
	fault_add(s->faults, pointer, "unusable", "the weights of snapshot %lld "
	    "do not fit these options; leave them out",
	    (long long)snapshot);
	return false;
}

/* A name of the part's own, else what the user called the type. */
static const char *
read_name(struct spec_reader *s, const json_t *value, const char *pointer,
    const struct rule_part *part, int64_t snapshot, enum spec_use use,
    char room[RULE_NAME_MAX])
{
	const json_t *name = json_object_get(value, "name");
	const char *type = json_string_value(json_object_get(value, "type"));
	char at[POINTER_MAX];

	pointer_key(at, pointer, "name");
	if (name != NULL && json_expect(name, JSON_STRING, at, s->faults) &&
	    json_expect_text(json_string_value(name), false, at, s->faults)) {
		if (json_string_length(name) >= RULE_NAME_MAX)
			fault_add(s->faults, at, "too_long", "must have at "
			    "most %d bytes, not %zu", RULE_NAME_MAX - 1,
			    json_string_length(name));
		else if (json_string_length(name) > 0)
			return json_string_value(name);
	}
	if (type == NULL)
		type = part->type->name;
	if (snapshot == 0 || use == SPEC_TRAINED)
		return type;
	snprintf(room, RULE_NAME_MAX, "%s (snapshot %lld)", type,
	    (long long)snapshot);
	return room;
}

/* "group" must be a name or a list of names; that they exist is checked when
 * the problem is known. */
static bool
check_group(struct spec_reader *s, const json_t *group, const char *pointer)
{
	char at[POINTER_MAX], entry[POINTER_MAX];
	size_t len = json_array_size(group);

	if (group == NULL || json_is_string(group))
		return true;
	pointer_key(at, pointer, "group");
	if (!json_is_array(group)) {
		fault_add(s->faults, at, "wrong_type", "must be the name of a "
		    "group, or a list of names");
		return false;
	}
	if (len < 1 || len > PROBLEM_GROUPS_MAX) {
		fault_add(s->faults, at, "wrong_length", "must have from 1 to %d "
		    "names", PROBLEM_GROUPS_MAX);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		pointer_index(entry, at, i);
		if (!json_expect(json_array_get(group, i), JSON_STRING, entry,
		    s->faults))
			return false;
	}
	return true;
}

static json_t *
normal_form(struct spec_reader *s, const json_t *value,
    const struct rule_part *part, int64_t snapshot, bool tune, const char *name)
{
	json_t *object = json_object();
	const json_t *group = json_object_get(value, "group");

	if (object == NULL) {
		s->memory = true;
		return NULL;
	}
	spec_put(s, object, "type", json_string(part->type->name));
	spec_put(s, object, "name", json_string(name));
	if (snapshot > 0)
		spec_put(s, object, "snapshot", json_integer(snapshot));
	if (group != NULL)
		spec_put(s, object, "group", json_deep_copy(group));
	if (!param_json_write(part->type->params, &part->options, object))
		s->memory = true;
	if (tune)
		json_object_del(object, "learning_rate");
	return object;
}

/* The object that a type's name alone stands for. */
static json_t *
whole(struct spec_reader *s, const json_t *value, const char *pointer)
{
	json_t *object;

	if (json_is_string(value)) {
		object = json_pack("{s:s}", "type", json_string_value(value));
		s->memory |= object == NULL;
		return object;
	}
	if (json_is_object(value))
		return json_incref((json_t *)(uintptr_t)value);
	fault_add(s->faults, pointer, "wrong_type", "must be an object that "
	    "describes an optimizer, or the name of one");
	return NULL;
}

bool
spec_part_read(struct spec_reader *s, const json_t *value, const char *pointer,
    enum spec_use use, struct rule_part *part, int64_t *snapshot, bool *tune,
    json_t **normal)
{
	json_t *object = whole(s, value, pointer);
	char room[RULE_NAME_MAX];
	int before = spec_faults(s);
	const char *name;
	bool learned;

	*snapshot = 0;
	*tune = false;
	*normal = NULL;
	if (object == NULL || !read_type(s, object, pointer, use, part,
	    snapshot))
		goto out;
	learned = optim_learned(part->type);
	if (use != SPEC_TRAINED && learned && *snapshot == 0)
		fault_add(s->faults, pointer, "missing", "%s is a learned "
		    "optimizer: give the \"snapshot\" with its weights",
		    part->type->name);
	read_options(s, object, pointer, part, *snapshot);
	check_group(s, json_object_get(object, "group"), pointer);
	*tune = use == SPEC_COMPARED && !learned && json_object_get(object,
	    "learning_rate") == NULL && optim_rate(part->type,
	    &part->options) != NULL;
	name = read_name(s, object, pointer, part, *snapshot, use, room);
	if (spec_faults(s) == before)
		*normal = normal_form(s, object, part, *snapshot, *tune, name);
out:
	json_decref(object);
	return *normal != NULL;
}
