/* Fuzzing of the query: the input is what follows the question mark of an
 * address, read as some pages read it.  Whatever it says, its parts are text and
 * each stands there once, and options that were accepted are within bounds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/query.h"
#include "base/utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct options {
	int64_t limit;
	double wait;
	int sort;
	bool dry_run;
	char q[PARAM_TEXT_MAX];
};

static const char *const sorts[] = { "newest", "oldest", NULL };

#define AT(member) .offset = offsetof(struct options, member)
static const struct param table[] = {
	{ .name = "limit", .kind = PARAM_INT, .preset = "50", AT(limit),
	    .min = 1, .max = 500 },
	{ .name = "wait", .kind = PARAM_REAL, .preset = "0", AT(wait),
	    .min = 0, .max = 30 },
	{ .name = "sort", .kind = PARAM_CHOICE, .preset = "newest", AT(sort),
	    .choices = sorts },
	{ .name = "dry_run", .kind = PARAM_BOOL, .preset = "false",
	    AT(dry_run) },
	{ .name = "q", .kind = PARAM_TEXT, .preset = "", AT(q) },
	{ 0 }
};

static void
check_text(const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		abort();
	for (; *text != 0; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

static void
check_pairs(const struct query *query)
{
	if (query->len > QUERY_MAX)
		abort();
	for (int i = 0; i < query->len; i++) {
		check_text(query->pairs[i].name);
		check_text(query->pairs[i].value);
		if (query->pairs[i].name[0] == 0)
			abort();
		for (int j = 0; j < i; j++)
			if (strcmp(query->pairs[i].name,
			    query->pairs[j].name) == 0)
				abort();
	}
}

static void
check_options(const struct options *options)
{
	if (options->limit < 1 || options->limit > 500 ||
	    !(options->wait >= 0 && options->wait <= 30) ||
	    options->sort < 0 || options->sort > 1 ||
	    memchr(options->q, 0, sizeof options->q) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct message m = { "" };
	struct options options;
	struct query query;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (query_parse(&query, text, &m) < 0) {
		if (query.text != NULL || query.len != 0 || m.text[0] == 0)
			abort();
	} else {
		check_pairs(&query);
		if (query_read(&query, table, &options, &m) == 0)
			check_options(&options);
		else if (m.text[0] == 0)
			abort();
	}
	query_free(&query);
	free(text);
	return 0;
}
