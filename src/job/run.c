#include "job/run.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define PROGRESS_SECONDS 0.2
#define RATE_SECONDS 0.5	/* a shorter run measures nothing */

/* With the stride between epochs. */
#define TRAINING_HEADER "{\"columns\":[\"epoch\",\"meta_loss\"," \
	"\"learning_rate\",\"gradient_norm\",\"seconds\"],\"every\":%lld}"
static const char validation_header[] = "{\"columns\":[\"epoch\",\"loss\","
    "\"best\"]}";

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

/* ---- the curves' headers ---- */

int
run_optimizer_label(const struct run *run, const char *name)
{
	json_t *label;
	size_t i;

	json_array_foreach(run->labels, i, label)
		if (strcmp(json_string_value(label), name) == 0)
			return (int)i;
	return -1;
}

static void
add_label(struct run *run, const char *name)
{
	if (run_optimizer_label(run, name) < 0)
		json_array_append_new(run->labels, json_string(name));
}

/* {"columns": [...], "labels": {...}} of the evaluation curve; malloc'd. */
static char *
evaluation_header(struct run *run)
{
	const struct spec *spec = run->spec;
	json_t *evaluations = json_array(), *every = json_array(), *header;
	char *text;

	run->labels = json_array();
	if (spec->options.type == SPEC_TRAIN)
		add_label(run, spec->rule.rule.name);
	for (int i = 0; i < spec->evaluations_len; i++) {
		const struct spec_evaluation *e = &spec->evaluations[i];

		json_array_append_new(evaluations,
		    json_string(e->options.name));
		json_array_append_new(every,
		    json_integer(evaluate_stride(&e->options)));
		for (int k = 0; k < e->rules_len; k++)
			add_label(run, e->rules[k].rule.name);
	}
	header = json_pack("{s:[sssssssss],s:{s:o,s:O},s:o}", "columns",
	    "evaluation", "optimizer", "step", "mean", "median", "q10", "q90",
	    "runs", "diverged", "labels", "evaluation", evaluations,
	    "optimizer", run->labels, "every", every);
	text = json_dumps(header, JSON_COMPACT);
	json_decref(header);
	return text;
}

/* ---- checkpoints ---- */

/* Version 2 has what comes after the snapshots. */
#define CHECKPOINT_MAGIC_1 0x6c326c64636b0001ull
#define CHECKPOINT_MAGIC 0x6c326c64636b0002ull

struct checkpoint {
	uint64_t magic;
	int64_t training_done;
	int64_t evaluation;
	int64_t rows[3];	/* training, validation, evaluation */
	int64_t snapshots[PROBLEM_GROUPS_MAX];
	int64_t pending;
	double pending_row[RUN_TRAINING_COLUMNS];
};

int
run_checkpoint(struct run *run, const struct trainer *trainer)
{
	size_t weights = rule_weights_len(&run->trained) * sizeof(float);
	struct checkpoint head;
	size_t len = sizeof head;
	char *bytes;
	int r;

	if (run->leave)
		return 0;
	memset(&head, 0, sizeof head);
	head.magic = CHECKPOINT_MAGIC;
	head.training_done = run->training_done;
	head.evaluation = run->evaluation;
	head.rows[0] = run->training.next;
	head.rows[1] = run->validation.next;
	head.rows[2] = run->points.next;
	memcpy(head.snapshots, run->snapshots, sizeof head.snapshots);
	head.pending = run->pending;
	memcpy(head.pending_row, run->pending_row, sizeof head.pending_row);
	len += trainer != NULL ? trainer_save_len(trainer) :
	    run->weights != NULL ? weights : 0;
	bytes = malloc(len);
	if (bytes == NULL)
		return ERR_MEMORY;
	memcpy(bytes, &head, sizeof head);
	if (trainer != NULL)
		trainer_save(trainer, bytes + sizeof head);
	else if (run->weights != NULL)
		memcpy(bytes + sizeof head, run->weights, weights);
	r = recorder_flush(&run->training);
	if (r == 0)
		r = recorder_flush(&run->validation);
	if (r == 0)
		r = recorder_flush(&run->points);
	if (r == 0)
		r = store_checkpoint_write_async(run->store, run->row->id,
		    bytes, len);
	free(bytes);
	return r;
}

