/* Writes one snapshot in each format into the folder named by the argument: for
 * check_formats.py, which reads them with readers written apart from these
 * writers. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "job/formats.h"
#include "tests/job/jobtest.h"

int
main(int argc, char **argv)
{
	struct snapshot_row row;
	struct message m = { "" };

	if (argc != 2)
		return 2;
	jobtest_snapshot("{\"layers\": [20, 7], \"output_scale\": 0.1}", &row);
	for (const struct weights_format *f = weights_formats;
	    f->suffix != NULL; f++) {
		struct buf out = { 0 };
		char path[600];

		snprintf(path, sizeof path, "%s/weights.%s", argv[1], f->suffix);
		if (f->write(&row, &out, &m) < 0 ||
		    file_write(path, out.data, out.len, &m) < 0) {
			fprintf(stderr, "%s: %s\n", path, m.text);
			return 1;
		}
		buf_free(&out);
	}
	snapshot_row_free(&row);
	return 0;
}
