/* l2ld bench: whole meta-training epochs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "daemon/bench.h"
#include "meta/train.h"

#define EPOCHS_MAX 64

/* What one epoch is measured on.  Those whose peak memory counts come first. */
struct work {
	const char *problem;
	int64_t meta_batch, unroll, record_memory;
	int epochs;
};

const char *const bench_works[] = { "epoch", "epoch_unroll_100", "quadratic_1",
    "quadratic_128", "epoch_recorded", NULL };

static const struct work works[] = {
	{ "mlp", 1, 20, 32, 8 },
	{ "mlp", 1, 100, 32, 4 },
	{ "quadratic", 1, 20, 32, 60 },
	{ "quadratic", 128, 20, 32, 20 },
	{ "mlp", 1, 20, 512, 4 },
};

/* A digest of the weights: equal for equal bits (FNV-1a). */
static uint64_t
digest(const struct trainer *trainer)
{
	struct rule rule;
	uint64_t h = 0xcbf29ce484222325u;
	const unsigned char *p;
	size_t len;

	trainer_rule(trainer, false, &rule);
	p = (const unsigned char *)rule.parts[0].weights;
	len = rule_weights_len(&rule) * sizeof(float);
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

/* Medians over epochs, after one to warm up.  The clock drifts, so the peak is
 * measured between any two epochs. */
struct measured {
	double seconds;
	double fma;		/* flops that one core could do meanwhile */
	uint64_t bits;
};

static void
time_epochs(struct trainer *trainer, int epochs, struct measured *out)
{
	double seconds[EPOCHS_MAX], possible[EPOCHS_MAX], before;
	struct train_event event;

	trainer_next(trainer, &event);
	before = bench_fma();
	for (int i = 0; i < epochs; i++) {
		double begin = clock_seconds(), after;

		trainer_next(trainer, &event);
		seconds[i] = clock_seconds() - begin;
		after = bench_fma();
		possible[i] = seconds[i] * (before + after) / 2;
		before = after;
	}
	out->seconds = bench_median(seconds, epochs);
	out->fma = bench_median(possible, epochs);
	out->bits = digest(trainer);
}

static int
measure(const struct work *work, int epochs, struct problem *p,
    const struct rule *rule, int threads, struct measured *out,
    struct message *m)
{
	struct train_config config = { .problem = p, .rule = rule, .seed = 1 };
	struct pool *pool = NULL;
	struct trainer *trainer;
	int r;

	param_defaults(train_params, &config.options);
	config.options.meta_batch = work->meta_batch;
	config.options.unroll = work->unroll;
	config.options.record_memory = work->record_memory;
	config.options.validate_every = 0;
	config.options.epochs = EPOCHS_MAX + 1;
	r = team_new(threads, &config.team);
	if (r == 0)
		r = pool_new(0, &pool);
	if (r == 0)
		r = trainer_new(&config, pool, &trainer, m);
	if (r == 0)
		time_epochs(trainer, epochs, out);
	pool_free(pool);
	team_free(config.team);
	return r;
}

static int
open_work(const struct bench *b, const struct work *work, struct problem *p,
    struct rule *rule, struct message *m)
{
	const struct problem_type *type = problem_find(work->problem);
	struct problem_options options;
	const struct param *dataset;
	const char *param;
	int r;

	memset(rule, 0, sizeof *rule);
	rule->parts_len = 1;
	rule->parts[0].type = optim_find("lstm");
	rule->parts[0].groups = RULE_GROUPS_ALL;
	param_defaults(rule->parts[0].type->params, &rule->parts[0].options);
	param_defaults(type->params, &options);
	dataset = param_find(type->params, "dataset");
	if (dataset != NULL)
		param_set_text(dataset, &options, "synthetic-digits", NULL);
	r = problem_shape(p, type, &options, b->o->data, &param, m);
	return r == 0 ? problem_load(p, b->o->data, m) : r;
}

static json_t *
run_json(const struct bench *b, const struct measured *at, double flops,
    double steps, int threads)
{
	return json_pack("{s:i,s:f,s:f,s:f,s:f,s:f}", "threads", threads,
	    "seconds", at->seconds, "gflops", flops / at->seconds * 1e-9,
	    "fma_fraction", flops / (at->fma * threads),
	    "sgemm_fraction", flops / at->seconds / (b->sgemm * threads),
	    "coordinate_steps_per_second", steps / at->seconds);
}

/* With 1, 2, 4 ... threads up to the cores, or with --threads alone. */
int
bench_work(const struct bench *b, int i, json_t **out, struct message *m)
{
	const struct work *work = &works[i];
	int only = b->o->threads, first = only > 0 ? only : 1;
	int most = only > 0 ? only : b->cores;
	int epochs = b->o->quick ? (work->epochs + 3) / 4 : work->epochs;
	struct measured one = { .seconds = NAN }, at = one;
	struct problem p = { 0 };
	struct rule rule;
	double steps, flops;
	json_t *runs;
	bool same = true;
	int r;

	*out = NULL;
	r = open_work(b, work, &p, &rule, m);
	if (r < 0)
		goto out;
	runs = json_array();
	steps = 100.0 * (double)p.n * (double)work->meta_batch;
	flops = steps * rule.parts[0].type->flops(&rule.parts[0].options, true);
	for (int t = first; r == 0 && t <= most; t *= 2) {
		r = measure(work, epochs, &p, &rule, t, &at, m);
		if (t == first)
			one = at;
		same = same && at.bits == one.bits;
		if (r == 0)
			json_array_append_new(runs, run_json(b, &at, flops,
			    steps, t));
	}
	if (r < 0) {
		json_decref(runs);
		goto out;
	}
	*out = json_pack("{s:I,s:I,s:I,s:f,s:f,s:b,s:I,s:o}", "coordinates",
	    (json_int_t)p.n, "meta_batch", (json_int_t)work->meta_batch,
	    "unroll", (json_int_t)work->unroll,
	    "fma_fraction", flops / (one.fma * first),
	    "speedup", one.seconds / at.seconds, "same_bits", same,
	    "peak_memory_bytes", (json_int_t)bench_memory(), "runs", runs);
out:
	problem_close(&p);
	return r;
}
