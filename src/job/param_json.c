#include "job/param_json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- pointers ---- */

void
pointer_key(char out[POINTER_MAX], const char *pointer, const char *key)
{
	int used = snprintf(out, POINTER_MAX, "%s/", pointer);
	size_t at = (size_t)used < POINTER_MAX ? (size_t)used : POINTER_MAX - 1;

	for (; *key != 0 && at + 2 < POINTER_MAX; key++) {
		if (*key == '~' || *key == '/') {
			out[at++] = '~';
			out[at++] = *key == '~' ? '0' : '1';
		} else {
			out[at++] = *key;
		}
	}
	out[at] = 0;
}

void
pointer_index(char out[POINTER_MAX], const char *pointer, size_t index)
{
	char text[24];

	snprintf(text, sizeof text, "%zu", index);
	pointer_key(out, pointer, text);
}

/* ---- checks ---- */

static const char *
json_kind(json_type type)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",
		[JSON_STRING] = "a text", [JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false", [JSON_NULL] = "null",
	};

	return names[type];
}

bool
json_expect(const json_t *value, json_type type, const char *pointer,
    struct faults *faults)
{
	bool number = type == JSON_INTEGER || type == JSON_REAL;

	if (json_typeof(value) == type || (number && json_is_number(value)))
		return true;
	fault_add(faults, pointer, "wrong_type", "must be %s, not %s",
	    type == JSON_TRUE ? "true or false" : json_kind(type),
	    json_kind(json_typeof(value)));
	return false;
}

bool
json_expect_text(const char *text, bool lines, const char *pointer,
    struct faults *faults)
{
	for (const char *c = text; *c != 0; c++) {
		if (((unsigned char)*c >= 0x20 && *c != 0x7f) ||
		    (lines && (*c == '\n' || *c == '\t')))
			continue;
		fault_add(faults, pointer, "bad_text", "must be without "
		    "control characters%s", lines ? "" : " and line breaks");
		return false;
	}
	return true;
}

/* ---- one value ---- */

/* The number in value.  Adding 0 turns -0, which JSON text does not always
 * keep, into 0. */
static double
number_of(const json_t *value)
{
	return json_number_value(value) + 0.0;
}

static const char *
number_code(const struct param *p, double v)
{
	return p->kind == PARAM_INT && v != floor(v) ? "not_whole" :
	    "out_of_range";
}

static void
read_number(const struct param *p, const json_t *value, const char *pointer,
    void *options, struct faults *faults)
{
	struct message m;
	double v = number_of(value);
	int r;

	if (!json_expect(value, JSON_REAL, pointer, faults))
		return;
	r = p->kind == PARAM_INT ? param_set_int(p, options, v, &m) :
	    param_set_real(p, options, v, &m);
	if (r < 0)
		fault_add(faults, pointer, number_code(p, v), "%s", m.text);
}

static void
read_text(const struct param *p, const json_t *value, const char *pointer,
    void *options, struct faults *faults)
{
	struct message m;

	if (!json_expect(value, JSON_STRING, pointer, faults))
		return;
	if (p->kind == PARAM_TEXT && !json_expect_text(json_string_value(value),
	    true, pointer, faults))
		return;
	if (param_set_text(p, options, json_string_value(value), &m) < 0)
		fault_add(faults, pointer, p->kind == PARAM_TEXT ? "too_long" :
		    "not_a_choice", "%s", m.text);
}

/* Each entry is checked as a number of its own, so that its fault can point at
 * it; then the list is set. */
static void
read_list(const struct param *p, const json_t *value, const char *pointer,
    void *options, struct faults *faults)
{
	struct param one = *p;
	struct message m;
	double v[PARAM_LIST_MAX];
	char at[POINTER_MAX];
	int before = faults->len + faults->more;
	size_t len = json_array_size(value);

	if (!json_expect(value, JSON_ARRAY, pointer, faults))
		return;
	if (len < (size_t)p->len_min || len > (size_t)p->len_max) {
		fault_add(faults, pointer, "wrong_length", "must have from %d "
		    "to %d entries, not %zu", p->len_min, p->len_max, len);
		return;
	}
	one.kind = p->kind == PARAM_INTS ? PARAM_INT : PARAM_REAL;
	one.offset = 0;
	for (size_t i = 0; i < len; i++) {
		union { int64_t whole; double real; } scratch;
		const json_t *entry = json_array_get(value, i);

		pointer_index(at, pointer, i);
		read_number(&one, entry, at, &scratch, faults);
		v[i] = number_of(entry);
	}
	if (faults->len + faults->more > before)
		return;
	if (p->kind == PARAM_INTS)
		param_set_ints(p, options, v, (int)len, &m);
	else
		param_set_reals(p, options, v, (int)len, &m);
}

static void
read_value(const struct param *p, const json_t *value, const char *pointer,
    void *options, struct faults *faults)
{
	switch (p->kind) {
	case PARAM_BOOL:
		if (json_is_boolean(value))
			*param_bool(p, options) = json_is_true(value);
		else
			json_expect(value, JSON_TRUE, pointer, faults);
		break;
	case PARAM_INT:
	case PARAM_REAL:
		read_number(p, value, pointer, options, faults);
		break;
	case PARAM_CHOICE:
	case PARAM_TEXT:
		read_text(p, value, pointer, options, faults);
		break;
	case PARAM_INTS:
	case PARAM_REALS:
		read_list(p, value, pointer, options, faults);
		break;
	case PARAM_GROUP:
		if (json_expect(value, JSON_OBJECT, pointer, faults))
			param_json_read(p->members, value, NULL, pointer,
			    options, faults);
		break;
	}
}

/* ---- an object ---- */

struct names {
	const struct param *table;
	const char *const *others;
};

static const char *
names_next(const void *arg, int i)
{
	const struct names *names = arg;
	int j = 0;

	for (; names->table[j].name != NULL; j++)
		if (j == i)
			return names->table[j].name;
	return names->others != NULL ? names->others[i - j] : NULL;
}

static void
unknown_key(const struct names *names, const char *key, const char *pointer,
    struct faults *faults)
{
	const char *near = param_nearest(key, names_next, names), *name;
	char list[320] = "";

	if (near != NULL) {
		fault_add(faults, pointer, "unknown_key", "'%.40s' is not known "
		    "here; did you mean '%s'?", key, near);
		return;
	}
	for (int i = 0; (name = names_next(names, i)) != NULL; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof list - used, "%s%s",
		    i > 0 ? ", " : "", name);
	}
	fault_add(faults, pointer, "unknown_key", "'%.40s' is not known here; "
	    "known are %s", key, list);
}

static bool
is_other(const struct names *names, const char *key)
{
	for (int i = 0; names->others != NULL && names->others[i] != NULL; i++)
		if (strcmp(names->others[i], key) == 0)
			return true;
	return false;
}

void
param_json_read(const struct param *table, const json_t *object,
    const char *const *others, const char *pointer, void *options,
    struct faults *faults)
{
	const struct names names = { table, others };
	json_t *value, *members = (json_t *)(uintptr_t)object;
	const char *key;
	char at[POINTER_MAX];

	json_object_foreach(members, key, value) {
		const struct param *p = param_find(table, key);

		pointer_key(at, pointer, key);
		if (p != NULL)
			read_value(p, value, at, options, faults);
		else if (!is_other(&names, key))
			unknown_key(&names, key, at, faults);
	}
}
