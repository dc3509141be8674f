#include "base/buf.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Room for len more bytes and a NUL, or the buffer goes into error. */
static int
buf_grow(struct buf *buf, size_t len)
{
	size_t room = buf->room > 0 ? buf->room : 256;
	char *data;

	if (buf->error)
		return ERR_MEMORY;
	if (len < buf->room && buf->len < buf->room - len)
		return 0;
	if (len > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
		goto fail;
	while (room < buf->len + len + 1)
		room *= 2;
	data = realloc(buf->data, room);
	if (data == NULL)
		goto fail;
	buf->data = data;
	buf->room = room;
	return 0;
fail:
	buf_free(buf);
	buf->error = ERR_MEMORY;
	return ERR_MEMORY;
}

void
buf_put(struct buf *buf, const void *bytes, size_t len)
{
	if (buf_grow(buf, len) < 0)
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = 0;
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0 || buf_grow(buf, (size_t)len) < 0)
		return;
	va_start(ap, format);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, format, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

/* A number of digits that none smaller reads back from.  Fifteen digits tell any
 * two decimals of a normal double apart, so that where they read back the
 * shortest decimal is these without the zeros at their end. */
static int
fewest_digits(double value)
{
	char text[32];
	int digits = 15;

	if (fabs(value) < DBL_MIN)
		return 1;
	snprintf(text, sizeof text, "%.14e", value);
	if (strtod(text, NULL) != value)
		return 16;
	for (const char *end = strchr(text, 'e'); end[-1] == '0'; end--)
		digits--;
	return digits;
}

void
buf_double(struct buf *buf, double value)
{
	char text[32];

	if (isnan(value)) {
		buf_text(buf, "nan");
		return;
	}
	if (isinf(value)) {
		buf_text(buf, value > 0 ? "inf" : "-inf");
		return;
	}
	/* The program never calls setlocale: the decimal point is '.'. */
	for (int digits = fewest_digits(value); digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_text(buf, text);
}

int
buf_error(const struct buf *buf)
{
	return buf->error;
}

void
buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}
