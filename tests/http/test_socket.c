/* The server over a socket: how requests are cut out of bytes, slow clients, and
 * its end. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/http/fake.h"
#include "tests/http/wire.h"
#include "tests/run.h"

START_TEST(answers)
{
	int fd = wire_dial();
	char text[4096];

	wire_say(fd, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear_body(fd, false, text, sizeof text), 200);
	ck_assert_ptr_nonnull(strstr(text, "\"ok\""));
	/* The same connection again, and two requests at a time. */
	wire_say(fd, "HEAD / HTTP/1.1\r\n@\r\n\r\n"
	    "GET /api/v1/jobs HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear_body(fd, true, NULL, 0), 200);
	ck_assert_int_eq(wire_hear(fd), 200);
	wire_say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: "
	    "application/json\r\nContent-Length: 12\r\n\r\n{\"name\":\"a\"}");
	ck_assert_int_eq(wire_hear(fd), 201);
	wire_say(fd, "DELETE /api/v1/jobs/1 HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear(fd), 204);
	wire_say(fd, "GET /dygraph.min.js HTTP/1.1\r\n@\r\nConnection: close\r\n"
	    "\r\n");
	ck_assert_int_eq(wire_hear(fd), 200);
	ck_assert(wire_ended(fd));
	close(fd);
}
END_TEST

START_TEST(framing)
{
	static const struct {
		const char *text;
		int status;
	} trials[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n@\r\n@\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: application"
		    "/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked"
		    "\r\n\r\n0\r\n\r\n", 400 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: application"
		    "/json\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		    400 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: application"
		    "/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0"
		    "\r\n\r\n", 411 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: application"
		    "/json\r\nTransfer-Encoding: gzip\r\n\r\n{}", 411 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: application"
		    "/json\r\n\r\n", 411 },
		{ "GET http://127.0.0.1/ HTTP/1.1\r\n@\r\n\r\n", 400 },
		{ "OPTIONS * HTTP/1.1\r\n@\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\n@\n\n", 400 },
		{ "GET / HTTP/1.1\n@\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n@\nX: y\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nX: y\r\n@\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n@\r\n\n", 400 },
		{ "GET / HTTP/1.1\r\n@\r\nX: y\r\n z\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n@\r\nX: y\r\n\t\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n X: y\r\n@\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n@\r\nX : y\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n@\r\nX: y\rz\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\n@\r\n\r\n", 400 },
		{ "GET / a HTTP/1.1\r\n@\r\n\r\n", 400 },
		{ "\r\nGET /?a HTTP/1.1\r\nX:\r\nY: \t z \r\nCookie: a=b\r\n"
		    "@\r\n\r\n", 200 },
		{ "GET /%00 HTTP/1.1\r\n@\r\n\r\n", 404 },
		{ "GET /%2e%2e/ HTTP/1.1\r\n@\r\n\r\n", 404 },
		{ "GET /healthz?a=%00 HTTP/1.1\r\n@\r\n\r\n", 400 },
		{ "BREW / HTTP/1.1\r\n@\r\n\r\n", 405 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nOrigin: http://evil.examp"
		    "le\r\nContent-Type: application/json\r\nContent-Length: 2"
		    "\r\n\r\n{}", 403 },
		{ "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: text/plain"
		    "\r\nContent-Length: 2\r\n\r\n{}", 415 },
	};

	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
		int status = wire_once(trials[i].text);

		ck_assert_msg(status == trials[i].status, "%s: %d",
		    trials[i].text, status);
	}
}
END_TEST

/* After a refusal whose end is certain the connection goes on; after another it
 * does not, so that what follows is not taken for a request. */
START_TEST(refusals_keep_in_step)
{
	int fd = wire_dial();

	wire_say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: text/plain"
	    "\r\nContent-Length: 40\r\n\r\n"
	    "GET /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
	    "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear(fd), 415);
	ck_assert_int_eq(wire_hear(fd), 200);
	close(fd);
	fd = wire_dial();
	wire_say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Length: 0\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	    "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear(fd), 400);
	ck_assert(wire_ended(fd));
	close(fd);
}
END_TEST

/* A body that is too large by little is read to its end, so that the client
 * sees why; by much, the answer comes at once. */
