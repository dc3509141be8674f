/* Fuzzing of configuration files: whatever the text says, it is refused with a
 * sentence that names the line, or every option is within its bounds; and what
 * no file may set is not set. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/options.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that ends within its memory; maybe empty. */
static void
check_text(const char *text, size_t room, bool empty)
{
	size_t len = strnlen(text, room);

	if (len == room || (len == 0 && !empty))
		abort();
}

static void
check(const struct options *o)
{
	check_text(o->address, sizeof o->address, false);
	check_text(o->state, sizeof o->state, false);
	check_text(o->data, sizeof o->data, false);
	if (o->port < 0 || o->port > 65535)
		abort();
	if (o->workers < 1 || o->workers > 256)
		abort();
	if (o->threads < 0 || o->threads > 1024)
		abort();
	if (o->log_format != LOG_LOGFMT && o->log_format != LOG_JSON)
		abort();
	if (o->hosts_len < 0 || o->hosts_len > OPTIONS_HOSTS_MAX)
		abort();
	for (int i = 0; i < o->hosts_len; i++)
		check_text(o->hosts[i], sizeof o->hosts[i], false);
	if (o->serve || o->exit || o->json || o->quick || o->help ||
	    o->version || o->output[0] != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct options o, again;
	struct message m = { "" };
	int r;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	options_defaults(&o);
	options_defaults(&again);
	r = options_text(&o, "file", text, &m);
	if (r == 0)
		check(&o);
	else if (r != ERR_INVALID || strncmp(m.text, "file, line ", 11) != 0)
		abort();
	/* The same text says the same, and the text is left as it was. */
	if (options_text(&again, "file", text, NULL) != r ||
	    memcmp(&o, &again, sizeof o) != 0 || memcmp(text, data, size) != 0)
		abort();
	free(text);
	return 0;
}
