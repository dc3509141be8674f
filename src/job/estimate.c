/* What a job will take, before it runs.  Everything is computed from what the
 * numeric layers say of themselves; sums that leave their type are refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/spec.h"

#define MEMORY_BASE (8u << 20)	/* the job's texts, points under way, stacks */
#define SNAPSHOT_BASE 8192	/* its metadata and the row around it */
#define JOB_BASE 65536		/* its row, log, history */

/* Columns of the curves, and what a row costs in the store: packed doubles
 * with their share of blobs and pages. */
#define TRAINING_COLUMNS 5
#define VALIDATION_COLUMNS 3
#define EVALUATION_COLUMNS 9
#define POINT_BYTES 10

struct work {
	const struct spec *spec;
	const struct spec_env *env;
	int members;
	struct message *m;
	struct estimate *estimate;
	uint64_t turn;	/* most memory of those that take turns */
	uint64_t written;	/* most disk of one of them */
	bool overflow;
	int datasets_len;
	char datasets[SPEC_EVALUATIONS_MAX + 1][DATASET_NAME_MAX];
};

/* *sum += a * b */
static void
add(struct work *w, uint64_t *sum, uint64_t a, uint64_t b)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product) ||
	    __builtin_add_overflow(*sum, product, sum))
		w->overflow = true;
}

/* Training and each evaluation take turns: the largest counts.  What they write
 * adds up, and the largest part has the name. */
static void
take_turn(struct work *w, const char *pointer, uint64_t memory, uint64_t disk)
{
	struct estimate *e = w->estimate;

	if (memory > w->turn) {
		w->turn = memory;
		snprintf(e->memory_at, sizeof e->memory_at, "%s", pointer);
	}
	if (disk > w->written) {
		w->written = disk;
		snprintf(e->disk_at, sizeof e->disk_at, "%s", pointer);
	}
	add(w, &e->disk, disk, 1);
}

static int
shape(struct work *w, const struct spec_problem *problem, struct problem *p)
{
	const char *param;
	int r = problem_shape(p, problem->type, &problem->options,
	    w->env->data_folder, &param, w->m);

	if (r < 0 || !p->has_dataset)
		return r;
	/* Sets are shared: each counts once. */
	for (int i = 0; i < w->datasets_len; i++)
		if (strcmp(w->datasets[i], p->info.name) == 0)
			return 0;
	strcpy(w->datasets[w->datasets_len++], p->info.name);
	add(w, &w->estimate->memory, p->info.bytes, 1);
	return 0;
}

static uint64_t
validations(const struct train_options *o)
{
	return o->validate_every == 0 ? 0 :
	    (uint64_t)((o->epochs + o->validate_every - 1) / o->validate_every);
}

static uint64_t
periodic_snapshots(const struct train_options *o)
{
	int64_t made = o->snapshot_every == 0 ? 0 :
	    o->epochs / o->snapshot_every;

	/* A new one is there before the oldest goes. */
	return (uint64_t)(o->snapshot_keep > 0 && made > o->snapshot_keep ?
	    o->snapshot_keep + 1 : made);
}

static uint64_t
training_disk(struct work *w)
{
	const struct train_options *o = &w->spec->training;
	uint64_t bytes = 0, *disk = &bytes, snapshots = 2, size = 0;

	/* The first and the last may stand beside the regular ones. */
	add(w, disk, (uint64_t)(o->epochs / train_stride(o)) + 2,
	    TRAINING_COLUMNS * POINT_BYTES);
	add(w, disk, validations(o), VALIDATION_COLUMNS * POINT_BYTES);
	/* Best and last, and the periodic ones, of each part. */
	snapshots += periodic_snapshots(o);
	add(w, &size, w->estimate->weights, sizeof(float));
	add(w, &size, (uint64_t)w->spec->rule.rule.parts_len, SNAPSHOT_BASE);
	add(w, disk, snapshots, size);
	/* A checkpoint, while the former one is still there: weights, best
	 * ones and two moments. */
	add(w, disk, w->estimate->weights, 2 * 4 * sizeof(float));
	return bytes;
}

