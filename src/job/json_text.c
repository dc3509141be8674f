#include "job/json_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define EXACT 1e15	/* whole numbers below it are written in full */

json_t *
json_number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) < EXACT)
		return json_integer((json_int_t)value);
	return json_real(value);
}

void
json_text_number(struct buf *out, double value)
{
	if (!isfinite(value))
		buf_text(out, "null");
	else if (value == floor(value) && fabs(value) < EXACT)
		buf_printf(out, "%.0f", value);
	else
		buf_double(out, value);
}

void
json_text_string(struct buf *out, const char *text, size_t len)
{
	size_t from = 0;

	buf_put(out, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_put(out, text + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_text(out, "\\n");
		else
			buf_printf(out, "\\u%04x", c);
	}
	buf_put(out, text + from, len - from);
	buf_put(out, "\"", 1);
}

/* A line break and the tabs of a level; in a value on one line a space. */
static void
text_break(struct buf *out, int level)
{
	if (level < 0) {
		buf_put(out, " ", 1);
		return;
	}
	buf_put(out, "\n", 1);
	for (int i = 0; i < level; i++)
		buf_put(out, "\t", 1);
}

static void
text_value(struct buf *out, const json_t *value, int level);

static void
text_object(struct buf *out, const json_t *value, int level)
{
	int inner = level < 0 ? -1 : level + 1;
	json_t *object = (json_t *)(uintptr_t)value, *member;
	const char *key, *comma = "";

	buf_put(out, "{", 1);
	json_object_foreach(object, key, member) {
		buf_text(out, comma);
		if (level >= 0 || comma[0] != 0)
			text_break(out, inner);
		json_text_string(out, key, strlen(key));
		buf_text(out, ": ");
		text_value(out, member, inner);
		comma = ",";
	}
	if (level >= 0 && comma[0] != 0)
		text_break(out, level);
	buf_put(out, "}", 1);
}

static void
text_array(struct buf *out, const json_t *value, int level)
{
	size_t i, len = json_array_size(value);
	json_t *array = (json_t *)(uintptr_t)value, *entry;

	/* Only lists of objects or lists are worth several lines. */
	if (len == 0 || !(json_is_object(json_array_get(value, 0)) ||
	    json_is_array(json_array_get(value, 0))))
		level = -1;
	buf_put(out, "[", 1);
	json_array_foreach(array, i, entry) {
		if (i > 0)
			buf_put(out, ",", 1);
		if (level >= 0 || i > 0)
			text_break(out, level < 0 ? -1 : level + 1);
		text_value(out, entry, level < 0 ? -1 : level + 1);
	}
	if (level >= 0)
		text_break(out, level);
	buf_put(out, "]", 1);
}

static void
text_value(struct buf *out, const json_t *value, int level)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		text_object(out, value, level);
		break;
	case JSON_ARRAY:
		text_array(out, value, level);
		break;
	case JSON_STRING:
		json_text_string(out, json_string_value(value),
		    json_string_length(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		break;
	case JSON_REAL:
		json_text_number(out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_text(out, "true");
		break;
	case JSON_FALSE:
		buf_text(out, "false");
		break;
	default:
		buf_text(out, "null");
		break;
	}
}

void
json_text(struct buf *out, const json_t *value, bool indent)
{
	text_value(out, value, indent ? 0 : -1);
}
