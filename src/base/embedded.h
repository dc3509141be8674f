/* Files that were built into the program.
 *
 * build-aux/embed.sh turns files into a table of these, ended by an entry whose
 * name is NULL.  The bytes are the file's, with a NUL after them that len does
 * not count, so that a text can be used as one. */
#ifndef L2LD_BASE_EMBEDDED_H
#define L2LD_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name;		/* the file's, without its folder */
	const unsigned char *data;
	size_t len;
};

#endif
