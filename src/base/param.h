/* Declared parameters.
 *
 * A table of struct param describes the members of an options struct: name,
 * kind, bounds, default, unit and one sentence.  Whatever is said about an
 * option anywhere (validation, defaults, catalogue, form, manual page) is read
 * from its table.  A table ends with an entry whose name is NULL.  Options
 * structs are plain memory: they own nothing and are copied by assignment. */
#ifndef L2LD_BASE_PARAM_H
#define L2LD_BASE_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PARAM_LIST_MAX 16	/* entries of a list of numbers */
#define PARAM_TEXT_MAX 128	/* bytes of a short text and its NUL */

enum param_kind {
	PARAM_BOOL,	/* bool */
	PARAM_INT,	/* int64_t */
	PARAM_REAL,	/* double, finite */
	PARAM_CHOICE,	/* int: the index in choices */
	PARAM_TEXT,	/* char[param_text_size], UTF-8 */
	PARAM_INTS,	/* struct param_ints */
	PARAM_REALS,	/* struct param_reals */
	PARAM_GROUP,	/* members, at offsets of the same options struct */
};

struct param_ints {
	int len;
	int64_t v[PARAM_LIST_MAX];
};

struct param_reals {
	int len;
	double v[PARAM_LIST_MAX];
};

struct param {
	const char *name;
	enum param_kind kind;
	size_t offset;		/* of the member in the options struct */
	double min, max;	/* of a number, or of each entry of a list */
	const char *preset;	/* the default: "0.1", "true", "20 20", "adam" */
	const char *unit;	/* NULL: none */
	const char *text;	/* one sentence */
	const char *const *choices;	/* CHOICE: names, NULL at the end */
	const struct param *members;	/* GROUP: their table */
	/* INTS, REALS: number of entries.  TEXT: len_max bytes without the NUL;
	 * 0: PARAM_TEXT_MAX - 1. */
	int len_min, len_max;
};

/* Set every member that table describes to its default.  options must be
 * large enough for the offsets; other bytes are left alone. */
void
param_defaults(const struct param *table, void *options);

/* The entry called name, or NULL. */
const struct param *
param_find(const struct param *table, const char *name);

/* Set one member.  Each returns 0, or ERR_INVALID with a sentence that says
 * what is allowed.  The kind must fit: see param_kind. */
int
param_set_real(const struct param *p, void *options, double v,
    struct message *m);
int
param_set_int(const struct param *p, void *options, double v,
    struct message *m);
int
param_set_text(const struct param *p, void *options, const char *v,
    struct message *m);
int
param_set_ints(const struct param *p, void *options, const double *v, int len,
    struct message *m);
int
param_set_reals(const struct param *p, void *options, const double *v, int len,
    struct message *m);

/* Typed views of a member. */
bool *
param_bool(const struct param *p, const void *options);
int64_t *
param_int(const struct param *p, const void *options);
double *
param_real(const struct param *p, const void *options);
int *
param_choice(const struct param *p, const void *options);
char *
param_text(const struct param *p, const void *options);
struct param_ints *
param_ints(const struct param *p, const void *options);
struct param_reals *
param_reals(const struct param *p, const void *options);

/* Bytes of a TEXT's member, its NUL among them. */
size_t
param_text_size(const struct param *p);

/* The kind's name for people and schemas: "integer", "number", ... */
const char *
param_kind_name(enum param_kind kind);

/* Of the names given by next(arg, i) (NULL at the end), the nearest to name by
 * edit distance, if it is near enough to be what was meant; else NULL. */
const char *
param_nearest(const char *name, const char *(*next)(const void *arg, int i),
    const void *arg);

/* The `next` of param_nearest for a table and for a list of choices. */
const char *
param_table_name(const void *table, int i);
const char *
param_choice_name(const void *choices, int i);

#endif
