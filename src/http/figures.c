#include "http/figures.h"

#include "base/clock.h"
#include "base/file.h"

int
figures_read(struct site *site, struct figures *figures)
{
	struct store *store = server_store(site->server);

	*figures = (struct figures){ 0 };
	for (int state = 0; state < JOB_STATES; state++) {
		int r = store_job_count(store, state, &figures->jobs[state]);

		if (r < 0)
			return r;
	}
	store_size(store, &figures->size);
	figures->disk_free =
	    file_free_bytes(server_config(site->server)->state_folder);
	figures->uptime = clock_seconds() - site->started;
	return 0;
}
