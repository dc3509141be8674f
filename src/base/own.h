/* The state's files, and whose they are.
 *
 * Root may work on the state of another user, who must be able to go on with it:
 * a file that root makes belongs to the owner of the folder that it is in.  Not so
 * the token: who can read that controls root's server. */
#ifndef L2LD_BASE_OWN_H
#define L2LD_BASE_OWN_H

#include <sys/types.h>

#include "base/err.h"

/* Make a file that is not there yet, for reading and writing, with more flags of
 * open.  A descriptor, or -1 with errno. */
int
own_make(const char *path, int flags, mode_t mode);

/* Open a file for reading and writing; it is made, with mode 0600, if it is not
 * there.  A descriptor, or -1 with errno. */
int
own_open(const char *path, int flags);

/* Whether this user may read and write a file, if it is there: 0, or ERR_IO with a
 * sentence. */
int
own_check(const char *path, struct message *m);

/* Say that a file of the state cannot be opened for writing, as errno has it, and
 * what to do.  ERR_IO or ERR_FULL. */
int
own_refused(const char *path, struct message *m);

#endif
