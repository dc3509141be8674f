/* IDX files: arrays of unsigned bytes with a short header, raw or gzip.
 *
 * The format (LeCun): two zero bytes, the type of the values (0x08: unsigned
 * bytes, the only one read here), the number of dimensions, each dimension's
 * size as a big-endian 32-bit number, then the values, row-major. */
#ifndef L2LD_DATA_IDX_H
#define L2LD_DATA_IDX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/source.h"

#define IDX_DIMS_MAX 3
#define IDX_VALUES_MAX 0x7fffffff	/* values of one file: 2 GiB */

struct idx {
	int dims;
	uint32_t size[IDX_DIMS_MAX];	/* size[0]: number of items */
	size_t item;			/* values of one item */
	uint8_t *values;		/* [size[0]][item]; NULL if not read */
};

/* Read a file of `dims` dimensions (1 to IDX_DIMS_MAX) to its end.  Memory is
 * taken as the values arrive, so that a header which lies about them costs
 * nothing.  The caller frees idx with idx_free.  ERR_FORMAT for anything but
 * what the header above describes: another type or number of dimensions, a size
 * of 0, too few values or too many bytes; ERR_LIMIT above IDX_VALUES_MAX;
 * ERR_MEMORY; ERR_IO. */
int
idx_read(const struct source *source, int dims, struct idx *idx,
    struct message *m);

/* The same of the file at path, which may be compressed by gzip.  Also
 * ERR_NOT_FOUND. */
int
idx_load(const char *path, int dims, struct idx *idx, struct message *m);

/* Read only what describes the file at path: its header, and its values up to
 * the first above `enough`, or all, for *largest, the largest value among
 * those.  Whether the file is whole is known only to idx_load. */
int
idx_peek(const char *path, int dims, uint8_t enough, struct idx *idx,
    uint8_t *largest, struct message *m);

/* The largest of len values, or the first one above `enough`. */
uint8_t
idx_largest(const uint8_t *values, size_t len, uint8_t enough);

/* Frees the values and leaves an empty struct. */
void
idx_free(struct idx *idx);

#endif
