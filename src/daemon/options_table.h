/* The table behind options.h, for options.c and options_read.c. */
#ifndef L2LD_DAEMON_OPTIONS_TABLE_H
#define L2LD_DAEMON_OPTIONS_TABLE_H

#include <stddef.h>

#include "daemon/options.h"

struct option {
	const char *name;
	const char *value;	/* what it takes, NULL: nothing */
	bool file;		/* may stand in the configuration file */
	const char *text;
	/* Sets the member at offset, which has room for size bytes; what is
	 * wrong is the end of a sentence that begins with the option. */
	int (*set)(const struct option *p, struct options *o,
	    const char *value, struct message *m);
	size_t offset, size;
	int min, max;		/* of a number */
};

/* Ends with a NULL name. */
extern const struct option options_table[];

/* --config: reads a file; its messages are whole sentences. */
int
option_set_config(const struct option *p, struct options *o, const char *value,
    struct message *m);

#endif
