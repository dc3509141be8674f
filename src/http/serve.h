/* From the head of a request to its answer: gate, route, handler, and the
 * headers that every answer has. */
#ifndef L2LD_HTTP_SERVE_H
#define L2LD_HTTP_SERVE_H

#include <stdbool.h>

#include "http/gate.h"
#include "http/peer.h"
#include "http/request.h"
#include "http/response.h"

/* Judge a request by its head and who sent it.  True: rq is filled in (head must
 * live as long), rq->body has room for rq->body_size bytes, to be given to
 * serve_answer.  False: rs is the whole answer; rs->close says that the body is
 * not to be read.  rq is to be freed with request_free either way. */
bool
serve_head(struct site *site, const struct gate_head *head, struct peer *peer,
    struct request *rq, struct response *rs);

/* Call the handler, now that the body is there. */
void
serve_answer(struct request *rq, struct response *rs);

#endif
