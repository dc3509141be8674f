/* What the files that read a spec share; for spec*.c only. */
#ifndef L2LD_JOB_SPEC_READ_H
#define L2LD_JOB_SPEC_READ_H

#include "job/param_json.h"
#include "job/spec.h"

/* A spec that is being read.  The functions below return whether what they read
 * is usable; when it is not there is a fault, or memory is set. */
struct spec_reader {
	const struct spec_env *env;
	struct faults *faults;
	struct spec *spec;
	struct problem problem;		/* the job's, if it is shaped */
	bool shaped;
	bool absent;		/* evaluate: the job has none of its own */
	/* The normal form (every option with its value) of what is trained, or
	 * of the list of an evaluate job's optimizers; NULL if it had faults. */
	json_t *optimizer;
	struct spec_rule *rules;	/* evaluate: that list */
	int rules_len;
	bool memory;			/* it ran out */
};

/* Faults so far, those not kept included. */
int
spec_faults(const struct spec_reader *s);

/* Put value, a new reference, into object; sets memory. */
void
spec_put(struct spec_reader *s, json_t *object, const char *key, json_t *value);

/* ---- spec_head.c ---- */

/* Scalar members and tags into spec. */
void
spec_head_read(const json_t *document, struct spec *spec,
    struct faults *faults);

/* The tags as a list; NULL when memory is out. */
json_t *
spec_tags_json(const struct spec *spec);

/* ---- spec_problem.c ---- */

/* Read a problem object.  With base, an object that says no type, or the same
 * one, changes single options of it; another type starts from defaults. */
bool
spec_problem_read(struct spec_reader *s, const json_t *value,
    const char *pointer, const struct spec_problem *base,
    struct spec_problem *problem);

/* Shape it, with faults at the option they are about.  With only, an object,
 * none about options that it does not name: those were reported elsewhere. */
bool
spec_problem_shape(struct spec_reader *s, const struct spec_problem *problem,
    const json_t *only, const char *pointer, struct problem *shaped);

/* {"type": ..., every option}; NULL when memory is out. */
json_t *
spec_problem_json(const struct spec_problem *problem);

/* ---- spec_part.c ---- */

/* What an optimizer is read for. */
enum spec_use {
	SPEC_TRAINED,	/* the job trains it: a learned one needs no snapshot,
			 * and no type at all means the first learned one */
	SPEC_COMPARED,	/* one part alone, to compare with: hand-crafted without
			 * a learning rate means that it is to be tuned */
	SPEC_COMPARED_PART,	/* one of several parts: nothing is tuned */
};

/* Read one part of a rule: an object, or a type's name.  Its weights come from
 * *snapshot (0: none).  The normal form is a new reference in *normal, NULL on
 * faults. */
bool
spec_part_read(struct spec_reader *s, const json_t *value, const char *pointer,
    enum spec_use use, struct rule_part *part, int64_t *snapshot, bool *tune,
    json_t **normal);

/* ---- spec_rule.c ---- */

/* Read a rule: a part, or a list of parts that have groups.  Groups are left
 * for spec_rule_groups.  *normal as above. */
bool
spec_rule_read(struct spec_reader *s, const json_t *value, const char *pointer,
    enum spec_use use, struct spec_rule *rule, json_t **normal);

/* Change the rule's name to one that `also` and the first len rules do not
 * have. */
void
spec_rule_unique(struct spec_reader *s, struct spec_rule *rule, json_t *normal,
    const char *also, const struct spec_rule *rules, int len);

/* Look up the groups that the rule's parts name among those of a problem.
 * Faults are at the parts (pointer is the rule's), or at `problem_at` when that
 * is not NULL: then it is the problem that does not fit the rule. */
bool
spec_rule_groups(struct spec_reader *s, const json_t *normal,
    const struct problem *problem, struct rule *rule, const char *pointer,
    const char *problem_at);

/* Read the list of an evaluate job's optimizers, or of an evaluation's
 * baselines (then `also` is the trained rule's name, which none may have).
 * *normal as above. */
bool
spec_rules_read(struct spec_reader *s, const json_t *list, const char *pointer,
    int max, const char *also, struct spec_rule *rules, int *len,
    json_t **normal);

/* ---- spec_evaluation.c ---- */

/* Read the "evaluation" list (NULL: absent) into the spec; its normal form, or
 * NULL. */
json_t *
spec_evaluations_read(struct spec_reader *s, const json_t *list);

#endif
