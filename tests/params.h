/* Options of declared parameters, set from text. */
#ifndef L2LD_TESTS_PARAMS_H
#define L2LD_TESTS_PARAMS_H

#include "base/param.h"

/* Set the parameter at a path ("preprocess.type") from text, written as its
 * default is; ends the test where that cannot be. */
void
params_set(const struct param *table, void *options, const char *path,
    const char *value);

/* Move every parameter off its default, to a value nearby that is allowed.
 * Texts are names and stay. */
void
params_move(const struct param *table, void *options);

/* The i-th parameter with choices, group members included; NULL at the end. */
const struct param *
params_choice(const struct param *table, int i);

#endif
