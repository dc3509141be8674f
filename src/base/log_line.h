/* One line of the process's log as bytes; for log.c and its tests. */
#ifndef L2LD_BASE_LOG_LINE_H
#define L2LD_BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/* Room for a line with its newline: less than PIPE_BUF, so that a pipe takes it
 * whole beside those of other processes. */
#define LOG_LINE 4000

/* Bytes of a field's text, and of a message, that a line keeps. */
#define LOG_FIELD_MAX 256
#define LOG_TEXT_MAX 1024

struct log_style {
	enum log_format format;
	bool journal;		/* it adds the time, and wants a priority */
};

/* Write a line; returns its length with the newline.  at: clock_now().  Texts
 * may hold anything: what is no printable character is escaped as in JSON, a
 * byte that is part of no character becomes U+FFFD, and what has no room is
 * dropped; the line has its form and its newline in any case. */
size_t
log_line_write(char line[LOG_LINE], const struct log_style *style, int64_t at,
    enum log_level level, const struct log_field *fields, size_t count,
    const char *text);

#endif
