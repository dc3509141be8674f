#include "job/safetensors_file.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "job/text.h"

#define HEADER_MAX 100000000	/* the format's own limit */

static int
open_header(const unsigned char *bytes, size_t len, struct safetensors *file,
    struct message *m)
{
	uint64_t n;
	int r;

	if (len < 8 + 2)
		return message_set(m, ERR_FORMAT, "too short for a safetensors "
		    "file");
	memcpy(&n, bytes, sizeof n);
	n = le64toh(n);
	if (n > HEADER_MAX || n > len - 8)
		return message_set(m, ERR_FORMAT, "its first 8 bytes are not the "
		    "length of a header: this is not a whole safetensors file");
	if (n % 8 != 0 || bytes[8] != '{')
		return message_set(m, ERR_FORMAT, "the header must begin with { "
		    "and be padded to a multiple of 8 bytes");
	r = text_parse((const char *)bytes + 8, (size_t)n, &file->header, m);
	if (r == ERR_LIMIT)
		return ERR_FORMAT;
	file->data = bytes + 8 + n;
	file->data_len = len - 8 - (size_t)n;
	return r;
}

/* A whole number from 0 to limit. */
static bool
read_size(const json_t *value, size_t limit, size_t *size)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > limit)
		return false;
	*size = (size_t)json_integer_value(value);
	return true;
}

static bool
read_shape(const json_t *shape, struct safetensors_tensor *t, size_t *len)
{
	*len = 1;
	t->dims = (int)json_array_size(shape);
	if (!json_is_array(shape) || t->dims < 1 || t->dims > 2)
		return false;
	for (int i = 0; i < t->dims; i++)
		if (!read_size(json_array_get(shape, (size_t)i),
		    FORMATS_IMPORT_MAX, &t->shape[i]) ||
		    __builtin_mul_overflow(*len, t->shape[i], len))
			return false;
	return true;
}

static int
read_entry(const char *name, const json_t *entry,
    const struct safetensors *file, struct safetensors_tensor *t,
    struct message *m)
{
	const char *dtype = json_string_value(json_object_get(entry, "dtype"));
	const json_t *offsets = json_object_get(entry, "data_offsets");
	size_t len;

	t->name = name;
	if (!json_is_object(entry) || json_object_size(entry) != 3 ||
	    dtype == NULL || json_array_size(offsets) != 2)
		return message_set(m, ERR_FORMAT, "tensor '%.40s' must have "
		    "dtype, shape and data_offsets, and nothing else", name);
	if (strcmp(dtype, "F32") != 0)
		return message_set(m, ERR_FORMAT, "tensor '%.40s' is %.10s, not "
		    "F32", name, dtype);
	if (!read_shape(json_object_get(entry, "shape"), t, &len))
		return message_set(m, ERR_FORMAT, "tensor '%.40s' must have a "
		    "shape of one or two sizes", name);
	if (!read_size(json_array_get(offsets, 0), file->data_len, &t->begin) ||
	    !read_size(json_array_get(offsets, 1), file->data_len, &t->end) ||
	    t->begin > t->end)
		return message_set(m, ERR_FORMAT, "tensor '%.40s' lies outside of "
		    "the file", name);
	if (len > (t->end - t->begin) / 4 || len * 4 != t->end - t->begin)
		return message_set(m, ERR_FORMAT, "tensor '%.40s' has %zu bytes, "
		    "not what its shape takes", name, t->end - t->begin);
	return 0;
}

static int
check_metadata(const json_t *metadata, struct message *m)
{
	json_t *members = (json_t *)(uintptr_t)metadata, *value;
	const char *key;

	if (!json_is_object(metadata))
		return message_set(m, ERR_FORMAT, "__metadata__ must be an object");
	json_object_foreach(members, key, value)
		if (!json_is_string(value))
			return message_set(m, ERR_FORMAT, "__metadata__ may hold "
			    "strings only; '%.40s' is none", key);
	return 0;
}

static int
compare_begin(const void *a, const void *b)
{
	const struct safetensors_tensor *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

/* Tensors follow each other from 0 to the end, without holes or overlap. */
static int
check_layout(struct safetensors *file, struct message *m)
{
	size_t end = 0;

	qsort(file->tensors, (size_t)file->tensors_len, sizeof *file->tensors,
	    compare_begin);
	for (int i = 0; i < file->tensors_len; i++) {
		if (file->tensors[i].begin != end)
			return message_set(m, ERR_FORMAT, "tensor '%.40s' begins "
			    "at %zu where %zu was due: there may be no hole or "
			    "overlap", file->tensors[i].name,
			    file->tensors[i].begin, end);
		end = file->tensors[i].end;
	}
	if (end != file->data_len)
		return message_set(m, ERR_FORMAT, "the tensors take %zu bytes, "
		    "the file has %zu", end, file->data_len);
	return 0;
}

int
safetensors_open(const void *bytes, size_t len, struct safetensors *file,
    struct message *m)
{
	json_t *value;
	const char *key;
	int r;

	memset(file, 0, sizeof *file);
	r = open_header(bytes, len, file, m);
	if (r < 0)
		return r;
	json_object_foreach(file->header, key, value) {
		if (strcmp(key, "__metadata__") == 0) {
			r = check_metadata(value, m);
			file->metadata = value;
		} else if (file->tensors_len == OPTIM_TENSORS_MAX) {
			r = message_set(m, ERR_FORMAT, "more than %d tensors",
			    OPTIM_TENSORS_MAX);
		} else {
			r = read_entry(key, value, file,
			    &file->tensors[file->tensors_len++], m);
		}
		if (r < 0)
			return r;
	}
	return check_layout(file, m);
}

void
safetensors_close(struct safetensors *file)
{
	json_decref(file->header);
	file->header = NULL;
}

const struct safetensors_tensor *
safetensors_tensor(const struct safetensors *file, const char *name)
{
	for (int i = 0; i < file->tensors_len; i++)
		if (strcmp(file->tensors[i].name, name) == 0)
			return &file->tensors[i];
	return NULL;
}
