#include "job/weights.h"

#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/json_text.h"
#include "job/param_json.h"

static int
read_options(const struct optim_type *type, const json_t *metadata,
    struct optim_options *options, struct message *m)
{
	struct faults *faults = calloc(1, sizeof *faults);
	const json_t *object = json_object_get(metadata, "options");
	int r = 0;

	if (faults == NULL)
		return message_set(m, ERR_MEMORY, "out of memory");
	memset(options, 0, sizeof *options);
	param_defaults(type->params, options);
	if (!json_is_object(object))
		r = message_set(m, ERR_FORMAT, "the metadata has no options of "
		    "the optimizer");
	else
		param_json_read(type->params, object, NULL, "/options", options,
		    faults);
	if (faults->len > 0)
		r = message_set(m, ERR_FORMAT, "the metadata's %s %s",
		    faults->list[0].pointer, faults->list[0].detail);
	free(faults);
	return r;
}

static int
read_optimizer(const struct snapshot_row *row, const json_t *metadata,
    const struct optim_type **type, struct optim_options *options,
    struct message *m)
{
	size_t len;
	int r;

	*type = optim_find(row->optimizer);
	if (*type == NULL || !optim_learned(*type))
		return message_set(m, ERR_FORMAT, "this program has no learned "
		    "optimizer '%.40s'", row->optimizer);
	r = read_options(*type, metadata, options, m);
	if (r < 0)
		return r;
	len = (*type)->weights_len(options);
	if (len != row->len)
		return message_set(m, ERR_FORMAT, "the options say %zu weights, "
		    "there are %zu", len, row->len);
	return 0;
}

/* The row's metadata as an object. */
static int
load_metadata(const struct snapshot_row *row, json_t **metadata,
    struct message *m)
{
	*metadata = json_loads(row->metadata, 0, NULL);
	if (json_is_object(*metadata))
		return 0;
	json_decref(*metadata);
	*metadata = NULL;
	return message_set(m, ERR_FORMAT, "the metadata is not a JSON object");
}

int
weights_optimizer(const struct snapshot_row *row,
    const struct optim_type **type, struct optim_options *options,
    struct message *m)
{
	json_t *metadata;
	int r = load_metadata(row, &metadata, m);

	*type = NULL;
	if (r == 0)
		r = read_optimizer(row, metadata, type, options, m);
	json_decref(metadata);
	return r;
}

/* The row's own members go over those of its metadata, with every option's
 * value as this program understands it. */
static bool
fill_metadata(const struct snapshot_row *row, struct weights *w)
{
	json_t *options = json_object(), *own;
	bool done;

	if (options == NULL)
		return false;
	if (!param_json_write(w->type->params, &w->options, options)) {
		json_decref(options);
		return false;
	}
	own = json_pack("{s:i, s:s, s:o, s:s, s:o, s:s, s:I, s:o, s:s}",
	    "format", 1, "optimizer", w->type->name, "options", options,
	    "group", row->group, "job", row->job > 0 ? json_integer(row->job) :
	    json_null(), "kind", row->kind, "epoch", (json_int_t)row->epoch,
	    "validation_loss", json_number(row->validation_loss),
	    "sha256", row->sha256);
	done = own != NULL && json_object_update(w->metadata, own) == 0;
	json_decref(own);
	return done;
}

int
weights_open(const struct snapshot_row *row, struct weights *w,
    struct message *m)
{
	int r;

	memset(w, 0, sizeof *w);
	r = load_metadata(row, &w->metadata, m);
	if (r == 0)
		r = read_optimizer(row, w->metadata, &w->type, &w->options, m);
	if (r == 0 && !fill_metadata(row, w))
		r = message_set(m, ERR_MEMORY, "out of memory");
	if (r < 0) {
		weights_close(w);
		return r;
	}
	w->tensors_len = w->type->tensors(&w->options, w->tensors);
	w->values = row->weights;
	return 0;
}

void
weights_close(struct weights *w)
{
	json_decref(w->metadata);
	w->metadata = NULL;
}

size_t
weights_tensor_len(const struct optim_tensor *tensor)
{
	size_t len = 1;

	for (int i = 0; i < tensor->dims; i++)
		len *= tensor->shape[i];
	return len;
}

void
weights_put_tensor(const struct weights *w, const struct optim_tensor *tensor,
    struct buf *out)
{
	size_t len = weights_tensor_len(tensor);

	for (size_t i = 0; i < len; i++) {
		float value = tensor->zeros ? 0 : w->values[tensor->offset + i];
		uint32_t bits;

		memcpy(&bits, &value, sizeof bits);
		bits = htole32(bits);
		buf_put(out, &bits, sizeof bits);
	}
}

void
weights_put_buf(struct buf *out, const struct buf *in)
{
	if (buf_error(in) < 0) {
		buf_free(out);
		out->error = ERR_MEMORY;
		return;
	}
	buf_put(out, in->data, in->len);
}