int
run_restore(struct run *run, struct trainer *trainer)
{
	if (run->saved == NULL)
		return 0;
	return trainer_restore(trainer, (char *)run->saved + run->saved_head,
	    run->saved_len - run->saved_head);
}

/* The trained weights that a checkpoint after training holds. */
static int
restore_weights(struct run *run)
{
	size_t len = rule_weights_len(&run->spec->rule.rule);

	if (run->saved_len != run->saved_head + len * sizeof(float))
		return ERR_FORMAT;
	run->weights = malloc(len * sizeof(float) + 1);
	if (run->weights == NULL)
		return ERR_MEMORY;
	memcpy(run->weights, (char *)run->saved + run->saved_head,
	    len * sizeof(float));
	rule_set_weights(&run->trained, run->weights);
	return 0;
}

/* The fixed part, of this version or an older one. */
static int
read_head(struct run *run, struct checkpoint *head)
{
	size_t len = sizeof *head;

	if (run->saved_len < sizeof head->magic)
		return ERR_FORMAT;
	memcpy(&head->magic, run->saved, sizeof head->magic);
	if (head->magic == CHECKPOINT_MAGIC_1)
		len = offsetof(struct checkpoint, pending);
	else if (head->magic != CHECKPOINT_MAGIC)
		return ERR_FORMAT;
	if (run->saved_len < len)
		return ERR_FORMAT;
	memcpy(head, run->saved, len);
	run->saved_head = len;
	return 0;
}

/* The position to go on from; a job without a checkpoint begins at 0. */
static int
read_checkpoint(struct run *run, struct checkpoint *head)
{
	int r;

	memset(head, 0, sizeof *head);
	r = store_checkpoint_read(run->store, run->row->id, &run->saved,
	    &run->saved_len);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	r = read_head(run, head);
	if (r < 0)
		return r;
	run->training_done = head->training_done != 0;
	run->evaluation = (int)head->evaluation;
	memcpy(run->snapshots, head->snapshots, sizeof run->snapshots);
	run->pending = head->pending != 0;
	memcpy(run->pending_row, head->pending_row, sizeof run->pending_row);
	if (run->row->results != NULL)
		run->results = json_loads(run->row->results, 0, NULL);
	if (run->training_done && run->spec->options.type == SPEC_TRAIN)
		return restore_weights(run);
	return 0;
}

static int
open_curves(struct run *run, const struct checkpoint *head)
{
	int64_t job = run->row->id;
	char *header, training[160];
	int r = 0;

	if (run->spec->options.type == SPEC_TRAIN) {
		snprintf(training, sizeof training, TRAINING_HEADER,
		    (long long)train_stride(&run->spec->training));
		r = recorder_open(&run->training, run->store, job, "training",
		    training, RUN_TRAINING_COLUMNS, head->rows[0]);
		if (r == 0)
			r = recorder_open(&run->validation, run->store, job,
			    "validation", validation_header, 3, head->rows[1]);
	}
	if (r < 0 || run->spec->evaluations_len == 0)
		return r;
	header = evaluation_header(run);
	if (header == NULL)
		return ERR_MEMORY;
	r = recorder_open(&run->points, run->store, job, "evaluation", header,
	    9, head->rows[2]);
	free(header);
	return r;
}

static int
complete_curves(struct run *run)
{
	const struct recorder *all[] = { &run->training, &run->validation,
	    &run->points };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int r = all[i]->name == NULL ? 0 : store_curve_complete(
		    run->store, run->row->id, all[i]->name);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the whole ---- */

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
	struct checkpoint head;
	bool ended = false;
	int r;

	run->trained = run->spec->rule.rule;
	r = read_checkpoint(run, &head);
	if (r == 0)
		r = open_curves(run, &head);
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
		r = complete_curves(run);
	if (r == 0)
		r = store_flush(run->store, run->row->id);
	return r;
}

static void
note_rate(const struct run *run, _Atomic double *rate)
{
	double seconds = clock_seconds() - run->began;

	if (seconds > RATE_SECONDS && run->work_done > run->work_began)
		*rate = (run->work_done - run->work_began) / seconds /
		    team_size(run->team);
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
