#include <string.h>

#include "http/gate.h"
#include "tests/http/fake.h"

#define HOST "Host", "127.0.0.1:8642"

/* A request, and the status of what refuses it (0: it passes). */
struct trial {
	const char *method, *target;
	const char *headers[10];	/* name, value, ... */
	int status;
};

static int
gate_status(const struct gate *gate, const struct trial *trial, bool *close)
{
	struct gate_header headers[5];
	struct gate_head head = { .method = trial->method,
		.target = trial->target, .version = "HTTP/1.1",
		.headers = headers };
	struct gate_fault fault;

	for (int i = 0; i < 10 && trial->headers[i] != NULL; i += 2)
		headers[head.headers_len++] = (struct gate_header){
			trial->headers[i], trial->headers[i + 1] };
	if (gate_check(gate, &head, &fault))
		return 0;
	*close = fault.close;
	ck_assert_str_ne(fault.detail.text, "");
	ck_assert_ptr_nonnull(fault.code);
	return fault.status;
}

static void
run_trials(const struct trial *trials, size_t count)
{
	struct gate gate;
	bool close;

	ck_assert_int_eq(gate_init(&gate, "127.0.0.1", 8642,
	    (const char *[]){ "l2ld.example", "proxy:9000", NULL }, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		const struct trial *t = &trials[i];

		ck_assert_msg(gate_status(&gate, t, &close) == t->status,
		    "trial %zu: %s %s %s: %s", i, t->method, t->target,
		    t->headers[0], t->headers[1]);
	}
}
#define RUN(trials) run_trials(trials, sizeof trials / sizeof trials[0])

START_TEST(host)
{
	static const struct trial trials[] = {
		{ "GET", "/", { HOST }, 0 },
		{ "GET", "/", { "host", "LocalHost:8642" }, 0 },
		{ "GET", "/", { "Host", "[::1]:8642" }, 0 },
		{ "GET", "/", { "Host", "l2ld.example" }, 0 },
		{ "GET", "/", { "Host", "l2ld.example:8642" }, 0 },
		{ "GET", "/", { "Host", "proxy:9000" }, 0 },
		{ "GET", "/", { "Host", "proxy" }, 403 },
		{ "GET", "/", { "Host", "proxy:8642" }, 403 },
		{ "GET", "/", { "Host", "evil.example:8642" }, 403 },
		{ "GET", "/", { "Host", "127.0.0.1" }, 403 },
		{ "GET", "/", { "Host", "127.0.0.1:80" }, 403 },
		{ "GET", "/", { "Host", "localhost:8642.evil.example" }, 403 },
		{ "GET", "/", { "Host", "" }, 403 },
		{ "GET", "/", { "Host", "127.0.0.1:8642 " }, 403 },
		{ "GET", "/", { "Accept", "*" }, 400 },
		{ "GET", "/", { HOST, HOST }, 400 },
		{ "GET", "/", { HOST, "hOST", "evil.example" }, 400 },
	};

	RUN(trials);
}
END_TEST

START_TEST(framing)
{
	static const struct trial trials[] = {
		{ "GET", "/a?b=c%20", { HOST, "Content-Length", "0" }, 0 },
		{ "POST", "/", { HOST, "Content-Length", "5",
		    "Transfer-Encoding", "chunked" }, 400 },
		{ "POST", "/", { HOST, "Content-Length", "5",
		    "content-length", "5" }, 400 },
		{ "POST", "/", { HOST, "Transfer-Encoding", "chunked" }, 411 },
		{ "POST", "/", { HOST, "Content-Length", "+5" }, 400 },
		{ "POST", "/", { HOST, "Content-Length", "5, 5" }, 400 },
		{ "POST", "/", { HOST, "Content-Length", "" }, 400 },
		{ "POST", "/", { HOST, "Content-Length", "-1" }, 400 },
		{ "POST", "/", { HOST, "Content-Length",
		    "99999999999999999999" }, 400 },
		{ "GET", "http://127.0.0.1:8642/", { HOST }, 400 },
		{ "OPTIONS", "*", { HOST }, 400 },
		{ "CONNECT", "127.0.0.1:8642", { HOST }, 400 },
		{ "GET", "", { HOST }, 400 },
		{ "GET", "/a b", { HOST }, 400 },
		{ "GET", "/\xc3\xa9", { HOST }, 400 },
		{ "GET", "/#a", { HOST }, 400 },
		{ "G:T", "/", { HOST }, 400 },
		{ "", "/", { HOST }, 400 },
		{ "GET", "/", { HOST, "Content-Length ", "5" }, 400 },
		{ "GET", "/", { HOST, "X", "a\rb" }, 400 },
		{ "GET", "/", { HOST, "X\xff", "a" }, 400 },
		{ "GET", "/", { HOST, "", "a" }, 400 },
	};

	RUN(trials);
}
END_TEST

START_TEST(origin)
{
	static const char *const methods[] = { "POST", "PATCH", "DELETE", "PUT",
		"OPTIONS" };
	static const struct trial trials[] = {
		{ NULL, "/", { HOST }, 0 },
		{ NULL, "/", { HOST, "Sec-Fetch-Site", "same-origin" }, 0 },
		{ NULL, "/", { HOST, "Sec-Fetch-Site", "none" }, 0 },
		{ NULL, "/", { HOST, "Sec-Fetch-Site", "same-site" }, 403 },
		{ NULL, "/", { HOST, "Sec-Fetch-Site", "cross-site" }, 403 },
		{ NULL, "/", { HOST, "Sec-Fetch-Site", "" }, 403 },
		{ NULL, "/", { HOST, "Sec-Fetch-Site", "cross-site", "Origin",
		    "http://127.0.0.1:8642" }, 403 },
		{ NULL, "/", { HOST, "Origin", "http://127.0.0.1:8642" }, 0 },
		{ NULL, "/", { HOST, "Origin", "https://127.0.0.1:8642" }, 0 },
		{ NULL, "/", { HOST, "Origin", "http://localhost:8642" }, 403 },
		{ NULL, "/", { HOST, "Origin", "http://127.0.0.1:8080" }, 403 },
		{ NULL, "/", { HOST, "Origin", "http://evil.example" }, 403 },
		{ NULL, "/", { HOST, "Origin", "null" }, 403 },
		{ NULL, "/", { HOST, "Origin", "" }, 403 },
		{ NULL, "/", { HOST, "Origin", "http://127.0.0.1:8642", "Origin",
		    "http://evil.example" }, 400 },
	};
	struct trial trial;

	for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
		for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
			trial = trials[i];
			trial.method = methods[m];
			run_trials(&trial, 1);
		}
	/* What only reads may be asked by any page: it cannot see the answer. */
	trial = (struct trial){ "GET", "/", { HOST, "Sec-Fetch-Site",
	    "cross-site", "Origin", "http://evil.example" }, 0 };
	run_trials(&trial, 1);
	trial.method = "HEAD";
	run_trials(&trial, 1);
}
END_TEST

