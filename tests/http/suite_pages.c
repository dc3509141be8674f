/* Everything that is neither a job nor of one. */
#include <stdio.h>
#include <string.h>

#include "http/route.h"
#include "http/static.h"
#include "job/server.h"
#include "tests/http/fake.h"

START_TEST(catalogues)
{
	static const char *const names[] = { "problems", "optimizers",
		"datasets", "presets" };
	struct reply reply = { 0 };
	char target[64];

	for (int i = 0; i < 4; i++) {
		sprintf(target, "/api/v1/%s", names[i]);
		ask(&reply, "GET", target, NULL);
		ck_assert_int_eq(reply.rs.status, 200);
		ck_assert(json_is_array(json_object_get(reply.json, names[i])));
		ck_assert(json_is_null(json_object_get(reply.json,
		    "next_cursor")));
	}
	reply_free(&reply);
}
END_TEST

START_TEST(server)
{
	static const char *const members[] = { "version", "build", "cpu",
		"blas", "workers", "threads_per_job", "queue", "database",
		"uptime_seconds" };
	struct reply reply = { 0 };
	const json_t *queue;

	fake_job("a");
	ask(&reply, "GET", "/api/v1/server", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		ck_assert_msg(json_object_get(reply.json, members[i]) != NULL,
		    "%s is missing", members[i]);
	ck_assert_int_eq(reply_number(&reply, "workers"), 2);
	queue = json_object_get(reply.json, "queue");
	ck_assert_int_eq(json_integer_value(json_object_get(queue, "queued")),
	    1);
	reply_free(&reply);
}
END_TEST

START_TEST(health)
{
	static const char *const prefixes[] = { "", "/api/v1" };
	struct reply reply = { 0 };
	char target[64];

	for (int i = 0; i < 2; i++) {
		sprintf(target, "%s/healthz", prefixes[i]);
		ask(&reply, "GET", target, NULL);
		ck_assert_str_eq(reply_text(&reply, "status"), "ok");
		sprintf(target, "%s/readyz", prefixes[i]);
		ask(&reply, "GET", target, NULL);
		ck_assert_str_eq(reply_text(&reply, "status"), "ready");
	}
	server_stop(fake_server);
	ask(&reply, "GET", "/readyz", NULL);
	ck_assert_int_eq(reply.rs.status, 503);
	ck_assert_ptr_nonnull(reply_header(&reply, "Retry-After"));
	ask(&reply, "GET", "/healthz", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	/* Once the sockets close, whatever comes is sent away. */
	atomic_store(&fake_site.stopping, true);
	ask(&reply, "GET", "/healthz", NULL);
	ck_assert_int_eq(reply.rs.status, 503);
	ck_assert(reply.rs.close);
	reply_free(&reply);
}
END_TEST

static void
expect_code(struct reply *reply, const char *code)
{
	ask(reply, "GET", "/readyz", NULL);
	ck_assert_int_eq(reply->rs.status, 503);
	ck_assert_str_eq(reply_text(reply, "code"), code);
	ck_assert_ptr_nonnull(reply_header(reply, "Retry-After"));
}

/* Each part that is not ready has its word. */
START_TEST(readiness)
{
	struct reply reply = { 0 };

	fake_health.started = 1;
	expect_code(&reply, "workers");
	fake_health.started = 2;
	fake_health.silent_seconds = 1000;
	expect_code(&reply, "workers");
	fake_health.silent_seconds = 1;
	fake_full = true;
	expect_code(&reply, "disk_reserve");
	fake_full = false;
	for (int i = 0; i < SERVER_QUEUE_LIMIT - 1; i++)
		fake_job("a");
	ask(&reply, "GET", "/readyz", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	fake_job("a");
	expect_code(&reply, "queue_full");
	server_stop(fake_server);
	expect_code(&reply, "stopping");
	reply_free(&reply);
}
END_TEST

START_TEST(metrics)
{
	struct reply reply = { 0 };
	const char *text;

	fake_job("a");
	ask(&reply, "GET", "/nowhere", NULL);
	ask(&reply, "GET", "/metrics", NULL);
	text = reply.rs.body.data;
	ck_assert_ptr_nonnull(strstr(text, "l2ld_jobs{state=\"queued\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text,
	    "l2ld_http_responses_total{code=\"4xx\"} 1\n"));
	for (const char *line = text; *line != 0;
	     line = strchr(line, '\n') + 1)
		ck_assert_msg(strncmp(line, "# ", 2) == 0 ||
		    strncmp(line, "l2ld_", 5) == 0 ||
		    strncmp(line, "process_", 8) == 0, "%.40s", line);
	reply_free(&reply);
}
END_TEST

/* Every {"$ref": ...} of value leads somewhere; a schema with an $id is a
 * document of its own. */
static void
follow_references(const json_t *document, json_t *value)
{
	const char *key, *text;
	json_t *member;
	size_t i;

	if (json_object_get(value, "$id") != NULL)
		document = value;
	json_array_foreach(value, i, member)
		follow_references(document, member);
	json_object_foreach(value, key, member) {
		const json_t *found = document;
		char part[64];

		follow_references(document, member);
		if (strcmp(key, "$ref") != 0)
			continue;
		text = json_string_value(member);
		ck_assert(text[0] == '#');
		for (text++; *text == '/'; text += strlen(part)) {
			sscanf(++text, "%63[^/]", part);
			found = json_object_get(found, part);
		}
		ck_assert_msg(found != NULL, "%s", json_string_value(member));
	}
}

START_TEST(openapi)
{
	struct reply reply = { 0 };
	json_t *paths, *operation;
	char method[8];

	ask(&reply, "GET", "/api/v1/openapi.json", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_str_eq(reply_text(&reply, "openapi"), "3.1.0");
	follow_references(reply.json, reply.json);
	paths = json_object_get(reply.json, "paths");
	for (const struct route *route = routes; route->handler != NULL;
	     route++) {
		if (strncmp(route->pattern, "/api/v1", 7) != 0)
			continue;
		for (size_t i = 0; i <= strlen(route->method); i++)
			method[i] = (char)(route->method[i] |
			    (route->method[i] != 0 ? 0x20 : 0));
		operation = json_object_get(json_object_get(paths,
		    route->pattern + 7), method);
		ck_assert_msg(operation != NULL, "%s %s", method,
		    route->pattern);
		ck_assert(json_is_array(json_object_get(operation,
		    "parameters")));
		ck_assert_ptr_nonnull(json_object_get(json_object_get(operation,
		    "responses"), route->status));
	}
	reply_free(&reply);
}
END_TEST

START_TEST(files)
{
	struct reply reply = { 0 };
	char tag[80], target[80];

	ask(&reply, "GET", "/", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_str_eq(reply.rs.type, "text/html; charset=utf-8");
	ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "no-cache");
	ck_assert_ptr_nonnull(strstr(reply_header(&reply,
	    "Content-Security-Policy"), "default-src 'none'"));
	strcpy(tag, reply_header(&reply, "ETag"));
	ask_with(&reply, "GET", "/index.html?a=b", NULL, "If-None-Match", tag);
	ck_assert_int_eq(reply.rs.status, 304);
	for (const struct embedded *file = http_assets; file->name != NULL;
	     file++) {
		sprintf(target, "/%s", file->name);
		ask(&reply, "GET", target, NULL);
		ck_assert_int_eq(reply.rs.status, 200);
		ck_assert_msg(strcmp(reply.rs.type,
		    "application/octet-stream") != 0, "%s", target);
		ck_assert_uint_eq(reply.rs.fixed_len, file->len);
	}
	ask(&reply, "POST", "/", NULL);
	ck_assert_int_eq(reply.rs.status, 405);
	ck_assert_str_eq(reply_header(&reply, "Allow"), "GET, HEAD");
	reply_free(&reply);
}
END_TEST

START_TEST(nothing_else_is_there)
{
	static const char *const targets[] = { "/index.htm", "/index.html/",
		"//", "/.", "/..", "/../index.html", "/%2e%2e/etc/passwd",
		"/%69ndex.html", "/index.html%00", "/api", "/api/v1",
		"/api/v1/", "/api/v1/jobs/", "/api/v1//jobs", "/api/v2/jobs",
		"/API/v1/jobs", "/api/v1/jobs/0", "/api/v1/jobs/x",
		"/api/v1/jobs/1/", "/api/v1/jobs/1/curves/a/b",
		"/api/v1/snapshots/.npz", "/src/http/http.c" };
	struct reply reply = { 0 };

	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		ask(&reply, "GET", targets[i], NULL);
		ck_assert_msg(reply.rs.status == 404, "%s: %d", targets[i],
		    reply.rs.status);
	}
	reply_free(&reply);
}
END_TEST

Suite *
suite_pages(void)
{
	Suite *suite = suite_create("pages");
	TCase *tcase = tcase_create("pages");

	tcase_add_checked_fixture(tcase, fake_begin, fake_end);
	tcase_add_test(tcase, catalogues);
	tcase_add_test(tcase, server);
	tcase_add_test(tcase, health);
	tcase_add_test(tcase, readiness);
	tcase_add_test(tcase, metrics);
	tcase_add_test(tcase, openapi);
	tcase_add_test(tcase, files);
	tcase_add_test(tcase, nothing_else_is_there);
	suite_add_tcase(suite, tcase);
	return suite;
}
