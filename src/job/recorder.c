#include "job/recorder.h"

#include <string.h>

#include "base/clock.h"
#include "store/curves.h"

#define SECONDS_MAX 0.05	/* rows wait no longer than this */

int
recorder_open(struct recorder *r, struct store *store, int64_t job,
    const char *name, const char *header, int columns, int64_t rows)
{
	int e;

	memset(r, 0, sizeof *r);
	r->store = store;
	r->job = job;
	r->name = name;
	r->columns = columns;
	r->next = rows;
	e = store_curve_open(store, job, name, header, columns);
	if (e < 0)
		return e;
	return store_curve_truncate(store, job, name, rows);
}

int
recorder_flush(struct recorder *r)
{
	int count = r->gathered;

	r->gathered = 0;
	if (count == 0)
		return 0;
	r->flushed = clock_seconds();
	return store_curve_write_async(r->store, r->job, r->name,
	    r->next - count, (size_t)count, r->columns, r->values);
}

int
recorder_poll(struct recorder *r)
{
	/* Rows that come seldom are handed over at once. */
	if (r->gathered < RECORDER_ROWS &&
	    clock_seconds() - r->flushed < SECONDS_MAX)
		return 0;
	return recorder_flush(r);
}

int
recorder_put(struct recorder *r, const double *values)
{
	memcpy(r->values + r->gathered * r->columns, values,
	    (size_t)r->columns * sizeof *values);
	r->gathered++;
	r->next++;
	return recorder_poll(r);
}
