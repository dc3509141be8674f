/* The formats that leave the server, and the one that comes back in: weights as
 * safetensors, npz and JSON, curves as CSV, JSON and JSON lines
 * (doc/API.md says what is in them). */
#ifndef L2LD_JOB_FORMATS_H
#define L2LD_JOB_FORMATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/curves.h"
#include "store/snapshots.h"

/* ---- weights ---- */

#define FORMATS_IMPORT_MAX (32 * 1024 * 1024)	/* bytes of an imported file */

/* Append a snapshot (weights included) to out.  Tensors have the names and
 * shapes that its optimizer type gives them; one that the type keeps at zero
 * (bias_hh) is written as zeros.  row->metadata is
 *
 *	{"format": 1, "options": {...}, "problem": {...}, ...}
 *
 * with the optimizer's options as in a spec; members that the row has itself
 * (optimizer, group, job, kind, epoch, validation_loss, sha256) are taken from
 * the row.  Returns 0, ERR_MEMORY, ERR_LIMIT, or ERR_FORMAT with a sentence
 * when metadata and weights do not fit an optimizer of this program. */
int
safetensors_write(const struct snapshot_row *row, struct buf *out,
    struct message *m);
/* The metadata is in a member of its own, metadata.npy: a string. */
int
npz_write(const struct snapshot_row *row, struct buf *out, struct message *m);
/* {"metadata": {...}, "tensors": {name: {"shape": [...], "data": [...]}}} with
 * data flat and row-major; a float reads back as the same float. */
int
weights_json_write(const struct snapshot_row *row, struct buf *out,
    struct message *m);

/* The three of them: what follows the last dot of an address or a file's name,
 * the media type, and the writer.  suffix is NULL at the end. */
struct weights_format {
	const char *suffix;	/* "safetensors", "npz", "json" */
	const char *media;
	int (*write)(const struct snapshot_row *row, struct buf *out,
	    struct message *m);
};
extern const struct weights_format weights_formats[];

/* Check a safetensors file byte by byte and make the snapshot that is in it:
 * kind "imported", job 0, metadata and digest filled in, ready for
 * store_snapshot_insert; the caller frees it with snapshot_row_free.  The file
 * must have the tensors of an optimizer of this program and its options in
 * __metadata__: either "options", a JSON object as in a spec, or one string for
 * each of them (layers "[20, 20]", preprocess "log_sign", p "10", ...).
 * Returns 0, ERR_FORMAT with a sentence, or ERR_MEMORY. */
int
safetensors_read(const void *bytes, size_t len, struct snapshot_row *row,
    struct message *m);

/* SHA-256 of len bytes as 64 hexadecimal digits and a NUL. */
void
formats_sha256(const void *bytes, size_t len, char text[65]);

/* ---- curves ---- */

/* Some rows of a curve, as store_curve_read gives them.  The curve's header is
 * {"columns": [name, ...], "labels": {column: [text, ...]}}; in a column with
 * labels a value is the index of a text. */
struct curve_view {
	const struct curve_row *curve;
	const double *values;	/* [count][curve->columns] */
	size_t count;
	int64_t first;		/* row number of the first of them */
	size_t max_points;	/* 0: every row; else thinned, see below */
};

/* Append the rows to out.  A curve thinned to max_points keeps, for each of its
 * series (the combinations of labels), the first and last row and, of equal
 * buckets of rows, those where the first column of values (after the labels and
 * epoch or step) is lowest and highest; NaN counts as higher than infinity.  At
 * least four rows of a series are kept whatever max_points.
 * Returns 0, ERR_MEMORY, or ERR_FORMAT for a header that is not as above. */

/* Always with its header line.  Lines end with LF. */
int
curve_csv(const struct curve_view *view, struct buf *out);
/* {curve, columns, rows, seq, complete, nonfinite}; seq is the row number after
 * the last of these rows (before thinning): the `after` of the next request. */
int
curve_json(const struct curve_view *view, struct buf *out);
/* One object a row and line; a row with non-finite values has a member
 * "nonfinite" that says which: {"mean": "inf"}. */
int
curve_ndjson(const struct curve_view *view, struct buf *out);

/* As weights_formats, for "csv", "json" and "ndjson". */
struct curve_format {
	const char *suffix;
	const char *media;
	int (*write)(const struct curve_view *view, struct buf *out);
};
extern const struct curve_format curve_formats[];

#endif
