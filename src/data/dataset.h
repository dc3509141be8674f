/* Data sets for classification: images of bytes and their labels.
 *
 * Opened sets are shared: one copy in memory for all jobs, immutable, freed when
 * the last user closes it. */
#ifndef L2LD_DATA_DATASET_H
#define L2LD_DATA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DATASET_NAME_MAX 64

/* Which part of a set a run may see.  The training file's records are split in
 * halves (the paper's meta-training never sees what evaluation draws from);
 * TEST is the set's own test file. */
enum dataset_split {
	SPLIT_TRAIN,		/* first half of the training records */
	SPLIT_EVALUATE,		/* second half */
	SPLIT_TEST,
};

/* What is known of a set without loading it. */
struct dataset_info {
	char name[DATASET_NAME_MAX];
	const char *text;	/* one sentence, static */
	int inputs;		/* numbers per record: channels x rows x cols */
	int rows, cols, channels;
	int classes;		/* labels are 0 .. classes - 1 */
	size_t train, test;	/* records in the two files */
	float scale;		/* a byte times this is an input in [0, 1] */
	size_t bytes;		/* memory it takes when loaded */
};

struct dataset;

/* The sets that can be named: those with a reader of their own (mnist, digits8x8,
 * cifar10, synthetic-digits), then the other folders of `folder` that hold an IDX pair.
 * *infos is malloc'd, *count long; sets that are not there or cannot be read are
 * listed with train = 0 (dataset_describe says why).  0 or ERR_MEMORY. */
int
dataset_list(const char *folder, struct dataset_info **infos, size_t *count);

/* Read what describes the set called name (data/folder.h says what of its
 * files).  ERR_INVALID for a name that cannot be one (a slash, ...),
 * ERR_NOT_FOUND with a sentence that names the folder looked in and how to get
 * the set, ERR_FORMAT, ERR_LIMIT, ERR_IO, ERR_MEMORY. */
int
dataset_describe(const char *folder, const char *name,
    struct dataset_info *info, struct message *m);

/* Load it, or share the copy that is loaded.  Errors as above.
 * Safe from several threads: the second caller waits for the first.  The caller
 * gives it back with dataset_close, which accepts NULL. */
int
dataset_open(const char *folder, const char *name, struct dataset **set,
    struct message *m);
void
dataset_close(struct dataset *set);

const struct dataset_info *
dataset_info(const struct dataset *set);

/* Records in a split, at least 1. */
size_t
dataset_count(const struct dataset *set, enum dataset_split split);

/* Copy `count` records of a split, given by their numbers in it (each below
 * dataset_count; they may repeat), to x
 * [count][inputs], bytes times scale, and their labels to labels [count]. */
void
dataset_gather(const struct dataset *set, enum dataset_split split,
    const uint32_t *numbers, size_t count, float *x, uint8_t *labels);

#endif
