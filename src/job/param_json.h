/* Options as JSON: every rule is read from a parameter table (base/param.h). */
#ifndef L2LD_JOB_PARAM_JSON_H
#define L2LD_JOB_PARAM_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"
#include "job/spec.h"

#define POINTER_MAX sizeof(((struct fault *)NULL)->pointer)

/* pointer/key, or pointer/index, as RFC 6901 writes it; cut when too long. */
void
pointer_key(char out[POINTER_MAX], const char *pointer, const char *key);
void
pointer_index(char out[POINTER_MAX], const char *pointer, size_t index);

/* Whether value is of the JSON type that is wanted; else a fault that names
 * what stands there. */
bool
json_expect(const json_t *value, json_type type, const char *pointer,
    struct faults *faults);

/* Whether text may be shown as one line (lines: or several): no control
 * characters; else a fault. */
bool
json_expect_text(const char *text, bool lines, const char *pointer,
    struct faults *faults);

/* Set the members of options that object names; the others keep what they have
 * (param_defaults first).  A member that is neither in table nor among others
 * (names ended by NULL, or NULL) is a fault that says the nearest name.
 * Every fault is added, with pointer as the object's own pointer. */
void
param_json_read(const struct param *table, const json_t *object,
    const char *const *others, const char *pointer, void *options,
    struct faults *faults);

/* Put every member of options into object; false when memory is out. */
bool
param_json_write(const struct param *table, const void *options,
    json_t *object);

/* A new object with every member's default; NULL when memory is out. */
json_t *
param_json_defaults(const struct param *table);

/* The table as a list for the catalogue: [{name, kind, default, text, unit,
 * min, max, choices, members, ...}]; members that do not apply are absent. */
json_t *
param_json_describe(const struct param *table);

/* The table as the "properties" of a JSON schema. */
json_t *
param_json_schema(const struct param *table);

#endif
