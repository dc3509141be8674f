#include "tests/params.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct param *
find(const struct param *table, const char *path)
{
	const char *dot;

	while ((dot = strchr(path, '.')) != NULL) {
		char name[64] = "";
		const struct param *group;

		memcpy(name, path, (size_t)(dot - path));
		group = param_find(table, name);
		ck_assert_msg(group != NULL, "no parameter %s", name);
		table = group->members;
		path = dot + 1;
	}
	return param_find(table, path);
}

static int
set_list(const struct param *p, void *options, const char *value)
{
	double v[PARAM_LIST_MAX];
	int len = 0;
	char *end;

	for (;; value = end) {
		double next = strtod(value, &end);

		if (end == value)
			break;
		v[len++] = next;
	}
	return p->kind == PARAM_INTS ?
	    param_set_ints(p, options, v, len, NULL) :
	    param_set_reals(p, options, v, len, NULL);
}

void
params_set(const struct param *table, void *options, const char *path,
    const char *value)
{
	const struct param *p = find(table, path);
	int r = ERR_INVALID;

	ck_assert_msg(p != NULL, "no parameter %s", path);
	switch (p->kind) {
	case PARAM_BOOL:
		*param_bool(p, options) = strcmp(value, "true") == 0;
		return;
	case PARAM_INT:
		r = param_set_int(p, options, strtod(value, NULL), NULL);
		break;
	case PARAM_REAL:
		r = param_set_real(p, options, strtod(value, NULL), NULL);
		break;
	case PARAM_CHOICE:
	case PARAM_TEXT:
		r = param_set_text(p, options, value, NULL);
		break;
	case PARAM_INTS:
	case PARAM_REALS:
		r = set_list(p, options, value);
		break;
	case PARAM_GROUP:
		break;
	}
	ck_assert_msg(r == 0, "%s cannot be '%s'", path, value);
}

/* Another number within bounds. */
static double
moved(const struct param *p, double v)
{
	if (p->kind == PARAM_INT || p->kind == PARAM_INTS)
		return v + 3 <= p->max ? v + 3 : v - 3;
	if (v == 0)
		return fmin(p->max / 2, 0.25);
	return v * 0.7 >= p->min ? v * 0.7 : fmin(p->max, v * 1.3);
}

void
params_move(const struct param *table, void *options)
{
	for (const struct param *p = table; p->name != NULL; p++) {
		int *choice;
		struct param_ints *ints;
		struct param_reals *reals;

		switch (p->kind) {
		case PARAM_BOOL:
			*param_bool(p, options) ^= true;
			break;
		case PARAM_INT:
			*param_int(p, options) = (int64_t)moved(p,
			    (double)*param_int(p, options));
			break;
		case PARAM_REAL:
			*param_real(p, options) = moved(p,
			    *param_real(p, options));
			break;
		case PARAM_CHOICE:
			choice = param_choice(p, options);
			*choice = p->choices[*choice + 1] != NULL ?
			    *choice + 1 : 0;
			break;
		case PARAM_TEXT:
			break;
		case PARAM_INTS:
			ints = param_ints(p, options);
			for (int i = 0; i < ints->len; i++)
				ints->v[i] = (int64_t)moved(p,
				    (double)ints->v[i]);
			break;
		case PARAM_REALS:
			reals = param_reals(p, options);
			for (int i = 0; i < reals->len; i++)
				reals->v[i] = moved(p, reals->v[i]);
			break;
		case PARAM_GROUP:
			params_move(p->members, options);
			break;
		}
	}
}

/* *i counts down to the one sought. */
static const struct param *
choice_of(const struct param *table, int *i)
{
	for (const struct param *p = table; p->name != NULL; p++) {
		const struct param *found = NULL;

		if (p->kind == PARAM_GROUP)
			found = choice_of(p->members, i);
		else if (p->kind == PARAM_CHOICE && (*i)-- == 0)
			found = p;
		if (found != NULL)
			return found;
	}
	return NULL;
}

const struct param *
params_choice(const struct param *table, int i)
{
	return choice_of(table, &i);
}
