/* The process's log: one line per event on standard error,
 *
 *	2026-01-31T12:00:00.123Z info  job 3: started
 *
 * Lines are written whole, from any thread. */
#ifndef L2LD_BASE_LOG_H
#define L2LD_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Lines above this level are dropped.  The default is LOG_INFO. */
void
log_set_level(enum log_level level);

void
log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
