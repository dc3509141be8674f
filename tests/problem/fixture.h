/* Problems of any type, ready to be evaluated. */
#ifndef L2LD_TESTS_PROBLEM_FIXTURE_H
#define L2LD_TESTS_PROBLEM_FIXTURE_H

#include "problem/problem.h"

/* A data set of 46 records in its training file (23 in each split) and 14 in
 * its test file, images of 4 x 3 in 5 classes, in the folder files_folder; its
 * first number of an image tells which one it is (data/files.h). */
#define FIXTURE_SET "set"
#define FIXTURE_SPLIT 23
#define FIXTURE_INPUTS 12
void
fixture_begin(void);
void
fixture_end(void);

/* The defaults of a type, but the data set is FIXTURE_SET and the batch 7. */
void
fixture_options(const struct problem_type *type,
    struct problem_options *options);

/* Shape and load; ends the test where that fails.  problem_close it. */
void
fixture_open(struct problem *p, const struct problem_type *type,
    const struct problem_options *options);

/* An instance of p, attached, sampled for the run; malloc'd. */
void *
fixture_instance(const struct problem *p, const struct problem_run *run);

#endif
