/* l2ld bench: what the engine does on this machine, beside what the machine can
 * do at most, measured in the same minute. */
#include <config.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pool.h"
#include "daemon/command.h"
#include "job/server.h"
#include "meta/train.h"
#include "num/blas.h"
#include "num/lstm.h"

#define EPOCHS_MAX 64
#define SGEMM 1024
#define MEASURES 3

struct bench {
	const struct options *o;
	double fma, sgemm;	/* flop/s of one core */
	int cores;
};

/* What one epoch is measured on. */
struct work {
	const char *name;
	const char *problem;
	int64_t meta_batch;
	int epochs;
};

static const struct work works[] = {
	{ "epoch", "mlp", 1, 8 },
	{ "quadratic_1", "quadratic", 1, 60 },
	{ "quadratic_128", "quadratic", 128, 20 },
};

static double
fma_peak(void)
{
	const struct lstm_kernels *k = lstm_kernels();
	double best = 0;

	for (int i = 0; i < MEASURES; i++) {
		double begin = clock_seconds();
		double flops = k->peak(4000000);

		best = fmax(best, flops / (clock_seconds() - begin));
	}
	return best;
}

static double
sgemm_peak(void)
{
	size_t n = (size_t)SGEMM * SGEMM;
	float *a = calloc(3 * n, sizeof *a);
	double best = 0;

	if (a == NULL)
		return NAN;
	for (size_t i = 0; i < 2 * n; i++)
		a[i] = (float)(i % 7) - 3;
	for (int i = 0; i < MEASURES; i++) {
		double begin = clock_seconds();

		blas_gemm(false, false, SGEMM, SGEMM, SGEMM, 1, a, a + n, 0,
		    a + 2 * n);
		best = fmax(best, 2.0 * SGEMM * SGEMM * SGEMM /
		    (clock_seconds() - begin));
	}
	free(a);
	return best;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

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

/* Seconds of an epoch, the median of some after one to warm up. */
static int
measure(const struct work *work, int epochs, struct problem *p,
    const struct rule *rule, int threads, double *seconds, uint64_t *bits,
    struct message *m)
{
	struct train_config config = { .problem = p, .rule = rule, .seed = 1 };
	double times[EPOCHS_MAX];
	struct pool *pool = NULL;
	struct trainer *trainer;
	struct train_event event;
	int r;

	param_defaults(train_params, &config.options);
	config.options.meta_batch = work->meta_batch;
	config.options.validate_every = 0;
	config.options.epochs = EPOCHS_MAX + 1;
	r = team_new(threads, &config.team);
	if (r == 0)
		r = pool_new(0, &pool);
	if (r == 0)
		r = trainer_new(&config, pool, &trainer, m);
	if (r == 0) {
		trainer_next(trainer, &event);
		for (int i = 0; i < epochs; i++) {
			double begin = clock_seconds();

			trainer_next(trainer, &event);
			times[i] = clock_seconds() - begin;
		}
		qsort(times, (size_t)epochs, sizeof *times, compare);
		*seconds = times[epochs / 2];
		*bits = digest(trainer);
	}
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

/* One work with 1, 2, 4 ... threads up to the cores. */
static int
bench_work(const struct bench *b, const struct work *work, json_t *result,
    struct message *m)
{
	json_t *runs = json_array();
	struct problem p = { 0 };
	struct rule rule;
	double one = NAN, last = NAN, flops;
	uint64_t first_bits = 0, bits = 0;
	bool same = true;
	int epochs = b->o->quick ? work->epochs / 4 : work->epochs;
	int r = open_work(b, work, &p, &rule, m);

	flops = r < 0 ? 0 : 100.0 * (double)p.n * (double)work->meta_batch *
	    rule.parts[0].type->flops(&rule.parts[0].options, true);
	for (int t = 1; r == 0 && t <= b->cores; t *= 2) {
		r = measure(work, epochs, &p, &rule, t, &last, &bits, m);
		if (r < 0)
			break;
		if (t == 1) {
			one = last;
			first_bits = bits;
		}
		same = same && bits == first_bits;
		json_array_append_new(runs, json_pack("{s:i,s:f,s:f,s:f,s:f,"
		    "s:f}", "threads", t, "seconds", last, "gflops",
		    flops / last * 1e-9, "fma_fraction", flops / last /
		    (b->fma * t), "sgemm_fraction", flops / last /
		    (b->sgemm * t), "coordinate_steps_per_second", 100.0 *
		    (double)p.n * (double)work->meta_batch / last));
	}
	problem_close(&p);
	json_object_set_new(result, work->name, json_pack("{s:I,s:I,s:f,s:f,"
	    "s:b,s:o}", "coordinates", (json_int_t)p.n, "meta_batch",
	    (json_int_t)work->meta_batch, "fma_fraction", flops / one / b->fma,
	    "speedup", one / last, "same_bits", same, "runs", runs));
	return r;
}

static void
print_table(const json_t *result)
{
	printf("kernels %s, FMA peak %.1f GFLOP/s a core, sgemm peak %.1f\n\n"
	    "%-16s %7s %10s %9s %7s %7s %12s\n", json_string_value(
	    json_object_get(json_object_get(json_object_get(result,
	    "environment"), "cpu"), "kernels")), json_real_value(json_object_get(result,
	    "fma_peak_gflops")), json_real_value(json_object_get(result,
	    "sgemm_peak_gflops")), "", "threads", "s/epoch", "GFLOP/s",
	    "of FMA", "sgemm", "coord-step/s");
	for (size_t w = 0; w < sizeof works / sizeof *works; w++) {
		const json_t *one = json_object_get(result, works[w].name);
		const json_t *run;
		size_t i;

		json_array_foreach(json_object_get(one, "runs"), i, run)
			printf("%-16s %7lld %10.5f %9.1f %6.1f%% %6.1f%% "
			    "%12.4g\n", works[w].name, (long long)
			    json_integer_value(json_object_get(run,
			    "threads")), json_real_value(json_object_get(run,
			    "seconds")), json_real_value(json_object_get(run,
			    "gflops")), 100 * json_real_value(json_object_get(
			    run, "fma_fraction")), 100 * json_real_value(
			    json_object_get(run, "sgemm_fraction")),
			    json_real_value(json_object_get(run,
			    "coordinate_steps_per_second")));
		printf("%-16s the same bits for any number of threads: %s\n",
		    "", json_is_true(json_object_get(one, "same_bits")) ?
		    "yes" : "NO");
	}
	printf("\npeak memory %.1f MB\n", (double)json_integer_value(
	    json_object_get(result, "peak_memory_bytes")) * 1e-6);
}

int
command_bench(const struct options *o)
{
	struct bench b = { .o = o,
	    .cores = (int)sysconf(_SC_NPROCESSORS_ONLN) };
	struct message m = { "" };
	json_t *result = json_object();
	struct rusage usage;
	int r = 0;

	b.fma = fma_peak();
	b.sgemm = sgemm_peak();
	json_object_set_new(result, "environment",
	    server_environment(NULL, b.cores));
	json_object_set_new(result, "fma_peak_gflops",
	    json_real(b.fma * 1e-9));
	json_object_set_new(result, "sgemm_peak_gflops",
	    json_real(b.sgemm * 1e-9));
	for (size_t w = 0; r == 0 && w < sizeof works / sizeof *works; w++)
		r = bench_work(&b, &works[w], result, &m);
	getrusage(RUSAGE_SELF, &usage);
	json_object_set_new(result, "peak_memory_bytes",
	    json_integer((json_int_t)usage.ru_maxrss * 1024));
	if (r < 0) {
		fprintf(stderr, "l2ld: %s\n", m.text[0] != 0 ? m.text :
		    err_text(r));
	} else if (o->json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		print_table(result);
	}
	json_decref(result);
	return r == 0 ? STATUS_OK : STATUS_FAILED;
}
