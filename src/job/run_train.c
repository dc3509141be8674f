/* The training of a job: epochs and validations recorded, checkpoints and
 * snapshots written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/run.h"

#define CHECKPOINT_SECONDS 2.0
#define BEST_SECONDS 5.0	/* between two snapshots of the best so far */

struct training {
	struct run *run;
	struct problem problem;
	struct trainer *trainer;
	double checkpointed, kept;	/* when */
	bool best_is_new;	/* not yet in a snapshot */
};

/* A snapshot of the best weights so far, or of the present ones. */
static int
keep(struct training *t, bool best)
{
	bool have = !isnan(trainer_best_loss(t->trainer));
	struct rule rule;

	trainer_rule(t->trainer, best, &rule);
	if (best)
		t->best_is_new = false;
	t->kept = clock_seconds();
	if (best && have)
		return run_keep_weights(t->run, &t->problem, &rule, "best",
		    trainer_best_epoch(t->trainer),
		    trainer_best_loss(t->trainer), t->run->snapshots);
	return run_keep_weights(t->run, &t->problem, &rule, "last",
	    trainer_epoch(t->trainer), NAN, have ? NULL : t->run->snapshots);
}

/* Put the epoch into the curve if its turn has come, or keep its row for the
 * case that it is the last. */
static int
put_epoch(struct run *run, const double *row)
{
	int64_t epoch = (int64_t)row[0];

	run->pending = epoch != 1 &&
	    epoch % train_stride(&run->spec->training) != 0;
	if (!run->pending)
		return recorder_put(&run->training, row);
	memcpy(run->pending_row, row, sizeof run->pending_row);
	return 0;
}

/* Training has come to its end: its last epoch is always in the curve. */
static int
put_last_epoch(struct run *run)
{
	if (!run->pending)
		return 0;
	run->pending = false;
	return recorder_put(&run->training, run->pending_row);
}

/* Rows, log and snapshots of what happened. */
static int
record_epoch(struct training *t, const struct train_event *event)
{
	struct run *run = t->run;
	int64_t every = run->spec->training.snapshot_every;
	int64_t validate = run->spec->training.validate_every;
	double row[RUN_TRAINING_COLUMNS] = { (double)event->epoch,
	    event->meta_loss, event->learning_rate, event->gradient_norm,
	    run->before + clock_seconds() - run->began };
	struct rule rule;
	int r = put_epoch(run, row);

	/* A validation may take long, and comes next. */
	if (r == 0 && validate > 0 && event->epoch % validate == 0)
		r = recorder_flush(&run->training);
	run->work_done += train_epoch_work(&run->spec->training,
	    &run->trained, &t->problem);
	if (r == 0 && every > 0 && event->epoch % every == 0) {
		trainer_rule(t->trainer, false, &rule);
		r = run_keep_weights(run, &t->problem, &rule, "periodic",
		    event->epoch, NAN, NULL);
	}
	return r;
}

static int
record_validation(struct training *t, const struct train_event *event)
{
	struct run *run = t->run;
	double row[] = { (double)event->epoch, event->loss, event->best };
	int r = recorder_put(&run->validation, row);

	run->work_done += train_validation_work(&run->spec->training,
	    &run->trained, &t->problem);
	run_log(run, "info", "epoch %lld: validation loss %.6g%s",
	    (long long)event->epoch, event->loss, event->best ? ", the best" :
	    "");
	t->best_is_new = t->best_is_new || event->best;
	if (r == 0 && t->best_is_new &&
	    clock_seconds() - t->kept > BEST_SECONDS)
		r = keep(t, true);
	return r;
}

/* Snapshots of where training stands. */
static int
keep_both(struct training *t)
{
	int r = keep(t, false);

	if (r == 0 && !isnan(trainer_best_loss(t->trainer)))
		r = keep(t, true);
	return r;
}

/* The best weights become the run's own: evaluation outlives the trainer. */
static int
take_weights(struct training *t)
{
	struct run *run = t->run;
	size_t len = rule_weights_len(&run->trained);
	float *w;

	run->weights = w = malloc(len * sizeof(float) + 1);
	if (w == NULL)
		return ERR_MEMORY;
	trainer_rule(t->trainer, true, &run->trained);
	for (int i = 0; i < run->trained.parts_len; i++) {
		struct rule_part *part = &run->trained.parts[i];
		size_t part_len;

		if (!optim_learned(part->type))
			continue;
		part_len = part->type->weights_len(&part->options);
		memcpy(w, part->weights, part_len * sizeof(float));
		part->weights = w;
		w += part_len;
	}
	run->training_done = true;
	return 0;
}

