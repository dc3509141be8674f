/* Folders and IDX files for the tests of data sets. */
#ifndef L2LD_TESTS_DATA_FILES_H
#define L2LD_TESTS_DATA_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The folder of this test, made afresh by files_begin and removed with all that
 * is in it by files_end; in $TMPDIR, else /tmp. */
extern char files_folder[256];

void
files_begin(void);
void
files_end(void);

/* The path of a name in the folder; static, overwritten by the eighth call
 * after this one. */
const char *
files_path(const char *name);

/* Make a folder in the folder. */
void
files_make_folder(const char *name);

/* Write len bytes to a name in the folder, through gzip or as they are. */
void
files_write(const char *name, const void *bytes, size_t len, bool zip);

/* The same of an IDX file of unsigned bytes. */
void
files_write_idx(const char *name, int dims, const uint32_t *size,
    const uint8_t *values, bool zip);

/* Write the four files of a set to the folder `name`: images of rows x cols,
 * byte j of training image i being (i + j) % levels, of test image i
 * (i + j + 1) % levels; labels i % classes. */
void
files_write_set(const char *name, uint32_t train, uint32_t test, uint32_t rows,
    uint32_t cols, unsigned levels, unsigned classes, bool zip);

#endif
