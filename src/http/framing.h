/* Whether the lines of a request's head ended as they must.
 *
 * libmicrohttpd 0.9.75 takes a bare LF for the end of a line and a line that
 * begins with a space for the rest of the one before; other readers of the same
 * bytes may not, and see other headers.  It says nothing of this, but it parses
 * in place and gives the size of the head: where each piece stands shows how many
 * bytes lie between one and the next. */
#ifndef L2LD_HTTP_FRAMING_H
#define L2LD_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "http/gate.h"

/* Whether this version of the library parses in place.  Newer ones refuse such
 * lines themselves. */
bool
framing_in_place(const char *version);

/* True: between method, target and version is one space each, every line ends
 * with two bytes, and nothing else is in the size bytes of the head.  target is
 * where the target stood; its text is head's, for the library has changed its
 * own since.  The bytes of the line ends are overwritten and cannot be seen: a NUL
 * before a bare LF passes for CR LF. */
bool
framing_exact(const struct gate_head *head, const char *target, size_t size);

#endif
