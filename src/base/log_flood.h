/* Equal lines in a short time: which are held back, and what is said of them
 * later; for log.c and its tests. */
#ifndef L2LD_BASE_LOG_FLOOD_H
#define L2LD_BASE_LOG_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

#define LOG_FLOOD_LINES 10	/* equal lines that pass ... */
#define LOG_FLOOD_SECONDS 10.0	/* ... in so long */
#define LOG_FLOOD_PLACES 16	/* different lines that are remembered */
#define LOG_FLOOD_TEXT 200	/* bytes of a line's text that are kept */

struct log_flood_line {
	uint64_t hash;
	double since;		/* when its time began; 0: the place is free */
	unsigned count;		/* lines since then */
	enum log_level level;
	char text[LOG_FLOOD_TEXT];
};

/* All zero: nothing was seen. */
struct log_flood {
	struct log_flood_line lines[LOG_FLOOD_PLACES];
};

/* Whether a line may pass at the time `now` (clock_seconds()).  hash: of all that
 * makes it equal to another.  The places of what is over must have been taken
 * back by log_flood_over; where there is none, every line passes. */
bool
log_flood_pass(struct log_flood *flood, double now, uint64_t hash,
    enum log_level level, const char *text);

/* Take back a place whose time is over: true where lines were held back, of
 * which *line tells (count: how many).  Call it until it says false. */
bool
log_flood_over(struct log_flood *flood, double now,
    struct log_flood_line *line);

#endif
