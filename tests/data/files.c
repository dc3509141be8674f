#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* nftw */
#endif

#include "tests/data/files.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#define PATHS 8

char files_folder[256];

void
files_begin(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(files_folder, sizeof files_folder, "%s/l2ld-data.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(files_folder));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
files_end(void)
{
	nftw(files_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
files_path(const char *name)
{
	static char paths[PATHS][512];
	static unsigned next;
	char *path = paths[next++ % PATHS];

	snprintf(path, sizeof paths[0], "%s/%s", files_folder, name);
	return path;
}

void
files_make_folder(const char *name)
{
	ck_assert_int_eq(mkdir(files_path(name), 0700), 0);
}

void
files_write(const char *name, const void *bytes, size_t len, bool zip)
{
	/* The T is for transparent: no compression. */
	gzFile f = gzopen(files_path(name), zip ? "wb" : "wbT");

	ck_assert_ptr_nonnull(f);
	if (len > 0)
		ck_assert_int_eq(gzwrite(f, bytes, (unsigned)len), (int)len);
	ck_assert_int_eq(gzclose(f), Z_OK);
}

void
files_write_idx(const char *name, int dims, const uint32_t *size,
    const uint8_t *values, bool zip)
{
	size_t len = 4 + 4 * (size_t)dims, total = 1;
	uint8_t *bytes;

	for (int i = 0; i < dims; i++)
		total *= size[i];
	bytes = malloc(len + total);
	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, "\0\0\x08", 3);
	bytes[3] = (uint8_t)dims;
	for (int i = 0; i < dims; i++) {
		for (int j = 0; j < 4; j++)
			bytes[4 + 4 * i + j] = (uint8_t)(size[i] >> (24 - 8 * j));
	}
	memcpy(bytes + len, values, total);
	files_write(name, bytes, len + total, zip);
	free(bytes);
}

/* One pair of files: stem is "train" or "t10k". */
static void
write_pair(const char *name, const char *stem, const uint32_t size[3],
    unsigned shift, unsigned levels, unsigned classes, bool zip)
{
	size_t item = (size_t)size[1] * size[2], total = size[0] * item;
	uint8_t *values = malloc(total + size[0]);
	char file[128];

	ck_assert_ptr_nonnull(values);
	for (size_t i = 0; i < total; i++)
		values[i] = (uint8_t)((i / item + i % item + shift) % levels);
	for (size_t i = 0; i < size[0]; i++)
		values[total + i] = (uint8_t)(i % classes);
	snprintf(file, sizeof file, "%s/%s-images-idx3-ubyte%s", name, stem,
	    zip ? ".gz" : "");
	files_write_idx(file, 3, size, values, zip);
	snprintf(file, sizeof file, "%s/%s-labels-idx1-ubyte%s", name, stem,
	    zip ? ".gz" : "");
	files_write_idx(file, 1, size, values + total, zip);
	free(values);
}

void
files_write_set(const char *name, uint32_t train, uint32_t test, uint32_t rows,
    uint32_t cols, unsigned levels, unsigned classes, bool zip)
{
	const uint32_t train_size[3] = { train, rows, cols };
	const uint32_t test_size[3] = { test, rows, cols };

	files_make_folder(name);
	write_pair(name, "train", train_size, 0, levels, classes, zip);
	write_pair(name, "t10k", test_size, 1, levels, classes, zip);
}
