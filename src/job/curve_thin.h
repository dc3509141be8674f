/* Which rows of a curve to show when not all are wanted. */
#ifndef L2LD_JOB_CURVE_THIN_H
#define L2LD_JOB_CURVE_THIN_H

#include <stdbool.h>
#include <stddef.h>

struct curve_series {
	const double *values;	/* [count][columns] */
	size_t count;
	int columns;
	int value;		/* the column whose extremes are kept */
	/* Columns that say which series a row belongs to, and how many labels
	 * each has; the product of the counts is below SIZE_MAX / 64. */
	int labels_len;
	const int *labels;
	const size_t *labels_count;
};

/* Set keep[i] for the rows to show (it is all false before): of each series the
 * first and the last, and the lowest and highest of each of equal buckets, so
 * many that about max_points rows stay in all; at least four of a series.  NaN
 * counts as higher than infinity.  0 or ERR_MEMORY. */
int
curve_thin(const struct curve_series *series, size_t max_points, bool *keep);

#endif
