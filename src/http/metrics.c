/* Prometheus text format 0.0.4. */
#include <config.h>
#include <inttypes.h>

#include "base/clock.h"
#include "http/figures.h"
#include "http/handlers.h"
#include "job/server.h"

static void
metric_begin(struct buf *out, const char *name, const char *kind,
    const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void
metric(struct buf *out, const char *name, const char *kind, const char *help,
    double value)
{
	metric_begin(out, name, kind, help);
	buf_printf(out, "%s ", name);
	buf_double(out, value);
	buf_text(out, "\n");
}

static void
metrics_write(struct buf *out, struct site *site, const struct figures *figures)
{
	metric_begin(out, "l2ld_build_info", "gauge", "The version that runs.");
	buf_text(out, "l2ld_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	metric_begin(out, "l2ld_jobs", "gauge", "Jobs by state.");
	for (int state = 0; state < JOB_STATES; state++)
		buf_printf(out, "l2ld_jobs{state=\"%s\"} %" PRId64 "\n",
		    job_state_name(state), figures->jobs[state]);
	metric_begin(out, "l2ld_http_responses_total", "counter",
	    "Answers by the hundreds of their status.");
	for (int i = 2; i < 6; i++)
		buf_printf(out, "l2ld_http_responses_total{code=\"%dxx\"} "
		    "%llu\n", i, atomic_load(&site->answers[i]));
	metric(out, "l2ld_http_long_polls", "gauge", "Long polls that wait.",
	    atomic_load(&site->polls));
	metric(out, "l2ld_workers", "gauge", "Jobs that can run at once.",
	    server_config(site->server)->workers);
	metric(out, "l2ld_database_bytes", "gauge", "Size of the database.",
	    (double)figures->size.database);
	metric(out, "l2ld_wal_bytes", "gauge", "Size of its write-ahead log.",
	    (double)figures->size.wal);
	if (figures->disk_free >= 0)
		metric(out, "l2ld_disk_free_bytes", "gauge",
		    "Room left on the disk of the database.",
		    (double)figures->disk_free);
	metric(out, "l2ld_uptime_seconds", "gauge", "Since the start.",
	    figures->uptime);
	metric(out, "process_cpu_seconds_total", "counter",
	    "CPU time of the process.", clock_cpu_seconds());
}

void
metrics_read(const struct request *rq, struct response *rs)
{
	struct figures figures;
	struct buf out = { 0 };
	int r = figures_read(rq->site, &figures);

	if (r < 0) {
		response_error(rs, r, "the server");
		return;
	}
	metrics_write(&out, rq->site, &figures);
	response_buf(rs, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}
