#include "tests/http/wire.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/http/fake.h"

struct http *wire_http;
static char host[64];		/* as it stands in Host */

void
wire_begin(void)
{
	struct http_config config = { .address = "127.0.0.1" };
	struct message m = { "" };

	fake_begin();
	config.server = fake_server;
	ck_assert_msg(http_start(&config, &wire_http, &m) == 0, "%s", m.text);
	ck_assert_int_gt(http_port(wire_http), 0);
	snprintf(host, sizeof host, "127.0.0.1:%d", http_port(wire_http));
}

void
wire_end(void)
{
	http_stop(wire_http);
	wire_http = NULL;
	fake_end();
}

int
wire_dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)http_port(wire_http)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

void
wire_say(int fd, const char *text)
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

bool
wire_readable(int fd, double seconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, (int)(seconds * 1000)) == 1;
}

int
wire_hear_body(int fd, bool head, char *text, size_t room)
{
	char bytes[65536];
	size_t len = 0, body = 0, want;
	char *at;
	int status;

	for (;;) {
		ck_assert_msg(wire_readable(fd, 20), "no answer");
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

		ck_assert(wire_readable(fd, 20));
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

int
wire_hear(int fd)
{
	return wire_hear_body(fd, false, NULL, 0);
}

bool
wire_ended(int fd)
{
	char byte;

	return wire_readable(fd, 5) && recv(fd, &byte, 1, 0) <= 0;
}

int
wire_once(const char *text)
{
	int fd = wire_dial(), status;

	wire_say(fd, text);
	status = wire_hear(fd);
	close(fd);
	return status;
}
