/* The lines a job logged. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct line {
	int64_t job, at;
	const char *level, *text;
	char bytes[];		/* of both */
};

static int
run_line(struct store *store, void *arg)
{
	const struct line *in = arg;
	struct query q;

	query_begin(&q, &store->writer, "INSERT INTO log (job, at, level, text)"
	    " VALUES (?, ?, ?, ?)");
	query_int(&q, in->job);
	query_int(&q, in->at);
	query_text(&q, in->level);
	query_text(&q, in->text);
	return query_run(&q);
}

int
store_log_async(struct store *store, int64_t job, const char *level,
    const char *text)
{
	size_t level_len = strlen(level) + 1, text_len = strlen(text) + 1;
	struct op *op = op_new(sizeof(struct line) + level_len + text_len);
	struct line *in;

	if (op == NULL)
		return ERR_MEMORY;
	in = op->arg;
	in->job = job;
	in->at = clock_now();
	in->level = memcpy(in->bytes, level, level_len);
	in->text = memcpy(in->bytes + level_len, text, text_len);
	return store_send(store, op, job, run_line, 1);
}

void
log_rows_free(struct log_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rows[i].level);
		free(rows[i].text);
	}
	free(rows);
}

static int
log_load(struct conn *c, int64_t job, struct log_row **rows, size_t *count)
{
	struct query q;

	query_begin(&q, c, "SELECT at, level, text FROM log WHERE job = ? "
	    "ORDER BY id");
	query_int(&q, job);
	while (query_next(&q) > 0) {
		struct log_row *grown, *row;

		grown = rows_grow(*rows, *count, sizeof *grown);
		if (grown == NULL) {
			q.error = ERR_MEMORY;
			break;
		}
		*rows = grown;
		row = &grown[(*count)++];
		row->at = query_get_int(&q, 0);
		row->level = query_get_text(&q, 1);
		row->text = query_get_text(&q, 2);
	}
	return query_end(&q);
}

int
store_log_read(struct store *store, int64_t job, struct log_row **rows,
    size_t *count)
{
	struct conn *c;
	int r;

	*rows = NULL;
	*count = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = log_load(c, job, rows, count);
	reader_give(store, c);
	if (r < 0) {
		log_rows_free(*rows, *count);
		*rows = NULL;
		*count = 0;
	}
	return r;
}
