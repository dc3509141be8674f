#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job/curve_thin.h"
#include "job/formats.h"
#include "job/json_text.h"

#define COLUMNS_MAX 64
#define SERIES_MAX 65536

/* A view with its header read. */
struct table {
	const struct curve_view *view;
	json_t *header;
	int columns;
	const char *names[COLUMNS_MAX];
	json_t *labels[COLUMNS_MAX];	/* NULL: numbers */
	bool *keep;			/* NULL: every row */
};

static void
table_close(struct table *t)
{
	json_decref(t->header);
	free(t->keep);
}

static int
read_header(struct table *t)
{
	json_t *names, *labels;

	t->header = json_loads(t->view->curve->header, 0, NULL);
	names = json_object_get(t->header, "columns");
	labels = json_object_get(t->header, "labels");
	t->columns = t->view->curve->columns;
	if (t->columns < 1 || t->columns > COLUMNS_MAX ||
	    json_array_size(names) != (size_t)t->columns)
		return ERR_FORMAT;
	for (int i = 0; i < t->columns; i++) {
		t->names[i] = json_string_value(json_array_get(names,
		    (size_t)i));
		if (t->names[i] == NULL)
			return ERR_FORMAT;
		t->labels[i] = json_object_get(labels, t->names[i]);
	}
	return 0;
}

/* The first column of values: after the labels and epoch or step. */
static int
value_column(const struct table *t)
{
	for (int i = 0; i < t->columns; i++)
		if (t->labels[i] == NULL && strcmp(t->names[i], "epoch") != 0 &&
		    strcmp(t->names[i], "step") != 0)
			return i;
	return t->columns - 1;
}

static int
thin(struct table *t)
{
	int labels[COLUMNS_MAX];
	size_t counts[COLUMNS_MAX], product = 1;
	struct curve_series series = {
		.values = t->view->values, .count = t->view->count,
		.columns = t->columns, .value = value_column(t),
		.labels = labels, .labels_count = counts,
	};

	for (int i = 0; i < t->columns; i++) {
		size_t count = json_array_size(t->labels[i]);

		if (t->labels[i] == NULL)
			continue;
		if (__builtin_mul_overflow(product, count + 1, &product) ||
		    product > SERIES_MAX)
			return ERR_FORMAT;
		labels[series.labels_len] = i;
		counts[series.labels_len++] = count;
	}
	t->keep = calloc(t->view->count + 1, sizeof *t->keep);
	if (t->keep == NULL)
		return ERR_MEMORY;
	return curve_thin(&series, t->view->max_points, t->keep);
}

static int
table_open(const struct curve_view *view, struct table *t)
{
	int r;

	memset(t, 0, sizeof *t);
	t->view = view;
	r = read_header(t);
	if (r == 0 && view->max_points > 0 && view->count > view->max_points)
		r = thin(t);
	if (r < 0)
		table_close(t);
	return r;
}

/* The next row to show at or after row; count at the end. */
static size_t
next_row(const struct table *t, size_t row)
{
	while (t->keep != NULL && row < t->view->count && !t->keep[row])
		row++;
	return row;
}

static double
cell(const struct table *t, size_t row, int column)
{
	return t->view->values[row * (size_t)t->columns + (size_t)column];
}

/* The text that stands for a value, NULL in a column of numbers. */
static const char *
label(const struct table *t, int column, double value)
{
	size_t len = json_array_size(t->labels[column]);

	if (!(value >= 0 && value < (double)len))
		return NULL;
	return json_string_value(json_array_get(t->labels[column],
	    (size_t)value));
}

