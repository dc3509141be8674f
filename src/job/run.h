/* One job's life on a worker: from the claimed row to its end state. */
#ifndef L2LD_JOB_RUN_H
#define L2LD_JOB_RUN_H

#include <jansson.h>
#include <stdatomic.h>

#include "base/pool.h"
#include "base/team.h"
#include "job/recorder.h"
#include "job/spec.h"
#include "meta/evaluate.h"
#include "meta/train.h"
#include "store/jobs.h"

/* What others want of a running job; looked at between two pieces of work. */
enum run_request {
	RUN_GO_ON,
	RUN_CANCEL,
	RUN_PAUSE,
	RUN_RETRY,
	RUN_PREEMPT,		/* for a job of higher priority */
	RUN_FULL,		/* the disk is full */
	RUN_STOP,		/* the server stops */
	RUN_LEAVE,		/* at once: no checkpoint, the last one serves */
};

/* epoch, meta_loss, learning_rate, gradient_norm, seconds */
#define RUN_TRAINING_COLUMNS 5

/* How it ended: the state to move the row to, and a stable word or NULL. */
struct run_end {
	enum job_state state;
	const char *reason;
	bool full;		/* a write found the disk full */
};

/* What run.c and the run_*.c share. */
struct run {
	struct store *store;
	const char *data_folder;
	const struct job_row *row;
	const struct spec *spec;
	_Atomic int *request;
	struct team *team;
	double began, before;	/* clock when it began; run_seconds before */
	double work, work_done;	/* in the measure of rule_work */
	double work_began;	/* work_done when it began to work */
	double work_since;	/* clock of that, 0: not yet */
	bool leave;		/* it ends without a checkpoint */
	double told;		/* when progress was last written */
	/* The trained weights, once training has ended. */
	struct rule trained;
	float *weights;
	int64_t snapshots[PROBLEM_GROUPS_MAX];	/* of the parts; 0: none */
	/* Position, as in a checkpoint. */
	bool training_done;
	int evaluation;		/* the one under way, or next */
	struct recorder training, validation, points;
	/* The last epoch's row while it is not in the curve: should training
	 * end with it, it is put there. */
	bool pending;
	double pending_row[RUN_TRAINING_COLUMNS];
	json_t *results;	/* {"evaluations": [...]} so far */
	json_t *labels;		/* names of the evaluation curve's optimizers */
	void *saved;		/* the checkpoint read at the start, or NULL */
	size_t saved_len, saved_head;	/* head: of its fixed part */
};

/* Run it on `threads` threads unless its spec says how many.  request may change
 * from other threads meanwhile.  *rate moves towards the measured work per second
 * of one thread, the more the longer it ran. */
void
run_job(struct store *store, const char *data_folder, int threads,
    const struct job_row *row, _Atomic int *request, _Atomic double *rate,
    struct run_end *end);

/* ---- between the files ---- */

/* Write progress now and then; done in `work`'s unit. */
void
run_progress(struct run *run, double done, bool now);
void
run_log(struct run *run, const char *level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Read the weights of a rule's learned parts from their snapshots; a part whose
 * id is 0 is left as it is.  *weights is malloc'd, also on failure, and the
 * caller's; the parts point into it. */
int
run_snapshot_weights(const struct run *run, const int64_t *snapshots,
    struct rule *rule, float **weights);

/* One snapshot of each learned part of a rule, which ran on problem; loss NaN:
 * none.  ids (may be NULL) become those of the parts. */
int
run_keep_weights(const struct run *run, const struct problem *problem,
    const struct rule *rule, char *kind, int64_t epoch, double loss,
    int64_t *ids);

/* Train to the end, or until something else is requested: *end is left alone
 * when training came to its end and evaluation may follow.  0 or an error. */
int
run_train(struct run *run, struct run_end *end, bool *ended);

/* All evaluations that are left; as above. */
int
run_evaluate(struct run *run, struct run_end *end, bool *ended);

/* End it because of a request, if there is one: *end and true. */
bool
run_requested(struct run *run, struct run_end *end);

/* ---- run_checkpoint.c ---- */

/* A checkpoint: position, rows of the curves, the trainer's state (NULL: of no
 * trainer any more, then the trained weights). */
int
run_checkpoint(struct run *run, const struct trainer *trainer);

/* What the checkpoint at the start holds of the trainer. */
int
run_restore(struct run *run, struct trainer *trainer);

/* Read the position to go on from, and the curves' rows at it: training,
 * validation, evaluation.  A job without a checkpoint begins at 0. */
int
run_resume(struct run *run, int64_t rows[3]);

/* ---- run_curves.c ---- */

/* Open the job's curves at these rows; once it has ended they are complete. */
int
run_curves_open(struct run *run, const int64_t rows[3]);
int
run_curves_complete(struct run *run);

/* The number that stands for an optimizer's name in the evaluation curve. */
int
run_optimizer_label(const struct run *run, const char *name);

/* ---- run_evaluate.c ---- */

/* The work of all evaluations, in the measure of rule_work. */
double
run_evaluations_work(const struct run *run);

#endif
