#include "num/blas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cblas.h>

void
blas_start(void)
{
	openblas_set_num_threads(1);
}

/* OpenBLAS 0.3.21's kernels for x86-64, by the width of their
 * vectors; all others are older. */
static const struct {
	const char *name;
	int bits;
} cores[] = {
	{ "Cooperlake", 512 }, { "SkylakeX", 512 }, { "SapphireRapids", 512 },
	{ "Haswell", 256 }, { "Zen", 256 }, { "Excavator", 256 },
};

static int
core_bits(const char *name)
{
	for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
		if (strcasecmp(cores[i].name, name) == 0)
			return cores[i].bits;
	return 128;
}

/* The kernels it would choose on this CPU by itself, or ones as fast. */
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
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return "Haswell";
#endif
	return "";
}

/* Why OpenBLAS does not run the CPU's best kernels: text for the warning. */
static void
reason(char *text, size_t room)
{
	const char *set = getenv("OPENBLAS_CORETYPE");

	if (set != NULL && set[0] != 0)
		snprintf(text, room, "OPENBLAS_CORETYPE=%.32s in the environment "
		    "holds it back", set);
	else
		snprintf(text, room, "is this Debian's OpenBLAS?");
}

void
blas_info(struct blas_info *info)
{
	char why[128];

	memset(info, 0, sizeof *info);
	snprintf(info->core, sizeof info->core, "%s", openblas_get_corename());
	snprintf(info->config, sizeof info->config, "%s",
	    openblas_get_config());
	snprintf(info->best, sizeof info->best, "%s", best_core());
	/* Twice the width is about twice the speed. */
	info->held_back = info->best[0] != 0 &&
	    core_bits(info->core) < core_bits(info->best);
	reason(why, sizeof why);
	if (info->held_back)
		snprintf(info->warning, sizeof info->warning, "OpenBLAS runs "
		    "its %s kernels; this CPU could run %s, about twice as "
		    "fast: %s", info->core, info->best, why);
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
