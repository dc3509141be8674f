#include "http/connection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/framing.h"
#include "http/reply.h"
#include "http/serve.h"

/* A refused request's body is read and dropped up to this size, so that the
 * client sees the answer and not a broken pipe. */
#define DRAIN_MAX (1024 * 1024)

/* One request of a connection. */
struct exchange {
	char *target;
	const char *target_at;		/* in the library's buffer: an address */
	bool begun;			/* the head was judged */
	bool refused;			/* rs is the answer */
	double since;
	/* One more than the gate lets pass, so that it sees them all or that
	 * they are too many. */
	struct gate_header headers[GATE_HEADERS_MAX + 1];
	int headers_len;
	struct request rq;
	struct response rs;
};

/* What is kept for a connection. */
struct held {
	struct deadline *deadline;
	struct peer peer;
	struct tls *tls;
};

/* NULL when there was no room for it. */
static struct held *
connection_held(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

static struct deadline *
connection_deadline(struct MHD_Connection *connection)
{
	struct held *held = connection_held(connection);

	return held != NULL ? held->deadline : NULL;
}

void *
connection_target(void *cls, const char *target,
    struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	struct deadline *deadline = connection_deadline(connection);

	(void)cls;
	if (exchange == NULL)
		return NULL;
	if (deadline != NULL)
		deadline_head(deadline);
	exchange->target = strdup(target);
	exchange->target_at = target;
	exchange->since = clock_seconds();
	return exchange;
}

static enum MHD_Result
collect_header(void *cls, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct exchange *exchange = cls;

	(void)kind;
	if (exchange->headers_len > GATE_HEADERS_MAX)
		return MHD_NO;
	exchange->headers[exchange->headers_len++] =
	    (struct gate_header){ name, value };
	return MHD_YES;
}

/* A line for each answer, for who asks for all lines. */
static void
log_answer(const struct exchange *exchange, uint64_t len)
{
	struct log_field fields[] = {
		{ .key = "method", .text = exchange->rq.method },
		{ .key = "path", .text = exchange->target },
		{ .key = "status", .number = exchange->rs.status },
		{ .key = "bytes", .number = (double)len },
		/* To the microsecond. */
		{ .key = "ms", .number = round(1e6 *
		    (clock_seconds() - exchange->since)) / 1e3 },
	};

	log_event(LOG_DEBUG, fields, sizeof fields / sizeof *fields,
	    "answered");
}

static enum MHD_Result
send_response(struct MHD_Connection *connection, struct exchange *exchange)
{
	struct response *rs = &exchange->rs;
	uint64_t len = response_size(rs);
	struct MHD_Response *response = reply_make(rs);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	log_answer(exchange, len);
	deadline_set(connection_deadline(connection), DEADLINE_ANSWERING, len);
	result = MHD_queue_response(connection, (unsigned)rs->status, response);
	MHD_destroy_response(response);
	return result;
}

/* How large the head is, and whether its lines ended as they must. */
static void
measure_head(struct MHD_Connection *connection, const char *target_at,
    struct gate_head *head)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	if (info == NULL)
		return;
	head->size = info->header_size;
	head->loose = head->headers_len <= GATE_HEADERS_MAX &&
	    framing_in_place(MHD_get_version()) &&
	    !framing_exact(head, target_at, head->size);
}

/* The head is there: judge it. */
static enum MHD_Result
begin(struct connection_context *context, struct MHD_Connection *connection,
    struct exchange *exchange, const char *method, const char *version)
{
	struct gate_head head = { .method = method, .target = exchange->target,
		.version = version, .headers = exchange->headers };
	struct response *rs = &exchange->rs;
	uint64_t len = 0;

	exchange->begun = true;
	MHD_get_connection_values(connection, MHD_HEADER_KIND, collect_header,
	    exchange);
	head.headers_len = exchange->headers_len;
	measure_head(connection, exchange->target_at, &head);
	exchange->refused = !serve_head(&context->site, &head,
	    &connection_held(connection)->peer, &exchange->rq, rs);
	gate_length(&head, &len);
	if (exchange->refused && (rs->close || len > DRAIN_MAX ||
	    gate_header(&head, "Expect", NULL) != NULL)) {
		rs->close = true;
		return send_response(connection, exchange);
	}
	deadline_set(connection_deadline(connection), DEADLINE_BODY, len);
	return MHD_YES;
}

