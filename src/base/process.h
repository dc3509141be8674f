/* What this process takes of the machine, for monitors. */
#ifndef L2LD_BASE_PROCESS_H
#define L2LD_BASE_PROCESS_H

#include <stdint.h>

/* -1 where the system does not tell. */
struct process_figures {
	int64_t resident;	/* bytes of memory */
	int64_t threads;
	int64_t files;		/* open descriptors */
	int64_t files_max;	/* and how many it may have */
};
void
process_read(struct process_figures *figures);

#endif
