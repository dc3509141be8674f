/* The server over a socket: how requests are cut out of bytes, long polls, slow
 * clients, and its end. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/http.h"
#include "tests/http/fake.h"
#include "tests/run.h"

static struct http *http;
static char host[64];		/* as it stands in Host */

static void
begin(void)
{
	struct http_config config = { .address = "127.0.0.1" };
	struct message m = { "" };

	fake_begin();
	config.server = fake_server;
	ck_assert_msg(http_start(&config, &http, &m) == 0, "%s", m.text);
	ck_assert_int_gt(http_port(http), 0);
	snprintf(host, sizeof host, "127.0.0.1:%d", http_port(http));
}

static void
end(void)
{
	http_stop(http);
	http = NULL;
	fake_end();
}

static int
dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)http_port(http)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* Send a text in which each '@' stands for "Host: " and the server's name. */
static void
say(int fd, const char *text)
{
	char bytes[8192];
	size_t len = 0;
	ssize_t sent;

	for (; *text != 0; text++)
		len += (size_t)snprintf(bytes + len, sizeof bytes - len,
		    *text == '@' ? "Host: %s" : "%.1s",
		    *text == '@' ? host : text);
	sent = send(fd, bytes, len, MSG_NOSIGNAL);
	ck_assert_int_eq(sent, (ssize_t)len);
}

static bool
readable(int fd, double seconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, (int)(seconds * 1000)) == 1;
}

/* Read one answer: its status, and its body in text (cut to fit).  0: the
 * stream ended instead. */
static int
hear_body(int fd, bool head, char *text, size_t room)
{
	char bytes[65536];
	size_t len = 0, body = 0, want;
	char *at;
	int status;

	for (;;) {
		ck_assert_msg(readable(fd, 20), "no answer");
		if (recv(fd, bytes + len, 1, 0) != 1)
			return 0;
		bytes[++len] = 0;
		at = strstr(bytes, "\r\n\r\n");
		if (at != NULL)
			break;
		ck_assert_uint_lt(len, sizeof bytes - 1);
	}
	ck_assert_int_eq(sscanf(bytes, "HTTP/1.1 %d", &status), 1);
	at = strcasestr(bytes, "\r\ncontent-length:");
	want = at != NULL ? strtoul(at + 17, NULL, 10) : 0;
	if (head)
		want = 0;
	while (body < want) {
		ssize_t got;

		ck_assert(readable(fd, 20));
		got = recv(fd, bytes, want - body < sizeof bytes ?
		    want - body : sizeof bytes, 0);
		ck_assert_int_gt(got, 0);
		for (ssize_t i = 0; i < got; i++)
			if (body + (size_t)i + 1 < room)
				text[body + (size_t)i] = bytes[i];
		body += (size_t)got;
	}
	if (room > 0)
		text[body < room ? body : room - 1] = 0;
	return status;
}

static int
hear(int fd)
{
	return hear_body(fd, false, NULL, 0);
}

static bool
ended(int fd)
{
	char byte;

	return readable(fd, 5) && recv(fd, &byte, 1, 0) <= 0;
}

/* Send text on a connection of its own; the status. */
static int
once(const char *text)
{
	int fd = dial(), status;

	say(fd, text);
	status = hear(fd);
	close(fd);
	return status;
}

START_TEST(answers)
{
	int fd = dial();
	char text[4096];

	say(fd, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear_body(fd, false, text, sizeof text), 200);
	ck_assert_ptr_nonnull(strstr(text, "\"ok\""));
	/* The same connection again, and two requests at a time. */
	say(fd, "HEAD / HTTP/1.1\r\n@\r\n\r\n"
	    "GET /api/v1/jobs HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear_body(fd, true, NULL, 0), 200);
	ck_assert_int_eq(hear(fd), 200);
	say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: "
	    "application/json\r\nContent-Length: 12\r\n\r\n{\"name\":\"a\"}");
	ck_assert_int_eq(hear(fd), 201);
	say(fd, "DELETE /api/v1/jobs/1 HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear(fd), 204);
	say(fd, "GET /dygraph.min.js HTTP/1.1\r\n@\r\nConnection: close\r\n"
	    "\r\n");
	ck_assert_int_eq(hear(fd), 200);
	ck_assert(ended(fd));
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
		int status = once(trials[i].text);

		ck_assert_msg(status == trials[i].status, "%s: %d",
		    trials[i].text, status);
	}
}
END_TEST

