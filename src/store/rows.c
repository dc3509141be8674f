#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

void *
rows_grow(void *rows, size_t count, size_t size)
{
	/* The room doubles whenever the count reaches a power of two. */
	if ((count & (count - 1)) == 0)
		rows = reallocarray(rows, count > 0 ? 2 * count : 1, size);
	if (rows != NULL)
		memset((char *)rows + count * size, 0, size);
	return rows;
}

void
copy_little(void *to, const void *from, size_t count, size_t width)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (count > 0)
		memcpy(to, from, count * width);
#else
	unsigned char *t = to;
	const unsigned char *f = from;

	for (size_t i = 0; i < count; i++)
		for (size_t b = 0; b < width; b++)
			t[i * width + b] = f[i * width + width - 1 - b];
#endif
}
