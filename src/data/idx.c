#include "data/idx.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define TYPE_UNSIGNED_BYTES 0x08
#define HEADER_MAX (4 + 4 * IDX_DIMS_MAX)
#define CHUNK ((size_t)1 << 20)		/* first allocation for values */

static uint32_t
big_endian(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
}

static int
check_magic(const char *name, const uint8_t *b, int dims, struct message *m)
{
	if (b[0] != 0 || b[1] != 0)
		return message_set(m, ERR_FORMAT, "%s is not an IDX file: it "
		    "begins with the bytes %02x %02x, not 00 00", name, b[0],
		    b[1]);
	if (b[2] != TYPE_UNSIGNED_BYTES)
		return message_set(m, ERR_FORMAT, "%s has values of the IDX "
		    "type 0x%02x; only unsigned bytes (0x08) are read", name,
		    b[2]);
	if (b[3] != dims)
		return message_set(m, ERR_FORMAT, "%s has %d dimension%s where "
		    "%d %s needed", name, b[3], b[3] == 1 ? "" : "s", dims,
		    dims == 1 ? "is" : "are");
	return 0;
}

/* Read the header; the number of values is then size[0] * item, at most
 * IDX_VALUES_MAX, with no dimension 0. */
static int
read_header(const struct source *source, int dims, struct idx *idx,
    struct message *m)
{
	uint8_t b[HEADER_MAX];
	size_t len = 4 + 4 * (size_t)dims, total = 1;
	ptrdiff_t got = source->read(source->arg, b, len, m);
	int r;

	if (got < 0)
		return (int)got;
	/* A short file that is something else is called so, not short. */
	if (got >= 4 && (r = check_magic(source->name, b, dims, m)) < 0)
		return r;
	if ((size_t)got < len)
		return message_set(m, ERR_FORMAT, "%s ends within its header "
		    "(%zd of %zu bytes)", source->name, (ssize_t)got, len);
	idx->dims = dims;
	for (int i = 0; i < dims; i++) {
		uint32_t size = big_endian(b + 4 + 4 * i);

		if (size == 0)
			return message_set(m, ERR_FORMAT, "%s is empty: the "
			    "size of dimension %d is 0", source->name, i + 1);
		if (size > IDX_VALUES_MAX / total)
			return message_set(m, ERR_LIMIT, "%s says that it has "
			    "more than %d values, the most that are read",
			    source->name, IDX_VALUES_MAX);
		idx->size[i] = size;
		total *= size;
	}
	idx->item = total / idx->size[0];
	return 0;
}

/* Read exactly total values into a fresh idx->values. */
static int
read_values(const struct source *source, size_t total, struct idx *idx,
    struct message *m)
{
	size_t got = 0, room = 0;

	while (got < total) {
		size_t want = room == 0 ? CHUNK : room * 2;
		uint8_t *more;
		ptrdiff_t k;

		want = want < total ? want : total;
		more = realloc(idx->values, want);
		if (more == NULL)
			return message_set(m, ERR_MEMORY, "no memory for the "
			    "%zu bytes of %s", total, source->name);
		idx->values = more;
		room = want;
		k = source->read(source->arg, more + got, room - got, m);
		if (k < 0)
			return (int)k;
		got += (size_t)k;
		if (got < room)
			return message_set(m, ERR_FORMAT, "%s is cut short: it "
			    "has %zu of the %zu values of its header",
			    source->name, got, total);
	}
	return 0;
}

int
idx_read(const struct source *source, int dims, struct idx *idx,
    struct message *m)
{
	uint8_t extra;
	ptrdiff_t k;
	int r;

	memset(idx, 0, sizeof *idx);
	r = read_header(source, dims, idx, m);
	if (r < 0)
		goto out;
	r = read_values(source, idx->size[0] * idx->item, idx, m);
	if (r < 0)
		goto out;
	/* Reading past the end also has zlib check the stream's CRC. */
	k = source->read(source->arg, &extra, 1, m);
	if (k != 0) {
		r = k < 0 ? (int)k : message_set(m, ERR_FORMAT, "%s has bytes "
		    "after the last value of its header", source->name);
		goto out;
	}
	r = 0;
out:
	if (r < 0)
		idx_free(idx);
	return r;
}

int
idx_load(const char *path, int dims, struct idx *idx, struct message *m)
{
	struct source_file f;
	int r;

	memset(idx, 0, sizeof *idx);
	r = source_open(path, &f, m);
	if (r < 0)
		return r;
	r = idx_read(&f.source, dims, idx, m);
	source_close(&f);
	return r;
}

int
idx_peek(const char *path, int dims, uint8_t enough, struct idx *idx,
    uint8_t *largest, struct message *m)
{
	uint8_t part[4096];
	struct source_file f;
	ptrdiff_t k;
	int r;

	memset(idx, 0, sizeof *idx);
	*largest = 0;
	r = source_open(path, &f, m);
	if (r < 0)
		return r;
	r = read_header(&f.source, dims, idx, m);
	while (r == 0 && *largest <= enough) {
		k = f.source.read(&f, part, sizeof part, m);
		if (k <= 0) {
			r = (int)k;
			break;
		}
		uint8_t here = idx_largest(part, (size_t)k, enough);

		*largest = here > *largest ? here : *largest;
	}
	source_close(&f);
	if (r < 0)
		memset(idx, 0, sizeof *idx);
	return r;
}

uint8_t
idx_largest(const uint8_t *values, size_t len, uint8_t enough)
{
	uint8_t largest = 0;

	for (size_t i = 0; i < len && largest <= enough; i++)
		largest = values[i] > largest ? values[i] : largest;
	return largest;
}

void
idx_free(struct idx *idx)
{
	free(idx->values);
	memset(idx, 0, sizeof *idx);
}
