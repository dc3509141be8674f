/* Who may do what: the token's file, the user behind a socket, and what a route
 * asks for. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "http/authority.h"
#include "tests/http/fake.h"

#define GOOD "0123456789abcdef0123456789abcdef0123456789abcdef"

static char folder[64];
static char path[128];

static void
begin(void)
{
	strcpy(folder, "/tmp/l2ld-token-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/token", folder);
}

static void
end(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static int
read_text(const char *text, size_t len, mode_t mode, struct message *m)
{
	struct token token;
	int r;

	unlink(path);
	ck_assert_int_eq(file_write(path, text, len, NULL), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	r = token_read(&token, path, m);
	ck_assert_int_eq(token.len > 0, r == 0);
	return r;
}

START_TEST(token_file)
{
	static const struct {
		const char *text;
		int r;
	} trials[] = {
		{ GOOD, 0 }, { GOOD "\n", 0 }, { GOOD "\r\n", 0 },
		{ "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-._~+/=", 0 },
		{ "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-._~+/", ERR_FORMAT },
		{ "", ERR_FORMAT }, { "\n", ERR_FORMAT },
		{ "\n" GOOD, ERR_FORMAT }, { GOOD "\n" GOOD, ERR_FORMAT },
		{ GOOD " ", ERR_FORMAT }, { " " GOOD, ERR_FORMAT },
		{ GOOD "\xc3\xa9", ERR_FORMAT }, { GOOD "\"", ERR_FORMAT },
		{ GOOD GOOD GOOD, ERR_FORMAT },
	};
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0777 };
	struct message m;

	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
		m.text[0] = 0;
		ck_assert_msg(read_text(trials[i].text, strlen(trials[i].text),
		    0600, &m) == trials[i].r, "trial %zu: %s", i, m.text);
		ck_assert_ptr_null(strstr(m.text, "0123"));
	}
	ck_assert_int_eq(read_text(GOOD "\0x", sizeof GOOD + 1, 0600, &m),
	    ERR_FORMAT);
	ck_assert_int_eq(read_text(GOOD, sizeof GOOD - 1, 0400, &m), 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		ck_assert_int_eq(read_text(GOOD, sizeof GOOD - 1, modes[i], &m),
		    ERR_INVALID);
		ck_assert_ptr_nonnull(strstr(m.text, "chmod 0600"));
	}
}
END_TEST

START_TEST(token_made)
{
	struct token first, second;
	struct stat st;

	ck_assert_int_eq(token_read(&first, path, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(token_make(path, NULL), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(token_read(&first, path, NULL), 0);
	ck_assert_uint_eq(first.len, 64);
	/* What is there stays; another is another. */
	ck_assert_int_eq(token_make(path, NULL), 0);
	ck_assert_int_eq(token_read(&second, path, NULL), 0);
	ck_assert(token_is(&first, second.text));
	unlink(path);
	ck_assert_int_eq(token_make(path, NULL), 0);
	ck_assert_int_eq(token_read(&second, path, NULL), 0);
	ck_assert(!token_is(&first, second.text));
	/* Nothing else is left in the folder, or end() fails; and a folder that
	 * is not there is an error. */
	ck_assert_int_eq(token_make("/no/such/folder/token", NULL), ERR_IO);
}
END_TEST

START_TEST(token_compared)
{
	struct token token = { sizeof GOOD - 1, GOOD }, none = { 0 };
	char text[400];

	ck_assert(token_is(&token, GOOD));
	ck_assert(!token_is(&none, ""));
	ck_assert(!token_is(&token, ""));
	for (size_t i = 0; i < sizeof GOOD - 1; i++) {
		strcpy(text, GOOD);
		text[i] ^= 1;
		ck_assert(!token_is(&token, text));
		text[i] = 0;
		ck_assert(!token_is(&token, text));
	}
	for (size_t len = sizeof GOOD; len < sizeof text; len++) {
		memset(text, 'a', len);
		memcpy(text, GOOD, sizeof GOOD - 1);
		text[len] = 0;
		ck_assert(!token_is(&token, text));
	}
}
END_TEST

/* ---- who is at the other end ---- */

/* A connection over loopback; the family of the listening end. */
static void
connect_pair(int family, int *ours, int *theirs)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = family == AF_INET ? sizeof four : sizeof any;
	struct sockaddr *bound = family == AF_INET ?
	    (struct sockaddr *)&four : (struct sockaddr *)&any;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ours = *theirs = -1;
	if (fd < 0 || bind(fd, bound, len) < 0)
		return;
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, bound, &len), 0);
	to.sin_port = family == AF_INET ? four.sin_port : any.sin6_port;
	*theirs = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(*theirs, (struct sockaddr *)&to,
	    sizeof to), 0);
	*ours = accept(fd, NULL, NULL);
	ck_assert_int_ge(*ours, 0);
	close(fd);
}

