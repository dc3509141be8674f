#include "daemon/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define CONFIG_MAX (64 * 1024)

struct option {
	const char *name;
	const char *value;	/* what it takes, NULL: nothing */
	bool file;		/* may stand in the configuration file */
	const char *text;
	int (*set)(struct options *o, const char *value, struct message *m);
};

static int
set_text(char *to, size_t room, const char *value, struct message *m)
{
	if (strlen(value) >= room)
		return message_set(m, ERR_INVALID, "is too long");
	if (value[0] == 0)
		return message_set(m, ERR_INVALID, "is empty");
	strcpy(to, value);
	return 0;
}

static int
set_number(int *to, int min, int max, const char *value, struct message *m)
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
set_listen(struct options *o, const char *value, struct message *m)
{
	const char *colon = strrchr(value, ':');
	size_t len;

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
	memcpy(o->address, value, len);
	o->address[len] = 0;
	return set_number(&o->port, 0, 65535, colon + 1, m);
}

static int
set_state(struct options *o, const char *value, struct message *m)
{
	return set_text(o->state, sizeof o->state, value, m);
}

static int
set_data(struct options *o, const char *value, struct message *m)
{
	return set_text(o->data, sizeof o->data, value, m);
}

static int
set_workers(struct options *o, const char *value, struct message *m)
{
	return set_number(&o->workers, 1, 256, value, m);
}

static int
set_threads(struct options *o, const char *value, struct message *m)
{
	return set_number(&o->threads, 1, 1024, value, m);
}

static int
set_host(struct options *o, const char *value, struct message *m)
{
	if (o->hosts_len == OPTIONS_HOSTS_MAX)
		return message_set(m, ERR_INVALID, "may be given %d times",
		    OPTIONS_HOSTS_MAX);
	return set_text(o->hosts[o->hosts_len++], sizeof o->hosts[0], value,
	    m);
}

static int
set_config(struct options *o, const char *value, struct message *m)
{
	return options_file(o, value, m);
}

static int
set_output(struct options *o, const char *value, struct message *m)
{
	return set_text(o->output, sizeof o->output, value, m);
}

#define FLAG(name, member)                                              \
	static int                                                      \
	name(struct options *o, const char *value, struct message *m)   \
	{                                                               \
		(void)value, (void)m;                                   \
		o->member = true;                                       \
		return 0;                                               \
	}

FLAG(set_verbose, verbose)
FLAG(set_json, json)
FLAG(set_serve, serve)
FLAG(set_exit, exit)
FLAG(set_quick, quick)
FLAG(set_help, help)
FLAG(set_version, version)

static const struct option table[] = {
	{ "listen", "ADDRESS:PORT", true, "serve here (127.0.0.1:8642); port "
	    "0 picks a free one", set_listen },
	{ "state", "DIR", true, "folder of the database "
	    "($XDG_STATE_HOME/l2ld)", set_state },
	{ "data", "DIR", true, "folder of data sets ($L2LD_DATA, then the "
	    "installed one)", set_data },
	{ "workers", "N", true, "jobs that run at a time (one for each core)",
	    set_workers },
	{ "threads", "N", true, "threads of a job that does not say (the "
	    "cores, shared out among the jobs)", set_threads },
	{ "host", "NAME", true, "a further name that clients may call this "
	    "server by; may be repeated", set_host },
	{ "config", "FILE", false, "read options from FILE (/etc/l2ld.conf)",
	    set_config },
	{ "output", "FILE", false, "export: write here (standard output)",
	    set_output },
	{ "serve", NULL, false, "run: serve the dashboard meanwhile, and go on "
	    "serving", set_serve },
	{ "exit", NULL, false, "run --serve: end after the table", set_exit },
	{ "json", NULL, false, "bench: print JSON only", set_json },
	{ "quick", NULL, false, "bench: shorter and less exact", set_quick },
	{ "verbose", NULL, true, "log more", set_verbose },
	{ "help", NULL, false, "say this", set_help },
	{ "version", NULL, false, "say what was built, and how", set_version },
	{ NULL, NULL, false, NULL, NULL },
};

void
options_defaults(struct options *o)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const char *data = getenv("L2LD_DATA");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	memset(o, 0, sizeof *o);
	strcpy(o->address, "127.0.0.1");
	o->port = 8642;
	if (state != NULL && state[0] == '/')
		snprintf(o->state, sizeof o->state, "%s/l2ld", state);
	else if (home != NULL && home[0] == '/')
		snprintf(o->state, sizeof o->state, "%s/.local/state/l2ld",
		    home);
	else
		strcpy(o->state, "/var/lib/l2ld");
	snprintf(o->data, sizeof o->data, "%s", data != NULL && data[0] != 0 ?
	    data : L2LD_DATA_FOLDER);
	o->workers = cores < 1 ? 1 : cores > 256 ? 256 : (int)cores;
}

