/* The parts of l2ld bench. */
#ifndef L2LD_DAEMON_BENCH_H
#define L2LD_DAEMON_BENCH_H

#include <jansson.h>

#include "base/err.h"
#include "daemon/options.h"

struct bench {
	const struct options *o;
	int cores;
	double sgemm;		/* flop/s of one core */
};

/* ---- bench_peak.c: what the machine can do, in flop/s of one core ---- */

/* Multiply-adds on registers, for a few milliseconds. */
double
bench_fma(void);
/* OpenBLAS multiplying two 1024 x 1024 matrices; NaN without memory. */
double
bench_sgemm(void);

/* The middle one of n values, which are sorted for it. */
double
bench_median(double *x, int n);

/* Resident memory of the process at its highest so far, in bytes. */
int64_t
bench_memory(void);

/* ---- bench_kernels.c: the LSTM alone, on one thread ---- */

/* The phases of a window with everything in the nearest caches; [{phase,
 * cycles, fma_fraction}], cycles of 16 coordinate-steps at one multiply-add of
 * 16 lanes a cycle. */
json_t *
bench_phases(void);

/* One window of an MNIST-sized optimizee for nets of several sizes: [{layers,
 * seconds, gflops, fma_fraction}]. */
json_t *
bench_nets(const struct bench *b);

/* ---- bench_epochs.c: whole epochs as a job runs them ---- */

/* Names of the works, NULL at the end. */
extern const char *const bench_works[];

/* Measure work number i: {coordinates, meta_batch, unroll, fma_fraction,
 * speedup, same_bits, peak_memory_bytes, runs: [{threads, seconds, gflops,
 * fma_fraction, sgemm_fraction, coordinate_steps_per_second}]}.  0, or an error
 * with a sentence. */
int
bench_work(const struct bench *b, int i, json_t **out, struct message *m);

#endif
