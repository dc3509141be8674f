/* An npz file is a ZIP of npy files.  Members are stored, not compressed, with
 * a fixed date, so that equal weights make equal bytes (formats.md; PKWARE's
 * APPNOTE 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16). */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/weights.h"

#define NPZ_DATE 0x0021		/* 1 January 1980, the format's first day */
#define NPZ_VERSION 20		/* of the format needed to read it */
#define NPZ_SIZE_MAX 0x7fffffff

static void
put_u16(struct buf *out, unsigned v)
{
	const unsigned char bytes[2] = { v & 0xff, v >> 8 & 0xff };

	buf_put(out, bytes, sizeof bytes);
}

static void
put_u32(struct buf *out, uint32_t v)
{
	put_u16(out, v & 0xffff);
	put_u16(out, v >> 16);
}

/* npy 1.0: magic, version, length of the header, the header, data. */
static void
put_npy_header(struct buf *out, const char *dtype, const char *shape)
{
	char header[160];
	int len = snprintf(header, sizeof header, "{'descr': '%s', "
	    "'fortran_order': False, 'shape': (%s), }", dtype, shape);
	int padded = (10 + len + 1 + 63) / 64 * 64 - 10;

	buf_put(out, "\x93NUMPY\x01\x00", 8);
	put_u16(out, (unsigned)padded);
	buf_put(out, header, (size_t)len);
	buf_printf(out, "%*s\n", padded - len - 1, "");
}

static void
tensor_npy(const struct weights *w, const struct optim_tensor *tensor,
    struct buf *out)
{
	char shape[64] = "";
	size_t used = 0;

	/* A tuple of one has its comma: (80,). */
	for (int i = 0; i < tensor->dims; i++)
		used += (size_t)snprintf(shape + used, sizeof shape - used,
		    "%zu%s", tensor->shape[i],
		    i + 1 < tensor->dims ? ", " : tensor->dims == 1 ? "," : "");
	put_npy_header(out, "<f4", shape);
	weights_put_tensor(w, tensor, out);
}

/* The metadata as an array of no dimensions that holds bytes: json.loads takes
 * what its item() gives. */
static void
metadata_npy(const struct weights *w, struct buf *out)
{
	struct buf text = { 0 };
	char dtype[32];

	json_text(&text, w->metadata, false);
	snprintf(dtype, sizeof dtype, "|S%zu", text.len);
	put_npy_header(out, dtype, "");
	weights_put_buf(out, &text);
	buf_free(&text);
}

/* What the local header and the directory say alike. */
static void
put_member(struct buf *out, const char *name, const struct buf *data)
{
	uint32_t len = (uint32_t)data->len;

	put_u16(out, NPZ_VERSION);
	put_u16(out, 0);		/* flags */
	put_u16(out, 0);		/* stored */
	put_u16(out, 0);		/* midnight */
	put_u16(out, NPZ_DATE);
	put_u32(out, (uint32_t)crc32_z(0, (const Bytef *)data->data, data->len));
	put_u32(out, len);		/* compressed */
	put_u32(out, len);
	put_u16(out, (unsigned)strlen(name));
	put_u16(out, 0);		/* no extra field */
}

static void
add_member(struct buf *out, struct buf *directory, size_t start,
    const char *name, const struct buf *data)
{
	size_t offset = out->len - start;

	buf_put(out, "PK\3\4", 4);
	put_member(out, name, data);
	buf_text(out, name);
	weights_put_buf(out, data);

	buf_put(directory, "PK\1\2", 4);
	put_u16(directory, NPZ_VERSION);
	put_member(directory, name, data);
	put_u16(directory, 0);		/* no comment */
	put_u16(directory, 0);		/* first disk */
	put_u16(directory, 0);		/* attributes */
	put_u32(directory, 0);
	put_u32(directory, (uint32_t)offset);
	buf_text(directory, name);
}

static void
put_end(struct buf *out, const struct buf *directory, size_t start, int members)
{
	size_t offset = out->len - start;

	weights_put_buf(out, directory);
	buf_put(out, "PK\5\6", 4);
	put_u16(out, 0);
	put_u16(out, 0);
	put_u16(out, (unsigned)members);
	put_u16(out, (unsigned)members);
	put_u32(out, (uint32_t)directory->len);
	put_u32(out, (uint32_t)offset);
	put_u16(out, 0);		/* no comment */
}

int
npz_write(const struct snapshot_row *row, struct buf *out, struct message *m)
{
	struct buf directory = { 0 }, data = { 0 };
	size_t start = out->len;
	struct weights w;
	char name[48];
	int r;

	/* Twice: tensors kept at zero are not in row->len. */
	if (row->len > NPZ_SIZE_MAX / sizeof(float) / 2)
		return message_set(m, ERR_LIMIT, "too large for an npz file");
	r = weights_open(row, &w, m);
	if (r < 0)
		return r;
	for (int i = 0; i < w.tensors_len; i++) {
		snprintf(name, sizeof name, "%s.npy", w.tensors[i].name);
		tensor_npy(&w, &w.tensors[i], &data);
		add_member(out, &directory, start, name, &data);
		buf_free(&data);
	}
	metadata_npy(&w, &data);
	add_member(out, &directory, start, "metadata.npy", &data);
	put_end(out, &directory, start, w.tensors_len + 1);
	if (buf_error(out) < 0)
		r = message_set(m, ERR_MEMORY, "out of memory");
	buf_free(&data);
	buf_free(&directory);
	weights_close(&w);
	return r;
}
