/* What this machine can do at most, to measure the engine against. */
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "daemon/bench.h"
#include "meta/stats.h"
#include "num/blas.h"
#include "num/lstm.h"

#define ROUNDS 400000
#define SGEMM 1024
#define MEASURES 3

double
bench_fma(void)
{
	double best = 0;

	for (int i = 0; i < MEASURES; i++) {
		double begin = clock_seconds();
		double flops = lstm_kernels()->peak(ROUNDS);

		best = fmax(best, flops / (clock_seconds() - begin));
	}
	return best;
}

double
bench_sgemm(void)
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

double
bench_median(double *x, int n)
{
	stats_sort(x, (size_t)n);
	return stats_quantile(x, (size_t)n, 0.5);
}

int64_t
bench_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (int64_t)usage.ru_maxrss * 1024;
}
