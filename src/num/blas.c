#include "num/blas.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cblas.h>

void
blas_start(void)
{
	openblas_set_num_threads(1);
}

/* The kernels OpenBLAS 0.3.21 would choose on this CPU by itself. */
static const char *
best_core(void)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512bf16"))
		return "Cooperlake";
	if (__builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq"))
		return "SkylakeX";
#endif
	return "";
}

void
blas_info(struct blas_info *info)
{
	memset(info, 0, sizeof *info);
	snprintf(info->core, sizeof info->core, "%s", openblas_get_corename());
	snprintf(info->config, sizeof info->config, "%s",
	    openblas_get_config());
	snprintf(info->best, sizeof info->best, "%s", best_core());
	/* The AVX-512 kernels are worth a factor of two over any others. */
	info->held_back = info->best[0] != 0 &&
	    strcasecmp(info->core, "Cooperlake") != 0 &&
	    strcasecmp(info->core, "SkylakeX") != 0 &&
	    strcasecmp(info->core, "SapphireRapids") != 0;
	if (info->held_back)
		snprintf(info->warning, sizeof info->warning, "OpenBLAS runs "
		    "its %s kernels; this CPU could run %s, about twice as "
		    "fast: is OPENBLAS_CORETYPE set?", info->core, info->best);
	else if (openblas_get_parallel() == OPENBLAS_OPENMP)
		snprintf(info->warning, sizeof info->warning, "OpenBLAS is the "
		    "OpenMP build; Debian's libopenblas0-pthread is the one "
		    "that was tested");
}

void
blas_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
    float alpha, const float *a, const float *b, float beta, float *c)
{
	cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
	    transpose_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
	    (blasint)k, alpha, a, (blasint)(transpose_a ? m : k), b,
	    (blasint)(transpose_b ? k : n), beta, c, (blasint)n);
}

void
blas_gemv(bool transpose, size_t m, size_t n, float alpha, const float *a,
    const float *x, float beta, float *y)
{
	cblas_sgemv(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans,
	    (blasint)m, (blasint)n, alpha, a, (blasint)n, x, 1, beta, y, 1);
}
