/* Optimizees: functions with parameters, a loss and its gradient.
 *
 * A problem_type is a family (quadratic, mlp, ...), one file each; the registry
 * is generated from PROBLEM_TYPES in Makefile.inc.  A struct problem is one
 * member of a family, its options filled in: immutable once opened, shared by
 * threads.  An instance is what one run needs (its sampled data, its minibatch,
 * scratch): one thread at a time. */
#ifndef L2LD_PROBLEM_PROBLEM_H
#define L2LD_PROBLEM_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/param.h"
#include "base/random.h"
#include "data/dataset.h"

#define PROBLEM_OPTIONS_MAX 1024
#define PROBLEM_TENSORS_MAX 40
#define PROBLEM_GROUPS_MAX 8
#define PROBLEM_COORDINATES_MAX 100000000	/* n of one instance */

struct problem_type;

/* Options of any family, filled by param_defaults(type->params, &o). */
struct problem_options {
	_Alignas(16) char bytes[PROBLEM_OPTIONS_MAX];
};

/* A named piece of theta, row-major. */
struct problem_tensor {
	char name[32];
	size_t offset;		/* of its first coordinate in theta */
	int dims;
	size_t shape[4];
};

/* A range of coordinates that a spec may give an optimizer of its own. */
struct problem_group {
	char name[32];
	size_t begin, end;
};

struct problem {
	const struct problem_type *type;
	struct problem_options options;
	size_t n;		/* coordinates */
	int tensors_len;
	struct problem_tensor tensors[PROBLEM_TENSORS_MAX];
	int groups_len;		/* they follow each other and cover 0 .. n */
	struct problem_group groups[PROBLEM_GROUPS_MAX];
	size_t instance_size;	/* bytes of one instance's memory */
	double eval_flops;	/* of one loss with gradient, roughly */
	struct dataset_info info;	/* of the data set, if has_dataset */
	bool has_dataset;
	struct dataset *dataset;	/* NULL unless loaded */
};

/* Which run: every random draw of it is a function of this. */
struct problem_run {
	uint64_t seed;
	enum random_stage stage;
	enum dataset_split split;
	uint32_t epoch;
	uint32_t instance;
};

struct problem_type {
	const char *name;
	const char *text;		/* one sentence */
	const struct param *params;	/* over the family's options struct */

	/* Fill in n, tensors, groups, instance_size, eval_flops (and info,
	 * has_dataset) from p->options.  Reads no more of a data set than
	 * describes it.  On failure *param is the name of the option at fault. */
	int (*shape)(struct problem *p, const char *data_folder,
	    const char **param, struct message *m);

	/* Make an instance's memory (zeroed, instance_size bytes) usable. */
	void (*attach)(const struct problem *p, void *instance);
	/* Draw the instance's own data (W and y of a quadratic). */
	void (*sample)(const struct problem *p, void *instance,
	    const struct problem_run *run);
	/* The initial point, theta [n]. */
	void (*start)(const struct problem *p, void *instance,
	    const struct problem_run *run, float *theta);
	/* Draw the minibatch of a step; pure in (run, step). */
	void (*draw)(const struct problem *p, void *instance,
	    const struct problem_run *run, uint32_t step);
	/* The loss at theta [n] on the present minibatch; its gradient into
	 * grad [n] unless that is NULL. */
	double (*eval)(const struct problem *p, void *instance,
	    const float *theta, float *grad);
};

/* All families, NULL at the end (generated). */
extern const struct problem_type *const problem_types[];

const struct problem_type *
problem_find(const char *name);

/* Shape a problem of this type and options: everything but its data.  Errors:
 * ERR_INVALID, ERR_NOT_FOUND, ERR_FORMAT, ERR_IO, ERR_LIMIT, with a sentence and
 * the option's name in *param (NULL: none in particular). */
int
problem_shape(struct problem *p, const struct problem_type *type,
    const struct problem_options *options, const char *data_folder,
    const char **param, struct message *m);

/* Load the data of a shaped problem, if it has any. */
int
problem_load(struct problem *p, const char *data_folder, struct message *m);

/* Give the data back. */
void
problem_close(struct problem *p);

/* For the files of families: append a tensor (dims from the argument list as
 * size_t) at the end of theta, and close a group that begins where the last
 * group ended. */
void
problem_add_tensor(struct problem *p, const char *name, int dims, size_t d0,
    size_t d1);
void
problem_end_group(struct problem *p, const char *name);

/* The key of a run's draws for a purpose. */
struct random_key
problem_key(const struct problem_run *run, enum random_purpose purpose,
    uint32_t step);

#endif
