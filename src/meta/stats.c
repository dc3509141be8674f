#include "meta/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
stats_sort(double *values, size_t n)
{
	qsort(values, n, sizeof *values, compare);
}

double
stats_quantile(const double *sorted, size_t n, double q)
{
	double at = q * (double)(n - 1), low = floor(at);
	size_t i = (size_t)low;

	/* Equal neighbours need no sum: infinity - infinity would be NaN. */
	if (i + 1 >= n || sorted[i] == sorted[i + 1] || at == low)
		return sorted[i];
	return sorted[i] + (at - low) * (sorted[i + 1] - sorted[i]);
}

double
stats_mean(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return sum / (double)n;
}

void
stats_bootstrap(const double *values, size_t n, uint64_t seed, uint32_t stream,
    double *scratch, uint32_t *numbers, double *low, double *high)
{
	struct random_key key = { .seed = seed, .purpose = RANDOM_BOOTSTRAP,
	    .stage = RANDOM_EVALUATE, .instance = stream };

	*low = *high = NAN;
	if (n < 2)
		return;
	for (uint32_t k = 0; k < STATS_RESAMPLES; k++) {
		double sum = 0;

		key.epoch = k;
		random_indices(&key, n, (uint32_t)n, numbers);
		for (size_t i = 0; i < n; i++)
			sum += values[numbers[i]];
		scratch[k] = sum / (double)n;
	}
	stats_sort(scratch, STATS_RESAMPLES);
	*low = stats_quantile(scratch, STATS_RESAMPLES, 0.025);
	*high = stats_quantile(scratch, STATS_RESAMPLES, 0.975);
}