static const char *
nonfinite(double value)
{
	return isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/* ---- CSV ---- */

/* A spreadsheet takes what begins with = + - @ for a formula. */
static void
csv_text(struct buf *out, const char *text)
{
	bool quote = strpbrk(text, ",\"\r\n") != NULL;

	if (quote)
		buf_text(out, "\"");
	if (text[0] != 0 && strchr("=+-@", text[0]) != NULL)
		buf_text(out, "'");
	for (const char *c = text; *c != 0; c++)
		buf_put(out, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	if (quote)
		buf_text(out, "\"");
}

static void
csv_cell(const struct table *t, struct buf *out, size_t row, int column)
{
	double value = cell(t, row, column);
	const char *text = label(t, column, value);

	if (text != NULL)
		csv_text(out, text);
	else if (isfinite(value))
		json_text_number(out, value);
	else
		buf_text(out, nonfinite(value));
}

int
curve_csv(const struct curve_view *view, struct buf *out)
{
	struct table t;
	int r = table_open(view, &t);

	if (r < 0)
		return r;
	for (int i = 0; i < t.columns; i++) {
		csv_text(out, t.names[i]);
		buf_text(out, i + 1 < t.columns ? "," : "\n");
	}
	for (size_t row = next_row(&t, 0); row < view->count;
	    row = next_row(&t, row + 1)) {
		for (int i = 0; i < t.columns; i++) {
			csv_cell(&t, out, row, i);
			buf_text(out, i + 1 < t.columns ? "," : "\n");
		}
	}
	table_close(&t);
	return buf_error(out);
}

/* ---- JSON ---- */

static void
json_cell(const struct table *t, struct buf *out, size_t row, int column)
{
	double value = cell(t, row, column);
	const char *text = label(t, column, value);

	if (text != NULL)
		json_text_string(out, text, strlen(text));
	else
		json_text_number(out, value);
}

static void
json_columns(const struct table *t, struct buf *out)
{
	buf_text(out, "{\"curve\":");
	json_text_string(out, t->view->curve->name,
	    strlen(t->view->curve->name));
	buf_text(out, ",\"columns\":[");
	for (int i = 0; i < t->columns; i++) {
		if (i > 0)
			buf_text(out, ",");
		json_text_string(out, t->names[i], strlen(t->names[i]));
	}
	buf_text(out, "],\n\"rows\":[");
}

static void
json_nonfinite(const struct table *t, struct buf *out)
{
	const char *comma = "";
	size_t shown = 0;

	buf_text(out, "\"nonfinite\":[");
	for (size_t row = next_row(t, 0); row < t->view->count;
	    row = next_row(t, row + 1), shown++) {
		for (int i = 0; i < t->columns; i++) {
			double value = cell(t, row, i);

			if (isfinite(value))
				continue;
			buf_printf(out, "%s[%zu,%d,\"%s\"]", comma, shown, i,
			    nonfinite(value));
			comma = ",";
		}
	}
	buf_text(out, "]}\n");
}

/* How far apart recorded epochs are, or the steps of each evaluation. */
static void
json_every(const struct table *t, struct buf *out)
{
	json_t *every = json_object_get(t->header, "every");

	if (every == NULL)
		return;
	buf_text(out, "\"every\":");
	json_text(out, every, false);
	buf_text(out, ",\n");
}

int
curve_json(const struct curve_view *view, struct buf *out)
{
	const char *comma = "\n";
	struct table t;
	int r = table_open(view, &t);

	if (r < 0)
		return r;
	json_columns(&t, out);
	for (size_t row = next_row(&t, 0); row < view->count;
	    row = next_row(&t, row + 1)) {
		buf_text(out, comma);
		for (int i = 0; i < t.columns; i++) {
			buf_text(out, i > 0 ? "," : "[");
			json_cell(&t, out, row, i);
		}
		buf_text(out, "]");
		comma = ",\n";
	}
	buf_printf(out, "],\n\"seq\":%lld,\"complete\":%s,\n",
	    (long long)view->first + (long long)view->count,
	    view->curve->complete ? "true" : "false");
	json_every(&t, out);
	json_nonfinite(&t, out);
	table_close(&t);
	return buf_error(out);
}

/* Which members of a row are not finite, if any. */
static void
ndjson_nonfinite(const struct table *t, struct buf *out, size_t row)
{
	const char *before = ",\"nonfinite\":{", *after = "";

	for (int i = 0; i < t->columns; i++) {
		double value = cell(t, row, i);

		if (isfinite(value))
			continue;
		buf_text(out, before);
		json_text_string(out, t->names[i], strlen(t->names[i]));
		buf_printf(out, ":\"%s\"", nonfinite(value));
		before = ",";
		after = "}";
	}
	buf_text(out, after);
}

int
curve_ndjson(const struct curve_view *view, struct buf *out)
{
	struct table t;
	int r = table_open(view, &t);

	if (r < 0)
		return r;
	for (size_t row = next_row(&t, 0); row < view->count;
	    row = next_row(&t, row + 1)) {
		for (int i = 0; i < t.columns; i++) {
			buf_text(out, i > 0 ? "," : "{");
			json_text_string(out, t.names[i], strlen(t.names[i]));
			buf_text(out, ":");
			json_cell(&t, out, row, i);
		}
		ndjson_nonfinite(&t, out, row);
		buf_text(out, "}\n");
	}
	table_close(&t);
	return buf_error(out);
}
