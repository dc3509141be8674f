/* A job's specification: JSON checked against the parameter tables.
 *
 * Every fault of a spec is reported at once, each with its JSON pointer. */
#ifndef L2LD_JOB_SPEC_H
#define L2LD_JOB_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "meta/evaluate.h"
#include "meta/rule.h"
#include "meta/train.h"
#include "store/jobs.h"

#define SPEC_EVALUATIONS_MAX 16
#define SPEC_TAGS_MAX 16
#define SPEC_NOTES_MAX 4000	/* bytes */
#define SPEC_BODY_MAX (256 * 1024)	/* bytes of a submitted spec */
#define SPEC_DEPTH_MAX 32
#define SPEC_TOKENS_MAX 20000

/* ---- faults (fault.c) ---- */

/* The codes, which clients may rely on:
 *	json		the text is no JSON, is nested too deep or repeats a key
 *	too_large	more than a stated limit
 *	memory		the server has not enough of it
 *	wrong_type	another type of JSON value is wanted
 *	unknown_key	no such member here
 *	not_allowed	a member that does not go with another one
 *	missing		something must be said
 *	out_of_range	a number beyond its bounds
 *	not_whole	a number with a fraction
 *	wrong_length	a list with too many or too few entries
 *	not_a_choice	a word that is none of those possible
 *	too_long	a text
 *	bad_text	a text with control characters
 *	duplicate	something is said twice
 *	not_found	a data set, snapshot or group that does not exist
 *	unusable	it exists but cannot be used here; the detail says why
 *	disk_full	no room for it now (with ERR_FULL) */
struct fault {
	char pointer[256];	/* RFC 6901, "" for the document */
	char code[32];		/* one of the above */
	char detail[384];	/* a sentence that says the fix */
};

#define FAULTS_MAX 64

struct faults {
	int len;
	struct fault list[FAULTS_MAX];	/* later ones are counted, not kept */
	int more;
};

void
fault_add(struct faults *faults, const char *pointer, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* [{pointer, code, detail}]; a new reference, NULL out of memory. */
json_t *
faults_json(const struct faults *faults);

/* ---- parsing text safely (text.c) ---- */

/* Parse JSON after checking depth and token count; duplicate keys and trailing
 * text are faults (code "json").  A new reference or NULL. */
json_t *
spec_text_parse(const char *text, size_t len, struct faults *faults);

/* ---- the spec ---- */

enum spec_type { SPEC_TRAIN, SPEC_EVALUATE };

struct spec_options {		/* the spec's own scalar members */
	char name[PARAM_TEXT_MAX];
	int type;		/* enum spec_type */
	int64_t seed, threads, priority;
	char notes[SPEC_NOTES_MAX + 1];
};
extern const struct param spec_params[];

struct spec_problem {
	const struct problem_type *type;
	struct problem_options options;
};

struct spec_rule {
	struct rule rule;	/* parts' weights NULL */
	/* Ids of the snapshots with the parts' weights; 0: none. */
	int64_t snapshots[PROBLEM_GROUPS_MAX];
};

struct spec_evaluation {
	struct evaluate_options options;
	struct spec_problem problem;
	/* Of each part of the trained rule: its groups in this problem, which
	 * may have other ones than the problem of the training. */
	uint32_t groups[PROBLEM_GROUPS_MAX];
	/* Those to compare with the trained one; in an evaluate job, all.  Each
	 * learned part has its snapshot. */
	int rules_len;
	struct spec_rule rules[EVALUATE_RULES_MAX];
};

struct spec {
	struct spec_options options;
	int tags_len;
	char tags[SPEC_TAGS_MAX][PARAM_TEXT_MAX];
	/* An evaluate job may leave it out: then that of its first evaluation. */
	struct spec_problem problem;
	struct spec_rule rule;		/* train: what is trained */
	struct train_options training;	/* train only */
	int evaluations_len;
	struct spec_evaluation *evaluations;
	json_t *json;		/* filled in: every option with its value */
};

struct spec_env {
	const char *data_folder;
	struct store *store;	/* for snapshots; NULL: none can be named */
};

/* Check a parsed document; *faults is empty before.  0 and a spec the caller
 * frees, or ERR_INVALID with at least one fault, or ERR_MEMORY.  Data sets and
 * snapshots that are named must exist; the problem is shaped, groups
 * resolved. */
int
spec_read(const json_t *document, const struct spec_env *env,
    struct spec **spec, struct faults *faults);
void
spec_free(struct spec *spec);

/* ---- changing a job (spec_head.c) ---- */

/* The members of a PATCH, checked as those of a spec. */
struct spec_patch {
	struct job_patch patch;		/* for the store; points into this */
	struct spec_options options;
	char *tags;
};

/* Read an object with any of name, notes, tags and priority.  0, ERR_INVALID
 * with faults, or ERR_MEMORY; free it in each case. */
int
spec_patch_read(const json_t *object, struct spec_patch *patch,
    struct faults *faults);
void
spec_patch_free(struct spec_patch *patch);

/* ---- what it will take (estimate.c) ---- */

struct estimate {
	uint64_t memory;	/* bytes at the peak */
	uint64_t disk;		/* bytes the store will grow by */
	uint64_t coordinates;	/* n of the training (or first) problem */
	uint64_t weights;	/* of the learned optimizer */
	double flops;		/* training and evaluation: see rule_work */
	/* JSON pointers to what takes the most of either. */
	char memory_at[32], disk_at[32];
};

/* Overflow-checked: ERR_LIMIT where a number leaves its type. */
int
spec_estimate(const struct spec *spec, const struct spec_env *env, int members,
    struct estimate *estimate, struct message *m);

#endif
