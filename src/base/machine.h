/* The machine the program runs on. */
#ifndef L2LD_BASE_MACHINE_H
#define L2LD_BASE_MACHINE_H

#include <stdint.h>

/* Bytes of memory that this process may have: the machine's, or less where its
 * control group has a limit (version 1 or 2); 0 when not known. */
int64_t
machine_memory(void);

#endif
