/* An answer, as the HTTP library takes it. */
#ifndef L2LD_HTTP_REPLY_H
#define L2LD_HTTP_REPLY_H

#include <microhttpd.h>

#include "http/response.h"

/* A new one, which takes body and file out of rs; NULL: out of memory. */
struct MHD_Response *
reply_make(struct response *rs);

#endif
