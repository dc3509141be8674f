/* The store's snapshots and checkpoints. */
#ifndef L2LD_STORE_SNAPSHOTS_H
#define L2LD_STORE_SNAPSHOTS_H

#include "store/store.h"

struct snapshot_row {
	int64_t id;
	int64_t job;		/* 0: imported */
	char *kind;		/* best, last, periodic, imported */
	int64_t epoch;
	double validation_loss;	/* NaN: none */
	char *optimizer;	/* the optimizer type's name */
	char *group;		/* coordinate group it was trained for, or "" */
	char *metadata;		/* JSON object */
	char *sha256;		/* of the weights, 64 hexadecimal digits */
	int64_t created;
	float *weights;		/* NULL in lists */
	size_t len;		/* number of weights */
	int64_t keep;		/* insert: of this kind and group only the so
				 * many of the latest epochs stay; 0: all */
};
void
snapshot_row_free(struct snapshot_row *row);
void
snapshot_rows_free(struct snapshot_row *rows, size_t count);

/* Insert; id and created of row are ignored, a NULL group is "", NULL metadata
 * "{}".  A job has one best and one last of each group and one periodic of an
 * epoch: a new one replaces the former (and gets a new id), unless epoch and
 * sha256 are the same; then that is kept.  Ids are never used again. */
int
store_snapshot_insert(struct store *store, const struct snapshot_row *row,
    int64_t *id);
int
store_snapshot_read(struct store *store, int64_t id, struct snapshot_row *row);
/* The same of a database that another process may have open (still.c).
 * ERR_NOT_FOUND and all others with a sentence. */
int
store_snapshot_still(const char *database, int64_t id,
    struct snapshot_row *row, struct message *m);
/* job 0: all; newest first; ids below `before` unless it is 0. */
int
store_snapshot_list(struct store *store, int64_t job, int64_t before, int limit,
    struct snapshot_row **rows, size_t *count);
int
store_snapshot_delete(struct store *store, int64_t id);

/* One checkpoint a job, replaced by the next.  The points written before it
 * are committed no later than it. */
int
store_checkpoint_write_async(struct store *store, int64_t job, const void *data,
    size_t len);
/* *data is malloc'd; ERR_NOT_FOUND when there is none. */
int
store_checkpoint_read(struct store *store, int64_t job, void **data,
    size_t *len);

#endif
