/* Records in memory: images of bytes with their labels. */
#ifndef L2LD_DATA_RECORDS_H
#define L2LD_DATA_RECORDS_H

#include <stddef.h>
#include <stdint.h>

/* malloc'd; all zero is no records. */
struct records {
	size_t count;
	uint8_t *images;	/* [count][inputs] */
	uint8_t *labels;	/* [count] */
};

/* Copy the `count` records given by their numbers, each below records->count,
 * to x [count][inputs], bytes times scale, and their labels to labels [count]. */
void
records_gather(const struct records *records, size_t inputs, float scale,
    const uint32_t *numbers, size_t count, float *x, uint8_t *labels);

/* Frees the arrays and leaves an empty struct. */
void
records_free(struct records *records);

#endif
