#include <stdio.h>
#include <string.h>

#include "tests/http/fake.h"

START_TEST(submits)
{
	struct reply reply = { 0 };
	const json_t *links;

	ask(&reply, "POST", "/api/v1/jobs", "{\"name\": \"one\"}");
	ck_assert_int_eq(reply.rs.status, 201);
	ck_assert_str_eq(reply_header(&reply, "Location"), "/api/v1/jobs/1");
	ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "no-store");
	ck_assert_int_eq(reply_number(&reply, "id"), 1);
	ck_assert_str_eq(reply_text(&reply, "name"), "one");
	ck_assert_str_eq(reply_text(&reply, "state"), "queued");
	ck_assert(json_is_null(json_object_get(reply.json, "reason")));
	ck_assert_str_eq(reply_text(&reply, "waits_for"), "worker");
	ck_assert(json_is_null(json_object_get(reply.json, "started")));
	ck_assert(json_is_null(json_object_get(reply.json, "results")));
	ck_assert(json_is_object(json_object_get(reply.json, "spec")));
	ck_assert_uint_eq(json_array_size(json_object_get(reply.json,
	    "states")), 1);
	links = json_object_get(reply.json, "links");
	ck_assert_str_eq(json_string_value(json_object_get(links, "self")),
	    "/api/v1/jobs/1");
	ck_assert(json_is_number(json_object_get(json_object_get(reply.json,
	    "progress"), "eta_seconds")));
	reply_free(&reply);
}
END_TEST

START_TEST(lists_all_faults)
{
	struct reply reply = { 0 };
	const json_t *errors;

	ask(&reply, "POST", "/api/v1/jobs", "{}");
	ck_assert_int_eq(reply.rs.status, 422);
	ck_assert_str_eq(reply_text(&reply, "code"), "invalid_spec");
	errors = json_object_get(reply.json, "errors");
	ck_assert_uint_eq(json_array_size(errors), 2);
	ck_assert_str_eq(json_string_value(json_object_get(
	    json_array_get(errors, 1), "pointer")), "/problem");
	ask(&reply, "POST", "/api/v1/jobs", "{\"name\": }");
	ck_assert_int_eq(reply.rs.status, 400);
	ck_assert_str_eq(reply_text(&reply, "code"), "json");
	ask(&reply, "POST", "/api/v1/jobs", "");
	ck_assert_int_eq(reply.rs.status, 400);
	ask(&reply, "POST", "/api/v1/jobs", NULL);
	ck_assert_int_eq(reply.rs.status, 411);
	reply_free(&reply);
}
END_TEST

START_TEST(keys_repeat)
{
	struct reply reply = { 0 };
	char key[140];

	for (int i = 0; i < 2; i++) {
		ask_with(&reply, "POST", "/api/v1/jobs", "{\"name\":\"a\"}",
		    "Idempotency-Key", "k 1");
		ck_assert_int_eq(reply.rs.status, 201);
		ck_assert_int_eq(reply_number(&reply, "id"), 1);
		ck_assert((reply_header(&reply, "Idempotency-Replayed") !=
		    NULL) == (i == 1));
	}
	ask_with(&reply, "POST", "/api/v1/jobs", "{\"name\":\"b\"}",
	    "Idempotency-Key", "k 1");
	ck_assert_int_eq(reply.rs.status, 422);
	ck_assert_str_eq(reply_text(&reply, "code"), "key_reused");
	memset(key, 'k', sizeof key - 1);
	key[sizeof key - 1] = 0;
	ask_with(&reply, "POST", "/api/v1/jobs", "{\"name\":\"b\"}",
	    "Idempotency-Key", key);
	ck_assert_int_eq(reply.rs.status, 400);
	ask_with(&reply, "POST", "/api/v1/jobs", "{\"name\":\"b\"}",
	    "Idempotency-Key", "");
	ck_assert_int_eq(reply.rs.status, 400);
	reply_free(&reply);
}
END_TEST

START_TEST(refusals_have_their_status)
{
	static const struct {
		int error, status;
	} trials[] = {
		{ ERR_LIMIT, 429 }, { ERR_FULL, 507 }, { ERR_SHUTDOWN, 503 },
		{ ERR_MEMORY, 503 }, { ERR_IO, 500 },
	};
	struct reply reply = { 0 };

	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
		fake_error = trials[i].error;
		ask(&reply, "POST", "/api/v1/jobs", "{\"name\":\"a\"}");
		ck_assert_int_eq(reply.rs.status, trials[i].status);
		if (reply.rs.status == 429 || reply.rs.status == 503)
			ck_assert_ptr_nonnull(reply_header(&reply,
			    "Retry-After"));
	}
	reply_free(&reply);
}
END_TEST

