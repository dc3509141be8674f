#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "job/spec.h"

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
	/* They may have been cut inside a character, or quote what a client
	 * sent. */
	utf8_clean(f->pointer);
	utf8_clean(f->detail);
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
