/* Writing curves: tables of doubles in chunks of STORE_CHUNK rows. */
#include "store/curves.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

struct curve {
	int64_t id;
	int columns;
	int64_t rows;
};

static int
curve_find(struct conn *c, int64_t job, const char *name, struct curve *curve)
{
	struct query q;
	int r;

	query_begin(&q, c, "SELECT id, columns, row_count FROM curve "
	    "WHERE job = ? AND name = ?");
	query_int(&q, job);
	query_text(&q, name);
	r = query_next(&q);
	if (r > 0) {
		curve->id = query_get_int(&q, 0);
		curve->columns = (int)query_get_int(&q, 1);
		curve->rows = query_get_int(&q, 2);
	}
	if (query_end(&q) < 0)
		return q.error;
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

struct opening {
	int64_t job;
	const char *name, *header;
	int columns;
};

static int
run_open(struct store *store, void *arg)
{
	const struct opening *in = arg;
	struct conn *c = &store->writer;
	struct curve curve;
	struct query q;
	int r = curve_find(c, in->job, in->name, &curve);

	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	if (r == 0 && curve.rows > 0 && curve.columns != in->columns)
		return ERR_CONFLICT;
	query_begin(&q, c, "INSERT INTO curve (job, name, header, columns) "
	    "VALUES (?, ?, ?, ?) ON CONFLICT (job, name) DO UPDATE "
	    "SET header = excluded.header, columns = excluded.columns");
	query_int(&q, in->job);
	query_text(&q, in->name);
	query_text(&q, in->header);
	query_int(&q, in->columns);
	return query_run(&q);
}

int
store_curve_open(struct store *store, int64_t job, const char *name,
    const char *header, int columns)
{
	struct opening in = { job, name, header, columns };

	if (columns < 1)
		return ERR_INVALID;
	if (columns > STORE_COLUMNS_MAX)
		return ERR_LIMIT;
	return store_call(store, run_open, &in);
}

/* Write count rows into one chunk, at row `at` of it, where `have` rows are
 * there now; what is not overwritten stays. */
static int
chunk_write(struct conn *c, const struct curve *curve, int64_t first,
    size_t have, size_t at, size_t count, const double *values)
{
	size_t columns = (size_t)curve->columns, width = columns * 8, len;
	size_t rows = at + count > have ? at + count : have;
	unsigned char *data = malloc(rows * width);
	const void *old;
	struct query q;
	int r;

	if (data == NULL)
		return ERR_MEMORY;
	if (have > 0 && (at > 0 || count < have)) {
		query_begin(&q, c, "SELECT data FROM chunk "
		    "WHERE curve = ? AND first = ?");
		query_int(&q, curve->id);
		query_int(&q, first);
		if (query_next(&q) > 0) {
			old = query_get_blob(&q, 0, &len);
			if (old != NULL && len == have * width)
				memcpy(data, old, len);
			else
				q.error = ERR_INTERNAL;
		} else if (q.error == 0) {
			q.error = ERR_INTERNAL;
		}
		if ((r = query_end(&q)) < 0)
			goto out;
	}
	copy_little(data + at * width, values, count * columns, 8);
	query_begin(&q, c, "INSERT INTO chunk (curve, first, data) "
	    "VALUES (?, ?, ?) ON CONFLICT (curve, first) "
	    "DO UPDATE SET data = excluded.data");
	query_int(&q, curve->id);
	query_int(&q, first);
	query_blob(&q, data, rows * width);
	r = query_run(&q);
out:
	free(data);
	return r;
}

static int
set_rows(struct conn *c, int64_t id, int64_t rows)
{
	struct query q;

	query_begin(&q, c, "UPDATE curve SET row_count = ? WHERE id = ?");
	query_int(&q, rows);
	query_int(&q, id);
	return query_run(&q);
}

struct writing {
	int64_t job, first;
	size_t count;
	int columns;
	const char *name;	/* after the values */
	double values[];
};

static int
run_write(struct store *store, void *arg)
{
	const struct writing *in = arg;
	const double *values = in->values;
	struct conn *c = &store->writer;
	int64_t row = in->first, end = in->first + (int64_t)in->count;
	struct curve curve;
	int r = curve_find(c, in->job, in->name, &curve);

	if (r < 0)
		return r;
	if (in->columns != curve.columns || in->first > curve.rows)
		return ERR_CONFLICT;
	while (row < end) {
		int64_t at = row % STORE_CHUNK, first = row - at;
		int64_t have = curve.rows - first, count = STORE_CHUNK - at;

		if (have < 0)
			have = 0;
		if (have > STORE_CHUNK)
			have = STORE_CHUNK;
		if (count > end - row)
			count = end - row;
		r = chunk_write(c, &curve, first, (size_t)have, (size_t)at,
		    (size_t)count, values);
		if (r < 0)
			return r;
		values += count * curve.columns;
		row += count;
	}
	if (end > curve.rows)
		r = set_rows(c, curve.id, end);
	if (r == 0)
		store->rows += in->count;
	return r;
}

int
store_curve_write_async(struct store *store, int64_t job, const char *name,
    int64_t first, size_t count, int columns, const double *values)
{
	size_t name_len = strlen(name) + 1, len;
	struct writing *in;
	struct op *op;

	if (first < 0 || columns < 1)
		return ERR_INVALID;
	if (columns > STORE_COLUMNS_MAX ||
	    count > STORE_BLOB_MAX / sizeof *values / (size_t)columns ||
	    first > INT64_MAX - STORE_BLOB_MAX)
		return ERR_LIMIT;
	len = count * (size_t)columns * sizeof *values;
	op = op_new(sizeof *in + len + name_len);
	if (op == NULL)
		return ERR_MEMORY;
	in = op->arg;
	in->job = job;
	in->first = first;
	in->count = count;
	in->columns = columns;
	if (len > 0)
		memcpy(in->values, values, len);
	in->name = memcpy((char *)in->values + len, name, name_len);
	return store_send(store, op, job, run_write, count);
}

struct cutting {
	int64_t job, rows;
	const char *name;
};

/* Cut the chunk that holds row number `rows`, the new end. */
static int
chunk_cut(struct conn *c, const struct curve *curve, int64_t rows)
{
	int64_t keep = rows % STORE_CHUNK;
	struct query q;

	query_begin(&q, c, "DELETE FROM chunk WHERE curve = ? AND first >= ?");
	query_int(&q, curve->id);
	query_int(&q, rows);
	if (query_run(&q) < 0 || keep == 0)
		return q.error;
	query_begin(&q, c, "UPDATE chunk SET data = substr(data, 1, ?) "
	    "WHERE curve = ? AND first = ?");
	query_int(&q, keep * curve->columns * 8);
	query_int(&q, curve->id);
	query_int(&q, rows - keep);
	return query_run(&q);
}

static int
run_truncate(struct store *store, void *arg)
{
	const struct cutting *in = arg;
	struct conn *c = &store->writer;
	struct curve curve;
	struct query q;
	int r = curve_find(c, in->job, in->name, &curve);

	if (r < 0)
		return r;
	if (in->rows < curve.rows) {
		r = chunk_cut(c, &curve, in->rows);
		if (r == 0)
			r = set_rows(c, curve.id, in->rows);
		if (r < 0)
			return r;
	}
	query_begin(&q, c, "UPDATE curve SET complete = 0 WHERE id = ?");
	query_int(&q, curve.id);
	return query_run(&q);
}

int
store_curve_truncate(struct store *store, int64_t job, const char *name,
    int64_t rows)
{
	struct cutting in = { job, rows, name };

	if (rows < 0)
		return ERR_INVALID;
	return store_call(store, run_truncate, &in);
}

static int
run_complete(struct store *store, void *arg)
{
	const struct cutting *in = arg;
	struct query q;

	query_begin(&q, &store->writer, "UPDATE curve SET complete = 1 "
	    "WHERE job = ? AND name = ?");
	query_int(&q, in->job);
	query_text(&q, in->name);
	if (query_run(&q) < 0)
		return q.error;
	return sqlite3_changes(store->writer.db) > 0 ? 0 : ERR_NOT_FOUND;
}

int
store_curve_complete(struct store *store, int64_t job, const char *name)
{
	struct cutting in = { .job = job, .name = name };

	return store_call(store, run_complete, &in);
}
