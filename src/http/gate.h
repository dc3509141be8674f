/* The gate: what every request must pass before anything looks at it.
 *
 * No web page may drive the server (DNS rebinding, cross-site requests), and no
 * request may be one that two readers of its bytes would cut differently.  The
 * functions here see only the head, so that they are tested without a socket. */
#ifndef L2LD_HTTP_GATE_H
#define L2LD_HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/route.h"

#define GATE_HEADERS_MAX 64
#define GATE_TARGET_MAX 8192	/* bytes of an address with its query */
#define GATE_HEAD_MAX 16384	/* bytes of a head */
#define GATE_HOSTS_MAX 32
#define GATE_HOST_LEN 272
#define GATE_BODY_MAX (256 * 1024)	/* bytes of a JSON body */
#define GATE_EMPTY_MAX 4096	/* bytes of a body that is not looked at */

struct gate_header {
	const char *name, *value;	/* value may be NULL */
};

/* The head of a request as it came. */
struct gate_head {
	const char *method;
	const char *target;	/* path and query, nothing decoded */
	const char *version;	/* "HTTP/1.1" */
	const struct gate_header *headers;
	int headers_len;
	size_t size;		/* bytes of all of it, 0: not known */
	bool loose;		/* its lines do not end as they must */
};

/* Names this server answers to, as they stand in Host. */
struct gate {
	int len;
	char hosts[GATE_HOSTS_MAX][GATE_HOST_LEN];
};

/* What is wrong with a request. */
struct gate_fault {
	int status;
	const char *code;
	bool close;		/* where its body ends is not known, or far */
	struct message detail;
};

/* Fill the list (gate_hosts.c): the loopback names and address with port, and
 * each of extra (NULL at the end, or NULL): as it is, and with port unless it names one.
 * address may be in brackets or not.  Returns 0 or ERR_LIMIT with a sentence. */
int
gate_init(struct gate *gate, const char *address, int port,
    const char *const *extra, struct message *m);

/* Whether host, as it stands in a Host header, is on the list. */
bool
gate_knows(const struct gate *gate, const char *host);

/* The value of the header, NULL when there is none; *count (may be NULL) says
 * how many there are. */
const char *
gate_header(const struct gate_head *head, const char *name, int *count);

/* Bytes of the body that Content-Length announces, 0 without one.  False: it is
 * not a number. */
bool
gate_length(const struct gate_head *head, uint64_t *len);

/* Framing, Host, and for an unsafe method where it comes from.  True: pass. */
bool
gate_check(const struct gate *gate, const struct gate_head *head,
    struct gate_fault *fault);

/* Whether the body that the head announces is one that a route takes; *len is
 * its bytes.  limit is for BODY_BYTES.  Only after gate_check. */
bool
gate_check_body(const struct gate_head *head, enum route_body body,
    uint64_t limit, uint64_t *len, struct gate_fault *fault);

#endif
