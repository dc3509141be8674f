/* Parsing JSON that a stranger sent. */
#ifndef L2LD_JOB_TEXT_H
#define L2LD_JOB_TEXT_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

/* Parse len bytes of JSON, an object or an array.  Size, depth and number of
 * tokens are held below SPEC_BODY_MAX, SPEC_DEPTH_MAX and SPEC_TOKENS_MAX
 * before Jansson sees them: it recurses, and takes 80 bytes for each byte of
 * "{}{}{}" sent.  Duplicate keys and text after the end are refused.  0 and a
 * new reference in *value; ERR_LIMIT (size), ERR_FORMAT or ERR_MEMORY with a
 * sentence. */
int
text_parse(const char *text, size_t len, json_t **value, struct message *m);

/* Length of the longest beginning of at most max bytes that does not end inside
 * a UTF-8 character. */
size_t
text_cut(const char *text, size_t max);

#endif
