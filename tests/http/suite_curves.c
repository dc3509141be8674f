#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/curves.h"
#include "tests/http/fake.h"

#define CURVE "/api/v1/jobs/1/curves/training"

static size_t
rows_of(const struct reply *reply)
{
	return json_array_size(json_object_get(reply->json, "rows"));
}

START_TEST(lists)
{
	struct reply reply = { 0 };
	const json_t *curve;

	fake_job("a");
	ask(&reply, "GET", "/api/v1/jobs/1/curves", NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(reply.json,
	    "curves")), 0);
	fake_rows(1, 0, 3);
	ask(&reply, "GET", "/api/v1/jobs/1/curves", NULL);
	curve = json_array_get(json_object_get(reply.json, "curves"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(curve, "name")),
	    "training");
	ck_assert_int_eq(json_integer_value(json_object_get(curve, "points")),
	    3);
	ck_assert(json_is_false(json_object_get(curve, "complete")));
	ck_assert_uint_eq(json_array_size(json_object_get(curve, "columns")),
	    2);
	ask(&reply, "GET", "/api/v1/jobs/2/curves", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

START_TEST(formats)
{
	struct reply reply = { 0 };

	fake_job("a");
	fake_rows(1, 0, 3);
	ask(&reply, "GET", CURVE ".csv", NULL);
	ck_assert_str_eq(reply.rs.type, "text/csv; charset=utf-8");
	ck_assert_str_eq(reply.rs.body.data,
	    "epoch,meta_loss\n0,0\n1,1\n2,4\n");
	ask(&reply, "GET", CURVE ".ndjson", NULL);
	ck_assert_str_eq(reply.rs.type, "application/x-ndjson");
	ask(&reply, "GET", CURVE, NULL);
	ck_assert_str_eq(reply_text(&reply, "curve"), "training");
	ck_assert_uint_eq(rows_of(&reply), 3);
	ck_assert_int_eq(reply_number(&reply, "seq"), 3);
	ck_assert(json_is_false(json_object_get(reply.json, "complete")));
	ask(&reply, "GET", CURVE ".xlsx", NULL);
	ck_assert_int_eq(reply.rs.status, 406);
	ask(&reply, "GET", "/api/v1/jobs/1/curves/evaluation.csv", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ck_assert_ptr_nonnull(strstr(reply_text(&reply, "detail"),
	    "there are: training"));
	ask(&reply, "GET", "/api/v1/jobs/7/curves/training.csv", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ck_assert_str_eq(reply_text(&reply, "code"), "not_found");
	reply_free(&reply);
}
END_TEST

START_TEST(goes_on_after)
{
	struct reply reply = { 0 };

	fake_job("a");
	fake_rows(1, 0, 3);
	ask(&reply, "GET", CURVE ".json?after=2", NULL);
	ck_assert_uint_eq(rows_of(&reply), 1);
	ck_assert_int_eq(reply_number(&reply, "seq"), 3);
	ask(&reply, "GET", CURVE ".json?after=3", NULL);
	ck_assert_uint_eq(rows_of(&reply), 0);
	ck_assert_int_eq(reply_number(&reply, "seq"), 3);
	fake_rows(1, 3, 2);
	ask(&reply, "GET", CURVE ".json?after=3", NULL);
	ck_assert_uint_eq(rows_of(&reply), 2);
	ck_assert_int_eq(reply_number(&reply, "seq"), 5);
	/* After a retry the curve is shorter: seq says where it ends now. */
	ask(&reply, "GET", CURVE ".json?after=100", NULL);
	ck_assert_uint_eq(rows_of(&reply), 0);
	ck_assert_int_eq(reply_number(&reply, "seq"), 5);
	ck_assert_int_eq(store_curve_complete(fake_store, 1, "training"), 0);
	ask(&reply, "GET", CURVE ".json?after=5&wait=30", NULL);
	ck_assert(json_is_true(json_object_get(reply.json, "complete")));
	ask(&reply, "GET", CURVE ".json?after=-1", NULL);
	ck_assert_int_eq(reply.rs.status, 400);
	reply_free(&reply);
}
END_TEST

START_TEST(thins)
{
	struct reply reply = { 0 };

	fake_job("a");
	fake_rows(1, 0, 1000);
	ask(&reply, "GET", CURVE ".json?max_points=50", NULL);
	ck_assert_uint_le(rows_of(&reply), 50);
	ck_assert_uint_ge(rows_of(&reply), 20);
	ck_assert_int_eq(reply_number(&reply, "seq"), 1000);
	ask(&reply, "GET", CURVE ".json?max_points=0", NULL);
	ck_assert_uint_eq(rows_of(&reply), 1000);
	reply_free(&reply);
}
END_TEST

START_TEST(nothing_finite)
{
	double values[] = { 0, NAN, 1, INFINITY, 2, -INFINITY, 3, 1e308 };
	struct reply reply = { 0 };

	fake_job("a");
	ck_assert_int_eq(store_curve_open(fake_store, 1, "training",
	    "{\"columns\":[\"epoch\",\"meta_loss\"],\"labels\":{}}", 2), 0);
	ck_assert_int_eq(store_curve_write_async(fake_store, 1, "training", 0,
	    4, 2, values), 0);
	ck_assert_int_eq(store_flush(fake_store, 1), 0);
	ask(&reply, "GET", CURVE ".json", NULL);
	ck_assert_uint_eq(rows_of(&reply), 4);
	ck_assert_uint_eq(json_array_size(json_object_get(reply.json,
	    "nonfinite")), 3);
	ask(&reply, "GET", CURVE ".csv", NULL);
	ck_assert_str_eq(reply.rs.body.data, "epoch,meta_loss\n0,nan\n1,inf\n"
	    "2,-inf\n3,1e+308\n");
	reply_free(&reply);
}
END_TEST

/* ---- large answers ---- */

START_TEST(large_answers_take_turns)
{
	struct reply reply = { 0 };

	fake_job("a");
	fake_rows(1, 0, SITE_HEAVY_ROWS + 1);
	ask(&reply, "GET", CURVE ".json?after=1", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_uint_eq(rows_of(&reply), SITE_HEAVY_ROWS);
	ask(&reply, "GET", CURVE ".json", NULL);
	ck_assert_uint_eq(rows_of(&reply), SITE_HEAVY_ROWS + 1);
	ask(&reply, "GET", CURVE ".json?max_points=10", NULL);
	ck_assert_uint_le(rows_of(&reply), 12);
	ck_assert_int_eq(atomic_load(&fake_site.heavy), 0);
	ck_assert_int_eq(atomic_load(&fake_site.replies), 0);
	for (int i = 0; i < SITE_HEAVY_MAX; i++)
		ck_assert(site_heavy_take(&fake_site, 0));
	ck_assert(!site_heavy_take(&fake_site, 0));
	/* Small ones wait for nobody. */
	ask(&reply, "GET", CURVE ".json?after=4000", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	site_heavy_give(&fake_site);
	ask(&reply, "GET", CURVE ".json", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	reply_free(&reply);
}
END_TEST

START_TEST(answers_have_a_budget)
{
	struct reply reply = { 0 };

	fake_job("a");
	fake_rows(1, 0, 3);
	atomic_store(&fake_site.replies, SITE_REPLIES_MAX);
	ask(&reply, "GET", CURVE ".json", NULL);
	ck_assert_int_eq(reply.rs.status, 503);
	ck_assert_str_eq(reply_text(&reply, "code"), "busy");
	ck_assert_str_eq(reply_header(&reply, "Retry-After"), "5");
	ck_assert_int_eq(atomic_load(&fake_site.replies), SITE_REPLIES_MAX);
	atomic_store(&fake_site.replies, 0);
	ask(&reply, "GET", CURVE ".json", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	reply_free(&reply);
}
END_TEST

/* ---- long polls ---- */

static void *
write_later(void *arg)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	fake_rows(1, 3, *(int *)arg);
	return NULL;
}

START_TEST(waits_for_rows)
{
	struct reply reply = { 0 };
	double begin = clock_seconds(), took;
	pthread_t thread;
	int count = 4;

	fake_job("a");
	fake_rows(1, 0, 3);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_later, &count), 0);
	ask(&reply, "GET", CURVE ".json?after=3&wait=20", NULL);
	took = clock_seconds() - begin;
	pthread_join(thread, NULL);
	ck_assert_uint_eq(rows_of(&reply), 4);
	ck_assert_double_ge(took, 0.15);
	ck_assert_double_le(took, 10);
	ck_assert_int_eq(atomic_load(&fake_site.polls), 0);
	reply_free(&reply);
}
END_TEST

START_TEST(waits_no_longer_than_asked)
{
	struct reply reply = { 0 };
	double begin = clock_seconds(), took;

	fake_job("a");
	fake_rows(1, 0, 3);
	ask(&reply, "GET", CURVE ".json?after=3&wait=0.3", NULL);
	took = clock_seconds() - begin;
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_uint_eq(rows_of(&reply), 0);
	ck_assert_double_ge(took, 0.3);
	ck_assert_double_le(took, 5);
	ask(&reply, "GET", CURVE ".json?wait=31", NULL);
	ck_assert_int_eq(reply.rs.status, 400);
	reply_free(&reply);
}
END_TEST

/* A wait that cannot be rewarded is not begun. */
START_TEST(does_not_wait_in_vain)
{
	struct reply reply = { 0 };
	double begin = clock_seconds();

	fake_job("a");
	fake_rows(1, 0, 3);
	atomic_store(&fake_site.polls, SITE_POLLS_MAX);
	ask(&reply, "GET", CURVE ".json?after=3&wait=20", NULL);
	ck_assert_int_eq(reply.rs.status, 429);
	ck_assert_str_eq(reply_header(&reply, "Retry-After"), "2");
	/* What is there already is given whoever waits. */
	ask(&reply, "GET", CURVE ".json?after=2&wait=20", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ck_assert_int_eq(atomic_load(&fake_site.polls), SITE_POLLS_MAX);
	atomic_store(&fake_site.polls, 0);
	ask(&reply, "POST", "/api/v1/jobs/1/cancel", NULL);
	ask(&reply, "GET", CURVE ".json?after=3&wait=20", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ask(&reply, "GET", "/api/v1/jobs/1/curves/none.json?wait=20", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ask(&reply, "GET", "/api/v1/jobs/9/curves/none.json?wait=20", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	ck_assert_double_le(clock_seconds() - begin, 5);
	reply_free(&reply);
}
END_TEST

Suite *
suite_curves(void)
{
	Suite *suite = suite_create("curves");
	TCase *tcase = tcase_create("curves");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, fake_begin, fake_end);
	tcase_add_test(tcase, lists);
	tcase_add_test(tcase, formats);
	tcase_add_test(tcase, goes_on_after);
	tcase_add_test(tcase, thins);
	tcase_add_test(tcase, nothing_finite);
	tcase_add_test(tcase, large_answers_take_turns);
	tcase_add_test(tcase, answers_have_a_budget);
	tcase_add_test(tcase, waits_for_rows);
	tcase_add_test(tcase, waits_no_longer_than_asked);
	tcase_add_test(tcase, does_not_wait_in_vain);
	suite_add_tcase(suite, tcase);
	return suite;
}
