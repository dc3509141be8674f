/* A socket that listens. */
#ifndef L2LD_HTTP_LISTEN_H
#define L2LD_HTTP_LISTEN_H

#include <stdbool.h>

#include "base/err.h"

/* Bind address (a name or number, IPv6 with or without brackets) and port (0:
 * any).  *fd is the listening socket, to be closed by the caller, *bound its
 * port, *loopback whether only this machine can reach it.  Returns 0, ERR_IO or
 * ERR_INVALID with a sentence. */
int
listen_open(const char *address, int port, int *fd, int *bound, bool *loopback,
    struct message *m);

#endif
