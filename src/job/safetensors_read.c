/* An optimizer out of a safetensors file, checked against what this program's
 * optimizer of that name and options would have written. */
#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/param_json.h"
#include "job/safetensors_file.h"
#include "job/text.h"
#include "job/weights.h"

/* ---- the optimizer ---- */

static const char *
metadata_text(const struct safetensors *file, const char *key)
{
	return json_string_value(json_object_get(file->metadata, key));
}

/* What a string of the metadata says: JSON, or the text itself. */
static json_t *
decode(const char *text)
{
	json_t *value;

	/* text_parse guards the nesting. */
	if (text[0] == '{' || text[0] == '[')
		text_parse(text, strlen(text), &value, NULL);
	else
		value = json_loads(text, JSON_DECODE_ANY, NULL);
	return value != NULL ? value : json_string(text);
}

/* Put the options of table that have a string of their own into object; those
 * of a group may stand beside it: preprocess "log_sign", p "10". */
static int
gather_options(const struct safetensors *file, const struct param *table,
    json_t *object)
{
	int found = 0;

	for (const struct param *p = table; p->name != NULL; p++) {
		const char *text = metadata_text(file, p->name);
		json_t *value = text != NULL &&
		    json_object_get(object, p->name) == NULL ?
		    decode(text) : NULL;

		if (value != NULL && p->kind == PARAM_GROUP &&
		    !json_is_object(value)) {
			value = json_pack("{s:o}", "type", value);
			gather_options(file, p->members, value);
		}
		if (value != NULL && json_object_set_new_nocheck(object,
		    p->name, value) == 0)
			found++;
	}
	return found;
}

static int
read_options(const struct safetensors *file, const struct optim_type *type,
    struct optim_options *options, struct message *m)
{
	const char *text = metadata_text(file, "options");
	struct faults *faults = calloc(1, sizeof *faults);
	json_t *object = text != NULL ? decode(text) : json_object();
	int r = ERR_INTERNAL;

