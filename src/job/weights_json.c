#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/weights.h"

/* The shortest decimal that reads back as the same float. */
static void
put_float(struct buf *out, float value)
{
	char text[32];

	if (!isfinite(value)) {
		buf_text(out, "null");
		return;
	}
	for (int digits = 1; digits <= 9; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	buf_text(out, text);
}

static void
put_tensor(struct buf *out, const struct weights *w,
    const struct optim_tensor *tensor)
{
	size_t len = weights_tensor_len(tensor);

	buf_printf(out, "\t\t\"%s\": {\"shape\": [", tensor->name);
	for (int i = 0; i < tensor->dims; i++)
		buf_printf(out, "%s%zu", i > 0 ? ", " : "", tensor->shape[i]);
	buf_text(out, "], \"data\": [");
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			buf_text(out, ",");
		put_float(out, tensor->zeros ? 0 :
		    w->values[tensor->offset + i]);
	}
	buf_text(out, "]}");
}

int
weights_json_write(const struct snapshot_row *row, struct buf *out,
    struct message *m)
{
	struct weights w;
	int r = weights_open(row, &w, m);

	if (r < 0)
		return r;
	buf_text(out, "{\n\t\"metadata\": ");
	json_text(out, w.metadata, false);
	buf_text(out, ",\n\t\"tensors\": {\n");
	for (int i = 0; i < w.tensors_len; i++) {
		put_tensor(out, &w, &w.tensors[i]);
		buf_text(out, i + 1 < w.tensors_len ? ",\n" : "\n");
	}
	buf_text(out, "\t}\n}\n");
	if (buf_error(out) < 0)
		r = message_set(m, ERR_MEMORY, "out of memory");
	weights_close(&w);
	return r;
}
