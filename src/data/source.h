/* Where the bytes of a data set's file come from: a file, raw or gzip, or
 * memory in tests. */
#ifndef L2LD_DATA_SOURCE_H
#define L2LD_DATA_SOURCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct source {
	const char *name;	/* what sentences call it */
	void *arg;
	/* Put the next bytes, len at most (len >= 1), into to.  Returns how
	 * many there were: fewer than len only at the end, where it is 0 from
	 * then on; or ERR_IO, ERR_FORMAT or ERR_MEMORY with a sentence. */
	ptrdiff_t (*read)(void *arg, void *to, size_t len, struct message *m);
};

/* A file that is being read; zip is zlib's. */
struct source_file {
	struct source source;
	void *zip;
};

/* Open the file at path, which may be compressed by gzip and must stay there
 * under this name: `path` is kept.  source_close it after success.
 * ERR_NOT_FOUND, ERR_IO or ERR_MEMORY with a sentence. */
int
source_open(const char *path, struct source_file *f, struct message *m);
void
source_close(struct source_file *f);

/* The path of a file of the folder, raw or with .gz at its name's end, raw
 * where both are there; false if neither is. */
bool
source_find(const char *folder, const char *name, char found[PATH_MAX]);

#endif