/* After a refusal whose end is certain the connection goes on; after another it
 * does not, so that what follows is not taken for a request. */
START_TEST(refusals_keep_in_step)
{
	int fd = dial();

	say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: text/plain"
	    "\r\nContent-Length: 40\r\n\r\n"
	    "GET /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
	    "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear(fd), 415);
	ck_assert_int_eq(hear(fd), 200);
	close(fd);
	fd = dial();
	say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Length: 0\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	    "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear(fd), 400);
	ck_assert(ended(fd));
	close(fd);
}
END_TEST

/* A body that is too large by little is read to its end, so that the client
 * sees why; by much, the answer comes at once. */
START_TEST(large_bodies)
{
	char head[256], *body = malloc(400000);
	size_t sent = 0;
	int fd = dial();

	ck_assert_ptr_nonnull(body);
	memset(body, ' ', 400000);
	say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: "
	    "application/json\r\nContent-Length: 400000\r\n\r\n");
	while (sent < 400000) {
		ssize_t n = send(fd, body + sent, 400000 - sent, MSG_NOSIGNAL);

		ck_assert_int_gt(n, 0);
		sent += (size_t)n;
	}
	ck_assert_int_eq(hear(fd), 413);
	say(fd, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear(fd), 200);
	close(fd);
	fd = dial();
	snprintf(head, sizeof head, "POST /api/v1/snapshots HTTP/1.1\r\n@\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 99999999999\r\n\r\n");
	say(fd, head);
	ck_assert_int_eq(hear(fd), 413);
	ck_assert(ended(fd));
	close(fd);
	fd = dial();
	say(fd, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: text/plain\r\n"
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	ck_assert_int_eq(hear(fd), 415);
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
	ck_assert_int_eq(once(text), 400);
	memset(text, 'a', sizeof text);
	memcpy(text, "GET /", 5);
	strcpy(text + 7900, " HTTP/1.1\r\n@\r\n\r\n");
	status = once(text);
	ck_assert_int_eq(status, 404);
}
END_TEST

/* ---- long polls ---- */

#define POLL "GET /api/v1/jobs/1/curves/training.json?after=3&wait=%d " \
    "HTTP/1.1\r\n@\r\n\r\n"

static int
poll_begin(int seconds)
{
	char text[256];
	int fd = dial();

	snprintf(text, sizeof text, POLL, seconds);
	say(fd, text);
	return fd;
}

START_TEST(polls_wait)
{
	char text[4096];
	double begun;
	int fd;

	fake_job("a");
	fake_rows(1, 0, 3);
	fd = poll_begin(20);
	ck_assert(!readable(fd, 0.3));
	begun = clock_seconds();
	fake_rows(1, 3, 1);
	ck_assert_int_eq(hear_body(fd, false, text, sizeof text), 200);
	ck_assert_double_lt(clock_seconds() - begun, 3);
	ck_assert_ptr_nonnull(strstr(text, "\"seq\":4"));
	close(fd);
}
END_TEST

/* Longer than the time a connection may be silent. */
START_TEST(polls_outlast_the_timeout)
{
	int fd;

	fake_job("a");
	fake_rows(1, 0, 3);
	fd = poll_begin(17);
	ck_assert(!readable(fd, 16));
	ck_assert_int_eq(hear(fd), 200);
	say(fd, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear(fd), 200);
	close(fd);
}
END_TEST

