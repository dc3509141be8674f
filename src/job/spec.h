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
#include "store/store.h"

#define SPEC_EVALUATIONS_MAX 16
#define SPEC_TAGS_MAX 16
#define SPEC_BODY_MAX (256 * 1024)	/* bytes of a submitted spec */
#define SPEC_DEPTH_MAX 32
#define SPEC_TOKENS_MAX 20000

/* ---- faults (fault.c) ---- */

struct fault {
	char pointer[256];	/* RFC 6901, "" for the document */
	char code[32];		/* stable word: unknown_key, out_of_range, ... */
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
	char notes[PARAM_TEXT_MAX];
};
extern const struct param spec_params[];

struct spec_problem {
	const struct problem_type *type;
	struct problem_options options;
};

struct spec_rule {
	struct rule rule;	/* parts' weights NULL */
	/* Snapshot ids of the parts' weights; 0: none. */
	int64_t snapshots[PROBLEM_GROUPS_MAX];
};

struct spec_evaluation {
	struct evaluate_options options;
	struct spec_problem problem;
	/* Hand-crafted ones to compare with; in an evaluate job, all. */
	int rules_len;
	struct spec_rule rules[EVALUATE_RULES_MAX];
};

struct spec {
	struct spec_options options;
	int tags_len;
	char tags[SPEC_TAGS_MAX][PARAM_TEXT_MAX];
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

/* Check a parsed document.  0 and a spec the caller frees, or ERR_INVALID with
 * at least one fault, or ERR_MEMORY.  Data sets and snapshots that are named
 * must exist; the problem is shaped, groups resolved. */
int
spec_read(const json_t *document, const struct spec_env *env,
    struct spec **spec, struct faults *faults);
void
spec_free(struct spec *spec);

/* ---- what it will take (estimate.c) ---- */

struct estimate {
	uint64_t memory;	/* bytes at the peak */
	uint64_t disk;		/* bytes the store will grow by */
	uint64_t coordinates;	/* n of the training (or first) problem */
	uint64_t weights;	/* of the learned optimizer */
	double flops;		/* useful, training and evaluation */
};

/* Overflow-checked: ERR_LIMIT where a number leaves its type. */
int
spec_estimate(const struct spec *spec, const struct spec_env *env, int members,
    struct estimate *estimate, struct message *m);

#endif
