/* A data set's folder: four IDX files, each raw or with .gz at its name's end,
 *
 *	train-images-idx3-ubyte  [count][rows][cols]
 *	train-labels-idx1-ubyte  [count]
 *	t10k-images-idx3-ubyte
 *	t10k-labels-idx1-ubyte
 *
 * The raw one is read where both are there. */
#ifndef L2LD_DATA_FOLDER_H
#define L2LD_DATA_FOLDER_H

#include <stdbool.h>

#include "base/err.h"
#include "data/dataset.h"
#include "data/records.h"

/* Whether all four files are there; if not, *missing (unless NULL) is the
 * static name of the first that is not. */
bool
folder_has(const char *path, const char **missing);

/* Fill in info from the files in the folder at path: all but its name and text.
 * The scale follows from the largest byte of all the images: 1 if that is at
 * most 1, 1/16 if it is at most 16, else 1/255.  Reads headers, labels, and
 * images up to the first byte above 16.  ERR_NOT_FOUND, ERR_FORMAT, ERR_LIMIT,
 * ERR_IO or ERR_MEMORY with a sentence. */
int
folder_describe(const char *path, struct dataset_info *info,
    struct message *m);

/* The same, and read everything: records of the training files and of the test
 * files, which the caller frees. */
int
folder_load(const char *path, struct dataset_info *info,
    struct records *train, struct records *test, struct message *m);

#endif
