#include "base/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

struct chunk {
	struct chunk *next;
};

struct pool {
	struct chunk *chunks;
	size_t budget;
	size_t used;
};

int
pool_new(size_t budget, struct pool **pool)
{
	*pool = calloc(1, sizeof **pool);
	if (*pool == NULL)
		return ERR_MEMORY;
	(*pool)->budget = budget > 0 ? budget : SIZE_MAX;
	return 0;
}

void
pool_free(struct pool *pool)
{
	struct chunk *chunk, *next;

	if (pool == NULL)
		return;
	for (chunk = pool->chunks; chunk != NULL; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(pool);
}

size_t
pool_cost(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) ||
	    bytes > SIZE_MAX - 2 * POOL_ALIGN)
		return SIZE_MAX;
	/* One line in front holds the link. */
	return POOL_ALIGN + (bytes + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
}

void
pool_cost_add(size_t *sum, size_t count, size_t size)
{
	if (__builtin_add_overflow(*sum, pool_cost(count, size), sum))
		*sum = SIZE_MAX;
}

/* Ask for pages of 2 MB where that many bytes lie together: kernels that stream
 * through tens of megabytes spend less on address translation.  Only a hint. */
static void
huge_pages(void *p, size_t bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)p + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)p + bytes) / page * page;

	if (bytes >= (size_t)4 << 20)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

void *
pool_get(struct pool *pool, size_t count, size_t size)
{
	size_t bytes = pool_cost(count, size);
	struct chunk *chunk;

	if (bytes == SIZE_MAX || bytes > pool->budget - pool->used)
		return NULL;
	chunk = aligned_alloc(POOL_ALIGN, bytes);
	if (chunk == NULL)
		return NULL;
	huge_pages(chunk, bytes);
	memset(chunk, 0, bytes);
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	pool->used += bytes;
	return (char *)chunk + POOL_ALIGN;
}

size_t
pool_used(const struct pool *pool)
{
	return pool->used;
}
