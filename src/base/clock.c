#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static double
clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double
clock_seconds(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

double
clock_cpu_seconds(void)
{
	return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
clock_text(int64_t milliseconds, char text[CLOCK_TEXT])
{
	int64_t whole = milliseconds / 1000;
	int ms = (int)(milliseconds % 1000);
	time_t seconds;
	struct tm tm;
	char day[24];

	if (ms < 0) {
		ms += 1000;
		whole--;
	}
	seconds = (time_t)whole;
	gmtime_r(&seconds, &tm);
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, CLOCK_TEXT, "%s.%03dZ", day, ms);
}
