/* The checkpoint from which a job goes on. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct checkpoint {
	int64_t job, at;
	size_t len;
	unsigned char data[];
};

static int
run_write(struct store *store, void *arg)
{
	const struct checkpoint *in = arg;
	struct query q;

	query_begin(&q, &store->writer, "INSERT INTO checkpoint (job, at, data)"
	    " VALUES (?, ?, ?) ON CONFLICT (job) "
	    "DO UPDATE SET at = excluded.at, data = excluded.data");
	query_int(&q, in->job);
	query_int(&q, in->at);
	query_blob(&q, in->data, in->len);
	return query_run(&q);
}

int
store_checkpoint_write_async(struct store *store, int64_t job, const void *data,
    size_t len)
{
	struct checkpoint *in;
	struct op *op;

	if (len > STORE_BLOB_MAX)
		return ERR_LIMIT;
	op = op_new(sizeof *in + len);
	if (op == NULL)
		return ERR_MEMORY;
	in = op->arg;
	in->job = job;
	in->at = clock_now();
	in->len = len;
	if (len > 0)
		memcpy(in->data, data, len);
	return store_send(store, op, job, run_write, 1);
}

static int
checkpoint_load(struct conn *c, int64_t job, void **data, size_t *len)
{
	struct query q;
	const void *blob;
	int r;

	query_begin(&q, c, "SELECT data FROM checkpoint WHERE job = ?");
	query_int(&q, job);
	r = query_next(&q);
	if (r > 0) {
		blob = query_get_blob(&q, 0, len);
		*data = malloc(*len + 1);
		if (*data == NULL)
			q.error = ERR_MEMORY;
		else if (blob != NULL)
			memcpy(*data, blob, *len);
	}
	if (query_end(&q) < 0)
		return q.error;
	return r > 0 ? 0 : ERR_NOT_FOUND;
}

int
store_checkpoint_read(struct store *store, int64_t job, void **data,
    size_t *len)
{
	struct conn *c;
	int r;

	*data = NULL;
	*len = 0;
	r = reader_take(store, &c);
	if (r < 0)
		return r;
	r = checkpoint_load(c, job, data, len);
	reader_give(store, c);
	if (r < 0) {
		free(*data);
		*data = NULL;
		*len = 0;
	}
	return r;
}
