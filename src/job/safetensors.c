#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/weights.h"

/* The metadata with every value as a string: texts as they are, all else as
 * JSON; what is null is left out.  NULL when memory is out. */
static json_t *
metadata_strings(const json_t *metadata)
{
	json_t *members = (json_t *)(uintptr_t)metadata, *value;
	json_t *strings = json_object();
	struct buf text = { 0 };
	const char *key;
	int r = strings != NULL ? 0 : -1;

	json_object_foreach(members, key, value) {
		if (r < 0 || json_is_null(value))
			continue;
		if (json_is_string(value)) {
			r = json_object_set(strings, key, value);
			continue;
		}
		json_text(&text, value, false);
		r = json_object_set_new(strings, key, json_string(text.data));
		buf_free(&text);
	}
	if (r < 0) {
		json_decref(strings);
		strings = NULL;
	}
	return strings;
}

static void
put_entry(struct buf *out, const struct optim_tensor *tensor, size_t *offset)
{
	size_t end = *offset + weights_tensor_len(tensor) * sizeof(float);

	buf_printf(out, ",\"%s\":{\"dtype\":\"F32\",\"shape\":[", tensor->name);
	for (int i = 0; i < tensor->dims; i++)
		buf_printf(out, "%s%zu", i > 0 ? "," : "", tensor->shape[i]);
	buf_printf(out, "],\"data_offsets\":[%zu,%zu]}", *offset, end);
	*offset = end;
}

static void
put_header(struct buf *out, const struct weights *w, const json_t *metadata)
{
	size_t offset = 0;

	buf_text(out, "{\"__metadata__\":");
	json_text(out, metadata, false);
	for (int i = 0; i < w->tensors_len; i++)
		put_entry(out, &w->tensors[i], &offset);
	buf_text(out, "}");
	while (out->len % 8 != 0 && !buf_error(out))
		buf_text(out, " ");
}

int
safetensors_write(const struct snapshot_row *row, struct buf *out,
    struct message *m)
{
	struct buf header = { 0 };
	struct weights w;
	json_t *metadata;
	uint64_t len;
	int r = weights_open(row, &w, m);

	if (r < 0)
		return r;
	metadata = metadata_strings(w.metadata);
	if (metadata == NULL) {
		r = message_set(m, ERR_MEMORY, "out of memory");
		goto out;
	}
	put_header(&header, &w, metadata);
	len = htole64(header.len);
	buf_put(out, &len, sizeof len);
	buf_put(out, header.data, header.len);
	for (int i = 0; i < w.tensors_len; i++)
		weights_put_tensor(&w, &w.tensors[i], out);
	if (buf_error(&header) < 0 || buf_error(out) < 0)
		r = message_set(m, ERR_MEMORY, "out of memory");
out:
	buf_free(&header);
	json_decref(metadata);
	weights_close(&w);
	return r;
}
