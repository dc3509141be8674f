/* Problems, rules and trainings for the tests of meta/. */
#ifndef L2LD_TESTS_META_FIXTURE_H
#define L2LD_TESTS_META_FIXTURE_H

#include "meta/evaluate.h"
#include "meta/lockstep.h"
#include "meta/train.h"

/* A problem of this type with the parameters that `settings` names, as
 * "variables=5 functions=2" (NULL: none).  An mlp's data set is a small one that
 * the first call writes; its groups are hidden and output.  problem_close. */
void
fixture_problem(struct problem *p, const char *type, const char *settings);
void
fixture_end(void);

/* Append a part to a rule for these groups of the problem; settings as above.
 * An empty rule is { 0 }. */
void
fixture_part(struct rule *rule, const char *type, const char *settings,
    uint32_t groups);

/* A rule of one part for all groups. */
struct rule
fixture_rule(const char *type, const char *settings);

/* A training's options: the defaults but for settings. */
struct train_options
fixture_training(const char *settings);
struct evaluate_options
fixture_evaluation(const char *settings);

/* A trainer in a pool of its own, which is to be freed. */
struct trainer *
fixture_trainer(const struct train_config *config, struct pool **pool);

/* Weights of all learned parts of a rule, one after the other; malloc'd. */
float *
fixture_weights(const struct rule *rule);

#endif
