/* OpenBLAS, as it is on this machine.  Only num/ includes cblas.h. */
#ifndef L2LD_NUM_BLAS_H
#define L2LD_NUM_BLAS_H

#include <stdbool.h>
#include <stddef.h>

struct blas_info {
	char core[32];		/* whose kernels run: "SkylakeX", ... */
	char best[32];		/* whose could run here; "" when not known */
	char config[128];	/* OpenBLAS's own description */
	bool held_back;		/* core is a slower kind than best */
	char warning[384];	/* a sentence, or "" */
};

/* One OpenBLAS thread from now on: parallelism is ours.  Call before any other
 * thread starts. */
void
blas_start(void);

void
blas_info(struct blas_info *info);

/* C [m][n] = alpha op(A) op(B) + beta C, row-major; op transposes where asked:
 * A is [m][k] (or [k][m] when transposed), B is [k][n] (or [n][k]). */
void
blas_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
    float alpha, const float *a, const float *b, float beta, float *c);

/* y [m] = A x, or A' x with y [n], of A [m][n] row-major. */
void
blas_gemv(bool transpose, size_t m, size_t n, float alpha, const float *a,
    const float *x, float beta, float *y);

#endif
