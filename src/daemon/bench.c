/* l2ld bench: what the engine does on this machine, beside what the machine can
 * do at most, measured in the same minute. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/bench.h"
#include "daemon/command.h"
#include "job/server.h"

static double
real(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static void
print_machine(const json_t *result)
{
	const json_t *environment = json_object_get(result, "environment");
	const json_t *cpu = json_object_get(environment, "cpu");
	const json_t *blas = json_object_get(environment, "blas");
	const char *warning = json_string_value(json_object_get(blas,
	    "warning"));

	printf("%s, %d cores; kernels %s, FMA peak %.1f GFLOP/s a core\n"
	    "OpenBLAS runs %s kernels (this CPU could run %s), sgemm %.1f "
	    "GFLOP/s a core\n", json_string_value(json_object_get(cpu,
	    "model")), (int)real(cpu, "cores"), json_string_value(
	    json_object_get(cpu, "kernels")), real(result, "fma_peak_gflops"),
	    json_string_value(json_object_get(blas, "core")),
	    json_string_value(json_object_get(blas, "best_core")),
	    real(result, "sgemm_peak_gflops"));
	if (warning != NULL)
		printf("warning: %s\n", warning);
}

static void
print_phases(const json_t *phases)
{
	const json_t *one;
	size_t i;

	printf("\n%-16s %17s %9s\n", "phase, in cache", "cycles a 16 steps",
	    "of FMA");
	json_array_foreach(phases, i, one)
		printf("%-16s %17.0f %8.1f%%\n", json_string_value(
		    json_object_get(one, "phase")), real(one, "cycles"),
		    100 * real(one, "fma_fraction"));
}

static void
print_nets(const json_t *nets)
{
	const json_t *one, *layers;
	size_t i;

	printf("\n%-16s %10s %9s %7s\n", "window of layers", "seconds",
	    "GFLOP/s", "of FMA");
	json_array_foreach(nets, i, one) {
		char text[64];

		layers = json_object_get(one, "layers");
		snprintf(text, sizeof text, "%d x %d",
		    (int)json_array_size(layers),
		    (int)json_integer_value(json_array_get(layers, 0)));
		printf("%-16s %10.5f %9.1f %6.1f%%\n", text,
		    real(one, "seconds"), real(one, "gflops"),
		    100 * real(one, "fma_fraction"));
	}
}

static void
print_work(const char *name, const json_t *work)
{
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(work, "runs"), i, run)
		printf("%-16s %7d %10.5f %9.1f %6.1f%% %6.1f%% %12.4g\n", name,
		    (int)real(run, "threads"), real(run, "seconds"),
		    real(run, "gflops"), 100 * real(run, "fma_fraction"),
		    100 * real(run, "sgemm_fraction"),
		    real(run, "coordinate_steps_per_second"));
	printf("%-16s speedup %.2f, the same bits for any number of threads: "
	    "%s, memory so far %.1f MB\n", "", real(work, "speedup"),
	    json_is_true(json_object_get(work, "same_bits")) ? "yes" : "NO",
	    real(work, "peak_memory_bytes") * 1e-6);
}

static void
print_table(const json_t *result)
{
	const json_t *kernels = json_object_get(result, "kernels");

	print_machine(result);
	if (kernels != NULL) {
		print_phases(json_object_get(kernels, "phases"));
		print_nets(json_object_get(kernels, "nets"));
	}
	printf("\n%-16s %7s %10s %9s %7s %7s %12s\n", "", "threads", "s/epoch",
	    "GFLOP/s", "of FMA", "sgemm", "coord-step/s");
	for (int w = 0; bench_works[w] != NULL; w++) {
		const json_t *work = json_object_get(result, bench_works[w]);

		if (work != NULL)
			print_work(bench_works[w], work);
	}
}

/* Measure all, or the work called `only`. */
static int
measure(const struct bench *b, const char *only, json_t *result,
    struct message *m)
{
	int r = 0;

	for (int w = 0; r == 0 && bench_works[w] != NULL; w++) {
		json_t *work;

		if (only != NULL && strcmp(only, bench_works[w]) != 0)
			continue;
		r = bench_work(b, w, &work, m);
		if (r == 0)
			json_object_set_new(result, bench_works[w], work);
	}
	if (r == 0 && (only == NULL || strcmp(only, "kernels") == 0))
		json_object_set_new(result, "kernels", json_pack("{s:o,s:o}",
		    "phases", bench_phases(), "nets", bench_nets(b)));
	return r;
}

static bool
is_work(const char *name)
{
	bool found = name == NULL || strcmp(name, "kernels") == 0;

	for (int w = 0; !found && bench_works[w] != NULL; w++)
		found = strcmp(name, bench_works[w]) == 0;
	return found;
}

int
command_bench(const struct options *o, const char *only)
{
	struct bench b = { .o = o,
	    .cores = (int)sysconf(_SC_NPROCESSORS_ONLN) };
	struct message m = { "" };
	json_t *result;
	int r;

	if (!is_work(only)) {
		fprintf(stderr, "l2ld: '%s' is nothing that bench measures; "
		    "there is kernels", only);
		for (int w = 0; bench_works[w] != NULL; w++)
			fprintf(stderr, ", %s", bench_works[w]);
		fprintf(stderr, "\n");
		return STATUS_USAGE;
	}
	b.sgemm = bench_sgemm();
	result = json_pack("{s:o,s:f,s:f}", "environment",
	    server_environment(NULL, b.cores), "fma_peak_gflops",
	    bench_fma() * 1e-9, "sgemm_peak_gflops", b.sgemm * 1e-9);
	r = measure(&b, only, result, &m);
	json_object_set_new(result, "peak_memory_bytes",
	    json_integer((json_int_t)bench_memory()));
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
