/* Statistics over runs. */
#ifndef L2LD_META_STATS_H
#define L2LD_META_STATS_H

#include <stddef.h>
#include <stdint.h>

/* The quantile q (0 to 1) of sorted values [n], interpolated linearly between
 * neighbours (NumPy's default); infinities may be among them. */
double
stats_quantile(const double *sorted, size_t n, double q);

void
stats_sort(double *values, size_t n);

double
stats_mean(const double *values, size_t n);

/* The 95 % interval of the mean of values [n] by the percentile bootstrap
 * (Efron 1979) with 10,000 resamples drawn from (seed, stream); scratch has room
 * for STATS_RESAMPLES doubles and n 32-bit numbers.  NaN for n < 2. */
#define STATS_RESAMPLES 10000
void
stats_bootstrap(const double *values, size_t n, uint64_t seed, uint32_t stream,
    double *scratch, uint32_t *numbers, double *low, double *high);

#endif
