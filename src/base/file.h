/* Small helpers over files and folders. */
#ifndef L2LD_BASE_FILE_H
#define L2LD_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Read a whole regular file of at most limit bytes into malloc'd *data (the
 * caller frees), NUL-terminated; *len without the NUL.  Returns 0,
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT or ERR_MEMORY with a sentence. */
int
file_read(const char *path, size_t limit, char **data, size_t *len,
    struct message *m);

/* Write len bytes to path through a temporary file beside it, synced and
 * renamed.  Returns 0, ERR_IO or ERR_FULL with a sentence. */
int
file_write(const char *path, const void *data, size_t len, struct message *m);

/* Make a folder and those above it, mode 0700.  0 or ERR_IO. */
int
file_make_folder(const char *path, struct message *m);

/* Bytes free to this user on the file system of path; -1 when unknown. */
long long
file_free_bytes(const char *path);

#endif
