/* A training's options, and the work they ask for. */
#include <math.h>

#include "meta/train.h"

static const char *const losses[] = { "all", "last", NULL };
static const char *const metas[] = { "adam", NULL };
static const char *const schedules[] = { "constant", "cosine", NULL };

#define AT(member) .offset = offsetof(struct train_options, member)

static const struct param meta_params[] = {
	{ .name = "type", .kind = PARAM_CHOICE, AT(meta_type),
	  .preset = "adam", .choices = metas,
	  .text = "What trains the optimizer's weights." },
	{ .name = "learning_rate", .kind = PARAM_REAL, AT(learning_rate),
	  .preset = "0.001", .min = 0, .max = 10,
	  .text = "Its learning rate." },
	{ .name = "beta1", .kind = PARAM_REAL, AT(beta1), .preset = "0.9",
	  .min = 0, .max = 0.999999, .text = "As adam's." },
	{ .name = "beta2", .kind = PARAM_REAL, AT(beta2), .preset = "0.999",
	  .min = 0, .max = 0.999999, .text = "As adam's." },
	{ .name = "epsilon", .kind = PARAM_REAL, AT(epsilon),
	  .preset = "1e-8", .min = 0, .max = 1, .text = "As adam's." },
	{ .name = "schedule", .kind = PARAM_CHOICE, AT(schedule),
	  .preset = "constant", .choices = schedules,
	  .text = "How the learning rate goes over the epochs: constant, or "
	  "down to zero along a half cosine." },
	{ .name = "clip_norm", .kind = PARAM_REAL, AT(clip_norm),
	  .preset = "0", .min = 0, .max = 1e30,
	  .text = "Largest norm of a meta-gradient; longer ones are scaled "
	  "down to it. 0: no limit." },
	{ .name = NULL }
};

const struct param train_params[] = {
	{ .name = "epochs", .kind = PARAM_INT, AT(epochs), .preset = "1000",
	  .min = 1, .max = 1e7, .unit = "epochs", .text = "Optimizee runs (of "
	  "meta_batch instances each) to train on." },
	{ .name = "horizon", .kind = PARAM_INT, AT(horizon), .preset = "100",
	  .min = 1, .max = 1e5, .unit = "steps",
	  .text = "Steps of one optimizee run." },
	{ .name = "unroll", .kind = PARAM_INT, AT(unroll), .preset = "20",
	  .min = 1, .max = 1000, .unit = "steps", .text = "Steps of a window: "
	  "after each the optimizer's weights are updated once." },
	{ .name = "meta_batch", .kind = PARAM_INT, AT(meta_batch),
	  .preset = "1", .min = 1, .max = 4096, .unit = "instances",
	  .text = "Independent instances that run in lockstep; the meta-loss "
	  "is their mean." },
	{ .name = "record_memory", .kind = PARAM_INT, AT(record_memory),
	  .preset = "32", .min = 0, .max = 65536, .unit = "MiB",
	  .text = "A window's activations are kept for its backward pass if "
	  "they take no more than this, else computed once more there: slower, "
	  "in next to no memory." },
	{ .name = "loss_weights", .kind = PARAM_CHOICE, AT(loss_weights),
	  .preset = "all", .choices = losses, .text = "Which losses of a "
	  "window count: all alike (the paper), or its last." },
	{ .name = "meta_optimizer", .kind = PARAM_GROUP,
	  .members = meta_params,
	  .text = "How the optimizer's weights are trained." },
	{ .name = "validate_every", .kind = PARAM_INT, AT(validate_every),
	  .preset = "50", .min = 0, .max = 1e7, .unit = "epochs",
	  .text = "Epochs between validations; 0: none." },
	{ .name = "validation_runs", .kind = PARAM_INT, AT(validation_runs),
	  .preset = "10", .min = 1, .max = 1e5, .unit = "runs",
	  .text = "Instances of a validation, never trained on and the same "
	  "at each." },
	{ .name = "patience", .kind = PARAM_INT, AT(patience), .preset = "0",
	  .min = 0, .max = 1e6, .unit = "validations", .text = "Training "
	  "stops after so many validations without a new best; 0: never." },
	{ .name = "snapshot_every", .kind = PARAM_INT, AT(snapshot_every),
	  .preset = "0", .min = 0, .max = 1e7, .unit = "epochs",
	  .text = "Epochs between periodic snapshots; 0: none." },
	{ .name = "snapshot_keep", .kind = PARAM_INT, AT(snapshot_keep),
	  .preset = "10", .min = 0, .max = 1e7, .unit = "snapshots",
	  .text = "So many periodic snapshots are kept, the latest; 0: all." },
	{ .name = "points", .kind = PARAM_INT, AT(points),
	  .preset = "100000", .min = 1, .max = 1e7, .unit = "rows",
	  .text = "A training of more epochs than this has every second, "
	  "third, ... epoch in its curve, and the first and last." },
	{ .name = NULL }
};

int64_t
train_stride(const struct train_options *o)
{
	return (o->epochs + o->points - 1) / o->points;
}

double
train_epoch_work(const struct train_options *o, const struct rule *rule,
    const struct problem *p)
{
	return (double)(o->horizon * o->meta_batch) * rule_work(rule, p, true);
}

double
train_validation_work(const struct train_options *o, const struct rule *rule,
    const struct problem *p)
{
	return (double)(o->horizon * o->validation_runs) *
	    rule_work(rule, p, false);
}

double
train_work(const struct train_options *o, const struct rule *rule,
    const struct problem *p)
{
	double work = (double)o->epochs * train_epoch_work(o, rule, p);

	if (o->validate_every > 0)
		work += ceil((double)o->epochs / (double)o->validate_every) *
		    train_validation_work(o, rule, p);
	return work;
}
