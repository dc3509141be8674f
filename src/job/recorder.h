/* A curve being written: rows are gathered and handed to the store some at a
 * time, so that short epochs do not pay for a call each. */
#ifndef L2LD_JOB_RECORDER_H
#define L2LD_JOB_RECORDER_H

#include <stdint.h>

#include "store/store.h"

#define RECORDER_COLUMNS_MAX 9
#define RECORDER_ROWS 64

struct recorder {
	struct store *store;
	int64_t job;
	const char *name;	/* static */
	int columns;
	int64_t next;		/* row number of the next row put */
	int gathered;
	double flushed;		/* when rows were last handed over */
	double values[RECORDER_ROWS * RECORDER_COLUMNS_MAX];
};

/* Open the curve of a job, cut to its first `rows` rows, to write from there
 * on.  0 or the store's error. */
int
recorder_open(struct recorder *r, struct store *store, int64_t job,
    const char *name, const char *header, int columns, int64_t rows);

/* Put one row. */
int
recorder_put(struct recorder *r, const double *values);

/* Hand over what has waited long enough: called between two pieces of work, so
 * that the last rows need not wait for the next. */
int
recorder_poll(struct recorder *r);

/* Hand over what is gathered. */
int
recorder_flush(struct recorder *r);

#endif
