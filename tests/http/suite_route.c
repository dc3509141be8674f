#include <string.h>

#include "http/route.h"
#include "tests/http/fake.h"

static bool
fits(const char *pattern, const char *path)
{
	struct route_match match;

	return route_fits(pattern, path, &match);
}

START_TEST(matches_ids)
{
	struct route_match match;

	ck_assert(route_fits("/jobs/{id}", "/jobs/9223372036854775807",
	    &match));
	ck_assert_int_eq(match.id, INT64_MAX);
	ck_assert(!fits("/jobs/{id}", "/jobs/9223372036854775808"));
	ck_assert(!fits("/jobs/{id}", "/jobs/99999999999999999999999"));
	ck_assert(!fits("/jobs/{id}", "/jobs/0"));
	ck_assert(!fits("/jobs/{id}", "/jobs/01"));
	ck_assert(!fits("/jobs/{id}", "/jobs/-1"));
	ck_assert(!fits("/jobs/{id}", "/jobs/+1"));
	ck_assert(!fits("/jobs/{id}", "/jobs/1 "));
	ck_assert(!fits("/jobs/{id}", "/jobs/%31"));
	ck_assert(!fits("/jobs/{id}", "/jobs/1/"));
	ck_assert(!fits("/jobs/{id}", "/jobs/"));
	ck_assert(!fits("/jobs/{id}", "/jobs//1"));
	ck_assert(!fits("/jobs/{id}", "//jobs/1"));
	ck_assert(!fits("/jobs/{id}", ""));
}
END_TEST

START_TEST(matches_names)
{
	struct route_match match;
	char path[128] = "/c/";

	ck_assert(route_fits("/j/{id}/c/{name}", "/j/12/c/evaluation.csv",
	    &match));
	ck_assert_int_eq(match.id, 12);
	ck_assert_str_eq(match.name, "evaluation.csv");
	ck_assert(route_fits("/s/{id}.{format}", "/s/7.npz", &match));
	ck_assert_int_eq(match.id, 7);
	ck_assert_str_eq(match.name, "npz");
	ck_assert(!fits("/s/{id}.{format}", "/s/7."));
	ck_assert(!fits("/s/{id}.{format}", "/s/7"));
	ck_assert(!fits("/s/{id}", "/s/7.npz"));
	ck_assert(!fits("/c/{name}", "/c/a/b"));
	ck_assert(!fits("/c/{name}", "/c/"));
	ck_assert(!fits("/c/{name}", "/c/%2e"));
	memset(path + 3, 'a', ROUTE_NAME_MAX - 1);
	ck_assert(fits("/c/{name}", path));
	memset(path + 3, 'a', ROUTE_NAME_MAX);
	ck_assert(!fits("/c/{name}", path));
}
END_TEST

START_TEST(finds_by_method)
{
	struct route_match match;
	char methods[64];

	route_find(routes, "GET", "/api/v1/jobs/3", &match);
	ck_assert_str_eq(match.route->name, "jobs_read");
	ck_assert_int_eq(match.id, 3);
	route_find(routes, "HEAD", "/api/v1/jobs/3", &match);
	ck_assert_str_eq(match.route->name, "jobs_read");
	route_find(routes, "PUT", "/api/v1/jobs/3", &match);
	ck_assert_ptr_null(match.route);
	ck_assert(match.known);
	route_find(routes, "get", "/api/v1/jobs/3", &match);
	ck_assert_ptr_null(match.route);
	route_methods(routes, "/api/v1/jobs/3", methods);
	ck_assert_str_eq(methods, "GET, HEAD, PATCH, DELETE");
	route_find(routes, "GET", "/api/v1/jobs/3/", &match);
	ck_assert(!match.known);
	route_methods(routes, "/nowhere", methods);
	ck_assert_str_eq(methods, "");
}
END_TEST

START_TEST(table_is_sound)
{
	for (const struct route *route = routes; route->handler != NULL;
	     route++) {
		bool get = strcmp(route->method, "GET") == 0;

		ck_assert_msg(get == (route->authority != AUTHORITY_CHANGE),
		    "%s: authority", route->pattern);
		ck_assert(!get || route->body == BODY_NONE);
		ck_assert(route->body != BODY_JSON || route->takes != NULL);
		ck_assert_int_eq(route->text[strlen(route->text) - 1], '.');
		ck_assert_int_eq(strlen(route->status), 3);
		for (const struct route *other = routes; other != route;
		     other++)
			ck_assert_msg(strcmp(other->pattern, route->pattern) ||
			    strcmp(other->method, route->method),
			    "%s is there twice", route->pattern);
	}
}
END_TEST

Suite *
suite_route(void)
{
	Suite *suite = suite_create("route");
	TCase *tcase = tcase_create("route");

	tcase_add_test(tcase, matches_ids);
	tcase_add_test(tcase, matches_names);
	tcase_add_test(tcase, finds_by_method);
	tcase_add_test(tcase, table_is_sound);
	suite_add_tcase(suite, tcase);
	return suite;
}
