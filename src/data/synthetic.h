/* synthetic-digits: handwritten-looking digits, generated, so that work of
 * MNIST's shape needs no files.
 *
 * Each image is a digit's strokes (straight lines and splines through a few
 * points) whose points are jittered and put through a random affine map, drawn
 * with a pen of random width and softness over light noise.  The images are the
 * same bytes on every machine. */
#ifndef L2LD_DATA_SYNTHETIC_H
#define L2LD_DATA_SYNTHETIC_H

#include "data/dataset.h"
#include "data/records.h"

/* Fill in what describes the set: all but its name and text. */
void
synthetic_describe(struct dataset_info *info);

/* Generate the records, which the caller frees; label i % 10 for record i.
 * About half a second.  0 or ERR_MEMORY. */
int
synthetic_load(struct records *train, struct records *test);

#endif
