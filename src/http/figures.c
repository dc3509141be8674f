#include "http/figures.h"

#include "base/clock.h"
#include "base/file.h"

static int
oldest_queued(struct store *store, double *seconds)
{
	struct job_filter filter = { .state = JOB_QUEUED, .oldest_first = true,
	    .limit = 1 };
	struct job_row *rows;
	size_t count;
	int r = store_job_list(store, &filter, &rows, &count);

	*seconds = 0;
	if (r < 0)
		return r;
	if (count > 0)
		*seconds = (double)(clock_now() - rows[0].created) / 1000;
	job_rows_free(rows, count);
	return 0;
}

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
	store_health(store, &figures->store);
	server_health(site->server, &figures->workers);
	if (site->deadlines != NULL)
		deadlines_count(site->deadlines, &figures->connections);
	process_read(&figures->process);
	return oldest_queued(store, &figures->oldest_queued);
}
