/* A pool of memory with a byte budget.
 *
 * A job takes all its numeric memory from one pool before its first step and
 * gives it back at once.  Not for use by two threads at a time. */
#ifndef L2LD_BASE_POOL_H
#define L2LD_BASE_POOL_H

#include <stddef.h>

#define POOL_ALIGN 64	/* a cache line, and the widest SIMD register */

struct pool;

/* A pool that hands out at most budget bytes (0: no limit but the system's).
 * Returns 0 or ERR_MEMORY; the caller frees it with pool_free. */
int
pool_new(size_t budget, struct pool **pool);

/* Frees the pool and all that came from it; accepts NULL. */
void
pool_free(struct pool *pool);

/* count x size bytes, zeroed, aligned to POOL_ALIGN; the pool owns them.
 * NULL when the product overflows, the budget is used up or memory is out.
 * A request of zero bytes gives a pointer that must not be read. */
void *
pool_get(struct pool *pool, size_t count, size_t size);

/* Bytes handed out so far, roundings included. */
size_t
pool_used(const struct pool *pool);

/* What pool_get(count, size) would take, for estimates; saturates at SIZE_MAX. */
size_t
pool_cost(size_t count, size_t size);

/* *sum += pool_cost(count, size), saturating. */
void
pool_cost_add(size_t *sum, size_t count, size_t size);

#endif
