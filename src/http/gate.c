#include "http/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
gate_refuse(struct gate_fault *fault, int status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool
gate_refuse(struct gate_fault *fault, int status, const char *code,
    const char *format, ...)
{
	va_list ap;

	fault->status = status;
	fault->code = code;
	va_start(ap, format);
	vsnprintf(fault->detail.text, sizeof fault->detail.text, format, ap);
	va_end(ap);
	return false;
}

const char *
gate_header(const struct gate_head *head, const char *name, int *count)
{
	const char *value = NULL;
	int found = 0;

	for (int i = 0; i < head->headers_len; i++) {
		const struct gate_header *header = &head->headers[i];

		if (strcasecmp(header->name, name) != 0)
			continue;
		if (found++ == 0)
			value = header->value != NULL ? header->value : "";
	}
	if (count != NULL)
		*count = found;
	return value;
}

/* RFC 9110, 5.6.2: a name with a space or a colon in it would be another name
 * to another reader. */
static bool
token_valid(const char *name)
{
	if (*name == 0)
		return false;
	for (; *name != 0; name++) {
		unsigned char c = (unsigned char)*name;

		if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c))
			return false;
	}
	return true;
}

static bool
value_valid(const char *value)
{
	for (; *value != 0; value++) {
		unsigned char c = (unsigned char)*value;

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
check_headers(const struct gate_head *head, struct gate_fault *fault)
{
	static const char *const single[] = { "Host", "Content-Length",
	    "Transfer-Encoding", "Content-Type", "Origin", "Sec-Fetch-Site",
	    "Idempotency-Key", "Authorization", NULL };
	int count;

	if (head->headers_len > GATE_HEADERS_MAX)
		return gate_refuse(fault, 400, "too_many_headers",
		    "There are more than %d headers.", GATE_HEADERS_MAX);
	if (head->size > GATE_HEAD_MAX)
		return gate_refuse(fault, 431, "headers_too_large", "The head of "
		    "the request has %zu bytes; at most %d are taken.",
		    head->size, GATE_HEAD_MAX);
	for (int i = 0; i < head->headers_len; i++) {
		const struct gate_header *header = &head->headers[i];

		if (!token_valid(header->name) || (header->value != NULL &&
		    !value_valid(header->value)))
			return gate_refuse(fault, 400, "bad_header",
			    "A header is malformed.");
	}
	for (int i = 0; single[i] != NULL; i++) {
		gate_header(head, single[i], &count);
		if (count > 1)
			return gate_refuse(fault, 400, "repeated_header",
			    "There is more than one %s header.", single[i]);
	}
	return true;
}

/* The request line: origin form only, visible ASCII only. */
static bool
check_target(const struct gate_head *head, struct gate_fault *fault)
{
	if (strcmp(head->version, "HTTP/1.1") != 0 &&
	    strcmp(head->version, "HTTP/1.0") != 0)
		return gate_refuse(fault, 400, "bad_version",
		    "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
	if (!token_valid(head->method))
		return gate_refuse(fault, 400, "bad_method",
		    "The method is malformed.");
	if (strlen(head->target) > GATE_TARGET_MAX)
		return gate_refuse(fault, 414, "target_too_long", "The address "
		    "is longer than %d bytes.", GATE_TARGET_MAX);
	if (head->target[0] != '/')
		return gate_refuse(fault, 400, "bad_target",
		    "The address must begin with '/'.");
	for (const char *p = head->target; *p != 0; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '#')
			return gate_refuse(fault, 400, "bad_target",
			    "The address has a character that must be "
			    "percent-encoded.");
	return true;
}

bool
gate_length(const struct gate_head *head, uint64_t *len)
{
	const char *text = gate_header(head, "Content-Length", NULL);

	*len = 0;
	if (text == NULL)
		return true;
	if (*text == 0)
		return false;
	for (; *text != 0; text++)
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(*len, 10u, len) ||
		    __builtin_add_overflow(*len, (uint64_t)(*text - '0'), len))
			return false;
	return true;
}

/* Where the body ends must be certain. */
static bool
check_framing(const struct gate_head *head, struct gate_fault *fault)
{
	const char *length = gate_header(head, "Content-Length", NULL);
	uint64_t len;

	if (gate_header(head, "Transfer-Encoding", NULL) != NULL)
		return length != NULL ?
		    gate_refuse(fault, 400, "bad_framing", "A request has "
		    "Content-Length or Transfer-Encoding, not both.") :
		    gate_refuse(fault, 411, "length_required", "Send the body "
		    "with a Content-Length, not in chunks.");
	if (!gate_length(head, &len))
		return gate_refuse(fault, 400, "bad_framing",
		    "Content-Length must be a whole number.");
	if (head->loose)
		return gate_refuse(fault, 400, "bad_framing", "Each line of the "
		    "head must end with CR LF, none may be continued, and one "
		    "space each parts method, address and version.");
	return true;
}

static bool
check_host(const struct gate *gate, const struct gate_head *head,
    struct gate_fault *fault)
{
	const char *host = gate_header(head, "Host", NULL);

	if (host == NULL)
		return gate_refuse(fault, 400, "no_host",
		    "The Host header is missing.");
	if (gate_knows(gate, host))
		return true;
	return gate_refuse(fault, 403, "host_not_allowed", "This server does "
	    "not answer to the name \"%.100s\" (the Host header). Who runs it "
	    "can allow it: --host NAME, or `host = NAME` in l2ld.conf.", host);
}

/* A browser says where an unsafe request comes from; other programs send
 * neither header. */
static bool
check_origin(const struct gate_head *head, struct gate_fault *fault)
{
	const char *site = gate_header(head, "Sec-Fetch-Site", NULL);
	const char *origin = gate_header(head, "Origin", NULL);
	const char *host = gate_header(head, "Host", NULL);
	bool same;

	if (strcmp(head->method, "GET") == 0 ||
	    strcmp(head->method, "HEAD") == 0)
		return true;
	if (site != NULL)
		same = strcmp(site, "same-origin") == 0 ||
		    strcmp(site, "none") == 0;
	else if (origin != NULL)
		same = (strncasecmp(origin, "http://", 7) == 0 &&
		    strcasecmp(origin + 7, host) == 0) ||
		    (strncasecmp(origin, "https://", 8) == 0 &&
		    strcasecmp(origin + 8, host) == 0);
	else
		same = true;
	return same || gate_refuse(fault, 403, "cross_site",
	    "Pages of other sites may not change anything here.");
}

bool
gate_check(const struct gate *gate, const struct gate_head *head,
    struct gate_fault *fault)
{
	*fault = (struct gate_fault){ .close = true };
	if (!check_target(head, fault) || !check_headers(head, fault) ||
	    !check_framing(head, fault))
		return false;
	fault->close = false;
	return check_host(gate, head, fault) && check_origin(head, fault);
}

/* Whether text is the media type want, with no parameter but the charset that
 * JSON has anyway. */
static bool
media_is(const char *text, const char *want)
{
	size_t len = strlen(want);

	if (text == NULL || strncasecmp(text, want, len) != 0)
		return false;
	text += len;
	text += strspn(text, " \t");
	if (*text == 0)
		return true;
	if (*text++ != ';')
		return false;
	text += strspn(text, " \t");
	return strcasecmp(text, "charset=utf-8") == 0;
}

bool
gate_check_body(const struct gate_head *head, enum route_body body,
    uint64_t limit, uint64_t *len, struct gate_fault *fault)
{
	const char *length = gate_header(head, "Content-Length", NULL);
	const char *type = gate_header(head, "Content-Type", NULL);
	const char *want = body == BODY_BYTES ? "application/octet-stream" :
	    "application/json";
	bool safe = strcmp(head->method, "GET") == 0 ||
	    strcmp(head->method, "HEAD") == 0;

	*fault = (struct gate_fault){ 0 };
	*len = 0;
	if (!gate_length(head, len))
		return gate_refuse(fault, 400, "bad_framing",
		    "Content-Length must be a whole number.");
	if (body == BODY_NONE)
		limit = GATE_EMPTY_MAX;
	else if (body == BODY_JSON)
		limit = GATE_BODY_MAX;
	if (*len > limit)
		return gate_refuse(fault, 413, "body_too_large",
		    "The body has %llu bytes; at most %llu are taken here.",
		    (unsigned long long)*len, (unsigned long long)limit);
	if (body == BODY_NONE && (*len == 0 || safe))
		return true;
	if (length == NULL)
		return gate_refuse(fault, 411, "length_required",
		    "There must be a body with a Content-Length.");
	if (!media_is(type, want))
		return gate_refuse(fault, 415, "media_type",
		    "The Content-Type must be %s.", want);
	return true;
}
