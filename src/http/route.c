#include "http/route.h"

#include <stdio.h>
#include <string.h>

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "0123456789_-."

/* Read an id at *path and step over it. */
static bool
take_id(const char **path, int64_t *id)
{
	const char *p = *path;
	int64_t value = 0;

	if (*p < '1' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return false;
	*id = value;
	*path = p;
	return true;
}

static bool
take_name(const char **path, char name[ROUTE_NAME_MAX])
{
	size_t len = strspn(*path, NAME_LETTERS);

	if (len == 0 || len >= ROUTE_NAME_MAX)
		return false;
	memcpy(name, *path, len);
	name[len] = 0;
	*path += len;
	return true;
}

/* Whether *pattern begins with word; then it is stepped over. */
static bool
take_word(const char **pattern, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*pattern, word, len) != 0)
		return false;
	*pattern += len;
	return true;
}

bool
route_fits(const char *pattern, const char *path, struct route_match *match)
{
	while (*pattern != 0) {
		if (take_word(&pattern, "{id}")) {
			if (!take_id(&path, &match->id))
				return false;
		} else if (take_word(&pattern, "{name}") ||
		    take_word(&pattern, "{format}")) {
			if (!take_name(&path, match->name))
				return false;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == 0;
}

static bool
method_fits(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	    (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

void
route_find(const struct route *table, const char *method, const char *path,
    struct route_match *match)
{
	*match = (struct route_match){ 0 };
	for (const struct route *route = table; route->handler != NULL;
	     route++) {
		struct route_match found = { .route = route, .known = true };

		if (!route_fits(route->pattern, path, &found))
			continue;
		match->known = true;
		if (method_fits(route, method)) {
			*match = found;
			return;
		}
	}
}

void
route_methods(const struct route *table, const char *path, char text[64])
{
	struct route_match match;

	text[0] = 0;
	for (const struct route *route = table; route->handler != NULL;
	     route++) {
		size_t used = strlen(text);

		if (!route_fits(route->pattern, path, &match))
			continue;
		snprintf(text + used, 64 - used, "%s%s%s",
		    used > 0 ? ", " : "", route->method,
		    strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
	}
}