START_TEST(closes_when_unsure)
{
	static const struct trial unsure = { "POST", "/", { HOST,
	    "Content-Length", "5", "Transfer-Encoding", "chunked" }, 400 };
	static const struct trial sure = { "POST", "/", { "Host",
	    "evil.example", "Content-Length", "5" }, 403 };
	struct gate gate;
	bool close;

	ck_assert_int_eq(gate_init(&gate, "::1", 80, NULL, NULL), 0);
	ck_assert_int_eq(gate_status(&gate, &unsure, &close), 400);
	ck_assert(close);
	ck_assert_int_eq(gate_status(&gate, &sure, &close), 403);
	ck_assert(!close);
	/* HTTP's own port may be left out. */
	ck_assert(gate_knows(&gate, "localhost"));
	ck_assert(gate_knows(&gate, "[::1]"));
	ck_assert(!gate_knows(&gate, "::1"));
}
END_TEST

START_TEST(limits)
{
	static const char *const many[] = { "a", "b", "c", "d", "e", "f", "g",
		"h", "i", "j", "k", "l", "m", "n", "o", "p", NULL };
	struct gate_header headers[GATE_HEADERS_MAX + 1] = { { HOST } };
	struct gate_head head = { .method = "GET", .target = "/",
		.version = "HTTP/1.1", .headers = headers,
		.headers_len = GATE_HEADERS_MAX };
	struct gate_fault fault;
	struct message m = { "" };
	char name[GATE_HOST_LEN + 1], target[GATE_TARGET_MAX + 2];
	struct gate gate;

	ck_assert_int_eq(gate_init(&gate, "127.0.0.1", 8642, NULL, NULL), 0);
	for (int i = 1; i <= GATE_HEADERS_MAX; i++)
		headers[i] = (struct gate_header){ "X", "y" };
	ck_assert(gate_check(&gate, &head, &fault));
	head.headers_len++;
	ck_assert(!gate_check(&gate, &head, &fault));
	head.headers_len = 1;
	head.loose = true;
	ck_assert(!gate_check(&gate, &head, &fault));
	ck_assert_str_eq(fault.code, "bad_framing");
	head.loose = false;
	head.size = GATE_HEAD_MAX + 1;
	ck_assert(!gate_check(&gate, &head, &fault));
	ck_assert_int_eq(fault.status, 431);
	head.size = GATE_HEAD_MAX;
	ck_assert(gate_check(&gate, &head, &fault));
	memset(target, 'a', sizeof target - 1);
	target[0] = '/';
	target[sizeof target - 1] = 0;
	head.target = target;
	ck_assert(!gate_check(&gate, &head, &fault));
	ck_assert_int_eq(fault.status, 414);
	target[GATE_TARGET_MAX] = 0;
	ck_assert(gate_check(&gate, &head, &fault));
	head.version = "HTTP/0.9";
	ck_assert(!gate_check(&gate, &head, &fault));
	ck_assert_int_eq(gate_init(&gate, "127.0.0.1", 1, many, &m), ERR_LIMIT);
	ck_assert_str_ne(m.text, "");
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = 0;
	ck_assert_int_eq(gate_init(&gate, "127.0.0.1", 1,
	    (const char *[]){ name, NULL }, &m), ERR_LIMIT);
}
END_TEST