static const struct option *
find(const char *name, size_t len)
{
	for (const struct option *p = table; p->name != NULL; p++)
		if (strlen(p->name) == len && memcmp(p->name, name, len) == 0)
			return p;
	return NULL;
}

/* Set an option, with a sentence that begins with what the user wrote. */
static int
apply(struct options *o, const struct option *p, const char *value,
    const char *where, struct message *m)
{
	struct message why = { "" };
	int r = p->set(o, value, &why);

	/* A file's own message says the place. */
	if (r < 0 && p->set == set_config)
		*m = why;
	else if (r < 0)
		message_set(m, r, "%s%s %s", where, p->name, why.text);
	return r;
}

/* One line: spaces around words are dropped. */
static int
file_line(struct options *o, const char *name, int number, char *line,
    struct message *m)
{
	char *end, *value, where[256];
	const struct option *p;

	line[strcspn(line, "#\r")] = 0;
	while (isspace((unsigned char)*line))
		line++;
	for (end = line + strlen(line); end > line &&
	    isspace((unsigned char)end[-1]);)
		*--end = 0;
	if (*line == 0)
		return 0;
	snprintf(where, sizeof where, "%s, line %d: ", name, number);
	value = strchr(line, '=');
	if (value == NULL)
		return message_set(m, ERR_INVALID, "%swrite `name = value`",
		    where);
	for (end = value; end > line && isspace((unsigned char)end[-1]);)
		end--;
	do
		value++;
	while (isspace((unsigned char)*value));
	p = find(line, (size_t)(end - line));
	if (p == NULL || !p->file)
		return message_set(m, ERR_INVALID, "%sthere is no option "
		    "'%.*s'; see l2ld --help", where, (int)(end - line) > 60 ?
		    60 : (int)(end - line), line);
	if (p->value == NULL && strcmp(value, "no") == 0)
		return 0;
	if (p->value == NULL && strcmp(value, "yes") != 0)
		return message_set(m, ERR_INVALID, "%s%s must be yes or no",
		    where, p->name);
	return apply(o, p, value, where, m);
}

int
options_text(struct options *o, const char *name, const char *text,
    struct message *m)
{
	char line[OPTIONS_PATH_MAX + 256];

	for (int number = 1; *text != 0; number++) {
		size_t len = strcspn(text, "\n");
		int r;

		if (len >= sizeof line)
			return message_set(m, ERR_INVALID, "%s, line %d: is "
			    "too long", name, number);
		memcpy(line, text, len);
		line[len] = 0;
		r = file_line(o, name, number, line, m);
		if (r < 0)
			return r;
		text += len + (text[len] == '\n');
	}
	return 0;
}

int
options_file(struct options *o, const char *path, struct message *m)
{
	char *text;
	size_t len;
	int r = file_read(path, CONFIG_MAX, &text, &len, m);

	if (r < 0)
		return r;
	if (strlen(text) != len)
		r = message_set(m, ERR_INVALID, "%s is not a text file", path);
	else
		r = options_text(o, path, text, m);
	free(text);
	return r;
}

int
options_arguments(struct options *o, int argc, char **argv, const char **words,
    int most, struct message *m)
{
	int given = 0;

	for (int i = 0; i < most; i++)
		words[i] = NULL;
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i] + 2, *value;
		const struct option *p;
		size_t len;
		int r;

		if (argv[i][0] != '-' || argv[i][1] == 0) {
			if (given == most)
				return message_set(m, ERR_INVALID, "'%.60s' "
				    "is one word too many; see l2ld --help",
				    argv[i]);
			words[given++] = argv[i];
			continue;
		}
		len = argv[i][1] == '-' ? strcspn(name, "=") : 0;
		p = find(name, len);
		if (p == NULL)
			return message_set(m, ERR_INVALID, "there is no option "
			    "%.60s; see l2ld --help", argv[i]);
		value = name[len] == '=' ? name + len + 1 : NULL;
		if (p->value == NULL && value != NULL)
			return message_set(m, ERR_INVALID, "--%s takes no "
			    "value", p->name);
		if (p->value != NULL && value == NULL) {
			if (i + 1 == argc)
				return message_set(m, ERR_INVALID, "--%s wants "
				    "%s", p->name, p->value);
			value = argv[++i];
		}
		r = apply(o, p, value, "--", m);
		if (r < 0)
			return r;
	}
	return 0;
}

void
options_help(void)
{
	for (const struct option *p = table; p->name != NULL; p++) {
		char left[64];

		snprintf(left, sizeof left, "--%s%s%s", p->name,
		    p->value != NULL ? " " : "", p->value != NULL ? p->value :
		    "");
		printf("  %-24s %s\n", left, p->text);
	}
}
