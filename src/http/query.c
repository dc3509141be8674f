#include "http/query.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode percent and plus signs in place.  What comes out is shown to people
 * and handed to the store, so it must be text. */
static int
query_decode(char *text, struct message *m)
{
	char *out = text;

	for (const char *p = text; *p != 0; p++) {
		char c = *p == '+' ? ' ' : *p;

		if (c == '%') {
			int high = hex_digit(p[1]);
			int low = high < 0 ? -1 : hex_digit(p[2]);

			if (low < 0)
				return message_set(m, ERR_INVALID, "after a "
				    "'%%' in the query there must be two "
				    "hexadecimal digits");
			c = (char)(high << 4 | low);
			p += 2;
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return message_set(m, ERR_INVALID,
			    "the query has a control character");
		*out++ = c;
	}
	*out = 0;
	if (!utf8_valid(text, (size_t)(out - text)))
		return message_set(m, ERR_INVALID, "the query is not UTF-8");
	return 0;
}

static const char *
query_find(const struct query *query, const char *name)
{
	for (int i = 0; i < query->len; i++)
		if (strcmp(query->pairs[i].name, name) == 0)
			return query->pairs[i].value;
	return NULL;
}

/* One "name=value", cut out of the text. */
static int
query_add(struct query *query, char *part, struct message *m)
{
	char *value = strchr(part, '=');
	int r;

	if (value == NULL)
		value = part + strlen(part);
	else
		*value++ = 0;
	r = query_decode(part, m);
	if (r == 0)
		r = query_decode(value, m);
	if (r < 0)
		return r;
	if (part[0] == 0)
		return message_set(m, ERR_INVALID,
		    "a parameter of the query has no name");
	if (query_find(query, part) != NULL)
		return message_set(m, ERR_INVALID,
		    "the parameter '%.40s' is given twice", part);
	if (query->len == QUERY_MAX)
		return message_set(m, ERR_INVALID, "the query has more than %d "
		    "parameters", QUERY_MAX);
	query->pairs[query->len++] = (struct query_pair){ part, value };
	return 0;
}

int
query_parse(struct query *query, const char *text, struct message *m)
{
	char *part, *next;
	int r;

	*query = (struct query){ 0 };
	if (text == NULL)
		return 0;
	query->text = strdup(text);
	if (query->text == NULL)
		return message_set(m, ERR_MEMORY, "out of memory");
	for (part = query->text; part != NULL; part = next) {
		next = strchr(part, '&');
		if (next != NULL)
			*next++ = 0;
		if (part[0] == 0)
			continue;
		r = query_add(query, part, m);
		if (r < 0) {
			query_free(query);
			return r;
		}
	}
	return 0;
}

void
query_free(struct query *query)
{
	free(query->text);
	*query = (struct query){ 0 };
}

/* A decimal number and nothing else: strtod would also take "inf" and "0x1". */
static bool
number_read(const char *text, double *value)
{
	char *end;

	if (text[0] == 0 || strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	*value = strtod(text, &end);
	return *end == 0;
}

static int
value_read(const struct param *p, const char *text, void *options,
    struct message *m)
{
	double value;

	switch (p->kind) {
	case PARAM_CHOICE:
	case PARAM_TEXT:
		return param_set_text(p, options, text, m);
	case PARAM_INT:
	case PARAM_REAL:
		if (!number_read(text, &value))
			return message_set(m, ERR_INVALID, "must be a number");
		return p->kind == PARAM_INT ?
		    param_set_int(p, options, value, m) :
		    param_set_real(p, options, value, m);
	case PARAM_BOOL:
		if (strcmp(text, "1") == 0 || strcmp(text, "true") == 0)
			*param_bool(p, options) = true;
		else if (strcmp(text, "0") == 0 || strcmp(text, "false") == 0)
			*param_bool(p, options) = false;
		else
			return message_set(m, ERR_INVALID, "must be 1 or 0");
		return 0;
	default:
		assert(!"a query parameter of a kind without a text form");
		return message_set(m, ERR_INTERNAL, "internal error");
	}
}

static int
unknown_parameter(const struct param *table, const char *name,
    struct message *m)
{
	const char *near = param_nearest(name, param_table_name, table);
	char list[200] = "";

	if (near != NULL)
		return message_set(m, ERR_INVALID, "'%.40s' is not a parameter "
		    "here; '%s' is", name, near);
	if (table[0].name == NULL)
		return message_set(m, ERR_INVALID, "'%.40s' is not a parameter "
		    "here; there are none", name);
	for (const struct param *p = table; p->name != NULL; p++) {
		if (p != table)
			strncat(list, ", ", sizeof list - strlen(list) - 1);
		strncat(list, p->name, sizeof list - strlen(list) - 1);
	}
	return message_set(m, ERR_INVALID, "'%.40s' is not a parameter here; "
	    "there are: %s", name, list);
}

int
query_read(const struct query *query, const struct param *table, void *options,
    struct message *m)
{
	param_defaults(table, options);
	for (int i = 0; i < query->len; i++) {
		const struct query_pair *pair = &query->pairs[i];
		const struct param *p = param_find(table, pair->name);
		struct message why = { "" };
		int r;

		if (p == NULL)
			return unknown_parameter(table, pair->name, m);
		if (pair->value[0] == 0)
			continue;
		r = value_read(p, pair->value, options, &why);
		if (r < 0)
			return message_set(m, r, "the parameter '%s': %.300s",
			    p->name, why.text);
	}
	return 0;
}
