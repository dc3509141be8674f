/* Time: a monotonic clock for durations, the wall clock for what is shown. */
#ifndef L2LD_BASE_CLOCK_H
#define L2LD_BASE_CLOCK_H

#include <stdint.h>

/* Room for "2026-01-31T12:00:00.123Z" and its NUL. */
#define CLOCK_TEXT 32

/* Seconds of CLOCK_MONOTONIC; only differences mean anything. */
double
clock_seconds(void);

/* CPU seconds used by the whole process so far. */
double
clock_cpu_seconds(void);

/* Milliseconds of UTC since 1970. */
int64_t
clock_now(void);

/* ISO 8601 in UTC with milliseconds, of clock_now()'s kind of number. */
void
clock_text(int64_t milliseconds, char text[CLOCK_TEXT]);

#endif
