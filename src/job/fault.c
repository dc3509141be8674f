#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "job/spec.h"

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static size_t
utf8_len(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
	    s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* Make text that may have been cut inside a character, or that quotes what a
 * client sent, fit for JSON: stray bytes become question marks. */
static void
utf8_repair(char *text)
{
	for (size_t i = 0, len; text[i] != 0; i += len) {
		len = utf8_len((const unsigned char *)text + i);
		if (len == 0) {
			text[i] = '?';
			len = 1;
		}
	}
}

void
fault_add(struct faults *faults, const char *pointer, const char *code,
    const char *format, ...)
{
	struct fault *f;
	va_list ap;

	if (faults->len == FAULTS_MAX) {
		faults->more++;
		return;
	}
	f = &faults->list[faults->len++];
	snprintf(f->pointer, sizeof f->pointer, "%s", pointer);
	snprintf(f->code, sizeof f->code, "%s", code);
	va_start(ap, format);
	vsnprintf(f->detail, sizeof f->detail, format, ap);
	va_end(ap);
	utf8_repair(f->pointer);
	utf8_repair(f->detail);
}

json_t *
faults_json(const struct faults *faults)
{
	json_t *list = json_array();

	for (int i = 0; i < faults->len && list != NULL; i++) {
		const struct fault *f = &faults->list[i];

		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
		    "pointer", f->pointer, "code", f->code,
		    "detail", f->detail)) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}
