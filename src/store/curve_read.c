/* Reading curves. */
#include "store/curves.h"
#include "store/internal.h"

#include <stdlib.h>

#define CURVE_COLUMNS "name, header, columns, row_count, complete, id"

void
curve_row_free(struct curve_row *row)
{
	if (row == NULL)
		return;
	free(row->name);
	free(row->header);
	*row = (struct curve_row){ 0 };
}

void
curve_rows_free(struct curve_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		curve_row_free(&rows[i]);
	free(rows);
}

static void
curve_row_fill(struct query *q, struct curve_row *row)
{
	row->name = query_get_text(q, 0);
	row->header = query_get_text(q, 1);
	row->columns = (int)query_get_int(q, 2);
	row->rows = query_get_int(q, 3);
	row->complete = query_get_int(q, 4) != 0;
}

static int
list_load(struct conn *c, int64_t job, struct curve_row **rows, size_t *count)
{
	struct query q;

	query_begin(&q, c, "SELECT " CURVE_COLUMNS " FROM curve "
	    "WHERE job = ? ORDER BY id");
	query_int(&q, job);
	while (query_next(&q) > 0) {
		struct curve_row *grown;

		grown = rows_grow(*rows, *count, sizeof *grown);
		if (grown == NULL) {
			q.error = ERR_MEMORY;
			break;
		}
		*rows = grown;
		curve_row_fill(&q, &grown[(*count)++]);
	}
	return query_end(&q);
}

int
store_curve_list(struct store *store, int64_t job, struct curve_row **rows,
    size_t *count)
{
	struct conn *c;
	int r;

	*rows = NULL;
	*count = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = list_load(c, job, rows, count);
	reader_give(store, c);
	if (r < 0) {
		curve_rows_free(*rows, *count);
		*rows = NULL;
		*count = 0;
	}
	return r;
}

static int
curve_load(struct conn *c, int64_t job, const char *name,
    struct curve_row *info, int64_t *id)
{
	struct query q;
	int r;

	query_begin(&q, c, "SELECT " CURVE_COLUMNS " FROM curve "
	    "WHERE job = ? AND name = ?");
	query_int(&q, job);
	query_text(&q, name);
	r = query_next(&q);
	if (r > 0) {
		curve_row_fill(&q, info);
		*id = query_get_int(&q, 5);
	}
	if (query_end(&q) < 0)
		return q.error;
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

/* Copy the rows from first up to end, which the curve has, out of its chunks. */
static int
chunks_load(struct conn *c, int64_t id, int64_t first, int64_t end,
    size_t columns, double *values)
{
	int64_t row = first;
	struct query q;

	query_begin(&q, c, "SELECT first, data FROM chunk WHERE curve = ? "
	    "AND first >= ? AND first < ? ORDER BY first");
	query_int(&q, id);
	query_int(&q, first - first % STORE_CHUNK);
	query_int(&q, end);
	while (query_next(&q) > 0) {
		int64_t begin = query_get_int(&q, 0), count;
		size_t len;
		const unsigned char *data = query_get_blob(&q, 1, &len);

		count = begin + (int64_t)(len / columns / 8) - row;
		if (count > end - row)
			count = end - row;
		/* The chunks follow each other without a gap. */
		if (begin > row || count <= 0) {
			q.error = ERR_INTERNAL;
			break;
		}
		copy_little(values, data + (size_t)(row - begin) * columns * 8,
		    (size_t)count * columns, 8);
		values += (size_t)count * columns;
		row += count;
	}
	if (query_end(&q) < 0)
		return q.error;
	return row == end ? 0 : ERR_INTERNAL;
}

static int
read_rows(struct conn *c, int64_t job, const char *name, int64_t first,
    int64_t limit, struct curve_row *info, double **values, size_t *count)
{
	int64_t id = 0, end;
	int r = curve_load(c, job, name, info, &id);

	if (r < 0)
		return r;
	end = limit > 0 && limit < info->rows - first ? first + limit :
	    info->rows;
	if (first >= end)
		return 0;
	*values = calloc((size_t)(end - first), (size_t)info->columns * 8);
	if (*values == NULL)
		return ERR_MEMORY;
	*count = (size_t)(end - first);
	return chunks_load(c, id, first, end, (size_t)info->columns, *values);
}

int
store_curve_read(struct store *store, int64_t job, const char *name,
    int64_t first, int64_t limit, struct curve_row *info, double **values,
    size_t *count)
{
	struct conn *c;
	int r;

	*info = (struct curve_row){ 0 };
	*values = NULL;
	*count = 0;
	if (first < 0)
		return ERR_INVALID;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = read_rows(c, job, name, first, limit, info, values, count);
	reader_give(store, c);
	if (r < 0) {
		curve_row_free(info);
		free(*values);
		*values = NULL;
		*count = 0;
	}
	return r;
}
