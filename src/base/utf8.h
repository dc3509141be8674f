/* Whether bytes are text, and making them so. */
#ifndef L2LD_BASE_UTF8_H
#define L2LD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8 (Unicode, table 3-7): no surrogates, no overlong forms,
 * nothing above U+10FFFF. */
bool
utf8_valid(const char *text, size_t len);

/* Bytes of the character that text begins with; 0: it begins with none, or it is
 * cut short by len. */
size_t
utf8_character(const char *text, size_t len);

/* Put a '?' in the place of each byte that is not part of a character. */
void
utf8_clean(char *text);

#endif