/* Whether the kernel can be asked here at all: where it cannot, everybody needs
 * the token, and these tests have nothing to show. */
static bool
kernel_tells(int socket)
{
	uid_t user;

	return peer_user(socket, &user) != ERR_IO;
}

START_TEST(peer_is_found)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int ours, theirs;
	uid_t user;

	for (int i = 0; i < 2; i++) {
		struct peer peer = { 0 };

		connect_pair(families[i], &ours, &theirs);
		if (ours < 0 || !kernel_tells(ours))
			continue;
		peer.socket = ours;
		ck_assert_int_eq(peer_user(ours, &user), 0);
		ck_assert_uint_eq(user, geteuid());
		ck_assert(peer_trusted(&peer));
		/* Half closed, it still has an owner; closed, it has none, but
		 * what was asked before stays. */
		shutdown(theirs, SHUT_WR);
		ck_assert_int_eq(peer_user(ours, &user), 0);
		close(theirs);
		ck_assert_int_eq(peer_user(ours, &user), ERR_NOT_FOUND);
		ck_assert_uint_eq(user, (uid_t)-1);
		ck_assert(peer_trusted(&peer));
		peer.asked = peer.trusted = false;
		ck_assert(!peer_trusted(&peer));
		close(ours);
	}
}
END_TEST

/* A client of server resets its connection, ours is what is left of it, and the
 * socket second takes its port.  False when the port cannot be had: some earlier
 * connection from it to elsewhere is not forgotten yet. */
static bool
reuse_port(int listener, const struct sockaddr_in *server, int *ours,
    int *second)
{
	struct linger reset = { 1, 0 };
	struct sockaddr_in client;
	socklen_t len = sizeof client;
	int first = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_eq(connect(first, (const struct sockaddr *)server, len),
	    0);
	ck_assert_int_eq(getsockname(first, (struct sockaddr *)&client, &len),
	    0);
	*ours = accept(listener, NULL, NULL);
	ck_assert_int_eq(send(first, "GET", 3, 0), 3);
	setsockopt(first, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(first);
	*second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(*second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(*second, (struct sockaddr *)&client, len) == 0)
		return true;
	ck_assert_int_eq(errno, EADDRINUSE);
	close(*ours);
	close(*second);
	return false;
}

/* The request that was sent before the port changed hands must not be taken for
 * that of the other one. */
START_TEST(peer_whose_port_was_reused)
{
	struct sockaddr_in server;
	socklen_t len = sizeof server;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ours, second, fresh, tries = 0;
	uid_t user;

	server = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&server, len), 0);
	ck_assert_int_eq(listen(fd, 2), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&server, &len), 0);
	while (!reuse_port(fd, &server, &ours, &second))
		ck_assert_int_lt(++tries, 1000);
	ck_assert_int_eq(connect(second, (struct sockaddr *)&server, len), 0);
	fresh = accept(fd, NULL, NULL);
	if (kernel_tells(fresh)) {
		ck_assert_int_eq(peer_user(fresh, &user), 0);
		ck_assert_int_eq(peer_user(ours, &user), ERR_NOT_FOUND);
	}
	close(fd);
	close(ours);
	close(second);
	close(fresh);
}
END_TEST

START_TEST(peer_that_is_none)
{
	int pair[2], udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct peer nobody = { .socket = -1 };
	uid_t user;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(peer_user(pair[0], &user), ERR_NOT_FOUND);
	ck_assert_int_eq(peer_user(udp, &user), ERR_NOT_FOUND);
	ck_assert_int_eq(peer_user(-1, &user), ERR_NOT_FOUND);
	ck_assert(!peer_trusted(&nobody));
	close(pair[0]);
	close(pair[1]);
	close(udp);
}
END_TEST

/* A socket that another user made (root can try). */
START_TEST(peer_of_another_user)
{
	struct peer peer = { 0 };
	int ours, theirs;
	uid_t user;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(seteuid(12345), 0);
	connect_pair(AF_INET, &ours, &theirs);
	ck_assert_int_eq(seteuid(0), 0);
	peer.socket = ours;
	if (kernel_tells(ours)) {
		ck_assert_int_eq(peer_user(ours, &user), 0);
		ck_assert_uint_eq(user, 12345);
	}
	ck_assert(!peer_trusted(&peer));
	close(ours);
	close(theirs);
}
END_TEST

/* ---- what a route asks for ---- */

