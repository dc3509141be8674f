/* The table of options.  Most need a line in it and a member of struct options;
 * one with a form of its own has a function too. */
#include "daemon/options_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/machine.h"

/* What was there before is wiped, so that equal texts are equal bytes. */
static int
put_text(char *to, size_t room, const char *value, size_t len,
    struct message *m)
{
	if (len >= room)
		return message_set(m, ERR_INVALID, "is too long");
	if (len == 0)
		return message_set(m, ERR_INVALID, "is empty");
	memset(to, 0, room);
	memcpy(to, value, len);
	return 0;
}

static int
put_number(int *to, int min, int max, const char *value, struct message *m)
{
	char *end;
	long v = strtol(value, &end, 10);

	if (end == value || *end != 0 || v < min || v > max)
		return message_set(m, ERR_INVALID, "must be a number from %d "
		    "to %d, not '%.40s'", min, max, value);
	*to = (int)v;
	return 0;
}

/* ADDRESS:PORT, [ADDRESS]:PORT for IPv6. */
static int
set_listen(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	const char *colon = strrchr(value, ':');
	size_t len;
	int r;

	if (colon == NULL)
		return message_set(m, ERR_INVALID, "must be ADDRESS:PORT, "
		    "such as 127.0.0.1:8642");
	len = (size_t)(colon - value);
	if (len >= 2 && value[0] == '[' && value[len - 1] == ']') {
		value++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof o->address)
		return message_set(m, ERR_INVALID, "has no usable address "
		    "before its port");
	r = put_text(o->address, sizeof o->address, value, len, m);
	return r < 0 ? r : put_number(&o->port, p->min, p->max, colon + 1, m);
}

static int
set_host(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	(void)p;
	if (o->hosts_len == OPTIONS_HOSTS_MAX)
		return message_set(m, ERR_INVALID, "may be given %d times",
		    OPTIONS_HOSTS_MAX);
	return put_text(o->hosts[o->hosts_len++], sizeof o->hosts[0], value,
	    strlen(value), m);
}

static int
set_log(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	(void)p;
	if (strcmp(value, "logfmt") != 0 && strcmp(value, "json") != 0)
		return message_set(m, ERR_INVALID, "must be logfmt or json, "
		    "not '%.40s'", value);
	o->log_format = value[0] == 'j' ? LOG_JSON : LOG_LOGFMT;
	return 0;
}

static int
set_text(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	return put_text((char *)o + p->offset, p->size, value, strlen(value),
	    m);
}

static int
set_number(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	return put_number((int *)(void *)((char *)o + p->offset), p->min,
	    p->max, value, m);
}

static int
set_flag(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	(void)value, (void)m;
	*(bool *)((char *)o + p->offset) = true;
	return 0;
}

#define AT(member) offsetof(struct options, member), \
    sizeof ((struct options *)0)->member
#define TEXT(member) set_text, AT(member), 0, 0
#define NUMBER(member, min, max) set_number, AT(member), min, max
#define FLAG(member) set_flag, AT(member), 0, 0

/* 64 TiB. */
#define MIB_MAX (64 * 1024 * 1024)

