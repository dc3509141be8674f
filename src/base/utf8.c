#include "base/utf8.h"

#include <string.h>

/* Bytes of the character that begins with lead, 0: none does.  The second byte
 * must be from *low to *high, those after it from 0x80 to 0xbf. */
static size_t
utf8_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		if (lead == 0xf0)
			*low = 0x90;
		if (lead == 0xf4)
			*high = 0x8f;
		return 4;
	}
	return 0;
}

size_t
utf8_character(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char low, high;
	size_t n = len > 0 ? utf8_length(p[0], &low, &high) : 0;

	if (n > len)
		return 0;
	for (size_t j = 1; j < n; j++) {
		if (p[j] < low || p[j] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return n;
}

bool
utf8_valid(const char *text, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_character(text + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

void
utf8_clean(char *text)
{
	size_t len = strlen(text), n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_character(text + i, len - i);
		if (n == 0) {
			text[i] = '?';
			n = 1;
		}
	}
}
