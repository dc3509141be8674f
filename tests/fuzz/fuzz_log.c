/* Fuzzing of the log: whatever a text from outside says, it is a line of its
 * own, in UTF-8, whose other keys say what the program said. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_line.h"
#include "base/utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line of text, nothing in it that moves a cursor. */
static void
check_line(const char *line, size_t len)
{
	if (len == 0 || len > LOG_LINE || line[len - 1] != '\n' ||
	    !utf8_valid(line, len))
		abort();
	for (size_t i = 0; i + 1 < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			abort();
}

static void
check_json(const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *level = json_string_value(json_object_get(json, "level"));

	if (level == NULL || strcmp(level, "warn") != 0 ||
	    json_number_value(json_object_get(json, "job")) != 7 ||
	    !json_is_string(json_object_get(json, "path")) ||
	    !json_is_string(json_object_get(json, "msg")) ||
	    json_object_size(json) != 5)
		abort();
	json_decref(json);
}

/* Outside of quotes there are these keys and no others, in this order. */
static void
check_keys(const char *line, size_t len, bool journal)
{
	static const char *const keys[] = { "level=", "job=", "path=",
	    "msg=" };
	const char *at = line, *end = line + len;
	int key = 0;

	if (journal ? strncmp(line, "<4>", 3) != 0 : line[0] != '1')
		abort();
	at += journal ? 3 : strcspn(line, " ") + 1;
	while (at < end) {
		size_t name = strlen(keys[key < 4 ? key : 3]);

		if (key == 4 || strncmp(at, keys[key], name) != 0)
			abort();
		key++;
		at += name;
		if (*at == '"') {
			for (at++; *at != '"'; at++)
				at += *at == '\\';
			at++;
		} else {
			at += strcspn(at, " \n");
		}
		if (*at != ' ' && at + 1 != end)
			abort();
		at++;
	}
	if (key != 4)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(2 * size + 2), *path = text + size + 1;
	char line[LOG_LINE];

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	/* Another text out of the same bytes: their end. */
	memcpy(path, data + size / 2, size - size / 2);
	path[size - size / 2] = 0;
	for (int i = 0; i < 4; i++) {
		const struct log_style style = { i % 2 ? LOG_JSON : LOG_LOGFMT,
		    i / 2 };
		const struct log_field fields[] = { { "job", NULL, 7 },
		    { "path", path, 0 } };
		size_t len = log_line_write(line, &style, 0, LOG_WARNING,
		    fields, 2, text);

		check_line(line, len);
		line[len - 1] = '\n';
		if (style.format == LOG_LOGFMT)
			check_keys(line, len, style.journal);
		else if (!style.journal)
			check_json(line, len);
	}
	free(text);
	return 0;
}
