#include "base/log_flood.h"

#include <stddef.h>
#include <stdio.h>

bool
log_flood_pass(struct log_flood *flood, double now, uint64_t hash,
    enum log_level level, const char *text)
{
	struct log_flood_line *place = NULL;

	for (int i = 0; i < LOG_FLOOD_PLACES; i++) {
		struct log_flood_line *line = &flood->lines[i];

		if (line->since > 0 && line->hash == hash)
			return ++line->count <= LOG_FLOOD_LINES;
		if (line->since <= 0)
			place = line;
	}
	if (place == NULL)
		return true;
	place->hash = hash;
	place->since = now;
	place->count = 1;
	place->level = level;
	snprintf(place->text, sizeof place->text, "%s", text);
	return true;
}

bool
log_flood_over(struct log_flood *flood, double now,
    struct log_flood_line *line)
{
	for (int i = 0; i < LOG_FLOOD_PLACES; i++) {
		struct log_flood_line *place = &flood->lines[i];

		if (place->since <= 0 ||
		    now - place->since < LOG_FLOOD_SECONDS)
			continue;
		place->since = 0;
		if (place->count <= LOG_FLOOD_LINES)
			continue;
		*line = *place;
		line->count -= LOG_FLOOD_LINES;
		return true;
	}
	return false;
}
