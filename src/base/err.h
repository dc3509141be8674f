/* Error codes and what they say.
 *
 * What can fail returns an int: 0, or one of these negative codes.  A sentence
 * for the user, where there is one, goes into a struct message of the caller. */
#ifndef L2LD_BASE_ERR_H
#define L2LD_BASE_ERR_H

enum {
	ERR_INTERNAL = -1,	/* a bug: something that cannot happen did */
	ERR_MEMORY = -2,	/* out of memory, or past a pool's budget */
	ERR_INVALID = -3,	/* the caller's input is wrong */
	ERR_FORMAT = -4,	/* a file is not what it should be */
	ERR_NOT_FOUND = -5,	/* no such file, row or name */
	ERR_CONFLICT = -6,	/* not possible in the present state */
	ERR_IO = -7,		/* the system refused to read or write */
	ERR_FULL = -8,		/* no room left on the disk */
	ERR_LIMIT = -9,		/* larger than a stated limit */
	ERR_SHUTDOWN = -10,	/* the server is ending */
};

/* A short English name of a code, for logs; never NULL. */
const char *
err_text(int code);

/* One sentence for a person.  Empty when text[0] is 0. */
struct message {
	char text[384];
};

/* Format a sentence into m (which may be NULL) and return code, so that
 * `return message_set(m, ERR_FORMAT, "...")` reads well.  Cut when too long. */
int
message_set(struct message *m, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