const struct option options_table[] = {
	{ "listen", "ADDRESS:PORT", true, "serve here (127.0.0.1:8642); port "
	    "0 picks a free one", set_listen, AT(address), 0, 65535 },
	{ "state", "DIR", true, "folder of the database "
	    "($STATE_DIRECTORY, or $XDG_STATE_HOME/l2ld)", TEXT(state) },
	{ "data", "DIR", true, "folder of data sets ($L2LD_DATA, then the "
	    "installed one)", TEXT(data) },
	{ "token", "FILE", true, "the token that other users and machines "
	    "must show (token in the state folder)", TEXT(token) },
	{ "certificate", "FILE", true, "speak HTTPS with this certificate "
	    "(PEM, with its chain)", TEXT(certificate) },
	{ "key", "FILE", true, "the certificate's key (PEM, no password)",
	    TEXT(key) },
	{ "workers", "N", true, "jobs that run at a time (one for each core)",
	    NUMBER(workers, 1, 256) },
	{ "threads", "N", true, "threads of a job that does not say (the "
	    "cores, shared out among the jobs)", NUMBER(threads, 1, 1024) },
	{ "memory", "MIB", true, "of all running jobs together, by their "
	    "estimates (4/5 of the machine's); 0: no limit",
	    NUMBER(memory, 0, MIB_MAX) },
	{ "job-memory", "MIB", true, "of one job (as --memory)",
	    NUMBER(job_memory, 0, MIB_MAX) },
	{ "disk", "MIB", true, "size of the database that jobs may fill "
	    "(no limit)", NUMBER(disk, 0, MIB_MAX) },
	{ "job-disk", "MIB", true, "what one job may write (no limit)",
	    NUMBER(job_disk, 0, MIB_MAX) },
	{ "disk-reserve", "MIB", true, "kept free on the disk: below it jobs "
	    "wait (64)", NUMBER(disk_reserve, 0, MIB_MAX) },
	{ "host", "NAME", true, "a further name that clients may call this "
	    "server by; may be repeated", set_host, AT(hosts), 0, 0 },
	{ "config", "FILE", false, "read options from FILE (/etc/l2ld.conf)",
	    option_set_config, 0, 0, 0, 0 },
	{ "output", "FILE", false, "export: write here (standard output)",
	    TEXT(output) },
	{ "force", NULL, false, "backup: replace FILE if it is there",
	    FLAG(force) },
	{ "serve", NULL, false, "run: serve the dashboard meanwhile, and go on "
	    "serving", FLAG(serve) },
	{ "exit", NULL, false, "run --serve: end after the table", FLAG(exit) },
	{ "json", NULL, false, "bench: print JSON only", FLAG(json) },
	{ "quick", NULL, false, "bench: shorter and less exact", FLAG(quick) },
	{ "verbose", NULL, true, "log more", FLAG(verbose) },
	{ "log", "FORM", true, "form of the log's lines: logfmt or json "
	    "(logfmt)", set_log, AT(log_format), 0, 0 },
	{ "help", NULL, false, "say this", FLAG(help) },
	{ "version", NULL, false, "say what was built, and how",
	    FLAG(version) },
	{ .name = NULL },
};

/* systemd's folder of the service, of several the first; or this user's. */
static void
default_state(char state[OPTIONS_PATH_MAX])
{
	const char *service = getenv("STATE_DIRECTORY");
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (service != NULL && service[0] == '/')
		snprintf(state, OPTIONS_PATH_MAX, "%.*s",
		    (int)strcspn(service, ":"), service);
	else if (xdg != NULL && xdg[0] == '/')
		snprintf(state, OPTIONS_PATH_MAX, "%s/l2ld", xdg);
	else if (home != NULL && home[0] == '/')
		snprintf(state, OPTIONS_PATH_MAX, "%s/.local/state/l2ld",
		    home);
	else
		strcpy(state, "/var/lib/l2ld");
}

/* What jobs may have of the machine's memory, in MiB: the rest is for the server,
 * the system's buffers and others. */
static int
memory_share(void)
{
	int64_t share = machine_memory() / (1 << 20) * 4 / 5;

	return share > MIB_MAX ? MIB_MAX : (int)share;
}

void
options_defaults(struct options *o)
{
	const char *data = getenv("L2LD_DATA");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	memset(o, 0, sizeof *o);
	strcpy(o->address, "127.0.0.1");
	o->port = 8642;
	default_state(o->state);
	snprintf(o->data, sizeof o->data, "%s", data != NULL && data[0] != 0 ?
	    data : L2LD_DATA_FOLDER);
	o->workers = cores < 1 ? 1 : cores > 256 ? 256 : (int)cores;
	o->memory = memory_share();
	o->disk_reserve = 64;
}

void
options_help(void)
{
	for (const struct option *p = options_table; p->name != NULL; p++) {
		char left[64];

		snprintf(left, sizeof left, "--%s%s%s", p->name,
		    p->value != NULL ? " " : "", p->value != NULL ? p->value :
		    "");
		printf("  %-24s %s\n", left, p->text);
	}
}

int
options_complete(struct options *o, struct message *m)
{
	char path[OPTIONS_PATH_MAX];
	int len;

	if (o->token[0] != 0)
		return 0;
	len = snprintf(path, sizeof path, "%s/token", o->state);
	return put_text(o->token, sizeof o->token, path, (size_t)len, m);
}
