/* Prometheus text format 0.0.4. */
#include <config.h>
#include <stdio.h>

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

/* One sample; label is NULL or as in `state="queued"`. */
static void
sample(struct buf *out, const char *name, const char *label, double value)
{
	buf_printf(out, label != NULL ? "%s{%s} " : "%s ", name, label);
	buf_double(out, value);
	buf_text(out, "\n");
}

static void
gauge(struct buf *out, const char *name, const char *help, double value)
{
	metric_begin(out, name, "gauge", help);
	sample(out, name, NULL, value);
}

static void
counter(struct buf *out, const char *name, const char *help, double value)
{
	metric_begin(out, name, "counter", help);
	sample(out, name, NULL, value);
}

/* A figure that the system may not tell (-1) is left out. */
static void
gauge_known(struct buf *out, const char *name, const char *help, double value)
{
	if (value >= 0)
		gauge(out, name, help, value);
}

static void
write_jobs(struct buf *out, const struct figures *f)
{
	char label[64];

	metric_begin(out, "l2ld_jobs", "gauge", "Jobs by state.");
	for (int state = 0; state < JOB_STATES; state++) {
		snprintf(label, sizeof label, "state=\"%s\"",
		    job_state_name(state));
		sample(out, "l2ld_jobs", label, (double)f->jobs[state]);
	}
	gauge(out, "l2ld_job_queue_age_seconds", "Since the oldest of the "
	    "queued jobs was submitted; 0 without any.", f->oldest_queued);
	gauge(out, "l2ld_workers", "Jobs that can run at once.",
	    f->workers.workers);
	gauge(out, "l2ld_workers_started", "Workers that there are.",
	    f->workers.started);
	gauge(out, "l2ld_workers_busy", "Workers that have a job.",
	    f->workers.busy);
}

/* As configured; 0: none. */
static void
write_limits(struct buf *out, struct site *site)
{
	static const char name[] = "l2ld_limit_bytes";
	const struct server_config *c = server_config(site->server);

	metric_begin(out, name, "gauge", "What may be used of memory and disk; "
	    "0: there is no limit.");
	sample(out, name, "of=\"memory\"", (double)c->memory);
	sample(out, name, "of=\"job_memory\"", (double)c->job_memory);
	sample(out, name, "of=\"disk\"", (double)c->disk);
	sample(out, name, "of=\"job_disk\"", (double)c->job_disk);
	sample(out, name, "of=\"disk_reserve\"", (double)c->disk_reserve);
}

static void
write_http(struct buf *out, struct site *site, const struct figures *f)
{
	char label[32];

	metric_begin(out, "l2ld_http_responses_total", "counter",
	    "Answers by the hundreds of their status.");
	for (int i = 2; i < 6; i++) {
		snprintf(label, sizeof label, "code=\"%dxx\"", i);
		sample(out, "l2ld_http_responses_total", label,
		    (double)atomic_load(&site->answers[i]));
	}
	gauge(out, "l2ld_http_long_polls", "Long polls that wait.",
	    atomic_load(&site->polls));
	gauge(out, "l2ld_http_connections", "Open connections.",
	    f->connections.open);
	counter(out, "l2ld_http_connections_total", "Connections accepted.",
	    (double)f->connections.accepted);
	metric_begin(out, "l2ld_http_connections_shut_total", "counter",
	    "Connections closed on their clients: late with what they send or "
	    "take, or waiting for them while others waited for a place.");
	sample(out, "l2ld_http_connections_shut_total", "reason=\"late\"",
	    (double)f->connections.slow);
	sample(out, "l2ld_http_connections_shut_total", "reason=\"crowd\"",
	    (double)f->connections.crowded);
}

static void
write_database(struct buf *out, const struct figures *f)
{
	const struct store_health *h = &f->store;

	gauge(out, "l2ld_database_bytes", "Size of the database.",
	    (double)f->size.database);
	gauge(out, "l2ld_wal_bytes", "Size of its write-ahead log.",
	    (double)f->size.wal);
	gauge_known(out, "l2ld_disk_free_bytes",
	    "Room left on the disk of the database.", (double)f->disk_free);
	counter(out, "l2ld_database_commits_total",
	    "Groups of writes committed.", (double)h->commits);
	counter(out, "l2ld_database_write_errors_total",
	    "Writes that the disk refused.", (double)h->write_errors);
	counter(out, "l2ld_database_checkpoints_total",
	    "Copies of the log into the database.", (double)h->checkpoints);
	counter(out, "l2ld_database_checkpoint_errors_total",
	    "Copies of the log that failed.", (double)h->checkpoint_errors);
	counter(out, "l2ld_curve_rows_total", "Rows of curves committed.",
	    (double)h->rows);
	gauge_known(out, "l2ld_database_commit_age_seconds",
	    "Since the last commit.", h->commit_seconds);
	gauge(out, "l2ld_database_queued_bytes",
	    "Writes of jobs that wait for their commit.",
	    (double)h->queued_bytes);
	gauge(out, "l2ld_database_full_seconds",
	    "Since the disk has been full; 0: there is room.",
	    h->full_seconds);
	gauge(out, "l2ld_database_broken", "1 when nothing more is written "
	    "after an error of the disk.", h->broken);
}

/* What the watchdog looks at. */
static void
write_silence(struct buf *out, const struct figures *f)
{
	static const char name[] = "l2ld_silent_seconds";

	metric_begin(out, name, "gauge", "How long a part has not moved though "
	    "it had to; more than a few seconds: it hangs.");
	sample(out, name, "part=\"writer\"", f->store.silent_seconds);
	sample(out, name, "part=\"workers\"", f->workers.silent_seconds);
	sample(out, name, "part=\"http\"", f->connections.silent_seconds);
}

static void
write_process(struct buf *out, const struct site *site,
    const struct figures *f)
{
	counter(out, "process_cpu_seconds_total", "CPU time of the process.",
	    clock_cpu_seconds());
	gauge(out, "process_start_time_seconds",
	    "When it began to serve, in seconds since 1970.",
	    site->started_at);
	gauge_known(out, "process_resident_memory_bytes",
	    "Memory of the process.", (double)f->process.resident);
	gauge_known(out, "process_threads", "Its threads.",
	    (double)f->process.threads);
	gauge_known(out, "process_open_fds", "Its open descriptors.",
	    (double)f->process.files);
	gauge_known(out, "process_max_fds", "How many it may have.",
	    (double)f->process.files_max);
	gauge(out, "l2ld_uptime_seconds", "Since it began to serve.",
	    f->uptime);
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
	metric_begin(&out, "l2ld_build_info", "gauge",
	    "The version that runs.");
	sample(&out, "l2ld_build_info", "version=\"" PACKAGE_VERSION "\"", 1);
	write_jobs(&out, &figures);
	write_limits(&out, rq->site);
	write_http(&out, rq->site, &figures);
	write_database(&out, &figures);
	write_silence(&out, &figures);
	write_process(&out, rq->site, &figures);
	response_buf(rs, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}
