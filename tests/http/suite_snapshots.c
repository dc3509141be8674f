#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/serve.h"
#include "tests/http/fake.h"

START_TEST(lists_and_reads)
{
	struct reply reply = { 0 };
	const json_t *list;

	fake_job("a");
	ask(&reply, "GET", "/api/v1/snapshots", NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(reply.json,
	    "snapshots")), 0);
	ck_assert_int_eq(fake_snapshot(1), 1);
	fake_job("b");
	ck_assert_int_eq(fake_snapshot(2), 2);
	ask(&reply, "GET", "/api/v1/snapshots?job=1", NULL);
	list = json_object_get(reply.json, "snapshots");
	ck_assert_uint_eq(json_array_size(list), 1);
	ask(&reply, "GET", "/api/v1/snapshots?limit=1", NULL);
	list = json_object_get(reply.json, "snapshots");
	ck_assert_int_eq(json_integer_value(json_object_get(
	    json_array_get(list, 0), "id")), 2);
	ck_assert_str_eq(reply_text(&reply, "next_cursor"), "2");
	ask(&reply, "GET", "/api/v1/snapshots/1", NULL);
	ck_assert_int_eq(reply_number(&reply, "job"), 1);
	ck_assert_int_eq(reply_number(&reply, "epoch"), 7);
	ck_assert_str_eq(reply_text(&reply, "kind"), "best");
	ck_assert_str_eq(reply_text(&reply, "optimizer"), "lstm");
	ck_assert_uint_eq(strlen(reply_text(&reply, "sha256")), 64);
	ck_assert_int_eq(reply_number(&reply, "size"),
	    4 * reply_number(&reply, "weights"));
	ask(&reply, "GET", "/api/v1/snapshots/3", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

START_TEST(downloads)
{
	static const char *const suffixes[] = { "safetensors", "npz", "json" };
	struct reply reply = { 0 };
	char target[64], tag[80];

	fake_job("a");
	fake_snapshot(1);
	for (int i = 0; i < 3; i++) {
		sprintf(target, "/api/v1/snapshots/1.%s", suffixes[i]);
		ask(&reply, "GET", target, NULL);
		ck_assert_int_eq(reply.rs.status, 200);
		ck_assert_uint_gt(reply.rs.body.len, 1000);
		ck_assert_ptr_nonnull(strstr(reply_header(&reply,
		    "Content-Disposition"), "filename=\"snapshot-1."));
		strcpy(tag, reply_header(&reply, "ETag"));
		ck_assert_uint_eq(strlen(tag), 66);
		ask_with(&reply, "GET", target, NULL, "If-None-Match", tag);
		ck_assert_int_eq(reply.rs.status, 304);
		ck_assert_uint_eq(reply.rs.body.len, 0);
		ask_with(&reply, "GET", target, NULL, "If-None-Match",
		    "\"x\"");
		ck_assert_int_eq(reply.rs.status, 200);
	}
	ask(&reply, "GET", "/api/v1/snapshots/1.pt", NULL);
	ck_assert_int_eq(reply.rs.status, 406);
	ask(&reply, "GET", "/api/v1/snapshots/2.npz", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

/* Import len bytes; the answer's status. */
static void
import(struct reply *reply, const char *bytes, size_t len)
{
	char length[24];
	struct gate_header headers[] = { { "Host", "127.0.0.1:8642" },
		{ "Content-Type", "application/octet-stream" },
		{ "Content-Length", length } };
	struct gate_head head = { .method = "POST",
		.target = "/api/v1/snapshots", .version = "HTTP/1.1",
		.headers = headers, .headers_len = 3 };
	struct request rq;

	sprintf(length, "%zu", len);
	ck_assert(serve_head(&fake_site, &head, &fake_peer, &rq, &reply->rs));
	if (len > 0) {
		memcpy(rq.body, bytes, len);
		rq.body_len = len;
	}
	serve_answer(&rq, &reply->rs);
	request_free(&rq);
	ck_assert_int_eq(atomic_load(&fake_site.uploads), 0);
	reply->json = json_loadb(reply->rs.body.data, reply->rs.body.len, 0,
	    NULL);
}

START_TEST(imports_what_was_exported)
{
	struct reply file = { 0 }, reply = { 0 };
	char sha256[80];

	fake_job("a");
	fake_snapshot(1);
	ask(&reply, "GET", "/api/v1/snapshots/1", NULL);
	strcpy(sha256, reply_text(&reply, "sha256"));
	reply_free(&reply);
	ask(&file, "GET", "/api/v1/snapshots/1.safetensors", NULL);
	import(&reply, file.rs.body.data, file.rs.body.len);
	ck_assert_int_eq(reply.rs.status, 201);
	ck_assert_str_eq(reply_text(&reply, "sha256"), sha256);
	ck_assert_str_eq(reply_text(&reply, "kind"), "imported");
	ck_assert(json_is_null(json_object_get(reply.json, "job")));
	ck_assert_str_eq(reply_header(&reply, "Location"),
	    "/api/v1/snapshots/2");
	reply_free(&reply);
	import(&reply, file.rs.body.data, file.rs.body.len - 1);
	ck_assert_int_eq(reply.rs.status, 422);
	reply_free(&reply);
	import(&reply, NULL, 0);
	ck_assert_int_eq(reply.rs.status, 422);
	reply_free(&reply);
	ask(&reply, "POST", "/api/v1/snapshots", "{}");
	ck_assert_int_eq(reply.rs.status, 415);
	reply_free(&reply);
	reply_free(&file);
}
END_TEST

/* Bodies that are held at once have a budget. */
START_TEST(uploads_are_bounded)
{
	struct gate_header headers[] = { { "Host", "127.0.0.1:8642" },
		{ "Content-Type", "application/octet-stream" },
		{ "Content-Length", "33554432" } };
	struct gate_head head = { .method = "POST",
		.target = "/api/v1/snapshots", .version = "HTTP/1.1",
		.headers = headers, .headers_len = 3 };
	struct request rq[4];
	struct response rs;

	for (int i = 0; i < 4; i++) {
		bool pass = serve_head(&fake_site, &head, &fake_peer, &rq[i], &rs);

		ck_assert(pass == (i < 3));
		if (!pass)
			ck_assert_int_eq(rs.status, 503);
		response_free(&rs);
	}
	for (int i = 0; i < 4; i++)
		request_free(&rq[i]);
	ck_assert_int_eq(atomic_load(&fake_site.uploads), 0);
}
END_TEST

START_TEST(deletes)
{
	struct reply reply = { 0 };

	fake_job("a");
	fake_snapshot(1);
	ask(&reply, "DELETE", "/api/v1/snapshots/1", NULL);
	ck_assert_int_eq(reply.rs.status, 204);
	ask(&reply, "DELETE", "/api/v1/snapshots/1", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

Suite *
suite_snapshots(void)
{
	Suite *suite = suite_create("snapshots");
	TCase *tcase = tcase_create("snapshots");

	tcase_add_checked_fixture(tcase, fake_begin, fake_end);
	tcase_add_test(tcase, lists_and_reads);
	tcase_add_test(tcase, downloads);
	tcase_add_test(tcase, imports_what_was_exported);
	tcase_add_test(tcase, uploads_are_bounded);
	tcase_add_test(tcase, deletes);
	suite_add_tcase(suite, tcase);
	return suite;
}
