#include "job/text.h"

#include <stdbool.h>
#include <string.h>

#include "job/spec.h"

/* Where the string that begins at text[i] ends: the index after its closing
 * quote, or len when it has none. */
static size_t
text_skip_string(const char *text, size_t len, size_t i)
{
	for (i++; i < len && text[i] != '"'; i++)
		if (text[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

static bool
text_is_plain(char c)
{
	return c != 0 && strchr("{}[]:, \t\r\n\"", c) == NULL;
}

/* Depth and number of tokens of what may be JSON.  Brackets need not match:
 * Jansson says so later. */
static int
text_check(const char *text, size_t len, struct message *m)
{
	int depth = 0, tokens = 0;

	for (size_t i = 0; i < len; tokens++) {
		char c = text[i];

		if (c == '"') {
			i = text_skip_string(text, len, i);
		} else if (text_is_plain(c)) {
			while (i < len && text_is_plain(text[i]))
				i++;
		} else {
			i++;
		}
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			tokens--;
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (depth > SPEC_DEPTH_MAX)
			return message_set(m, ERR_FORMAT, "nested deeper than "
			    "%d levels", SPEC_DEPTH_MAX);
		if (tokens >= SPEC_TOKENS_MAX)
			return message_set(m, ERR_FORMAT, "more than %d words, "
			    "numbers and signs", SPEC_TOKENS_MAX);
	}
	return 0;
}

int
text_parse(const char *text, size_t len, json_t **value, struct message *m)
{
	json_error_t error;

	*value = NULL;
	if (len > SPEC_BODY_MAX)
		return message_set(m, ERR_LIMIT, "larger than %d bytes",
		    SPEC_BODY_MAX);
	if (text_check(text, len, m) < 0)
		return ERR_FORMAT;
	*value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (*value != NULL)
		return 0;
	if (json_error_code(&error) == json_error_out_of_memory)
		return message_set(m, ERR_MEMORY, "out of memory");
	return message_set(m, ERR_FORMAT, "line %d, column %d: %s", error.line,
	    error.column, error.text);
}

size_t
text_cut(const char *text, size_t max)
{
	size_t len = strlen(text), end = len < max ? len : max, begin = end;

	/* Go back to where the last character begins, and see how long it is. */
	while (begin > 0 && (text[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (begin > 0) {
		unsigned char c = (unsigned char)text[begin - 1];
		size_t want = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

		if (begin - 1 + want > end)
			return begin - 1;
	}
	return end;
}

json_t *
spec_text_parse(const char *text, size_t len, struct faults *faults)
{
	struct message m = { "" };
	json_t *value;
	int r = text_parse(text, len, &value, &m);

	if (r == ERR_LIMIT)
		fault_add(faults, "", "too_large", "The text is %s.", m.text);
	else if (r == ERR_MEMORY)
		fault_add(faults, "", "memory", "The server is out of memory.");
	else if (r < 0)
		fault_add(faults, "", "json", "This is not JSON: %s.", m.text);
	return value;
}