static int
end_training(struct training *t, const struct train_event *event)
{
	double all = train_work(&t->run->spec->training, &t->run->trained,
	    &t->problem);
	int r;

	if (event->stopped_early)
		run_log(t->run, "info", "stopped early after epoch %lld",
		    (long long)event->epoch);
	r = put_last_epoch(t->run);
	if (r == 0)
		r = keep_both(t);
	if (r == 0)
		r = take_weights(t);
	if (r == 0)
		r = run_checkpoint(t->run, NULL);
	/* What an early stop left out is no work that was done. */
	t->run->work_began += all - t->run->work_done;
	t->run->work_done = all;
	return r;
}

/* Call the trainer until it is done, it diverged, or something else is
 * requested. */
static int
train_loop(struct training *t, struct run_end *end, bool *ended)
{
	struct train_event event;
	int r = 0;

	while (r == 0) {
		double now = clock_seconds();

		if (run_requested(t->run, end)) {
			*ended = true;
			r = run_checkpoint(t->run, t->trainer);
			return r == 0 && end->state != JOB_QUEUED ?
			    keep_both(t) : r;
		}
		trainer_next(t->trainer, &event);
		switch (event.what) {
		case TRAIN_EPOCH:
			r = record_epoch(t, &event);
			break;
		case TRAIN_VALIDATION:
			r = record_validation(t, &event);
			break;
		case TRAIN_WORKING:
			break;
		case TRAIN_DONE:
			return end_training(t, &event);
		case TRAIN_DIVERGED:
			*ended = true;
			*end = (struct run_end){ .state = JOB_DIVERGED,
			    .reason = "meta_training_diverged" };
			r = put_last_epoch(t->run);
			return r < 0 ? r : run_checkpoint(t->run, t->trainer);
		}
		run_progress(t->run, t->run->work_done, false);
		if (r == 0)
			r = recorder_poll(&t->run->training);
		if (r == 0)
			r = recorder_poll(&t->run->validation);
		if (r == 0 && now - t->checkpointed > CHECKPOINT_SECONDS) {
			t->checkpointed = now;
			r = run_checkpoint(t->run, t->trainer);
		}
	}
	return r;
}

int
run_train(struct run *run, struct run_end *end, bool *ended)
{
	struct training t = { .run = run };
	const struct spec_problem *sp = &run->spec->problem;
	struct rule rule = run->spec->rule.rule;
	struct train_config config = { .problem = &t.problem, .rule = &rule,
	    .options = run->spec->training, .team = run->team,
	    .seed = (uint64_t)run->spec->options.seed };
	struct pool *pool = NULL;
	float *weights = NULL;
	struct message m = { "" };
	const char *param;
	int r;

	r = problem_shape(&t.problem, sp->type, &sp->options,
	    run->data_folder, &param, &m);
	if (r == 0)
		r = problem_load(&t.problem, run->data_folder, &m);
	if (r == 0)
		r = run_snapshot_weights(run, run->spec->rule.snapshots, &rule,
		    &weights);
	if (r == 0)
		r = pool_new(trainer_cost(&config, team_size(run->team)),
		    &pool);
	if (r == 0)
		r = trainer_new(&config, pool, &t.trainer, &m);
	if (r == 0)
		r = run_restore(run, t.trainer);
	if (r < 0) {
		run_log(run, "error", "training cannot begin: %s",
		    m.text[0] != 0 ? m.text : err_text(r));
		goto out;
	}
	run->work = train_work(&config.options, &rule, &t.problem) +
	    run_evaluations_work(run);
	run->work_done = (double)trainer_epoch(t.trainer) *
	    train_epoch_work(&config.options, &rule, &t.problem);
	run->work_began = run->work_done;
	run->work_since = clock_seconds();
	t.kept = t.checkpointed = clock_seconds();
	r = train_loop(&t, end, ended);
out:
	pool_free(pool);
	free(weights);
	problem_close(&t.problem);
	return r;
}