START_TEST(routes_ask)
{
	static const struct {
		const char *value, *code;	/* code NULL: it passes */
	} trials[] = {
		{ NULL, "token_required" },
		{ "Bearer " GOOD, NULL },
		{ "bearer  " GOOD, NULL },
		{ "Bearer", "token_wrong" },
		{ "Bearer ", "token_wrong" },
		{ "Bearer" GOOD, "token_wrong" },
		{ "Basic " GOOD, "token_wrong" },
		{ GOOD, "token_wrong" },
		{ "Bearer " GOOD "a", "token_wrong" },
		{ "", "token_wrong" },
	};
	struct reply reply = { 0 };

	strcpy(fake_site.token.text, GOOD);
	fake_site.token.len = strlen(GOOD);
	fake_peer.trusted = false;
	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
		const char *name = trials[i].value != NULL ? "Authorization" :
		    NULL;

		ask_with(&reply, "GET", "/api/v1/jobs", NULL, name,
		    trials[i].value);
		ck_assert_msg(reply.rs.status == (trials[i].code == NULL ?
		    200 : 401), "trial %zu: %d", i, reply.rs.status);
		if (trials[i].code == NULL)
			continue;
		ck_assert_str_eq(reply_text(&reply, "code"), trials[i].code);
		ck_assert_int_eq(strncmp(reply_header(&reply,
		    "WWW-Authenticate"), "Bearer", 6), 0);
		ck_assert_ptr_null(strstr(reply.rs.body.data, GOOD));
	}
	/* The token that is none at all opens nothing. */
	fake_site.token = (struct token){ 0 };
	ask_with(&reply, "GET", "/api/v1/jobs", NULL, "Authorization",
	    "Bearer ");
	ck_assert_int_eq(reply.rs.status, 401);
	/* A wrong one does no harm to who needs none. */
	fake_peer.trusted = true;
	ask_with(&reply, "GET", "/api/v1/jobs", NULL, "Authorization",
	    "Bearer x");
	ck_assert_int_eq(reply.rs.status, 200);
	reply_free(&reply);
}
END_TEST

/* A path that takes the place of {id} and the like. */
static void
fill(const char *pattern, char target[256])
{
	char *to = target;

	for (; *pattern != 0; pattern++)
		if (*pattern == '{') {
			*to++ = '1';
			pattern = strchr(pattern, '}');
		} else {
			*to++ = *pattern;
		}
	*to = 0;
}

START_TEST(all_routes_ask)
{
	struct reply reply = { 0 };
	char target[256];

	fake_job("a");
	fake_peer.trusted = false;
	for (const struct route *route = routes; route->handler != NULL;
	     route++) {
		bool open = route->authority == AUTHORITY_NONE;

		fill(route->pattern, target);
		ask(&reply, route->method, target, NULL);
		ck_assert_msg((reply.rs.status != 401) == open, "%s %s: %d",
		    route->method, target, reply.rs.status);
		/* Whatever changes something asks. */
		ck_assert(!open || strcmp(route->method, "GET") == 0);
	}
	ask(&reply, "GET", "/", NULL);
	ck_assert_int_eq(reply.rs.status, 200);
	ask(&reply, "GET", "/nothing", NULL);
	ck_assert_int_eq(reply.rs.status, 404);
	reply_free(&reply);
}
END_TEST

START_TEST(public_needs_a_file)
{
	struct message m;
	struct token token;

	ck_assert_int_eq(authority_read_token(&token, NULL, true, &m), 0);
	ck_assert_uint_eq(token.len, 0);
	ck_assert_int_eq(authority_read_token(&token, NULL, false, &m),
	    ERR_INVALID);
	ck_assert_int_eq(authority_read_token(&token, path, false, &m),
	    ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(m.text, "l2ld token"));
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(authority_read_token(&token, path, true, &m), 0);
	ck_assert_int_eq(authority_read_token(&token, path, false, &m), 0);
	ck_assert_uint_eq(token.len, 64);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(authority_read_token(&token, path, true, &m),
	    ERR_INVALID);
	ck_assert_uint_eq(token.len, 0);
}
END_TEST

Suite *
suite_authority(void)
{
	Suite *suite = suite_create("authority");
	TCase *files = tcase_create("files"), *asks = tcase_create("routes");

	tcase_add_checked_fixture(files, begin, end);
	tcase_add_test(files, token_file);
	tcase_add_test(files, token_made);
	tcase_add_test(files, token_compared);
	tcase_add_test(files, public_needs_a_file);
	tcase_add_test(files, peer_is_found);
	tcase_add_test(files, peer_whose_port_was_reused);
	tcase_add_test(files, peer_that_is_none);
	tcase_add_test(files, peer_of_another_user);
	suite_add_tcase(suite, files);
	tcase_add_checked_fixture(asks, fake_begin, fake_end);
	tcase_add_test(asks, routes_ask);
	tcase_add_test(asks, all_routes_ask);
	suite_add_tcase(suite, asks);
	return suite;
}
