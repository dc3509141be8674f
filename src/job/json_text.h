/* JSON values as text, with the shortest digits that read back as the same
 * number (Jansson writes 0.1 as 0.10000000000000001). */
#ifndef L2LD_JOB_JSON_TEXT_H
#define L2LD_JOB_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/* Append value to out, members in the order they were set.  With indent each
 * member and entry stands on a line of its own, a tab deep per level; lists of
 * plain values stay on one line.  Errors show in buf_error. */
void
json_text(struct buf *out, const json_t *value, bool indent);

/* Append text as a JSON string with its quotes.  len bytes of UTF-8. */
void
json_text_string(struct buf *out, const char *text, size_t len);

/* Append a number; null when it is not finite.  Whole numbers have no exponent
 * below 1e15. */
void
json_text_number(struct buf *out, double value);

/* A new number: an integer where value is whole and exact, else a real; null
 * when it is not finite.  NULL when memory is out. */
json_t *
json_number(double value);

#endif
