#include "http/static.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/request.h"
#include "http/response.h"

const struct embedded *
static_find(const char *path)
{
	const char *name = strcmp(path, "/") == 0 ? "index.html" : path + 1;

	for (const struct embedded *file = http_assets; file->name != NULL;
	     file++)
		if (strcmp(file->name, name) == 0)
			return file;
	return NULL;
}

static const char *
static_type(const char *name)
{
	static const char *const types[][2] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".txt", "text/plain; charset=utf-8" },
	};
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (suffix != NULL && strcmp(suffix, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

/* FNV-1a, 64 bits: enough to tell two builds of a file apart. */
static uint64_t
static_digest(const struct embedded *file)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < file->len; i++)
		hash = (hash ^ file->data[i]) * 0x100000001b3;
	return hash;
}

void
static_answer(const struct request *rq, struct response *rs)
{
	const struct embedded *file = static_find(rq->path);
	char tag[24];

	snprintf(tag, sizeof tag, "%016" PRIx64, static_digest(file));
	/* The browser asks each time and is mostly told 304: a new version of
	 * the program is seen at once. */
	response_header(rs, "Cache-Control", "no-cache");
	if (request_has_tag(rq, rs, tag))
		return;
	rs->status = 200;
	rs->type = static_type(file->name);
	rs->fixed = file->data;
	rs->fixed_len = file->len;
}
