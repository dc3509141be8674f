#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"

static _Atomic int log_level = LOG_INFO;

void
log_set_level(enum log_level level)
{
	log_level = level;
}

static void __attribute__((format(printf, 2, 0)))
log_line(enum log_level level, const char *format, va_list ap)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char text[1024], at[CLOCK_TEXT];

	if ((int)level > log_level)
		return;
	vsnprintf(text, sizeof text, format, ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	clock_text(clock_now(), at);
	/* One call, so that stdio's lock keeps the line whole. */
	fprintf(stderr, "%s %-5s %s\n", at, names[level], text);
}

#define LOG_FUNCTION(name, level)                                       \
	void                                                            \
	name(const char *format, ...)                                   \
	{                                                               \
		va_list ap;                                             \
                                                                        \
		va_start(ap, format);                                   \
		log_line(level, format, ap);                            \
		va_end(ap);                                             \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)