/* Some of the body.  The library was told how much there is before we were, and
 * gives no more than that. */
static void
take_body(struct exchange *exchange, const char *data, size_t len)
{
	struct request *rq = &exchange->rq;
	size_t room = rq->body != NULL ? rq->body_size - rq->body_len : 0;

	if (exchange->refused || room == 0)
		return;
	if (len > room)
		len = room;
	memcpy(rq->body + rq->body_len, data, len);
	rq->body_len += len;
	rq->body[rq->body_len] = 0;
}

static enum MHD_Result
answer(struct MHD_Connection *connection, struct exchange *exchange)
{
	if (!exchange->refused) {
		/* While a handler works the client is rightly silent; setting
		 * the timeout anew afterwards starts its clock again. */
		MHD_set_connection_option(connection,
		    MHD_CONNECTION_OPTION_TIMEOUT, 0u);
		deadline_set(connection_deadline(connection),
		    DEADLINE_WORKING, 0);
		exchange->rq.gone =
		    deadline_gone(connection_deadline(connection));
		serve_answer(&exchange->rq, &exchange->rs);
		MHD_set_connection_option(connection,
		    MHD_CONNECTION_OPTION_TIMEOUT,
		    CONNECTION_SILENCE);
	}
	return send_response(connection, exchange);
}

enum MHD_Result
connection_access(void *cls, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *upload_data, size_t *upload_data_size, void **con_cls)
{
	struct connection_context *context = cls;
	struct exchange *exchange = *con_cls;

	(void)url;
	if (exchange == NULL || exchange->target == NULL ||
	    connection_deadline(connection) == NULL)
		return MHD_NO;
	if (!exchange->begun)
		return begin(context, connection, exchange, method, version);
	if (*upload_data_size > 0) {
		take_body(exchange, upload_data, *upload_data_size);
		*upload_data_size = 0;
		return MHD_YES;
	}
	return answer(connection, exchange);
}

void
connection_completed(void *cls, struct MHD_Connection *connection,
    void **con_cls, enum MHD_RequestTerminationCode why)
{
	struct exchange *exchange = *con_cls;
	struct deadline *deadline = connection_deadline(connection);

	(void)cls;
	(void)why;
	if (deadline != NULL)
		deadline_set(deadline, DEADLINE_IDLE, 0);
	if (exchange == NULL)
		return;
	*con_cls = NULL;
	request_free(&exchange->rq);
	response_free(&exchange->rs);
	free(exchange->target);
	free(exchange);
}

/* NULL when there is no room. */
static struct held *
held_new(struct connection_context *context, int socket)
{
	struct held *held = calloc(1, sizeof *held);

	if (held == NULL)
		return NULL;
	held->peer.socket = socket;
	held->tls = context->tls;
	held->deadline = deadline_add(context->deadlines, socket);
	if (held->deadline != NULL)
		return held;
	free(held);
	return NULL;
}

void
connection_notify(void *cls, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode what)
{
	struct connection_context *context = cls;
	struct held *held = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		    connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		*socket_context = held_new(context, info->connect_fd);
	} else if (held != NULL) {
		deadline_remove(held->deadline);
		free(held);
		*socket_context = NULL;
	}
}

int
connection_certificate(gnutls_session_t session,
    const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
    unsigned *chain_len, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_len,
    gnutls_privkey_t *key, unsigned *flags)
{
	/* The library keeps its connection there. */
	struct MHD_Connection *connection = gnutls_session_get_ptr(session);
	struct held *held = connection != NULL ? connection_held(connection) :
	    NULL;

	(void)info;
	*ocsp = NULL;
	*ocsp_len = 0;
	return held != NULL ? tls_retrieve(held->tls, chain, chain_len, key,
	    flags) : -1;
}
