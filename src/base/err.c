#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

const char *
err_text(int code)
{
	switch (code) {
	case 0:
		return "no error";
	case ERR_MEMORY:
		return "out of memory";
	case ERR_INVALID:
		return "invalid input";
	case ERR_FORMAT:
		return "wrong format";
	case ERR_NOT_FOUND:
		return "not found";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_IO:
		return "input/output error";
	case ERR_FULL:
		return "no space left";
	case ERR_LIMIT:
		return "over the limit";
	case ERR_SHUTDOWN:
		return "shutting down";
	default:
		return "internal error";
	}
}

int
message_set(struct message *m, int code, const char *format, ...)
{
	va_list ap;

	if (m == NULL)
		return code;
	va_start(ap, format);
	vsnprintf(m->text, sizeof m->text, format, ap);
	va_end(ap);
	return code;
}
