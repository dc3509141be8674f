#include "base/heap.h"

#include <malloc.h>

#define HEAPS 2
#define LARGE_BLOCK (1024 * 1024)

/* Left alone, glibc gives threads up to eight heaps a core, and learns from the
 * first large block that is freed to keep those up to its size, in each of them.
 * Connections' threads come and go; what lives long ends up strewn over all. */
void
heap_start(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, HEAPS);
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

/* By itself glibc gives back a heap's end only, not the holes between blocks. */
void
heap_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
