#include "http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/utf8.h"
#include "job/json_text.h"

#define PROBLEM "application/problem+json"

static const char no_memory[] =
    "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
    "\"status\":503,\"detail\":\"The server is out of memory.\","
    "\"code\":\"no_memory\"}";

static void
response_drop_body(struct response *rs)
{
	buf_free(&rs->body);
	rs->fixed = NULL;
	rs->fixed_len = 0;
	if (rs->has_file)
		close(rs->file);
	rs->has_file = false;
	rs->type = NULL;
}

void
response_free(struct response *rs)
{
	response_drop_body(rs);
	*rs = (struct response){ 0 };
}

void
response_header(struct response *rs, const char *name, const char *format, ...)
{
	struct response_header *header;
	va_list ap;

	if (rs->headers_len == RESPONSE_HEADERS_MAX) {
		log_error("http: no room for the header %s", name);
		return;
	}
	header = &rs->headers[rs->headers_len++];
	header->name = name;
	va_start(ap, format);
	vsnprintf(header->value, sizeof header->value, format, ap);
	va_end(ap);
	header->value[strcspn(header->value, "\r\n")] = 0;
}

/* The answer that needs no memory. */
static void
response_no_memory(struct response *rs)
{
	response_drop_body(rs);
	rs->status = 503;
	rs->type = PROBLEM;
	rs->fixed = no_memory;
	rs->fixed_len = sizeof no_memory - 1;
}

void
response_buf(struct response *rs, int status, const char *type,
    struct buf *body)
{
	response_drop_body(rs);
	if (buf_error(body) < 0) {
		buf_free(body);
		response_no_memory(rs);
		return;
	}
	rs->status = status;
	rs->type = type;
	rs->body = *body;
	*body = (struct buf){ 0 };
}

void
response_file(struct response *rs, int status, const char *type, int file,
    uint64_t len)
{
	response_drop_body(rs);
	rs->status = status;
	rs->type = type;
	rs->has_file = true;
	rs->file = file;
	rs->file_len = len;
}

uint64_t
response_size(const struct response *rs)
{
	return rs->has_file ? rs->file_len : rs->fixed != NULL ?
	    rs->fixed_len : rs->body.len;
}

static void
response_json_as(struct response *rs, int status, const char *type,
    json_t *value)
{
	struct buf text = { 0 };

	if (value == NULL) {
		response_no_memory(rs);
		return;
	}
	json_text(&text, value, false);
	buf_text(&text, "\n");
	json_decref(value);
	response_buf(rs, status, type, &text);
}

void
response_json(struct response *rs, int status, json_t *value)
{
	response_json_as(rs, status, "application/json", value);
}

const char *
response_title(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {
		{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 409, "Conflict" }, { 411, "Length Required" },
		{ 413, "Content Too Large" }, { 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" }, { 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

static void
response_problem_text(struct response *rs, int status, const char *code,
    json_t *members, const char *detail)
{
	json_t *problem = json_pack("{s:s, s:s, s:i, s:s, s:s}",
	    "type", "about:blank", "title", response_title(status),
	    "status", status, "detail", detail, "code", code);

	if (problem != NULL && members != NULL &&
	    json_object_update_missing(problem, members) < 0) {
		json_decref(problem);
		problem = NULL;
	}
	json_decref(members);
	response_json_as(rs, status, PROBLEM, problem);
}

static void
response_problem_list(struct response *rs, int status, const char *code,
    json_t *members, const char *format, va_list ap)
    __attribute__((format(printf, 5, 0)));

static void
response_problem_list(struct response *rs, int status, const char *code,
    json_t *members, const char *format, va_list ap)
{
	char detail[768];

	/* A word that was cut to fit may end within a character. */
	vsnprintf(detail, sizeof detail, format, ap);
	utf8_clean(detail);
	response_problem_text(rs, status, code, members, detail);
}

void
response_problem(struct response *rs, int status, const char *code,
    const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	response_problem_list(rs, status, code, NULL, format, ap);
	va_end(ap);
}

void
response_problem_with(struct response *rs, int status, const char *code,
    json_t *members, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	response_problem_list(rs, status, code, members, format, ap);
	va_end(ap);
}

void
response_busy(struct response *rs, int seconds)
{
	response_header(rs, "Retry-After", "%d", seconds);
	response_problem(rs, 503, "busy", "Too many large answers are under "
	    "way; ask again in %d seconds, or for less: 'max_points' thins a "
	    "curve.", seconds);
}

void
response_error(struct response *rs, int error, const char *what)
{
	switch (error) {
	case ERR_NOT_FOUND:
		response_problem(rs, 404, "not_found", "There is no %s.", what);
		return;
	case ERR_CONFLICT:
		response_problem(rs, 409, "conflict", "The present state of %s "
		    "does not allow this.", what);
		return;
	case ERR_FULL:
		response_problem(rs, 507, "disk_full", "The disk of the "
		    "database is full: nothing was changed. Make room and try "
		    "again.");
		return;
	case ERR_SHUTDOWN:
		response_header(rs, "Retry-After", "5");
		response_problem(rs, 503, "stopping", "The server is ending; "
		    "try again when it is back.");
		return;
	case ERR_MEMORY:
		response_header(rs, "Retry-After", "5");
		response_no_memory(rs);
		return;
	case ERR_LIMIT:
		response_problem(rs, 422, "too_large", "This goes past a limit "
		    "of %s.", what);
		return;
	default:
		log_error("http: %s: %s", what, err_text(error));
		response_problem(rs, 500, "internal", "The server could not "
		    "do this (%s); its log says more.", err_text(error));
	}
}
