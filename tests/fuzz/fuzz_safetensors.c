/* Fuzzing of the safetensors import: what is accepted can be exported, and the
 * export imports as the same weights. */
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_row(const struct snapshot_row *row, size_t size)
{
	struct buf out = { 0 };
	struct snapshot_row again;
	struct message m = { "" };

	for (const struct weights_format *f = weights_formats;
	    f->suffix != NULL; f++) {
		buf_free(&out);
		if (f->write(row, &out, &m) < 0 || out.len == 0)
			abort();
	}
	buf_free(&out);
	if (safetensors_write(row, &out, &m) < 0)
		abort();
	/* The options are filled in: a header near its limit may pass it. */
	if (safetensors_read(out.data, out.len, &again, &m) == 0) {
		if (again.len != row->len || memcmp(again.weights, row->weights,
		    row->len * sizeof(float)) != 0)
			abort();
		snapshot_row_free(&again);
	} else if (size < 100000) {
		abort();
	}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot_row row;
	struct message m = { "" };
	int r = safetensors_read(data, size, &row, &m);

	if (r == 0) {
		check_row(&row, size);
		snapshot_row_free(&row);
	} else if (m.text[0] == 0 || row.weights != NULL) {
		abort();
	}
	return 0;
}
