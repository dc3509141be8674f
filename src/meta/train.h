/* Meta-training: truncated windows of lockstep optimizee runs, each followed by
 * the backward pass through the learned optimizer and one update of its weights
 * (algorithms.md, "One step, one window, one epoch"; Andrychowicz et al. 2016,
 * section 2).
 *
 * A trainer is an iterator.  Each trainer_next does one epoch (horizon steps in
 * horizon / unroll windows) or one validation run and says what happened; it
 * calls nobody above. */
#ifndef L2LD_META_TRAIN_H
#define L2LD_META_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/param.h"
#include "base/pool.h"
#include "base/team.h"
#include "meta/rule.h"

/* A job's "training" object; see train_params for what each means. */
struct train_options {
	int64_t epochs, horizon, unroll, meta_batch;
	int64_t record_memory;		/* MiB */
	int loss_weights;		/* enum train_loss_weights */
	int meta_type;			/* of meta_optimizer: 0 = adam */
	double learning_rate, beta1, beta2, epsilon;
	int schedule;			/* 0 constant, 1 cosine */
	double clip_norm;		/* 0: none */
	int64_t validate_every, validation_runs, patience;
	int64_t snapshot_every;		/* 0: no periodic snapshots */
	int64_t snapshot_keep;		/* of them; 0: all */
	int64_t points;			/* of the training curve; train_stride */
};

enum train_loss_weights { TRAIN_LOSS_ALL, TRAIN_LOSS_LAST };

extern const struct param train_params[];

struct train_config {
	const struct problem *problem;	/* loaded */
	const struct rule *rule;	/* at least one learned part */
	struct train_options options;
	uint64_t seed;
	struct team *team;		/* or NULL */
};

struct trainer;

/* Bytes of pool that trainer_new takes; SIZE_MAX when it overflows.  Needs only
 * a shaped problem; members is the team's size. */
size_t
trainer_cost(const struct train_config *config, int members);

/* A trainer at epoch 0, its memory from pool.  Initial weights: the parts'
 * weights where they are given (they are copied), else drawn.  Returns 0,
 * ERR_MEMORY, or ERR_INVALID with a sentence. */
int
trainer_new(const struct train_config *config, struct pool *pool,
    struct trainer **trainer, struct message *m);

enum train_what {
	TRAIN_EPOCH,		/* an epoch has ended */
	TRAIN_VALIDATION,	/* a validation has ended: loss, best */
	TRAIN_WORKING,		/* part of a validation done */
	TRAIN_DONE,		/* all epochs, or patience ran out */
	TRAIN_DIVERGED,		/* the weights or every run became non-finite */
};

struct train_event {
	enum train_what what;
	int64_t epoch;		/* epochs done */
	double meta_loss;	/* EPOCH: mean over windows' steps, see below */
	double learning_rate;
	double gradient_norm;	/* EPOCH: largest before clipping, of its windows */
	double loss;		/* VALIDATION: mean sum of losses along a run */
	bool best;		/* VALIDATION: the lowest so far */
	bool stopped_early;	/* DONE */
};

/* Do the next piece of work.  meta_loss is the sum over the epoch's horizon of
 * the losses after each update, mean over the meta-batch: comparable with the
 * validation loss.  Call no more after DONE or DIVERGED. */
void
trainer_next(struct trainer *trainer, struct train_event *event);

/* The rule with the present (best = false) or the best validated weights; its
 * parts point into the trainer.  Before any validation best is the present. */
void
trainer_rule(const struct trainer *trainer, bool best, struct rule *rule);
double
trainer_best_loss(const struct trainer *trainer);	/* NaN: none yet */
int64_t
trainer_best_epoch(const struct trainer *trainer);
int64_t
trainer_epoch(const struct trainer *trainer);	/* epochs done */

/* Every so many epochs one is recorded, so that there are no more than `points`
 * beside the first and the last: a function of the options alone. */
int64_t
train_stride(const struct train_options *o);

/* The work of an epoch and of a validation, in the measure of rule_work. */
double
train_epoch_work(const struct train_options *o, const struct rule *rule,
    const struct problem *p);
double
train_validation_work(const struct train_options *o, const struct rule *rule,
    const struct problem *p);
double
train_work(const struct train_options *o, const struct rule *rule,
    const struct problem *p);	/* of the whole training */

/* What a resume needs, as flat bytes: valid between calls of trainer_next.
 * restore returns ERR_FORMAT when the bytes are not of such a trainer. */
size_t
trainer_save_len(const struct trainer *trainer);
void
trainer_save(const struct trainer *trainer, void *bytes);
int
trainer_restore(struct trainer *trainer, const void *bytes, size_t len);

#endif
