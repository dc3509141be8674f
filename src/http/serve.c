#include "http/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/authority.h"
#include "http/static.h"
#include "job/formats.h"

#define KEY_MAX 128

/* The page's scripts, styles and pictures are its own files, nothing inline;
 * nobody may frame it, and it sends its data nowhere else. */
#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; " \
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; " \
    "form-action 'none'; frame-ancestors 'none'"

/* What every answer has, whoever made it. */
static void
serve_finish(struct site *site, struct response *rs)
{
	bool cached = false;

	if (rs->status == 0)
		response_problem(rs, 500, "internal",
		    "The server gave no answer.");
	for (int i = 0; i < rs->headers_len; i++)
		if (strcmp(rs->headers[i].name, "Cache-Control") == 0)
			cached = true;
	if (!cached)
		response_header(rs, "Cache-Control", "no-store");
	response_header(rs, "Content-Security-Policy", "%s", POLICY);
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "no-referrer");
	response_header(rs, "Cross-Origin-Resource-Policy", "same-origin");
	if (rs->status >= 0 && rs->status < 600)
		atomic_fetch_add(&site->answers[rs->status / 100], 1);
}

/* Split the target at its question mark. */
static bool
serve_target(const char *target, struct request *rq, struct response *rs)
{
	const char *mark = strchr(target, '?');
	size_t len = mark != NULL ? (size_t)(mark - target) : strlen(target);
	struct message m;
	int r;

	rq->path = strndup(target, len);
	if (rq->path == NULL) {
		response_error(rs, ERR_MEMORY, "memory");
		return false;
	}
	r = query_parse(&rq->query, mark != NULL ? mark + 1 : NULL, &m);
	if (r == ERR_MEMORY)
		response_error(rs, r, "memory");
	else if (r < 0)
		response_problem(rs, 400, "bad_query", "In the address, %s.",
		    m.text);
	return r == 0;
}

/* A path that no route has: a file of the page, or an error. */
static bool
serve_elsewhere(struct request *rq, struct response *rs, bool known)
{
	char methods[64];
	bool file = static_find(rq->path) != NULL;

	if (file && (strcmp(rq->method, "GET") == 0 ||
	    strcmp(rq->method, "HEAD") == 0))
		return true;
	if (!file && !known) {
		response_problem(rs, 404, "not_found", "There is nothing at "
		    "%.200s. GET /api/v1/openapi.json lists what there is.",
		    rq->path);
		return false;
	}
	if (file)
		strcpy(methods, "GET, HEAD");
	else
		route_methods(routes, rq->path, methods);
	response_header(rs, "Allow", "%s", methods);
	response_problem(rs, 405, "method_not_allowed", "%.20s is not possible "
	    "here; %s is.", rq->method, methods);
	return false;
}

static bool
serve_key(const struct gate_head *head, struct request *rq,
    struct response *rs)
{
	size_t len;

	rq->key = gate_header(head, "Idempotency-Key", NULL);
	if (rq->key == NULL)
		return true;
	len = strlen(rq->key);
	for (const char *p = rq->key; *p != 0; p++)
		if (*p < ' ' || *p >= 0x7f)
			len = 0;
	if (len > 0 && len <= KEY_MAX)
		return true;
	response_problem(rs, 400, "bad_key", "An Idempotency-Key is from 1 to "
	    "%d printable ASCII characters.", KEY_MAX);
	return false;
}

/* Make room for the body, unless others' bodies take it all. */
static bool
serve_room(struct request *rq, struct response *rs, uint64_t len)
{
	long long held;

	if (len == 0)
		return true;
	held = atomic_fetch_add(&rq->site->uploads, (long long)len);
	if (held + (long long)len <= SITE_UPLOADS_MAX)
		rq->body = malloc((size_t)len + 1);
	if (rq->body == NULL) {
		atomic_fetch_sub(&rq->site->uploads, (long long)len);
		response_error(rs, ERR_MEMORY, "memory");
		return false;
	}
	rq->body[0] = 0;
	rq->body_size = (size_t)len;
	return true;
}

static bool
serve_route(const struct gate_head *head, struct peer *peer,
    struct request *rq, struct response *rs)
{
	struct route_match match;
	struct gate_fault fault;
	uint64_t len;

	route_find(routes, rq->method, rq->path, &match);
	rq->route = match.route;
	if (match.route == NULL && !serve_elsewhere(rq, rs, match.known))
		return false;
	/* Before room is made for a body. */
	if (!authority_check(rq->site, match.route != NULL ?
	    match.route->authority : AUTHORITY_NONE, head, peer, rs))
		return false;
	rq->id = match.id;
	memcpy(rq->name, match.name, sizeof rq->name);
	rq->if_none_match = gate_header(head, "If-None-Match", NULL);
	if (!gate_check_body(head, match.route != NULL ? match.route->body :
	    BODY_NONE, FORMATS_IMPORT_MAX, &len, &fault)) {
		response_problem(rs, fault.status, fault.code, "%s",
		    fault.detail.text);
		return false;
	}
	/* A handler with parameters reads them itself; here the others say that
	 * they have none. */
	if (match.route != NULL && match.route->query == NULL &&
	    !request_options(rq, rs, NULL))
		return false;
	return serve_key(head, rq, rs) && serve_room(rq, rs, len);
}

static bool
serve_gate(struct site *site, const struct gate_head *head,
    struct gate_fault *fault)
{
	bool pass;

	pthread_rwlock_rdlock(&site->lock);
	pass = gate_check(&site->gate, head, fault);
	pthread_rwlock_unlock(&site->lock);
	return pass;
}

bool
serve_head(struct site *site, const struct gate_head *head, struct peer *peer,
    struct request *rq, struct response *rs)
{
	struct gate_fault fault;
	bool pass = false;

	*rq = (struct request){ .site = site, .server = site->server,
		.method = head->method };
	*rs = (struct response){ 0 };
	if (!serve_gate(site, head, &fault)) {
		rs->close = fault.close;
		response_problem(rs, fault.status, fault.code, "%s",
		    fault.detail.text);
	} else if (atomic_load(&site->stopping)) {
		rs->close = true;
		response_error(rs, ERR_SHUTDOWN, "server");
	} else {
		pass = serve_target(head->target, rq, rs) &&
		    serve_route(head, peer, rq, rs);
	}
	if (!pass)
		serve_finish(site, rs);
	return pass;
}

void
serve_answer(struct request *rq, struct response *rs)
{
	*rs = (struct response){ 0 };
	if (rq->route != NULL)
		rq->route->handler(rq, rs);
	else
		static_answer(rq, rs);
	if (!request_hold(rq, rs->body.len))
		response_busy(rs, SITE_BUSY_RETRY);
	serve_finish(rq->site, rs);
}
