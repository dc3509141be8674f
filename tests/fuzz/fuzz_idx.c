/* Fuzzing of the IDX reader: the input's bytes are an IDX file, read as one of
 * each number of dimensions, and then as a file on disk, where they may also be
 * gzip.  Whatever the bytes say, what is read must be what the header promises
 * and freed without a trace. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memfd_create */
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/idx.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const uint8_t *data;
	size_t left;
};

static ptrdiff_t
memory_read(void *arg, void *to, size_t len, struct message *m)
{
	struct memory *memory = arg;

	(void)m;
	len = len < memory->left ? len : memory->left;
	if (len > 0)
		memcpy(to, memory->data, len);
	memory->data += len;
	memory->left -= len;
	return (ptrdiff_t)len;
}

/* What was read, or refused, is all that it should be. */
static void
check(int r, int dims, const struct idx *idx, const struct message *m)
{
	size_t item = 1;

	if (r < 0) {
		if (idx->values != NULL || m->text[0] == 0)
			abort();
		return;
	}
	if (idx->dims != dims || idx->size[0] == 0 || idx->values == NULL)
		abort();
	for (int i = 1; i < dims; i++)
		item *= idx->size[i];
	if (idx->item != item)
		abort();
	/* A sanitizer sees whether every value can be read. */
	(void)idx_largest(idx->values, idx->size[0] * item, UINT8_MAX);
}

/* The same bytes as a file, which zlib unpacks if they are gzip. */
static void
read_file(const uint8_t *data, size_t size)
{
	char path[64];
	struct message m = { "" };
	struct idx idx, peeked;
	uint8_t largest;
	int fd = memfd_create("fuzz_idx", MFD_CLOEXEC), r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	r = idx_load(path, 3, &idx, &m);
	check(r, 3, &idx, &m);
	/* A file that can be loaded can be described, and alike. */
	if (r == 0 && (idx_peek(path, 3, UINT8_MAX, &peeked, &largest,
	    &m) < 0 || peeked.item != idx.item ||
	    largest != idx_largest(idx.values, idx.size[0] * idx.item,
	    UINT8_MAX)))
		abort();
	idx_free(&idx);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int dims = 1; dims <= IDX_DIMS_MAX; dims++) {
		struct memory memory = { data, size };
		struct source source = { "input", &memory, memory_read };
		struct message m = { "" };
		struct idx idx;
		int r = idx_read(&source, dims, &idx, &m);

		check(r, dims, &idx, &m);
		if (r == 0 && idx.size[0] * idx.item + 4 +
		    4 * (size_t)dims != size)
			abort();
		idx_free(&idx);
	}
	read_file(data, size);
	return 0;
}
