/* Weights that are kept. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SNAPSHOT_COLUMNS \
	"id, coalesce(job, 0), kind, epoch, validation_loss, optimizer, " \
	"group_name, metadata, sha256, created, length(weights)"

void
snapshot_row_free(struct snapshot_row *row)
{
	if (row == NULL)
		return;
	free(row->kind);
	free(row->optimizer);
	free(row->group);
	free(row->metadata);
	free(row->sha256);
	free(row->weights);
	*row = (struct snapshot_row){ 0 };
}

void
snapshot_rows_free(struct snapshot_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snapshot_row_free(&rows[i]);
	free(rows);
}

static void
snapshot_row_fill(struct query *q, struct snapshot_row *row)
{
	row->id = query_get_int(q, 0);
	row->job = query_get_int(q, 1);
	row->kind = query_get_text(q, 2);
	row->epoch = query_get_int(q, 3);
	row->validation_loss = query_get_real(q, 4);
	row->optimizer = query_get_text(q, 5);
	row->group = query_get_text(q, 6);
	row->metadata = query_get_text(q, 7);
	row->sha256 = query_get_text(q, 8);
	row->created = query_get_int(q, 9);
	row->len = (size_t)query_get_int(q, 10) / sizeof *row->weights;
}

struct insert {
	const struct snapshot_row *row;
	int64_t id;
};

/* The id of a snapshot that says the same, 0 when there is none: a job that was
 * killed goes through some epochs again. */
static int
find_same(struct store *store, const struct snapshot_row *row, int64_t *id)
{
	struct query q;

	query_begin(&q, &store->writer, "SELECT id FROM snapshot WHERE job = ? "
	    "AND kind = ? AND group_name = ? AND epoch = ? AND sha256 = ?");
	query_int(&q, row->job);
	query_text(&q, row->kind);
	query_text(&q, row->group != NULL ? row->group : "");
	query_int(&q, row->epoch);
	query_text(&q, row->sha256);
	*id = query_next(&q) > 0 ? query_get_int(&q, 0) : 0;
	return query_end(&q);
}

/* A job has one best and one last snapshot of each group, and one periodic of
 * an epoch. */
static int
remove_former(struct store *store, const struct snapshot_row *row)
{
	struct query q;

	query_begin(&q, &store->writer, "DELETE FROM snapshot WHERE job = ? "
	    "AND kind = ? AND group_name = ? "
	    "AND (kind IN ('best', 'last') OR epoch = ?)");
	query_int(&q, row->job);
	query_text(&q, row->kind);
	query_text(&q, row->group != NULL ? row->group : "");
	query_int(&q, row->epoch);
	return query_run(&q);
}

/* Of a kind that is kept in part the oldest epochs go.  Their pages are not given
 * back: the next one takes them. */
static int
remove_surplus(struct store *store, const struct snapshot_row *row)
{
	struct query q;

	if (row->keep <= 0)
		return 0;
	query_begin(&q, &store->writer, "DELETE FROM snapshot WHERE job = ?1 "
	    "AND kind = ?2 AND group_name = ?3 AND epoch <= "
	    "(SELECT epoch FROM snapshot WHERE job = ?1 AND kind = ?2 "
	    "AND group_name = ?3 ORDER BY epoch DESC LIMIT 1 OFFSET ?4)");
	query_int(&q, row->job);
	query_text(&q, row->kind);
	query_text(&q, row->group != NULL ? row->group : "");
	query_int(&q, row->keep);
	return query_run(&q);
}

