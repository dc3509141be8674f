#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "daemon/command.h"
#include "daemon/service.h"
#include "daemon/table.h"
#include "http/http.h"
#include "job/catalogue.h"
#include "job/server.h"

#define BAR 30			/* characters */
#define LOOK_SECONDS 0.2
/* Plain lines come with every so many percent, or after so many seconds, and not
 * faster than one in LINE_SECONDS. */
#define LINE_PERCENT 5
#define LINE_SECONDS 1
#define LINE_SECONDS_MAX 60

static int
read_input(struct buf *text, struct message *m)
{
	char piece[65536];
	size_t got;

	while ((got = fread(piece, 1, sizeof piece, stdin)) > 0) {
		buf_put(text, piece, got);
		if (text->len > SPEC_BODY_MAX)
			return message_set(m, ERR_LIMIT, "a job has at most %d "
			    "bytes", SPEC_BODY_MAX);
	}
	return buf_error(text);
}

/* The job's text: a built-in one, standard input, or a file. */
static int
read_job(const char *job, struct buf *text, struct message *m)
{
	const char *preset = catalogue_preset_text(job);
	char *data;
	size_t len;
	int r;

	if (strcmp(job, "-") == 0)
		return read_input(text, m);
	r = file_read(job, SPEC_BODY_MAX, &data, &len, m);
	if (r == ERR_NOT_FOUND && preset != NULL) {
		buf_text(text, preset);
		return buf_error(text);
	}
	if (r == 0) {
		buf_put(text, data, len);
		r = buf_error(text);
	}
	free(data);
	return r;
}

static void
print_faults(const struct faults *faults)
{
	for (int i = 0; i < faults->len; i++)
		fprintf(stderr, "l2ld: %s: %s\n", faults->list[i].pointer[0] !=
		    0 ? faults->list[i].pointer : "job",
		    faults->list[i].detail);
	if (faults->more > 0)
		fprintf(stderr, "l2ld: and %d more\n", faults->more);
}

static void
duration(double seconds, char text[32])
{
	if (!isfinite(seconds))
		snprintf(text, 32, "?");
	else if (seconds < 90)
		snprintf(text, 32, "%.0f s", seconds);
	else if (seconds < 5400)
		snprintf(text, 32, "%.0f min", seconds / 60);
	else
		snprintf(text, 32, "%.1f h", seconds / 3600);
}

static void
show(const struct job_row *row, double eta, bool terminal)
{
	double share = row->total > 0 ? row->done / row->total : 0;
	int full = (int)(share * BAR + 0.5);
	char left[32], spent[32];

	duration(eta, left);
	duration(row->run_seconds, spent);
	if (terminal)
		printf("\r[%.*s%.*s] %5.1f %%  %s, %s left\033[K", full,
		    "##############################", BAR - full,
		    "..............................", 100 * share, spent, left);
	else
		printf("%5.1f %%  %s, %s left\n", 100 * share, spent, left);
	fflush(stdout);
}

/* Whether it is time for another plain line. */
static bool
line_due(const struct job_row *row, double shown_percent, double shown)
{
	double seconds = clock_seconds() - shown;

	return seconds >= LINE_SECONDS_MAX || (seconds >= LINE_SECONDS &&
	    row->done - shown_percent >= LINE_PERCENT);
}

/* Look at the job until it has ended or a signal comes.  *row is filled; the
 * caller frees it after 0. */
static int
follow(struct server *server, int64_t id, struct job_row *row, bool *signal)
{
	bool terminal = isatty(STDOUT_FILENO);
	double shown = -INFINITY, shown_percent = 0;

	*signal = false;
	for (;;) {
		int r = store_job_read(server_store(server), id, row);
		bool end;

		if (r < 0)
			return r;
		end = row->state >= JOB_SUCCEEDED || *signal;
		if (terminal || end || line_due(row, shown_percent, shown)) {
			show(row, end ? 0 : server_eta(server, row), terminal);
			shown = clock_seconds();
			shown_percent = row->done;
		}
		if (end) {
			if (terminal)
				printf("\n");
			return 0;
		}
		job_row_free(row);
		*signal = signals_wait(LOOK_SECONDS) != 0;
	}
}

static int
submit(struct server *server, const char *job, int64_t *id, struct message *m)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct buf text = { 0 };
	bool existing;
	int r = faults == NULL ? ERR_MEMORY : read_job(job, &text, m);

	if (r == 0)
		r = server_submit(server, text.data != NULL ? text.data : "",
		    text.len, NULL, id, &existing, faults);
	if (r < 0 && faults != NULL && faults->len > 0)
		print_faults(faults);
	else if (r < 0 && m->text[0] == 0)
		message_set(m, r, "the job cannot be queued: %s", err_text(r));
	buf_free(&text);
	free(faults);
	return r;
}

static int
report(const struct job_row *row, bool signal)
{
	if (signal) {
		printf("job %lld goes on when l2ld next serves this "
		    "database\n", (long long)row->id);
		return STATUS_FAILED;
	}
	printf("job %lld %s%s%s\n", (long long)row->id,
	    job_state_name(row->state), row->reason != NULL ? ": " : "",
	    row->reason != NULL ? row->reason : "");
	if (row->results != NULL)
		table_print(row->results);
	return row->state == JOB_SUCCEEDED ? STATUS_OK : STATUS_FAILED;
}

int
command_run(const struct options *o, const char *job)
{
	struct server_config config;
	struct message m = { "" };
	struct server *server;
	struct http *http = NULL;
	struct job_row row;
	int64_t id = 0;
	bool signal = false;
	int status = STATUS_FAILED, r;

	serve_config(o, &config);
	if (!o->serve)
		config.workers = 1;
	/* The progress bar says what there is to say. */
	if (!o->verbose)
		log_set_level(LOG_WARNING);
	r = server_new(&config, &server, &m);
	if (r == 0)
		r = submit(server, job != NULL ? job : "default", &id, &m);
	if (r == 0)
		r = server_start(server, o->serve ? 0 : id, &m);
	if (r == 0 && o->serve)
		r = serve_open(o, server, &http, &m);
	if (r == 0)
		r = follow(server, id, &row, &signal);
	if (r == 0) {
		status = report(&row, signal);
		job_row_free(&row);
		if (o->serve && !o->exit && !signal) {
			printf("\nserving until Ctrl-C\n");
			fflush(stdout);
			signals_wait(-1);
		}
	} else if (m.text[0] != 0) {
		fprintf(stderr, "l2ld: %s\n", m.text);
	}
	service_end(server, http, status);
	return status;
}
