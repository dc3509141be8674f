#include "http/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

json_t *
json_stored(const char *text)
{
	json_t *value = NULL;

	if (text != NULL)
		value = json_loads(text, JSON_DECODE_ANY, NULL);
	return value != NULL ? value : json_null();
}

json_t *
json_time(int64_t milliseconds)
{
	char text[CLOCK_TEXT];

	if (milliseconds == 0)
		return json_null();
	clock_text(milliseconds, text);
	return json_string(text);
}

json_t *
json_text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

json_t *
json_page(const char *name, json_t *list, int64_t next)
{
	char cursor[24];

	if (next == 0)
		return json_pack("{s:o, s:n}", name, list, "next_cursor");
	snprintf(cursor, sizeof cursor, "%" PRId64, next);
	return json_pack("{s:o, s:s}", name, list, "next_cursor", cursor);
}