static int
insert_row(struct store *store, const struct snapshot_row *row,
    const void *weights, int64_t *id)
{
	struct query q;
	int r;

	query_begin(&q, &store->writer, "INSERT INTO snapshot (job, kind, epoch,"
	    " validation_loss, optimizer, group_name, metadata, sha256, created,"
	    " weights) VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	query_int(&q, row->job);
	query_text(&q, row->kind);
	query_int(&q, row->epoch);
	query_real(&q, row->validation_loss);
	query_text(&q, row->optimizer);
	query_text(&q, row->group != NULL ? row->group : "");
	query_text(&q, row->metadata != NULL ? row->metadata : "{}");
	query_text(&q, row->sha256);
	query_int(&q, clock_now());
	query_blob(&q, weights, row->len * sizeof *row->weights);
	r = query_run(&q);
	*id = sqlite3_last_insert_rowid(store->writer.db);
	return r;
}

static int
run_insert(struct store *store, void *arg)
{
	struct insert *in = arg;
	const struct snapshot_row *row = in->row;
	void *weights;
	int r;

	r = find_same(store, row, &in->id);
	if (r < 0 || in->id != 0)
		return r;
	r = remove_former(store, row);
	if (r < 0)
		return r;
	weights = calloc(row->len + 1, sizeof *row->weights);
	if (weights == NULL)
		return ERR_MEMORY;
	copy_little(weights, row->weights, row->len, sizeof *row->weights);
	r = insert_row(store, row, weights, &in->id);
	free(weights);
	return r < 0 ? r : remove_surplus(store, row);
}

int
store_snapshot_insert(struct store *store, const struct snapshot_row *row,
    int64_t *id)
{
	struct insert in = { .row = row };
	int r;

	*id = 0;
	if (row->len > STORE_BLOB_MAX / sizeof *row->weights)
		return ERR_LIMIT;
	r = store_call(store, run_insert, &in);
	if (r == 0)
		*id = in.id;
	return r;
}

int
snapshot_load(struct conn *c, int64_t id, struct snapshot_row *row)
{
	struct query q;
	const void *weights;
	size_t len;
	int r;

	query_begin(&q, c, "SELECT " SNAPSHOT_COLUMNS ", weights "
	    "FROM snapshot WHERE id = ?");
	query_int(&q, id);
	r = query_next(&q);
	if (r > 0) {
		snapshot_row_fill(&q, row);
		weights = query_get_blob(&q, 11, &len);
		row->weights = calloc(row->len + 1, sizeof *row->weights);
		if (row->weights == NULL)
			q.error = ERR_MEMORY;
		else if (q.error == 0)
			copy_little(row->weights, weights, row->len,
			    sizeof *row->weights);
	}
	if (query_end(&q) < 0)
		return q.error;
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

int
store_snapshot_read(struct store *store, int64_t id, struct snapshot_row *row)
{
	struct conn *c;
	int r;

	*row = (struct snapshot_row){ 0 };
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = snapshot_load(c, id, row);
	reader_give(store, c);
	if (r < 0)
		snapshot_row_free(row);
	return r;
}

static int
list_load(struct conn *c, int64_t job, int64_t before, int limit,
    struct snapshot_row **rows, size_t *count)
{
	struct query q;

	query_begin(&q, c, "SELECT " SNAPSHOT_COLUMNS " FROM snapshot "
	    "WHERE (?1 = 0 OR job = ?1) AND (?2 = 0 OR id < ?2) "
	    "ORDER BY id DESC LIMIT ?3");
	query_int(&q, job);
	query_int(&q, before);
	query_int(&q, limit);
	while (query_next(&q) > 0) {
		struct snapshot_row *grown;

		grown = rows_grow(*rows, *count, sizeof *grown);
		if (grown == NULL) {
			q.error = ERR_MEMORY;
			break;
		}
		*rows = grown;
		snapshot_row_fill(&q, &grown[(*count)++]);
	}
	return query_end(&q);
}

int
store_snapshot_list(struct store *store, int64_t job, int64_t before, int limit,
    struct snapshot_row **rows, size_t *count)
{
	struct conn *c;
	int r;

	*rows = NULL;
	*count = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = list_load(c, job, before, limit, rows, count);
	reader_give(store, c);
	if (r < 0) {
		snapshot_rows_free(*rows, *count);
		*rows = NULL;
		*count = 0;
	}
	return r;
}

static int
run_delete(struct store *store, void *arg)
{
	struct query q;

	query_begin(&q, &store->writer, "DELETE FROM snapshot WHERE id = ?");
	query_int(&q, *(int64_t *)arg);
	if (query_run(&q) < 0)
		return q.error;
	store->vacuum = true;
	return sqlite3_changes(store->writer.db) > 0 ? 0 : ERR_NOT_FOUND;
}

int
store_snapshot_delete(struct store *store, int64_t id)
{
	return store_call(store, run_delete, &id);
}