START_TEST(polls_are_bounded_and_end)
{
	int fds[SITE_POLLS_MAX + 4], waiting = 0, refused = 0;
	double begun;

	fake_job("a");
	fake_rows(1, 0, 3);
	for (int i = 0; i < SITE_POLLS_MAX + 4; i++)
		fds[i] = poll_begin(30);
	for (int i = 0; i < SITE_POLLS_MAX + 4; i++)
		waiting += !readable(fds[i], 0.3);
	ck_assert_int_eq(waiting, SITE_POLLS_MAX);
	ck_assert_int_eq(once("GET /healthz HTTP/1.1\r\n@\r\n\r\n"), 200);
	/* The end of the server is answered, not waited for. */
	begun = clock_seconds();
	http_stop(http);
	http = NULL;
	ck_assert_double_lt(clock_seconds() - begun, 2);
	for (int i = 0; i < SITE_POLLS_MAX + 4; i++) {
		int status = hear(fds[i]);

		ck_assert(status == 200 || status == 429);
		refused += status == 429;
		close(fds[i]);
	}
	ck_assert_int_eq(refused, 4);
}
END_TEST

/* A client that is gone, or will say nothing more, holds no place. */
START_TEST(polls_end_with_their_clients)
{
	int fds[SITE_POLLS_MAX], fd;
	double begun;

	fake_job("a");
	fake_rows(1, 0, 3);
	for (int i = 0; i < SITE_POLLS_MAX; i++)
		fds[i] = poll_begin(30);
	ck_assert(!readable(fds[SITE_POLLS_MAX - 1], 0.3));
	begun = clock_seconds();
	for (int i = 1; i < SITE_POLLS_MAX; i++)
		close(fds[i]);
	ck_assert_int_eq(shutdown(fds[0], SHUT_WR), 0);
	ck_assert_int_eq(hear(fds[0]), 200);
	close(fds[0]);
	do {
		fd = poll_begin(30);
		if (!readable(fd, 0.3))
			break;
		close(fd);
	} while (clock_seconds() - begun < 20);
	ck_assert_double_lt(clock_seconds() - begun, 20);
	ck_assert(!readable(fd, 0.3));
	close(fd);
}
END_TEST

/* What is asked once the server is ending. */
START_TEST(drains)
{
	int kept = dial(), fd;
	char text[4096];

	fake_job("a");
	fake_rows(1, 0, 3);
	fd = poll_begin(30);
	say(kept, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear(kept), 200);
	ck_assert(!readable(fd, 0.3));
	http_drain(http);
	ck_assert_int_eq(hear(fd), 200);
	say(kept, "POST /api/v1/jobs HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(hear_body(kept, false, text, sizeof text), 503);
	ck_assert_ptr_nonnull(strstr(text, "\"stopping\""));
	ck_assert_int_eq(once("GET / HTTP/1.1\r\n@\r\n\r\n"), 503);
	close(kept);
	close(fd);
	http_drain(NULL);
}
END_TEST

/* ---- the end, and others ---- */

START_TEST(ends_under_load)
{
	int half = dial(), idle = dial(), head = dial();
	double begun = clock_seconds();

	say(half, "POST /api/v1/jobs HTTP/1.1\r\n@\r\nContent-Type: "
	    "application/json\r\nContent-Length: 1000\r\n\r\n{");
	say(head, "GET / HTTP/1.1\r\nHo");
	ck_assert(!readable(idle, 0.2));
	http_stop(http);
	http = NULL;
	ck_assert_double_lt(clock_seconds() - begun, 2);
	ck_assert(ended(idle));
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
		slow[i] = dial();
		say(slow[i], "GET / HTTP/1.1\r\nX: ");
	}
	begun = clock_seconds();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(once("GET /healthz HTTP/1.1\r\n@\r\n\r\n"),
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
		int fd = dial();

		say(fd, "GET /api/v1/jobs HTTP/1.1\r\n@\r\n\r\n"
		    "GET / HTTP/1.1\r\n@\r\n\r\n");
		*good += hear(fd) == 200;
		*good += hear(fd) == 200;
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
		.port = http_port(http), .server = fake_server };
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
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, answers);
	tcase_add_test(tcase, framing);
	tcase_add_test(tcase, refusals_keep_in_step);
	tcase_add_test(tcase, large_bodies);
	tcase_add_test(tcase, many_headers);
	tcase_add_test(tcase, polls_wait);
	tcase_add_test(tcase, polls_outlast_the_timeout);
	tcase_add_test(tcase, polls_are_bounded_and_end);
	tcase_add_test(tcase, polls_end_with_their_clients);
	tcase_add_test(tcase, drains);
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