START_TEST(dry_run_submits_nothing)
{
	struct reply reply = { 0 };

	ask(&reply, "POST", "/api/v1/jobs?dry_run=1", "{\"name\":\"a\"}");
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert(json_is_object(json_object_get(reply.json, "spec")));
	ask(&reply, "POST", "/api/v1/jobs?dry_run=maybe", "{\"name\":\"a\"}");
	ck_assert_int_eq(reply.rs.status, 400);
	ask(&reply, "POST", "/api/v1/jobs?dryrun=1", "{\"name\":\"a\"}");
	ck_assert_int_eq(reply.rs.status, 400);
	ck_assert_ptr_nonnull(strstr(reply_text(&reply, "detail"), "dry_run"));
	ask(&reply, "GET", "/api/v1/jobs", NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(reply.json, "jobs")),
	    0);
	ck_assert(json_is_null(json_object_get(reply.json, "next_cursor")));
	reply_free(&reply);
}
END_TEST

/* Ids of a page, as text. */
static void
page_ids(const struct reply *reply, char text[64])
{
	json_t *job;
	size_t i;

	text[0] = 0;
	json_array_foreach(json_object_get(reply->json, "jobs"), i, job)
		sprintf(text + strlen(text), "%lld ", (long long)
		    json_integer_value(json_object_get(job, "id")));
}

START_TEST(lists_by_pages)
{
	struct reply reply = { 0 };
	char ids[64], target[80];

	for (int i = 0; i < 5; i++)
		fake_job(i % 2 ? "odd" : "even");
	ask(&reply, "GET", "/api/v1/jobs?limit=2", NULL);
	page_ids(&reply, ids);
	ck_assert_str_eq(ids, "5 4 ");
	sprintf(target, "/api/v1/jobs?limit=3&cursor=%s",
	    reply_text(&reply, "next_cursor"));
	ask(&reply, "GET", target, NULL);
	page_ids(&reply, ids);
	ck_assert_str_eq(ids, "3 2 1 ");
	ck_assert(json_is_null(json_object_get(reply.json, "next_cursor")));
	ask(&reply, "GET", "/api/v1/jobs?sort=oldest&limit=2&cursor=1", NULL);
	page_ids(&reply, ids);
	ck_assert_str_eq(ids, "2 3 ");
	ck_assert_str_eq(reply_text(&reply, "next_cursor"), "3");
	ask(&reply, "GET", "/api/v1/jobs?q=ODD&state=queued&type=train&"
	    "tag=paper", NULL);
	page_ids(&reply, ids);
	ck_assert_str_eq(ids, "4 2 ");
	ask(&reply, "GET", "/api/v1/jobs?state=running", NULL);
	page_ids(&reply, ids);
	ck_assert_str_eq(ids, "");
	reply_free(&reply);
}
END_TEST

START_TEST(bad_parameters_are_named)
{
	static const char *const bad[][2] = {
		{ "?state=done", "state" }, { "?limit=0", "limit" },
		{ "?limit=501", "limit" }, { "?cursor=abc", "cursor" },
		{ "?cursor=-1", "cursor" }, { "?sort=up", "sort" },
		{ "?cursor=99999999999999999999", "cursor" },
		{ "?stat=queued", "stat" }, { "?q=%ff", "UTF-8" },
		{ "?q=%", "'%'" }, { "?q=1&q=2", "'q'" },
	};
	struct reply reply = { 0 };
	char target[80];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		sprintf(target, "/api/v1/jobs%s", bad[i][0]);
		ask(&reply, "GET", target, NULL);
		ck_assert_msg(reply.rs.status == 400, "%s", target);
		ck_assert_msg(strstr(reply_text(&reply, "detail"),
		    bad[i][1]) != NULL, "%s: %s", target,
		    reply_text(&reply, "detail"));
	}
	ask(&reply, "GET", "/api/v1/jobs/1?x=1", NULL);
	ck_assert_int_eq(reply.rs.status, 400);
	reply_free(&reply);
}
END_TEST

