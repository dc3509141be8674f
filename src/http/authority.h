/* Who may do what.
 *
 * A route whose authority is not AUTHORITY_NONE is for this process's user and
 * root, who are known by their sockets on loopback (peer.h), and for who shows
 * the token; everybody else is told where the token is to be had. */
#ifndef L2LD_HTTP_AUTHORITY_H
#define L2LD_HTTP_AUTHORITY_H

#include "http/gate.h"
#include "http/peer.h"
#include "http/request.h"

/* True: the request may have what a route of this authority gives.  False: rs is
 * the answer. */
bool
authority_check(struct site *site, enum authority wanted,
    const struct gate_head *head, struct peer *peer, struct response *rs);

/* Read the token file of a server that listens on loopback only, or not: there
 * the file is made when there is none, elsewhere that is an error, and so is
 * path NULL.  0 or an error with a sentence. */
int
authority_read_token(struct token *token, const char *path, bool loopback,
    struct message *m);

#endif
