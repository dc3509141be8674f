/* A rule: which optimizer updates which coordinates of an optimizee.
 *
 * Most rules have one part that takes all coordinates; a rule may instead give
 * each group of coordinates (see problem_group) a part of its own. */
#ifndef L2LD_META_RULE_H
#define L2LD_META_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "optim/optim.h"
#include "problem/problem.h"

#define RULE_NAME_MAX 128
#define RULE_GROUPS_ALL UINT32_MAX

struct rule_part {
	const struct optim_type *type;
	struct optim_options options;
	uint32_t groups;	/* bit g: the problem's group g */
	const float *weights;	/* learned: weights_len floats, not owned */
};

struct rule {
	char name[RULE_NAME_MAX];	/* shown in tables and charts */
	bool tune;		/* its learning rate is picked over the grid */
	int parts_len;
	struct rule_part parts[PROBLEM_GROUPS_MAX];
};

/* Whether any part is learned. */
bool
rule_learned(const struct rule *rule);

/* Whether the parts together cover every group of the problem exactly once;
 * else ERR_INVALID with a sentence. */
int
rule_check(const struct rule *rule, const struct problem *p, struct message *m);

/* Coordinates that a part updates in one instance of the problem. */
size_t
rule_part_coordinates(const struct problem *p, const struct rule_part *part);

/* Work of one step of one instance under the rule, in flops, roughly: what
 * progress and estimates are reckoned in.  training: with the backward pass. */
double
rule_work(const struct rule *rule, const struct problem *p, bool training);

/* Weights of all learned parts, one after the other. */
size_t
rule_weights_len(const struct rule *rule);

/* Point the learned parts at weights [rule_weights_len], part after part; the
 * caller keeps owning them. */
void
rule_set_weights(struct rule *rule, const float *weights);

#endif
