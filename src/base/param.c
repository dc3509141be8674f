#include "base/param.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *
param_at(const struct param *p, const void *options)
{
	return (char *)(uintptr_t)options + p->offset;
}

bool *
param_bool(const struct param *p, const void *options)
{
	return param_at(p, options);
}

int64_t *
param_int(const struct param *p, const void *options)
{
	return param_at(p, options);
}

double *
param_real(const struct param *p, const void *options)
{
	return param_at(p, options);
}

int *
param_choice(const struct param *p, const void *options)
{
	return param_at(p, options);
}

char *
param_text(const struct param *p, const void *options)
{
	return param_at(p, options);
}

struct param_ints *
param_ints(const struct param *p, const void *options)
{
	return param_at(p, options);
}

struct param_reals *
param_reals(const struct param *p, const void *options)
{
	return param_at(p, options);
}

size_t
param_text_size(const struct param *p)
{
	return p->len_max > 0 ? (size_t)p->len_max + 1 : PARAM_TEXT_MAX;
}

static void
param_default_ints(const struct param *p, void *options)
{
	struct param_ints *list = param_ints(p, options);
	const char *text = p->preset;
	char *end;

	list->len = 0;
	for (;;) {
		int64_t v = strtoll(text, &end, 10);

		if (end == text)
			return;
		list->v[list->len++] = v;
		text = end;
	}
}

static void
param_default_reals(const struct param *p, void *options)
{
	struct param_reals *list = param_reals(p, options);
	const char *text = p->preset;
	char *end;

	list->len = 0;
	for (;;) {
		double v = strtod(text, &end);

		if (end == text)
			return;
		list->v[list->len++] = v;
		text = end;
	}
}

void
param_defaults(const struct param *table, void *options)
{
	for (const struct param *p = table; p->name != NULL; p++) {
		switch (p->kind) {
		case PARAM_BOOL:
			*param_bool(p, options) = p->preset[0] == 't';
			break;
		case PARAM_INT:
			*param_int(p, options) = strtoll(p->preset, NULL, 10);
			break;
		case PARAM_REAL:
			*param_real(p, options) = strtod(p->preset, NULL);
			break;
		case PARAM_CHOICE:
		case PARAM_TEXT:
			param_set_text(p, options, p->preset, NULL);
			break;
		case PARAM_INTS:
			param_default_ints(p, options);
			break;
		case PARAM_REALS:
			param_default_reals(p, options);
			break;
		case PARAM_GROUP:
			param_defaults(p->members, options);
			break;
		}
	}
}

