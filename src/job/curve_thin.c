#include "job/curve_thin.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"

#define SERIES_ROWS_MIN 4	/* first, last and one bucket's two */

/* Where the walk through one series is. */
struct walk {
	size_t rows, seen;
	size_t bucket;
	bool open;		/* low and high are set */
	size_t low, high;	/* rows */
};

/* A number for each combination of labels; a value that is no label counts as
 * one past the last. */
static size_t
series_of(const struct curve_series *s, size_t row)
{
	size_t id = 0;

	for (int i = 0; i < s->labels_len; i++) {
		double v = s->values[row * (size_t)s->columns +
		    (size_t)s->labels[i]];
		size_t count = s->labels_count[i];

		id = id * (count + 1) + (v >= 0 && v < (double)count ?
		    (size_t)v : count);
	}
	return id;
}

static size_t
series_count(const struct curve_series *s)
{
	size_t count = 1;

	for (int i = 0; i < s->labels_len; i++)
		count *= s->labels_count[i] + 1;
	return count;
}

static bool
above(double a, double b)
{
	return isnan(a) ? !isnan(b) : a > b;
}

static void
walk_flush(struct walk *w, bool *keep)
{
	if (w->open)
		keep[w->low] = keep[w->high] = true;
	w->open = false;
}

/* Take the next row of a series that has more rows than its share. */
static void
walk_row(const struct curve_series *s, struct walk *w, size_t row, size_t share,
    bool *keep)
{
	const double *v = s->values + s->value;
	size_t columns = (size_t)s->columns, at = w->seen++;
	size_t bucket;

	if (at == 0 || at == w->rows - 1) {
		walk_flush(w, keep);
		keep[row] = true;
		return;
	}
	/* Of the rows between, (share - 2) / 2 buckets. */
	bucket = (size_t)((double)(at - 1) * (double)((share - 2) / 2) /
	    (double)(w->rows - 2));
	if (bucket != w->bucket)
		walk_flush(w, keep);
	w->bucket = bucket;
	if (!w->open)
		w->low = w->high = row;
	w->open = true;
	if (above(v[w->low * columns], v[row * columns]))
		w->low = row;
	if (above(v[row * columns], v[w->high * columns]))
		w->high = row;
}

int
curve_thin(const struct curve_series *s, size_t max_points, bool *keep)
{
	size_t count = series_count(s), present = 0, share;
	struct walk *walks = calloc(count, sizeof *walks);

	if (walks == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < s->count; i++)
		if (walks[series_of(s, i)].rows++ == 0)
			present++;
	share = present > 0 ? max_points / present : 0;
	if (share < SERIES_ROWS_MIN)
		share = SERIES_ROWS_MIN;
	for (size_t i = 0; i < s->count; i++) {
		struct walk *w = &walks[series_of(s, i)];

		if (w->rows <= share)
			keep[i] = true;
		else
			walk_row(s, w, i, share, keep);
	}
	free(walks);
	return 0;
}
