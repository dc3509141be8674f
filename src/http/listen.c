#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* "[::1]" without its brackets. */
static int
bare_address(const char *address, char bare[256])
{
	size_t len = strlen(address);

	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len == 0 || len >= 256)
		return ERR_INVALID;
	memcpy(bare, address, len);
	bare[len] = 0;
	return 0;
}

static int
listen_on(const struct addrinfo *info)
{
	int on = 1, error;
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC,
	    info->ai_protocol);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool
is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	if (address->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* What the socket was bound to. */
static int
bound_read(int fd, int *port, bool *loopback)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;

	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		return -1;
	*port = ntohs(bound.ss_family == AF_INET ?
	    ((struct sockaddr_in *)&bound)->sin_port :
	    ((struct sockaddr_in6 *)&bound)->sin6_port);
	*loopback = is_loopback(&bound);
	return 0;
}

int
listen_open(const char *address, int port, int *fd, int *bound, bool *loopback,
    struct message *m)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *found = NULL;
	char host[256], service[16];
	int r;

	*fd = -1;
	*bound = 0;
	*loopback = false;
	if (port < 0 || port > 65535 || bare_address(address, host) < 0)
		return message_set(m, ERR_INVALID, "cannot listen on %.100s:%d:"
		    " that is no address and port", address, port);
	snprintf(service, sizeof service, "%d", port);
	r = getaddrinfo(host, service, &hints, &found);
	if (r != 0)
		return message_set(m, ERR_INVALID, "cannot listen on %.100s: "
		    "%s", address, gai_strerror(r));
	*fd = listen_on(found);
	freeaddrinfo(found);
	if (*fd >= 0 && bound_read(*fd, bound, loopback) == 0)
		return 0;
	r = message_set(m, ERR_IO, "cannot listen on %.100s:%d: %s%s", address,
	    port, strerror(errno), errno == EADDRINUSE ?
	    " (is another l2ld running? --listen takes another port)" : "");
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return r;
}