START_TEST(large_bodies)
{
	char head[256], *body = malloc(400000);
	size_t sent = 0;
	int fd = wire_dial();

	ck_assert_ptr_nonnull(body);
	memset(body, ' ', 400000);
	wire_say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: "
	    "application/json\r\nContent-Length: 400000\r\n\r\n");
	while (sent < 400000) {
		ssize_t n = send(fd, body + sent, 400000 - sent, MSG_NOSIGNAL);

		ck_assert_int_gt(n, 0);
		sent += (size_t)n;
	}
	ck_assert_int_eq(wire_hear(fd), 413);
	wire_say(fd, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear(fd), 200);
	close(fd);
	fd = wire_dial();
	snprintf(head, sizeof head, "POST /api/v1/snapshots HTTP/1.1\r\n@\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 99999999999\r\n\r\n");
	wire_say(fd, head);
	ck_assert_int_eq(wire_hear(fd), 413);
	ck_assert(wire_ended(fd));
	close(fd);
	fd = wire_dial();
	wire_say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: text/plain\r\n"
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	ck_assert_int_eq(wire_hear(fd), 415);
	close(fd);
	free(body);
}
END_TEST

START_TEST(many_headers)
{
	char text[8192] = "GET / HTTP/1.1\r\n@\r\n";
	int status;

	for (int i = 0; i < GATE_HEADERS_MAX; i++)
		sprintf(text + strlen(text), "X-%d: y\r\n", i);
	strcat(text, "\r\n");
	ck_assert_int_eq(wire_once(text), 400);
	memset(text, 'a', sizeof text);
	memcpy(text, "GET /", 5);
	strcpy(text + 7900, " HTTP/1.1\r\n@\r\n\r\n");
	status = wire_once(text);
	ck_assert_int_eq(status, 404);
}
END_TEST

/* ---- the end, and others ---- */

START_TEST(ends_under_load)
{
	int half = wire_dial(), idle = wire_dial(), head = wire_dial();
	double begun = clock_seconds();

	wire_say(half, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: "
	    "application/json\r\nContent-Length: 1000\r\n\r\n{");
	wire_say(head, "GET / HTTP/1.1\r\nHo");
	ck_assert(!wire_readable(idle, 0.2));
	http_stop(wire_http);
	wire_http = NULL;
	ck_assert_double_lt(clock_seconds() - begun, 2);
	ck_assert(wire_ended(idle));
	close(half);
	close(idle);
	close(head);
}
END_TEST

/* More slow clients than there are places; a quick one still gets in. */
START_TEST(slow_clients_starve_nobody)
{
	int slow[300];
	double begun;

	for (int i = 0; i < 300; i++) {
		slow[i] = wire_dial();
		wire_say(slow[i], "GET / HTTP/1.1\r\nX: ");
	}
	begun = clock_seconds();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wire_once("GET /healthz HTTP/1.1\r\n@\r\n\r\n"),
		    200);
	ck_assert_double_lt(clock_seconds() - begun, 10);
	for (int i = 0; i < 300; i++)
		close(slow[i]);
}
END_TEST

static void *
hammer(void *arg)
{
	int *good = arg;

	for (int i = 0; i < 50; i++) {
		int fd = wire_dial();

		wire_say(fd, "GET /api/v1/jobs HTTP/1.1\r\n@\r\n\r\n"
		    "GET / HTTP/1.1\r\n@\r\n\r\n");
		*good += wire_hear(fd) == 200;
		*good += wire_hear(fd) == 200;
		close(fd);
	}
	return NULL;
}

START_TEST(serves_many_at_once)
{
	pthread_t threads[8];
	int good[8] = { 0 };

	fake_job("a");
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer,
		    &good[i]), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(good[i], 100);
	}
}
END_TEST

START_TEST(says_why_it_cannot_listen)
{
	struct http_config config = { .address = "127.0.0.1",
		.port = http_port(wire_http), .server = fake_server };
	struct http *second;
	struct message m = { "" };

	ck_assert_int_eq(http_start(&config, &second, &m), ERR_IO);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(strstr(m.text, "--listen"));
	config.port = 70000;
	ck_assert_int_eq(http_start(&config, &second, &m), ERR_INVALID);
	config.port = 0;
	config.address = "";
	ck_assert_int_eq(http_start(&config, &second, &m), ERR_INVALID);
	config.address = "no.such.host.invalid";
	ck_assert_int_eq(http_start(&config, &second, &m), ERR_INVALID);
	ck_assert_str_ne(m.text, "");
	http_stop(NULL);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, wire_begin, wire_end);
	tcase_add_test(tcase, answers);
	tcase_add_test(tcase, framing);
	tcase_add_test(tcase, refusals_keep_in_step);
	tcase_add_test(tcase, large_bodies);
	tcase_add_test(tcase, many_headers);
	tcase_add_test(tcase, ends_under_load);
	tcase_add_test(tcase, slow_clients_starve_nobody);
	tcase_add_test(tcase, serves_many_at_once);
	tcase_add_test(tcase, says_why_it_cannot_listen);
}

int
main(void)
{
	return run_tests("socket", add);
}