START_TEST(changes_state)
{
	struct reply reply = { 0 };

	fake_job("a");
	ask(&reply, "POST", "/api/v1/jobs/1/pause", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_str_eq(reply_text(&reply, "state"), "paused");
	ask(&reply, "POST", "/api/v1/jobs/1/resume", "{}");
	ck_assert_str_eq(reply_text(&reply, "state"), "queued");
	ask(&reply, "POST", "/api/v1/jobs/1/cancel", "");
	ck_assert_str_eq(reply_text(&reply, "state"), "cancelled");
	ck_assert(json_is_string(json_object_get(reply.json, "finished")));
	ask(&reply, "POST", "/api/v1/jobs/1/cancel", NULL);
	ck_assert_int_eq(reply.rs.status, 409);
	ck_assert_str_eq(reply_text(&reply, "state"), "cancelled");
	ask(&reply, "POST", "/api/v1/jobs/1/retry", NULL);
	ck_assert_str_eq(reply_text(&reply, "state"), "queued");
	ask(&reply, "POST", "/api/v1/jobs/1/duplicate", NULL);
	ck_assert_int_eq(reply.rs.status, 201);
	ck_assert_int_eq(reply_number(&reply, "id"), 2);
	fake_error = ERR_LIMIT;
	ask(&reply, "POST", "/api/v1/jobs/1/duplicate", NULL);
	ck_assert_int_eq(reply.rs.status, 429);
	ask(&reply, "POST", "/api/v1/jobs/9/cancel", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ask(&reply, "GET", "/api/v1/jobs/1/cancel", NULL);
	ck_assert_int_eq(reply.rs.status, 405);
	ck_assert_str_eq(reply_header(&reply, "Allow"), "POST");
	reply_free(&reply);
}
END_TEST

START_TEST(patches)
{
	struct reply reply = { 0 };

	fake_job("a");
	ask(&reply, "PATCH", "/api/v1/jobs/1", "{\"name\":\"b\","
	    "\"notes\":\"n\",\"tags\":[\"x\",\"y\"],\"priority\":3}");
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_str_eq(reply_text(&reply, "name"), "b");
	ck_assert_str_eq(reply_text(&reply, "notes"), "n");
	ck_assert_int_eq(reply_number(&reply, "priority"), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(reply.json,
	    "tags")), 2);
	ask(&reply, "PATCH", "/api/v1/jobs/1", "{}");
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_str_eq(reply_text(&reply, "name"), "b");
	ask(&reply, "PATCH", "/api/v1/jobs/1", "{\"name\":5,"
	    "\"priority\":1e9,\"tags\":[\"\",3]}");
	ck_assert_int_eq(reply.rs.status, 422);
	ck_assert_uint_ge(json_array_size(json_object_get(reply.json,
	    "errors")), 4);
	ask(&reply, "PATCH", "/api/v1/jobs/1", "{\"spec\":{}}");
	ck_assert_int_eq(reply.rs.status, 422);
	ask(&reply, "PATCH", "/api/v1/jobs/1", "[]");
	ck_assert_int_eq(reply.rs.status, 422);
	ask(&reply, "PATCH", "/api/v1/jobs/1", "[");
	ck_assert_int_eq(reply.rs.status, 400);
	ask(&reply, "PATCH", "/api/v1/jobs/9", "{\"name\":\"b\"}");
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

START_TEST(deletes)
{
	struct reply reply = { 0 };

	fake_job("a");
	ask(&reply, "DELETE", "/api/v1/jobs/1", NULL);
	ck_assert_int_eq(reply.rs.status, 204);
	ck_assert_uint_eq(reply.rs.body.len, 0);
	ask(&reply, "GET", "/api/v1/jobs/1", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ask(&reply, "DELETE", "/api/v1/jobs/1", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

START_TEST(table_and_log)
{
	struct reply reply = { 0 };
	const json_t *rows, *row;

	fake_job("a");
	ask(&reply, "GET", "/api/v1/jobs/1/table", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ck_assert_ptr_nonnull(strstr(reply_text(&reply, "detail"), "queued"));
	ck_assert_int_eq(store_job_set_results(fake_store, 1,
	    "{\"evaluations\":[{\"name\":\"e\",\"rows\":[{\"optimizer\":"
	    "\"adam\",\"final_mean\":null,\"edge\":\"low\",\"best\":true}]}]}"),
	    0);
	ask(&reply, "GET", "/api/v1/jobs/1/table", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert(json_is_array(json_object_get(reply.json, "evaluations")));
	ask(&reply, "GET", "/api/v1/jobs/1", NULL);
	rows = json_object_get(json_array_get(json_object_get(reply.json,
	    "results"), 0), "rows");
	row = json_array_get(rows, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "optimizer")),
	    "adam");
	ck_assert_ptr_null(json_object_get(row, "edge"));
	ck_assert_int_eq(store_log_async(fake_store, 1, "info", "begun"), 0);
	ck_assert_int_eq(store_flush(fake_store, 1), 0);
	ask(&reply, "GET", "/api/v1/jobs/1/log", NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(
	    json_object_get(reply.json, "lines"), 0), "text")), "begun");
	ask(&reply, "GET", "/api/v1/jobs/9/log", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ask(&reply, "GET", "/api/v1/jobs/9/table", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

Suite *
suite_jobs(void)
{
	Suite *suite = suite_create("jobs");
	TCase *tcase = tcase_create("jobs");

	tcase_add_checked_fixture(tcase, fake_begin, fake_end);
	tcase_add_test(tcase, submits);
	tcase_add_test(tcase, lists_all_faults);
	tcase_add_test(tcase, keys_repeat);
	tcase_add_test(tcase, refusals_have_their_status);
	tcase_add_test(tcase, dry_run_submits_nothing);
	tcase_add_test(tcase, lists_by_pages);
	tcase_add_test(tcase, bad_parameters_are_named);
	tcase_add_test(tcase, changes_state);
	tcase_add_test(tcase, patches);
	tcase_add_test(tcase, deletes);
	tcase_add_test(tcase, table_and_log);
	suite_add_tcase(suite, tcase);
	return suite;
}
