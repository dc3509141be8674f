/* Reading golden vectors, and the optimizees they were computed on. */
#ifndef L2LD_TESTS_GOLDEN_H
#define L2LD_TESTS_GOLDEN_H

#include <jansson.h>
#include <stddef.h>

#include "meta/rule.h"
#include "problem/problem.h"

struct array {
	double *v;
	size_t len;
};

/* FOLDER/NAME, FOLDER from L2LD_GOLDEN or the built-in one; ends the program
 * when it cannot be read.  A new reference. */
json_t *
golden_read(const char *name);

/* Follow member names to a {"shape", "data"}; the caller frees v. */
struct array
golden_array(const json_t *json, const char *name);

/* Largest error of got [len] relative to the largest entry of want. */
double
golden_error(const float *got, const struct array *want);

/* The optimizee of a case, whose data, initial point and minibatches are the
 * file's: real problem types, only their draws replaced.  own: each function of
 * a quadratic is an instance of its own.  Returns the number of instances. */
int
golden_problem(const json_t *spec, bool own, struct problem *p);
void
golden_problem_close(struct problem *p);

/* The learned optimizer of a case; *weights is malloc'd and the caller's. */
void
golden_rule(const json_t *c, struct rule *rule, float **weights);

/* Flat weights of an object with w_ih1, w_hh1, b1, ...; malloc'd. */
float *
golden_weights(const json_t *json, size_t *len);

#endif
