/* Options from the configuration files and the command line, at the start and
 * again on SIGHUP. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/command.h"
#include "daemon/notify.h"
#include "daemon/options_table.h"
#include "daemon/service.h"

#define CONFIG_FILE SYSCONFDIR "/l2ld.conf"

/* Options that take effect while it runs. */
static const char *const live[] = { "host", "memory", "job-memory", "disk",
	"job-disk", "disk-reserve", "verbose", "log", NULL };

int
service_configure(struct options *o, int argc, char **argv,
    const char **words, struct message *m)
{
	int r;

	options_defaults(o);
	r = options_file(o, CONFIG_FILE, m);
	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	r = options_arguments(o, argc, argv, words, 2, m);
	return r < 0 ? r : options_complete(o, m);
}

static bool
is_live(const char *name)
{
	for (const char *const *p = live; *p != NULL; p++)
		if (strcmp(*p, name) == 0)
			return true;
	return false;
}

/* Log what changed, and put what needs a restart back to what it is. */
static void
compare(const struct options *now, struct options *next)
{
	bool changed = false;

	for (const struct option *p = options_table; p->name != NULL; p++) {
		const char *a = (const char *)now + p->offset;
		char *b = (char *)next + p->offset;
		struct log_field field = { .key = "option", .text = p->name };

		if (memcmp(a, b, p->size) == 0)
			continue;
		changed = true;
		if (is_live(p->name)) {
			log_event(LOG_INFO, &field, 1, "changed");
			continue;
		}
		log_event(LOG_WARNING, &field, 1, "a change takes effect with "
		    "the next start");
		memcpy(b, a, p->size);
	}
	if (!changed)
		log_info("the options were read again: none changed");
}

void
service_reload(struct service *service)
{
	const char *words[2];
	struct server_config config;
	struct service_hosts hosts;
	struct message m = { "" };
	struct options next;
	int r;

	notify_reloading();
	r = service_configure(&next, service->argc, service->argv, words, &m);
	if (r == 0) {
		service_hosts(&next, &hosts);
		r = http_reload(service->http, hosts.list, &m);
	}
	if (r == 0) {
		compare(&service->options, &next);
		service->options = next;
		serve_config(&next, &config);
		server_reload(service->server, &config);
		log_set_level(next.verbose ? LOG_DEBUG : LOG_INFO);
		log_set_format(next.log_format);
	} else {
		log_error("the configuration stays as it was: %s", m.text);
	}
	if (r == 0)
		notify_send("READY=1\nSTATUS=Reloaded");
	else
		notify_send("READY=1\nSTATUS=Not reloaded: %.500s", m.text);
}
