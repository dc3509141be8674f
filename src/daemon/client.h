/* Asking a running l2ld over HTTP. */
#ifndef L2LD_DAEMON_CLIENT_H
#define L2LD_DAEMON_CLIENT_H

#include <stdbool.h>

#include "base/err.h"

/* POST to url and write what a 200 brings to the descriptor `file`, whose name is
 * path.  The token ("": none) is shown, nothing else is sent along; redirections
 * and proxies are not followed.  certificate is the one file of certificates that
 * a server by https is believed for, whatever name it was reached by; NULL: the
 * system's.  stopped is asked now and then whether to give up.  0; ERR_SHUTDOWN;
 * ERR_FULL; ERR_CONFLICT and others with the server's own sentence, or one that
 * says why it was not reached (ERR_IO). */
int
client_post(const char *url, const char *certificate, const char *token,
    int file, const char *path, bool (*stopped)(void), struct message *m);

#endif
