#include <string.h>

#include "tests/http/fake.h"

static void
expect(struct response *rs, int status, const char *code)
{
	json_t *problem;

	ck_assert_int_eq(rs->status, status);
	ck_assert_str_eq(rs->type, "application/problem+json");
	problem = rs->fixed != NULL ?
	    json_loadb(rs->fixed, rs->fixed_len, 0, NULL) :
	    json_loadb(rs->body.data, rs->body.len, 0, NULL);
	ck_assert_ptr_nonnull(problem);
	ck_assert_int_eq(json_integer_value(json_object_get(problem,
	    "status")), status);
	ck_assert_str_eq(json_string_value(json_object_get(problem, "code")),
	    code);
	json_decref(problem);
}

START_TEST(errors_have_a_status)
{
	static const struct {
		int error, status;
		const char *code;
	} trials[] = {
		{ ERR_NOT_FOUND, 404, "not_found" },
		{ ERR_CONFLICT, 409, "conflict" },
		{ ERR_FULL, 507, "disk_full" },
		{ ERR_SHUTDOWN, 503, "stopping" },
		{ ERR_MEMORY, 503, "no_memory" },
		{ ERR_LIMIT, 422, "too_large" },
		{ ERR_IO, 500, "internal" },
		{ ERR_INTERNAL, 500, "internal" },
	};

	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
		struct response rs = { 0 };

		response_error(&rs, trials[i].error, "job 3");
		expect(&rs, trials[i].status, trials[i].code);
		if (rs.status == 503)
			ck_assert_str_eq(rs.headers[0].name, "Retry-After");
		response_free(&rs);
	}
}
END_TEST

START_TEST(texts_become_fit)
{
	struct response rs = { 0 };
	char length[1200];

	/* 2-byte characters, so that the cut falls within one. */
	length[0] = 'x';
	for (int i = 1; i < 1199; i++)
		length[i] = i % 2 ? '\xc3' : '\xa9';
	length[1199] = 0;
	response_problem(&rs, 400, "long", "%s", length);
	expect(&rs, 400, "long");
	response_problem(&rs, 400, "bytes", "%s", "\xff\xfe");
	expect(&rs, 400, "bytes");
	response_header(&rs, "Location", "/a\r\nSet-Cookie: b");
	ck_assert_str_eq(rs.headers[0].value, "/a");
	response_free(&rs);
}
END_TEST

START_TEST(out_of_memory_still_answers)
{
	struct response rs = { 0 };
	struct buf body = { .error = ERR_MEMORY };

	response_json(&rs, 200, NULL);
	expect(&rs, 503, "no_memory");
	response_buf(&rs, 200, "text/csv", &body);
	expect(&rs, 503, "no_memory");
	response_free(&rs);
}
END_TEST

START_TEST(members_are_added)
{
	struct response rs = { 0 };
	json_t *problem;

	response_problem_with(&rs, 409, "conflict", json_pack("{s:s, s:s}",
	    "state", "failed", "code", "not this"), "No.");
	expect(&rs, 409, "conflict");
	problem = json_loadb(rs.body.data, rs.body.len, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(problem, "state")),
	    "failed");
	json_decref(problem);
	response_free(&rs);
}
END_TEST

Suite *
suite_response(void)
{
	Suite *suite = suite_create("response");
	TCase *tcase = tcase_create("response");

	tcase_add_test(tcase, errors_have_a_status);
	tcase_add_test(tcase, texts_become_fit);
	tcase_add_test(tcase, out_of_memory_still_answers);
	tcase_add_test(tcase, members_are_added);
	suite_add_tcase(suite, tcase);
	return suite;
}
