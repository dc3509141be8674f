/* Long polls over a socket: what they wait for, and what ends them. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/http/fake.h"
#include "tests/http/wire.h"
#include "tests/run.h"

#define POLL "GET /api/v1/jobs/1/curves/training.json?after=3&wait=%d " \
    "HTTP/1.1\r\n@\r\n\r\n"

static int
poll_begin(int seconds)
{
	char text[256];
	int fd = wire_dial();

	snprintf(text, sizeof text, POLL, seconds);
	wire_say(fd, text);
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
	ck_assert(!wire_readable(fd, 0.3));
	begun = clock_seconds();
	fake_rows(1, 3, 1);
	ck_assert_int_eq(wire_hear_body(fd, false, text, sizeof text), 200);
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
	ck_assert(!wire_readable(fd, 16));
	ck_assert_int_eq(wire_hear(fd), 200);
	wire_say(fd, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear(fd), 200);
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
		waiting += !wire_readable(fds[i], 0.3);
	ck_assert_int_eq(waiting, SITE_POLLS_MAX);
	ck_assert_int_eq(wire_once("GET /healthz HTTP/1.1\r\n@\r\n\r\n"), 200);
	/* The end of the server is answered, not waited for. */
	begun = clock_seconds();
	http_stop(wire_http);
	wire_http = NULL;
	ck_assert_double_lt(clock_seconds() - begun, 2);
	for (int i = 0; i < SITE_POLLS_MAX + 4; i++) {
		int status = wire_hear(fds[i]);

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
	ck_assert(!wire_readable(fds[SITE_POLLS_MAX - 1], 0.3));
	begun = clock_seconds();
	for (int i = 1; i < SITE_POLLS_MAX; i++)
		close(fds[i]);
	ck_assert_int_eq(shutdown(fds[0], SHUT_WR), 0);
	ck_assert_int_eq(wire_hear(fds[0]), 200);
	close(fds[0]);
	do {
		fd = poll_begin(30);
		if (!wire_readable(fd, 0.3))
			break;
		close(fd);
	} while (clock_seconds() - begun < 20);
	ck_assert_double_lt(clock_seconds() - begun, 20);
	ck_assert(!wire_readable(fd, 0.3));
	close(fd);
}
END_TEST

/* What is asked once the server is ending. */
START_TEST(drains)
{
	int kept = wire_dial(), fd;
	char text[4096];

	fake_job("a");
	fake_rows(1, 0, 3);
	fd = poll_begin(30);
	wire_say(kept, "GET /healthz HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear(kept), 200);
	ck_assert(!wire_readable(fd, 0.3));
	http_drain(wire_http);
	ck_assert_int_eq(wire_hear(fd), 200);
	wire_say(kept, "POST /api/v1/jobs HTTP/1.1\r\n@\r\n\r\n");
	ck_assert_int_eq(wire_hear_body(kept, false, text, sizeof text), 503);
	ck_assert_ptr_nonnull(strstr(text, "\"stopping\""));
	ck_assert_int_eq(wire_once("GET / HTTP/1.1\r\n@\r\n\r\n"), 503);
	close(kept);
	close(fd);
	http_drain(NULL);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, wire_begin, wire_end);
	tcase_add_test(tcase, polls_wait);
	tcase_add_test(tcase, polls_outlast_the_timeout);
	tcase_add_test(tcase, polls_are_bounded_and_end);
	tcase_add_test(tcase, polls_end_with_their_clients);
	tcase_add_test(tcase, drains);
}

int
main(void)
{
	return run_tests("polls", add);
}
