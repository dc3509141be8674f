#include "job/run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define PROGRESS_SECONDS 0.2
#define RATE_SECONDS 0.5	/* a shorter run measures nothing */
#define RATE_MEMORY 10.0	/* seconds that count as much as all before */

void
run_log(struct run *run, const char *level, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_job(strcmp(level, "error") == 0 ? LOG_ERROR : LOG_INFO,
	    run->row->id, "%s", text);
	/* A line that cannot be stored is in the process's log all the same. */
	(void)store_log_async(run->store, run->row->id, level, text);
}

void
run_progress(struct run *run, double done, bool now)
{
	double at = clock_seconds();
	double share = run->work > 0 ? fmin(done / run->work, 1) : 0;

	if (!now && at - run->told < PROGRESS_SECONDS)
		return;
	run->told = at;
	/* Should this be lost, the next one says the same and more. */
	(void)store_job_progress_async(run->store, run->row->id, 100 * share,
	    100, "percent", run->before + at - run->began);
}

bool
run_requested(struct run *run, struct run_end *end)
{
	switch (atomic_load(run->request)) {
	case RUN_CANCEL:
		*end = (struct run_end){ .state = JOB_CANCELLED,
		    .reason = "requested" };
		return true;
	case RUN_PAUSE:
		*end = (struct run_end){ .state = JOB_PAUSED,
		    .reason = "requested" };
		return true;
	case RUN_RETRY:
		/* Who asked for it makes it begin anew. */
		*end = (struct run_end){ .state = JOB_PAUSED,
		    .reason = "retry" };
		return true;
	case RUN_PREEMPT:
		*end = (struct run_end){ .state = JOB_QUEUED,
		    .reason = "preempted" };
		return true;
	case RUN_FULL:
		*end = (struct run_end){ .state = JOB_QUEUED,
		    .reason = "disk_full" };
		return true;
	case RUN_LEAVE:
		run->leave = true;
		/* fall through */
	case RUN_STOP:
		*end = (struct run_end){ .state = JOB_QUEUED,
		    .reason = "server_stopped" };
		return true;
	default:
		return false;
	}
}

static const char *
failure_reason(int error)
{
	switch (error) {
	case ERR_MEMORY:
		return "out_of_memory";
	case ERR_IO:
		return "io_error";
	case ERR_NOT_FOUND:
		return "not_found";
	case ERR_FORMAT:
		return "bad_data";
	case ERR_LIMIT:
		return "too_large";
	default:
		return "internal_error";
	}
}

static int
run_phases(struct run *run, struct run_end *end)
{
	int64_t rows[3];
	bool ended = false;
	int r;

	run->trained = run->spec->rule.rule;
	r = run_resume(run, rows);
	if (r == 0)
		r = run_curves_open(run, rows);
	if (r < 0)
		return r;
	if (run->saved != NULL)
		run_log(run, "info", "resumed from its checkpoint");
	if (run->results == NULL)
		run->results = json_pack("{s:[]}", "evaluations");
	if (run->results == NULL)
		return ERR_MEMORY;
	if (run->spec->options.type == SPEC_TRAIN && !run->training_done)
		r = run_train(run, end, &ended);
	if (r == 0 && !ended)
		r = run_evaluate(run, end, &ended);
	if (r == 0 && !ended) {
		*end = (struct run_end){ .state = JOB_SUCCEEDED };
		run_progress(run, run->work, true);
	}
	if (r == 0 && end->state != JOB_QUEUED && end->state != JOB_PAUSED)
		r = run_curves_complete(run);
	if (r == 0)
		r = store_flush(run->store, run->row->id);
	return r;
}

/* Small problems get less done in a second than large ones: a short run of one
 * must not turn the estimates of all others. */
static void
note_rate(const struct run *run, _Atomic double *rate)
{
	double seconds = clock_seconds() - run->work_since;
	double work = run->work_done - run->work_began;
	double before = *rate, measured;

	if (run->work_since == 0 || seconds < RATE_SECONDS || work <= 0)
		return;
	measured = work / seconds / team_size(run->team);
	*rate = before * pow(measured / before,
	    seconds / (seconds + RATE_MEMORY));
}

/* What an error makes of the job, and a line in its log of how it ended. */
static void
tell_end(struct run *run, int r, struct run_end *end)
{
	if (r == ERR_FULL) {
		/* Not its fault: it goes on from its last checkpoint. */
		*end = (struct run_end){ .state = JOB_QUEUED,
		    .reason = "disk_full", .full = true };
		run_log(run, "warning", "the disk is full");
	} else if (r < 0) {
		*end = (struct run_end){ .state = JOB_FAILED,
		    .reason = failure_reason(r) };
		run_log(run, "error", "failed: %s", err_text(r));
	} else {
		run_log(run, "info", "%s%s%s", job_state_name(end->state),
		    end->reason != NULL ? ": " : "",
		    end->reason != NULL ? end->reason : "");
	}
}

void
run_job(struct store *store, const char *data_folder, int threads,
    const struct job_row *row, _Atomic int *request, _Atomic double *rate,
    struct run_end *end)
{
	struct run run = { .store = store, .data_folder = data_folder,
	    .row = row, .request = request, .began = clock_seconds(),
	    .before = row->run_seconds };
	struct spec_env env = { .data_folder = data_folder, .store = store };
	struct faults *faults = calloc(1, sizeof *faults);
	struct spec *spec = NULL;
	json_t *document = NULL;
	int r = ERR_MEMORY;

	*end = (struct run_end){ .state = JOB_FAILED };
	if (faults == NULL)
		goto out;
	document = spec_text_parse(row->spec, strlen(row->spec), faults);
	r = document == NULL ? ERR_FORMAT : spec_read(document, &env, &spec,
	    faults);
	if (r < 0) {
		/* It was good when it was submitted: something it names, such
		 * as a data set, has gone since. */
		if (faults->len > 0)
			run_log(&run, "error", "%s: %s",
			    faults->list[0].pointer, faults->list[0].detail);
		r = r == ERR_INVALID ? ERR_NOT_FOUND : r;
		goto out;
	}
	run.spec = spec;
	r = team_new(spec->options.threads > 0 ? (int)spec->options.threads :
	    threads, &run.team);
	if (r == 0) {
		run_log(&run, "info", "started, attempt %lld, %d thread%s",
		    (long long)row->attempts, team_size(run.team),
		    team_size(run.team) > 1 ? "s" : "");
		r = run_phases(&run, end);
		note_rate(&run, rate);
	}
out:
	tell_end(&run, r, end);
	/* What this job's writes met was told above. */
	(void)store_flush(store, row->id);
	team_free(run.team);
	free(run.weights);
	free(run.saved);
	json_decref(run.results);
	json_decref(run.labels);
	spec_free(spec);
	json_decref(document);
	free(faults);
}
