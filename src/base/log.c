#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_flood.h"
#include "base/log_line.h"

static _Atomic int log_level = LOG_INFO;
static _Atomic int log_format = LOG_LOGFMT;
static bool log_journal;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct log_flood log_seen;	/* under the mutex */

void
log_set_level(enum log_level level)
{
	log_level = level;
}

void
log_set_format(enum log_format format)
{
	log_format = format;
}

void
log_start(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	/* Set for every program of a service, also where its standard error was
	 * sent elsewhere since: the numbers tell. */
	log_journal = stream != NULL && fstat(STDERR_FILENO, &st) == 0 &&
	    sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	    device == st.st_dev && inode == st.st_ino;
}

/* One call of write, so that the line is whole wherever it goes. */
static void
log_write(enum log_level level, const struct log_field *fields, size_t count,
    const char *text)
{
	struct log_style style = { log_format, log_journal };
	char line[LOG_LINE];
	size_t len = log_line_write(line, &style, clock_now(), level, fields,
	    count, text);

	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}

static uint64_t
hash_text(uint64_t h, const char *text)
{
	for (; *text != 0; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h * 0x100000001b3u;
}

/* Equal for equal lines (FNV-1a), but for their time. */
static uint64_t
hash_line(enum log_level level, const struct log_field *fields, size_t count,
    const char *text)
{
	uint64_t h = hash_text(0xcbf29ce484222325u + level, text);
	char number[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(number, sizeof number, "%.15g", fields[i].number);
		h = hash_text(h, fields[i].key);
		h = hash_text(h, fields[i].text != NULL ? fields[i].text :
		    number);
	}
	return h;
}

/* Say what was held back of lines whose time is over at `now`. */
static void
log_repeated(double now)
{
	struct log_flood_line line;

	while (log_flood_over(&log_seen, now, &line)) {
		struct log_field field = { .key = "repeated",
		    .number = line.count };

		log_write(line.level, &field, 1, line.text);
	}
}

void
log_flush(void)
{
	pthread_mutex_lock(&log_mutex);
	log_repeated(clock_seconds() + LOG_FLOOD_SECONDS);
	pthread_mutex_unlock(&log_mutex);
}

static void __attribute__((format(printf, 4, 0)))
log_put(enum log_level level, const struct log_field *fields, size_t count,
    const char *format, va_list ap)
{
	char text[LOG_TEXT_MAX];
	double now = clock_seconds();
	bool pass;

	if ((int)level > log_level)
		return;
	vsnprintf(text, sizeof text, format, ap);
	pthread_mutex_lock(&log_mutex);
	log_repeated(now);
	/* Who asks for everything gets everything. */
	pass = level == LOG_DEBUG || log_flood_pass(&log_seen, now,
	    hash_line(level, fields, count, text), level, text);
	if (pass)
		log_write(level, fields, count, text);
	pthread_mutex_unlock(&log_mutex);
}

#define LOG_FUNCTION(name, level)                                       \
	void                                                            \
	name(const char *format, ...)                                   \
	{                                                               \
		va_list ap;                                             \
                                                                        \
		va_start(ap, format);                                   \
		log_put(level, NULL, 0, format, ap);                    \
		va_end(ap);                                             \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

void
log_job(enum log_level level, int64_t job, const char *format, ...)
{
	struct log_field field = { .key = "job", .number = (double)job };
	va_list ap;

	va_start(ap, format);
	log_put(level, &field, 1, format, ap);
	va_end(ap);
}

void
log_event(enum log_level level, const struct log_field *fields, size_t count,
    const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_put(level, fields, count, format, ap);
	va_end(ap);
}
