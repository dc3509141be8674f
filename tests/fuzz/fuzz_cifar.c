/* Fuzzing of the CIFAR-10 reader.  The input's bytes are a batch as they are,
 * as a file on disk, where they may also be gzip, and with images left out: a
 * byte of the input is then a whole record's label, so that a short input has
 * many.  Whatever they say, what is read is what the bytes hold. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memfd_create */
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/cifar.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const uint8_t *data;
	size_t size, at;
	size_t each;		/* bytes that stand for one of the input */
};

/* The input's bytes, each followed by each - 1 zeros. */
static ptrdiff_t
memory_read(void *arg, void *to, size_t len, struct message *m)
{
	struct memory *memory = arg;
	size_t left = memory->size * memory->each - memory->at;

	(void)m;
	len = len < left ? len : left;
	for (size_t i = 0; i < len; i++) {
		size_t at = memory->at + i;

		((uint8_t *)to)[i] = at % memory->each == 0 ?
		    memory->data[at / memory->each] : 0;
	}
	memory->at += len;
	return (ptrdiff_t)len;
}

static void
check(int r, const struct records *records, const struct message *m)
{
	if (r < 0 && m->text[0] == 0)
		abort();
	if (r == 0 && records->count == 0)
		abort();
	for (size_t i = 0; i < records->count; i++)
		if (records->labels[i] >= CIFAR_CLASSES)
			abort();
}

static void
read_memory(const uint8_t *data, size_t size, size_t each)
{
	struct memory memory = { data, size, 0, each };
	struct source source = { "input", &memory, memory_read };
	struct records records = { 0 };
	struct message m = { "" };
	int r = cifar_read(&source, &records, &m);

	check(r, &records, &m);
	if (r == 0 && records.count * CIFAR_RECORD != size * each)
		abort();
	for (size_t i = 0; i < records.count; i++)
		if (records.labels[i] != data[i * CIFAR_RECORD / each])
			abort();
	records_free(&records);
}

/* The same bytes as a file, which zlib unpacks if they are gzip. */
static void
read_file(const uint8_t *data, size_t size)
{
	char path[64];
	struct source_file f;
	struct records records = { 0 };
	struct message m = { "" };
	int fd = memfd_create("fuzz_cifar", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (source_open(path, &f, &m) < 0)
		abort();
	check(cifar_read(&f.source, &records, &m), &records, &m);
	source_close(&f);
	records_free(&records);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_memory(data, size, 1);
	read_memory(data, size, CIFAR_RECORD);
	read_file(data, size);
	return 0;
}
