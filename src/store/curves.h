/* The store's curves. */
#ifndef L2LD_STORE_CURVES_H
#define L2LD_STORE_CURVES_H

#include "store/store.h"

/* A curve is a table of doubles that grows at its end.  Row numbers begin at 0.
 * Rows are packed into blobs: NaN, infinities and -0.0 keep their bits. */
struct curve_row {
	char *name;
	char *header;		/* JSON text that describes the columns */
	int columns;
	int64_t rows;
	bool complete;
};
void
curve_rows_free(struct curve_row *rows, size_t count);

/* Make a curve, or set the header of one that is there; its rows stay, so
 * another number of columns is ERR_CONFLICT unless it has none. */
int
store_curve_open(struct store *store, int64_t job, const char *name,
    const char *header, int columns);

/* Write `count` rows from row `first` on (at most the present end): rows there
 * already are replaced, later ones stay.  values: count x columns.  The curve
 * must be open; a gap or another number of columns fails (ERR_CONFLICT). */
int
store_curve_write_async(struct store *store, int64_t job, const char *name,
    int64_t first, size_t count, int columns, const double *values);

/* Cut a curve to its first `rows` rows, if it has more; complete is cleared. */
int
store_curve_truncate(struct store *store, int64_t job, const char *name,
    int64_t rows);
int
store_curve_complete(struct store *store, int64_t job, const char *name);

int
store_curve_list(struct store *store, int64_t job, struct curve_row **rows,
    size_t *count);

/* The rows from `first` on, at most `limit` (0: all): *values is malloc'd,
 * *count x columns; NULL when there are none.  *info is filled as in the list
 * (curve_row_free it). */
int
store_curve_read(struct store *store, int64_t job, const char *name,
    int64_t first, int64_t limit, struct curve_row *info, double **values,
    size_t *count);
void
curve_row_free(struct curve_row *row);

#endif
