/* Small helpers over files and folders. */
#ifndef L2LD_BASE_FILE_H
#define L2LD_BASE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define FILE_PATH_MAX PATH_MAX

/* Read a whole regular file of at most limit bytes into malloc'd *data (the
 * caller frees), NUL-terminated; *len without the NUL.  Returns 0,
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT or ERR_MEMORY with a sentence. */
int
file_read(const char *path, size_t limit, char **data, size_t *len,
    struct message *m);

/* The same for a secret: ERR_INVALID when it belongs to somebody else than this
 * user or root, or when its mode has one of the bits of forbidden, such as 077. */
int
file_read_secret(const char *path, size_t limit, mode_t forbidden, char **data,
    size_t *len, struct message *m);

/* Write len bytes to path through a temporary file beside it, synced and
 * renamed.  Returns 0, ERR_IO or ERR_FULL with a sentence. */
int
file_write(const char *path, const void *data, size_t len, struct message *m);

/* Make an empty file beside path, mode 0600, whose name (path and six letters) goes
 * into temporary.  A descriptor, ERR_INVALID, ERR_FULL or ERR_IO. */
int
file_temporary(const char *path, char temporary[FILE_PATH_MAX],
    struct message *m);

/* Give a finished temporary file its name: it is synced, renamed, and the folder
 * synced.  A file that has the name already stays (ERR_CONFLICT) unless replace
 * is set.  Otherwise ERR_FULL or ERR_IO; then the temporary file may be there
 * still. */
int
file_place(const char *temporary, const char *path, bool replace,
    struct message *m);

/* Sync the folder that path is in: what was made or renamed there lasts. */
int
file_sync_folder(const char *path);

/* The same with mode 0600, and only where there is nothing yet: ERR_CONFLICT
 * when there is, which is then left as it was. */
int
file_write_secret(const char *path, const void *data, size_t len,
    struct message *m);

/* Make a folder and those above it, mode 0700.  0 or ERR_IO. */
int
file_make_folder(const char *path, struct message *m);

/* Bytes free to this user on the file system of path; -1 when unknown. */
long long
file_free_bytes(const char *path);

#endif
