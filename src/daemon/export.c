#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "daemon/command.h"
#include "job/formats.h"
#include "job/server.h"

/* ID or ID.SUFFIX; the first format where no suffix is given. */
static const struct weights_format *
parse(const char *what, int64_t *id)
{
	const struct weights_format *f = weights_formats;
	char *end;

	*id = strtoll(what, &end, 10);
	if (end == what || *id <= 0)
		return NULL;
	if (*end == 0)
		return f;
	for (; *end == '.' && f->suffix != NULL; f++)
		if (strcmp(f->suffix, end + 1) == 0)
			return f;
	return NULL;
}

static int
write_out(const struct options *o, const struct buf *out, struct message *m)
{
	if (o->output[0] != 0)
		return file_write(o->output, out->data, out->len, m);
	if (fwrite(out->data, 1, out->len, stdout) != out->len ||
	    fflush(stdout) != 0)
		return message_set(m, ERR_IO, "cannot write to standard "
		    "output");
	return 0;
}

int
command_export(const struct options *o, const char *what)
{
	const struct weights_format *format;
	struct message m = { "" };
	struct snapshot_row row = { 0 };
	struct buf out = { 0 };
	char path[OPTIONS_PATH_MAX + 32];
	int64_t id;
	int r;

	format = what != NULL ? parse(what, &id) : NULL;
	if (format == NULL) {
		fprintf(stderr, "l2ld: export wants a snapshot: ID, "
		    "ID.safetensors, ID.npz or ID.json\n");
		return STATUS_USAGE;
	}
	snprintf(path, sizeof path, "%s/l2ld.sqlite", o->state);
	r = store_snapshot_still(path, id, &row, &m);
	if (r == 0)
		r = format->write(&row, &out, &m);
	if (r == 0)
		r = write_out(o, &out, &m);
	if (r < 0)
		fprintf(stderr, "l2ld: %s\n", m.text);
	snapshot_row_free(&row);
	buf_free(&out);
	return r == 0 ? STATUS_OK : STATUS_FAILED;
}
