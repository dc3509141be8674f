/* Reading options: from a file's lines and from the command line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "daemon/options_table.h"

#define CONFIG_MAX (64 * 1024)

static const struct option *
find(const char *name, size_t len)
{
	for (const struct option *p = options_table; p->name != NULL; p++)
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
	int r = p->set(p, o, value, &why);

	/* A file's own message says the place. */
	if (r < 0 && p->set == option_set_config)
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
option_set_config(const struct option *p, struct options *o, const char *value,
    struct message *m)
{
	(void)p;
	return options_file(o, value, m);
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
