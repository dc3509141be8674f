/* The process's log: one line per event on standard error, of keys and values,
 *
 *	2026-01-31T12:00:00.123Z level=info job=3 msg="started, attempt 1"
 *
 * Keys are stable.  Under systemd's journal a line begins with its priority,
 * "<6>", and not with the time.  Lines are written whole, from any thread; what
 * a text holds cannot look like another key or another line.  Of equal lines in
 * a short time only the first are written, and then how many there were. */
#ifndef L2LD_BASE_LOG_H
#define L2LD_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum log_format {
	LOG_LOGFMT,		/* as above */
	LOG_JSON,		/* {"time":"...","level":"info","msg":"..."} */
};

/* A key of letters, and its value: text, or where that is NULL the number. */
struct log_field {
	const char *key;
	const char *text;
	double number;
};

/* Lines above this level are dropped.  The default is LOG_INFO. */
void
log_set_level(enum log_level level);
/* The default is LOG_LOGFMT. */
void
log_set_format(enum log_format format);

/* Find out whether standard error is the journal, as $JOURNAL_STREAM tells.
 * Before any thread starts. */
void
log_start(void);

/* Say what was held back so far: at the end. */
void
log_flush(void);

void
log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* About a job: with job=ID. */
void
log_job(enum log_level level, int64_t job, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* With fields of its own. */
void
log_event(enum log_level level, const struct log_field *fields, size_t count,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
