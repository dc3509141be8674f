#include "http/framing.h"

#include <stdint.h>
#include <string.h>

bool
framing_in_place(const char *version)
{
	/* Read in its source and tried; others refuse with their own option. */
	return strcmp(version, "0.9.75") == 0;
}

/* Addresses are compared as numbers: pieces that were moved out of the buffer
 * are in no array with the rest. */
bool
framing_exact(const struct gate_head *head, const char *target, size_t size)
{
	uintptr_t at = (uintptr_t)head->method, end = at + size;

	at += strlen(head->method) + 1;
	if (at != (uintptr_t)target)
		return false;
	at += strlen(head->target) + 1;
	if (at != (uintptr_t)head->version)
		return false;
	at += strlen(head->version) + 2;
	for (int i = 0; i < head->headers_len; i++) {
		const struct gate_header *header = &head->headers[i];
		uintptr_t value = (uintptr_t)header->value;

		if (at != (uintptr_t)header->name)
			return false;
		/* After the colon there may be blanks. */
		at += strlen(header->name) + 1;
		if (value < at || value > end)
			return false;
		at = value + strlen(header->value) + 2;
	}
	return at + 2 == end;
}