const struct param *
param_find(const struct param *table, const char *name)
{
	for (const struct param *p = table; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static int
param_range(const struct param *p, double v, struct message *m)
{
	if (v >= p->min && v <= p->max)
		return 0;
	return message_set(m, ERR_INVALID, "must be from %.15g to %.15g%s%s",
	    p->min, p->max, p->unit ? " " : "", p->unit ? p->unit : "");
}

int
param_set_real(const struct param *p, void *options, double v,
    struct message *m)
{
	int r;

	if (!isfinite(v))
		return message_set(m, ERR_INVALID, "must be a finite number");
	r = param_range(p, v, m);
	if (r == 0)
		*param_real(p, options) = v;
	return r;
}

static int
param_whole(double v, struct message *m)
{
	/* Past 2^53 a double no longer tells neighbours apart. */
	if (v == floor(v) && fabs(v) <= 9007199254740992.0)
		return 0;
	return message_set(m, ERR_INVALID, "must be a whole number");
}

int
param_set_int(const struct param *p, void *options, double v,
    struct message *m)
{
	int r = param_whole(v, m);

	if (r == 0)
		r = param_range(p, v, m);
	if (r == 0)
		*param_int(p, options) = (int64_t)v;
	return r;
}

int
param_set_text(const struct param *p, void *options, const char *v,
    struct message *m)
{
	const char *near;

	if (p->kind == PARAM_TEXT) {
		if (strlen(v) >= param_text_size(p))
			return message_set(m, ERR_INVALID, "must have at most "
			    "%zu bytes, not %zu", param_text_size(p) - 1,
			    strlen(v));
		strcpy(param_text(p, options), v);
		return 0;
	}
	for (int i = 0; p->choices[i] != NULL; i++) {
		if (strcmp(p->choices[i], v) == 0) {
			*param_choice(p, options) = i;
			return 0;
		}
	}
	near = param_nearest(v, param_choice_name, p->choices);
	if (near != NULL)
		return message_set(m, ERR_INVALID, "'%.40s' is not a choice; "
		    "did you mean '%s'?", v, near);
	message_set(m, ERR_INVALID, "must be one of");
	for (int i = 0; m != NULL && p->choices[i] != NULL; i++) {
		size_t used = strlen(m->text);

		strncat(m->text, i > 0 ? ", " : " ", sizeof m->text - used - 1);
		used = strlen(m->text);
		strncat(m->text, p->choices[i], sizeof m->text - used - 1);
	}
	return ERR_INVALID;
}

static int
param_length(const struct param *p, int len, struct message *m)
{
	if (len >= p->len_min && len <= p->len_max)
		return 0;
	return message_set(m, ERR_INVALID, "must have from %d to %d entries",
	    p->len_min, p->len_max);
}

int
param_set_reals(const struct param *p, void *options, const double *v, int len,
    struct message *m)
{
	struct param_reals list = { .len = len };

	if (param_length(p, len, m) < 0)
		return ERR_INVALID;
	for (int i = 0; i < len; i++) {
		if (param_range(p, v[i], m) < 0)
			return ERR_INVALID;
		list.v[i] = v[i];
	}
	*param_reals(p, options) = list;
	return 0;
}

int
param_set_ints(const struct param *p, void *options, const double *v, int len,
    struct message *m)
{
	struct param_ints list = { .len = len };

	if (param_length(p, len, m) < 0)
		return ERR_INVALID;
	for (int i = 0; i < len; i++) {
		if (param_whole(v[i], m) < 0 || param_range(p, v[i], m) < 0)
			return ERR_INVALID;
		list.v[i] = (int64_t)v[i];
	}
	*param_ints(p, options) = list;
	return 0;
}

const char *
param_kind_name(enum param_kind kind)
{
	switch (kind) {
	case PARAM_BOOL:
		return "boolean";
	case PARAM_INT:
		return "integer";
	case PARAM_REAL:
		return "number";
	case PARAM_CHOICE:
	case PARAM_TEXT:
		return "string";
	case PARAM_INTS:
	case PARAM_REALS:
		return "array";
	default:
		return "object";
	}
}

#define NEAR_MAX 40	/* longer names are not compared */

/* Levenshtein's distance, one row at a time. */
static int
edit_distance(const char *a, const char *b)
{
	int row[NEAR_MAX + 1], n = (int)strlen(b);

	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; a[i - 1] != 0; i++) {
		int corner = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int best = corner + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const char *
param_nearest(const char *name, const char *(*next)(const void *arg, int i),
    const void *arg)
{
	size_t len = strlen(name);
	int best = len <= 4 ? 2 : 3;	/* one less is near enough */
	const char *found = NULL, *other;

	if (len > NEAR_MAX)
		return NULL;
	for (int i = 0; (other = next(arg, i)) != NULL; i++) {
		int d;

		if (strlen(other) > NEAR_MAX)
			continue;
		d = edit_distance(name, other);
		if (d < best) {
			best = d;
			found = other;
		}
	}
	return found;
}

const char *
param_table_name(const void *table, int i)
{
	return ((const struct param *)table)[i].name;
}

const char *
param_choice_name(const void *choices, int i)
{
	return ((const char *const *)choices)[i];
}
