/* glibc's allocator told to give back what nobody uses.  Elsewhere these do
 * nothing. */
#ifndef L2LD_BASE_HEAP_H
#define L2LD_BASE_HEAP_H

/* Call before any thread starts. */
void
heap_start(void);

/* Give free pages back to the system: under a millisecond for tens of MB, each
 * allocating thread waiting for a part of that.  Call it once in a while. */
void
heap_trim(void);

#endif
