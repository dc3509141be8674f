/* What the server measures of itself, for its pages and for monitors. */
#ifndef L2LD_HTTP_FIGURES_H
#define L2LD_HTTP_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "http/deadline.h"
#include "http/request.h"
#include "store/jobs.h"
#include "store/store.h"

struct figures {
	int64_t jobs[JOB_STATES];
	struct store_size size;
	long long disk_free;	/* bytes; -1: not known */
	double uptime;		/* seconds */
	double oldest_queued;	/* seconds since the job that was submitted first
				 * of those in the queue was; 0: none is */
	struct store_health store;
	struct server_health workers;
	struct deadline_counts connections;
	struct process_figures process;
};

/* 0, or an error of the store. */
int
figures_read(struct site *site, struct figures *figures);

#endif
