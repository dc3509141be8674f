#include "http/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

/* One end, in host order but for the address; an IPv4 address is mapped into
 * IPv6, as a dual-stack socket shows it. */
struct end {
	uint8_t address[16];
	uint16_t port;
};

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
end_is_four(const struct end *end)
{
	return memcmp(end->address, mapped, sizeof mapped) == 0;
}

static bool
end_is_loopback(const struct end *end)
{
	return end_is_four(end) ? end->address[12] == 127 :
	    memcmp(end->address, &in6addr_loopback, 16) == 0;
}

static bool
end_same(const struct end *a, const struct end *b)
{
	return a->port == b->port && memcmp(a->address, b->address, 16) == 0;
}

static void
end_set(struct end *end, int family, const void *address, uint16_t port)
{
	if (family == AF_INET) {
		memcpy(end->address, mapped, sizeof mapped);
		memcpy(end->address + sizeof mapped, address, 4);
	} else {
		memcpy(end->address, address, 16);
	}
	end->port = ntohs(port);
}

static int
end_read(int socket, int (*name)(int, struct sockaddr *, socklen_t *),
    struct end *end)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} address;
	socklen_t len = sizeof address;

	memset(&address, 0, sizeof address);
	if (name(socket, &address.any, &len) < 0)
		return ERR_NOT_FOUND;
	if (address.any.sa_family == AF_INET)
		end_set(end, AF_INET, &address.four.sin_addr,
		    address.four.sin_port);
	else if (address.any.sa_family == AF_INET6)
		end_set(end, AF_INET6, &address.six.sin6_addr,
		    address.six.sin6_port);
	else
		return ERR_NOT_FOUND;
	return 0;
}

/* Whether our end has not been closed or reset. */
static bool
is_alive(int socket)
{
	struct tcp_info info = { .tcpi_state = TCP_CLOSE };
	socklen_t len = sizeof info;

	return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    (info.tcpi_state == TCP_ESTABLISHED ||
	    info.tcpi_state == TCP_CLOSE_WAIT);
}

/* ---- the question ---- */

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

static void
ask_for(struct question *q, const struct end *own, const struct end *other)
{
	bool four = end_is_four(own);
	size_t skip = four ? sizeof mapped : 0;

	memset(q, 0, sizeof *q);
	q->head.nlmsg_len = sizeof *q;
	q->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	q->head.nlmsg_flags = NLM_F_REQUEST;
	q->body.sdiag_family = four ? AF_INET : AF_INET6;
	q->body.sdiag_protocol = IPPROTO_TCP;
	q->body.idiag_states = UINT32_MAX;
	q->body.id.idiag_sport = htons(own->port);
	q->body.id.idiag_dport = htons(other->port);
	memcpy(q->body.id.idiag_src, own->address + skip, 16 - skip);
	memcpy(q->body.id.idiag_dst, other->address + skip, 16 - skip);
	q->body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	q->body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/* Where it finds no connection, the kernel names a socket that only listens. */
static int
take_answer(const struct inet_diag_msg *msg, const struct end *own,
    const struct end *other, uid_t *user)
{
	struct end source, target;

	if (msg->idiag_family != AF_INET && msg->idiag_family != AF_INET6)
		return ERR_NOT_FOUND;
	end_set(&source, msg->idiag_family, msg->id.idiag_src,
	    msg->id.idiag_sport);
	end_set(&target, msg->idiag_family, msg->id.idiag_dst,
	    msg->id.idiag_dport);
	if (!end_same(&source, own) || !end_same(&target, other))
		return ERR_NOT_FOUND;
	switch (msg->idiag_state) {
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		break;
	default:
		return ERR_NOT_FOUND;
	}
	/* No file: nobody holds it any more, and its user is given as 0. */
	if (msg->idiag_inode == 0)
		return ERR_NOT_FOUND;
	*user = msg->idiag_uid;
	return 0;
}

/* The kernel answers while it is asked: what is not there then never comes. */
static int
hear_answer(int netlink, const struct end *own, const struct end *other,
    uid_t *user)
{
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} buffer;
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof from;
	ssize_t got = recvfrom(netlink, &buffer, sizeof buffer, MSG_DONTWAIT,
	    (struct sockaddr *)&from, &from_len);

	if (got < 0 || from.nl_pid != 0 || !NLMSG_OK(&buffer.head, (size_t)got))
		return ERR_IO;
	if (buffer.head.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(&buffer.head);

		return buffer.head.nlmsg_len >= NLMSG_LENGTH(sizeof *error) &&
		    error->error == -ENOENT ? ERR_NOT_FOUND : ERR_IO;
	}
	if (buffer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    buffer.head.nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return ERR_IO;
	return take_answer(NLMSG_DATA(&buffer.head), own, other, user);
}

/* The owner of the socket whose own address is own and which is connected to
 * other. */
static int
ask_kernel(const struct end *own, const struct end *other, uid_t *user)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct question question;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int r = ERR_IO;

	if (fd < 0)
		return ERR_IO;
	ask_for(&question, own, other);
	if (sendto(fd, &question, sizeof question, 0,
	    (struct sockaddr *)&kernel, sizeof kernel) == sizeof question)
		r = hear_answer(fd, own, other, user);
	close(fd);
	return r;
}

/* The number that stands for all users who have none in this namespace. */
static uid_t
overflow_user(void)
{
	FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
	unsigned user;

	if (file == NULL)
		return 65534;
	if (fscanf(file, "%u", &user) != 1)
		user = 65534;
	fclose(file);
	return (uid_t)user;
}

int
peer_user(int socket, uid_t *user)
{
	struct end own, other;
	int r;

	*user = (uid_t)-1;
	if (end_read(socket, getsockname, &own) < 0 ||
	    end_read(socket, getpeername, &other) < 0 ||
	    !end_is_loopback(&own) || !end_is_loopback(&other))
		return ERR_NOT_FOUND;
	/* Its end is ours the other way round. */
	r = ask_kernel(&other, &own, user);
	if (r == 0 && (!is_alive(socket) || *user == overflow_user())) {
		*user = (uid_t)-1;
		r = ERR_NOT_FOUND;
	}
	return r;
}

bool
peer_trusted(struct peer *peer)
{
	uid_t user;
	int r;

	if (peer->asked || peer->socket < 0)
		return peer->trusted;
	r = peer_user(peer->socket, &user);
	if (r == ERR_IO)
		log_warning("http: the kernel cannot be asked who a client is "
		    "(NETLINK_SOCK_DIAG): clients need the token");
	peer->trusted = r == 0 && (user == 0 || user == geteuid());
	peer->asked = true;
	return peer->trusted;
}
