#include "base/log_line.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

/* Kept free for the closing quote and brace and the newline. */
#define LOG_TAIL 4
/* More than any key, and any number, needs. */
#define LOG_PAIR 80

struct line {
	char *data;
	size_t len;
	size_t room;
};

/* All of it or nothing, so that no escape is cut. */
static bool
put(struct line *line, const char *bytes, size_t len)
{
	if (line->len + len > line->room)
		return false;
	memcpy(line->data + line->len, bytes, len);
	line->len += len;
	return true;
}

static bool
put_text(struct line *line, const char *text)
{
	return put(line, text, strlen(text));
}

/* Characters that end a line, move the cursor or turn the direction of what
 * follows: with them a text could look like another line. */
static bool
is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	    c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The number of a character of n bytes. */
static unsigned
code_point(const char *p, size_t n)
{
	unsigned char first = (unsigned char)p[0];
	unsigned c = n == 1 ? first : first & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

static bool
put_character(struct line *line, const char *p, size_t n)
{
	char escape[8];
	unsigned c = code_point(p, n);

	if (c == '"' || c == '\\')
		snprintf(escape, sizeof escape, "\\%c", (char)c);
	else if (c == '\n')
		return put_text(line, "\\n");
	else if (c == '\t')
		return put_text(line, "\\t");
	else if (is_control(c))
		snprintf(escape, sizeof escape, "\\u%04x", c & 0xffff);
	else
		return put(line, p, n);
	return put_text(line, escape);
}

/* At most `most` bytes of text between quotes. */
static void
put_quoted(struct line *line, const char *text, size_t most)
{
	size_t len = strnlen(text, most), n;
	bool room = true;

	if (!put_text(line, "\""))
		return;
	for (size_t i = 0; room && i < len; i += n) {
		n = utf8_character(text + i, len - i);
		room = n > 0 ? put_character(line, text + i, n) :
		    put_text(line, "\\ufffd");
		if (n == 0)
			n = 1;
	}
	/* The tail has room for it. */
	line->data[line->len++] = '"';
}

/* Whether a value of `key=value` needs no quotes. */
static bool
is_plain(const char *text)
{
	for (const char *p = text; *p != 0; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '=' ||
		    *p == '\\')
			return false;
	return *text != 0;
}

static void
put_value(struct line *line, const struct log_style *style,
    const struct log_field *field)
{
	char number[32];

	if (field->text == NULL) {
		snprintf(number, sizeof number, "%.15g", field->number);
		put_text(line, number);
	} else if (style->format == LOG_LOGFMT && is_plain(field->text)) {
		put(line, field->text, strnlen(field->text, LOG_FIELD_MAX));
	} else {
		put_quoted(line, field->text, LOG_FIELD_MAX);
	}
}

static void
put_key(struct line *line, const struct log_style *style, const char *key,
    bool first)
{
	char text[64];

	if (style->format == LOG_JSON)
		snprintf(text, sizeof text, "%s\"%.40s\":", first ? "{" : ",",
		    key);
	else
		snprintf(text, sizeof text, "%s%.40s=", first ? "" : " ", key);
	put_text(line, text);
}

/* The priority for the journal, or the time. */
static void
put_head(struct line *line, const struct log_style *style, int64_t at,
    enum log_level level)
{
	static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };
	char time[CLOCK_TEXT];

	if (style->journal) {
		put_text(line, priorities[level]);
		return;
	}
	clock_text(at, time);
	if (style->format == LOG_JSON) {
		put_key(line, style, "time", true);
		put_quoted(line, time, CLOCK_TEXT);
	} else {
		put_text(line, time);
	}
}

size_t
log_line_write(char data[LOG_LINE], const struct log_style *style, int64_t at,
    enum log_level level, const struct log_field *fields, size_t count,
    const char *text)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	struct line line = { data, 0, LOG_LINE - LOG_TAIL - LOG_PAIR };
	struct log_field name = { .key = "level", .text = names[level] };

	put_head(&line, style, at, level);
	put_key(&line, style, name.key, style->journal);
	put_value(&line, style, &name);
	for (size_t i = 0; i < count && line.len + LOG_PAIR < line.room; i++) {
		put_key(&line, style, fields[i].key, false);
		put_value(&line, style, &fields[i]);
	}
	line.room += LOG_PAIR;
	put_key(&line, style, "msg", false);
	put_quoted(&line, text, LOG_TEXT_MAX);
	if (style->format == LOG_JSON)
		line.data[line.len++] = '}';
	line.data[line.len++] = '\n';
	return line.len;
}