static int
estimate_training(struct work *w, const struct problem *p)
{
	const struct train_options *o = &w->spec->training;
	struct estimate *e = w->estimate;
	struct train_config config = {
		.problem = p, .rule = &w->spec->rule.rule, .options = *o,
	};
	size_t cost = trainer_cost(&config, w->members);

	if (cost == SIZE_MAX)
		return message_set(w->m, ERR_LIMIT, "training needs more memory "
		    "than can be counted");
	e->weights = rule_weights_len(config.rule);
	/* The best ones outlive the trainer; a checkpoint is made in memory. */
	add(w, &e->memory, e->weights, (1 + 4) * sizeof(float));
	take_turn(w, "/training", cost, training_disk(w));
	e->flops += train_work(o, config.rule, p);
	return 0;
}

/* The rules of an evaluation: the trained one, with its groups here, first. */
static int
evaluation_rules(const struct work *w, const struct spec_evaluation *v,
    struct rule *rules)
{
	int len = 0;

	if (w->spec->options.type == SPEC_TRAIN) {
		rules[0] = w->spec->rule.rule;
		for (int i = 0; i < rules[0].parts_len; i++)
			rules[0].parts[i].groups = v->groups[i];
		len = 1;
	}
	for (int i = 0; i < v->rules_len; i++)
		rules[len++] = v->rules[i].rule;
	return len;
}

static int
estimate_evaluation(struct work *w, int index, struct rule *rules)
{
	const struct spec_evaluation *v = &w->spec->evaluations[index];
	char pointer[32];
	struct problem p;
	struct evaluate_config config = {
		.problem = &p, .rules = rules, .options = v->options,
	};
	uint64_t points = 0, memory = 0, disk = 0;
	size_t cost;
	int r = shape(w, &v->problem, &p);

	if (r < 0)
		return r;
	config.rules_len = evaluation_rules(w, v, rules);
	cost = evaluator_cost(&config, w->members);
	if (cost == SIZE_MAX)
		return message_set(w->m, ERR_LIMIT, "the evaluation '%.60s' needs "
		    "more memory than can be counted", v->options.name);
	add(w, &points, (uint64_t)config.rules_len * EVALUATION_COLUMNS,
	    (uint64_t)(v->options.horizon / evaluate_stride(&v->options)) + 2);
	add(w, &disk, points, POINT_BYTES);
	add(w, &memory, points, sizeof(double));
	add(w, &memory, cost, 1);
	w->estimate->flops += evaluator_work(&config);
	for (int i = 0; i < config.rules_len; i++) {
		add(w, &memory, rule_weights_len(&rules[i]), sizeof(float));
		if (w->estimate->weights == 0)
			w->estimate->weights = rule_weights_len(&rules[i]);
	}
	snprintf(pointer, sizeof pointer, "/evaluation/%d", index);
	take_turn(w, pointer, memory, disk);
	return 0;
}

static int
estimate_all(struct work *w, struct rule *rules)
{
	const struct spec *spec = w->spec;
	struct problem p;
	int r = shape(w, &spec->problem, &p);

	if (r < 0)
		return r;
	w->estimate->coordinates = p.n;
	w->estimate->memory += MEMORY_BASE;
	w->estimate->disk = JOB_BASE;
	if (spec->options.type == SPEC_TRAIN)
		r = estimate_training(w, &p);
	for (int i = 0; i < spec->evaluations_len && r == 0; i++)
		r = estimate_evaluation(w, i, rules);
	if (r < 0)
		return r;
	add(w, &w->estimate->memory, w->turn, 1);
	if (w->overflow || w->estimate->memory > INT64_MAX ||
	    w->estimate->disk > INT64_MAX || !isfinite(w->estimate->flops))
		return message_set(w->m, ERR_LIMIT, "the job is larger than can "
		    "be counted");
	return 0;
}

int
spec_estimate(const struct spec *spec, const struct spec_env *env, int members,
    struct estimate *estimate, struct message *m)
{
	struct work *w = calloc(1, sizeof *w);
	struct rule *rules = calloc(EVALUATE_RULES_MAX, sizeof *rules);
	int r;

	memset(estimate, 0, sizeof *estimate);
	if (w == NULL || rules == NULL) {
		r = message_set(m, ERR_MEMORY, "out of memory");
		goto out;
	}
	*w = (struct work){ .spec = spec, .env = env, .members = members,
	    .m = m, .estimate = estimate };
	r = estimate_all(w, rules);
out:
	free(rules);
	free(w);
	return r;
}
