/* Small JSON values that several answers have. */
#ifndef L2LD_HTTP_JSON_H
#define L2LD_HTTP_JSON_H

#include <jansson.h>
#include <stdint.h>

/* Stored JSON text as a value; null for NULL and for what does not parse.  A new
 * reference, NULL when memory is out. */
json_t *
json_stored(const char *text);

/* A time of clock_now()'s kind as ISO 8601; null for 0. */
json_t *
json_time(int64_t milliseconds);

/* A text; null for NULL. */
json_t *
json_text_or_null(const char *text);

/* {name: list, "next_cursor": id as text, or null for 0}.  list is taken. */
json_t *
json_page(const char *name, json_t *list, int64_t next);

#endif
