/* CIFAR-10's binary version (Krizhevsky 2009), a folder with
 *
 *	data_batch_1.bin to data_batch_5.bin	any of them, in this order
 *	test_batch.bin
 *
 * each raw or with .gz at its name's end.  A file is records of 3,073 bytes: a
 * label from 0 to 9, then 32 x 32 bytes of red, as many of green, of blue,
 * row-major; 1 to 10,000 of them. */
#ifndef L2LD_DATA_CIFAR_H
#define L2LD_DATA_CIFAR_H

#include <stdbool.h>

#include "base/err.h"
#include "data/dataset.h"
#include "data/records.h"
#include "data/source.h"

#define CIFAR_ROWS 32
#define CIFAR_CHANNELS 3
#define CIFAR_INPUTS (CIFAR_CHANNELS * CIFAR_ROWS * CIFAR_ROWS)
#define CIFAR_CLASSES 10
#define CIFAR_RECORD (1 + CIFAR_INPUTS)
#define CIFAR_RECORDS_MAX 10000		/* of a file */

/* Whether there are a training batch and the test batch; if not, *missing
 * (unless NULL) is the static name of one that is not. */
bool
cifar_has(const char *path, const char **missing);

/* Fill in info from the sizes of the files in the folder at path: all but its
 * name and text.  Whether the files are whole is known only to cifar_load.
 * ERR_NOT_FOUND, ERR_FORMAT, ERR_IO with a sentence. */
int
cifar_describe(const char *path, struct dataset_info *info, struct message *m);

/* The same, and read everything: records of the training batches and of the
 * test batch, which the caller frees. */
int
cifar_load(const char *path, struct dataset_info *info, struct records *train,
    struct records *test, struct message *m);

/* Append the records of one file, read to its end; the caller frees them
 * whatever is returned.  ERR_FORMAT where it has none, more than it may, a
 * label above 9 or an end within a record: the sentence says at which byte.
 * ERR_IO, ERR_MEMORY. */
int
cifar_read(const struct source *source, struct records *records,
    struct message *m);

#endif