static int
body_status(const char *method, enum route_body body, const char *type,
    const char *length)
{
	struct gate_header headers[2];
	struct gate_head head = { .method = method, .target = "/",
		.version = "HTTP/1.1", .headers = headers };
	struct gate_fault fault;
	uint64_t len;

	if (type != NULL)
		headers[head.headers_len++] =
		    (struct gate_header){ "Content-Type", type };
	if (length != NULL)
		headers[head.headers_len++] =
		    (struct gate_header){ "Content-Length", length };
	return gate_check_body(&head, body, 1 << 20, &len, &fault) ? 0 :
	    fault.status;
}

START_TEST(bodies)
{
	static const struct {
		const char *method;
		enum route_body body;
		const char *type, *length;
		int status;
	} trials[] = {
		{ "POST", BODY_JSON, "application/json", "5", 0 },
		{ "POST", BODY_JSON, "Application/JSON; charset=UTF-8", "5", 0 },
		{ "POST", BODY_JSON, "application/json;charset=utf-8", "5", 0 },
		{ "POST", BODY_JSON, "application/json; charset=latin1", "5",
		    415 },
		{ "POST", BODY_JSON, "application/jsonp", "5", 415 },
		{ "POST", BODY_JSON, "text/plain", "5", 415 },
		{ "POST", BODY_JSON, "application/x-www-form-urlencoded", "5",
		    415 },
		{ "POST", BODY_JSON, NULL, "5", 415 },
		{ "POST", BODY_JSON, "application/json", NULL, 411 },
		{ "POST", BODY_JSON, "application/json", "262144", 0 },
		{ "POST", BODY_JSON, "application/json", "262145", 413 },
		{ "POST", BODY_BYTES, "application/octet-stream", "1048576", 0 },
		{ "POST", BODY_BYTES, "application/octet-stream", "1048577",
		    413 },
		{ "POST", BODY_BYTES, "application/json", "5", 415 },
		{ "POST", BODY_NONE, NULL, NULL, 0 },
		{ "POST", BODY_NONE, "text/plain", "0", 0 },
		{ "POST", BODY_NONE, "application/json", "2", 0 },
		{ "POST", BODY_NONE, "text/plain", "2", 415 },
		{ "DELETE", BODY_NONE, "application/json", "5000", 413 },
		{ "GET", BODY_NONE, NULL, "2", 0 },
		{ "GET", BODY_NONE, NULL, "5000", 413 },
	};

	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
		ck_assert_msg(body_status(trials[i].method, trials[i].body,
		    trials[i].type, trials[i].length) == trials[i].status,
		    "trial %zu", i);
}
END_TEST

Suite *
suite_gate(void)
{
	Suite *suite = suite_create("gate");
	TCase *tcase = tcase_create("gate");

	tcase_add_test(tcase, host);
	tcase_add_test(tcase, framing);
	tcase_add_test(tcase, origin);
	tcase_add_test(tcase, closes_when_unsure);
	tcase_add_test(tcase, limits);
	tcase_add_test(tcase, bodies);
	suite_add_tcase(suite, tcase);
	return suite;
}
