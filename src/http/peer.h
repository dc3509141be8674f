/* Who is at the other end of a connection: the kernel is asked whose socket it
 * is.
 *
 * Only over loopback, where the other end is a socket of this machine.  Why the
 * answer can be trusted, although it is asked for after the connection was made
 * and the client may be gone by then: while our own end is alive no other socket
 * can have completed a handshake with this pair of addresses and ports.  So if
 * the kernel names a socket that is past its handshake and has an owner, and our
 * end is still alive after that, the two are the ends of one connection.  A
 * client that resets the connection and leaves its port to somebody else is
 * found out by the second half, one in TIME_WAIT or otherwise without a process
 * (which the kernel reports with user 0) by the first. */
#ifndef L2LD_HTTP_PEER_H
#define L2LD_HTTP_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* The other end of one connection; used by one thread at a time. */
struct peer {
	int socket;		/* our end; -1: there is none to ask about */
	bool asked;
	bool trusted;		/* once it was asked */
};

/* Whether the client is this process's user or root.  The kernel is asked the
 * first time only: a socket's owner does not change. */
bool
peer_trusted(struct peer *peer);

/* The user at the other end of socket, a connected TCP socket.  ERR_NOT_FOUND
 * when it is not on loopback or the kernel knows no such socket with an owner,
 * ERR_IO when the kernel cannot be asked.  A user of another user namespace that
 * has no number in this one is ERR_NOT_FOUND too. */
int
peer_user(int socket, uid_t *user);

#endif