	if (faults == NULL || object == NULL) {
		r = message_set(m, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (text == NULL && gather_options(file, type->params, object) == 0) {
		r = message_set(m, ERR_FORMAT, "__metadata__ must say the "
		    "optimizer's options, for example layers, preprocess, p and "
		    "output_scale");
		goto out;
	}
	if (!json_is_object(object)) {
		r = message_set(m, ERR_FORMAT, "__metadata__: options must be a "
		    "JSON object");
		goto out;
	}
	memset(options, 0, sizeof *options);
	param_defaults(type->params, options);
	param_json_read(type->params, object, NULL, "", options, faults);
	r = 0;
	if (faults->len > 0)
		r = message_set(m, ERR_FORMAT, "__metadata__: option %.100s %s",
		    faults->list[0].pointer + 1, faults->list[0].detail);
out:
	json_decref(object);
	free(faults);
	return r;
}

static int
read_optimizer(const struct safetensors *file, const struct optim_type **type,
    struct optim_options *options, struct message *m)
{
	const char *name = metadata_text(file, "optimizer");
	const char *format = metadata_text(file, "format");
	char *end;
	long version = strtol(format != NULL ? format : "1", &end, 10);

	/* Libraries write "pt" and the like there. */
	if (*end == 0 && version != 1)
		return message_set(m, ERR_FORMAT, "format %ld is newer than this "
		    "program, which reads format 1", version);
	if (name == NULL)
		return message_set(m, ERR_FORMAT, "__metadata__ must say which "
		    "optimizer this is, for example \"optimizer\": \"lstm\"");
	*type = optim_find(name);
	if (*type == NULL || !optim_learned(*type))
		return message_set(m, ERR_FORMAT, "this program has no learned "
		    "optimizer '%.40s'", name);
	return read_options(file, *type, options, m);
}

/* ---- the weights ---- */

static float
read_float(const unsigned char *bytes)
{
	uint32_t bits;
	float value;

	memcpy(&bits, bytes, sizeof bits);
	bits = le32toh(bits);
	memcpy(&value, &bits, sizeof value);
	return value;
}

static int
copy_tensor(const struct safetensors *file, const struct optim_tensor *want,
    const struct safetensors_tensor *have, float *weights, struct message *m)
{
	size_t len = weights_tensor_len(want);
	bool fits = have->dims == want->dims;

	for (int i = 0; fits && i < want->dims; i++)
		fits = have->shape[i] == want->shape[i];
	if (!fits)
		return message_set(m, ERR_FORMAT, "tensor '%s' has not the shape "
		    "that the options in __metadata__ ask for", want->name);
	for (size_t i = 0; i < len; i++) {
		float value = read_float(file->data + have->begin + 4 * i);

		if (!isfinite(value))
			return message_set(m, ERR_FORMAT, "tensor '%s' holds a "
			    "value that is not finite", want->name);
		if (want->zeros && value != 0)
			return message_set(m, ERR_FORMAT, "tensor '%s' must be "
			    "zero: one bias is used; add it to the other", want->name);
		if (!want->zeros)
			weights[want->offset + i] = value;
	}
	return 0;
}

static int
copy_weights(const struct safetensors *file, const struct optim_type *type,
    const struct optim_options *options, struct snapshot_row *row,
    struct message *m)
{
	struct optim_tensor tensors[OPTIM_TENSORS_MAX];
	int len = type->tensors(options, tensors), used = 0, r;

	row->len = type->weights_len(options);
	/* The options may ask for far more than the file holds. */
	if (row->len > file->data_len / sizeof(float))
		return message_set(m, ERR_FORMAT, "the options in __metadata__ "
		    "ask for %zu weights, more than there are", row->len);
	row->weights = calloc(row->len + 1, sizeof(float));
	if (row->weights == NULL)
		return message_set(m, ERR_MEMORY, "out of memory");
	for (int i = 0; i < len; i++) {
		const struct safetensors_tensor *have =
		    safetensors_tensor(file, tensors[i].name);

		if (have == NULL && !tensors[i].zeros)
			return message_set(m, ERR_FORMAT, "there is no tensor "
			    "'%s'", tensors[i].name);
		if (have == NULL)
			continue;
		used++;
		r = copy_tensor(file, &tensors[i], have, row->weights, m);
		if (r < 0)
			return r;
	}
	if (used < file->tensors_len)
		return message_set(m, ERR_FORMAT, "%d tensors are none of this "
		    "optimizer's", file->tensors_len - used);
	return 0;
}

/* ---- the row ---- */

/* What the file says of itself beside the options is kept as it is under
 * "imported", so that an export of the import still knows its past. */
static json_t *
row_metadata(const struct safetensors *file, const struct optim_type *type,
    const struct optim_options *options)
{
	json_t *own = json_deep_copy(file->metadata), *opts = json_object();
	const char *text = metadata_text(file, "problem");
	json_t *problem = text != NULL ? decode(text) : json_null();

	if (own == NULL || opts == NULL ||
	    !param_json_write(type->params, options, opts)) {
		json_decref(own);
		json_decref(opts);
		json_decref(problem);
		return NULL;
	}
	json_object_del(own, "options");
	json_object_del(own, "problem");
	json_object_del(own, "imported");
	return json_pack("{s:i, s:o, s:o, s:o}", "format", 1, "options", opts,
	    "problem", problem, "imported", own);
}

static double
metadata_number(const struct safetensors *file, const char *key,
    double otherwise)
{
	const char *text = metadata_text(file, key);
	char *end;
	double value = text != NULL ? strtod(text, &end) : 0;

	return text != NULL && end != text && *end == 0 && isfinite(value) ?
	    value : otherwise;
}

static int
fill_row(const struct safetensors *file, const struct optim_type *type,
    const struct optim_options *options, struct snapshot_row *row)
{
	json_t *metadata = row_metadata(file, type, options);
	const char *group = metadata_text(file, "group");
	double epoch = metadata_number(file, "epoch", 0);
	struct buf text = { 0 };

	if (metadata != NULL)
		json_text(&text, metadata, false);
	json_decref(metadata);
	row->metadata = text.data;
	row->kind = strdup("imported");
	row->optimizer = strdup(type->name);
	row->group = strdup(group != NULL && strlen(group) < 64 ? group : "");
	row->sha256 = calloc(1, 65);
	row->epoch = epoch > 0 && epoch < 1e15 ? (int64_t)epoch : 0;
	row->validation_loss = metadata_number(file, "validation_loss", NAN);
	if (row->metadata == NULL || row->kind == NULL ||
	    row->optimizer == NULL || row->group == NULL || row->sha256 == NULL)
		return ERR_MEMORY;
	formats_sha256(row->weights, row->len * sizeof(float), row->sha256);
	return 0;
}

int
safetensors_read(const void *bytes, size_t len, struct snapshot_row *row,
    struct message *m)
{
	struct safetensors file;
	const struct optim_type *type = NULL;
	struct optim_options options;
	int r;

	memset(row, 0, sizeof *row);
	r = safetensors_open(bytes, len, &file, m);
	if (r == 0 && file.metadata == NULL)
		r = message_set(m, ERR_FORMAT, "there is no __metadata__ to say "
		    "which optimizer this is");
	if (r == 0)
		r = read_optimizer(&file, &type, &options, m);
	if (r == 0)
		r = copy_weights(&file, type, &options, row, m);
	if (r == 0 && fill_row(&file, type, &options, row) < 0)
		r = message_set(m, ERR_MEMORY, "out of memory");
	safetensors_close(&file);
	if (r < 0) {
		snapshot_row_free(row);
		memset(row, 0, sizeof *row);
	}
	return r;
}
