/* OpenBLAS as it is called here: transposed where asked, with its factors. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "num/blas.h"
#include "tests/run.h"

/* len normal numbers, malloc'd; another stream at each call. */
static float *
draw(size_t len)
{
	static struct random_key key = { .purpose = RANDOM_TEST };
	float *x = malloc(len * sizeof *x);

	key.step++;
	random_normal(&key, len, 1, x);
	return x;
}

/* Entry (i, j) of A, or of its transpose, stored in rows of `cols`. */
static double
at(const float *a, bool transpose, size_t cols, size_t i, size_t j)
{
	return (double)(transpose ? a[j * cols + i] : a[i * cols + j]);
}

START_TEST(gemm)
{
	const size_t m = 5, n = 7, k = 3;
	bool ta = _i & 1, tb = _i & 2;
	float *a = draw(m * k), *b = draw(k * n), *c = draw(m * n);
	float *was = malloc(m * n * sizeof *was);

	memcpy(was, c, m * n * sizeof *was);
	blas_gemm(ta, tb, m, n, k, 0.5f, a, b, -2, c);
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			double want = -2 * (double)was[i * n + j];

			for (size_t l = 0; l < k; l++)
				want += 0.5 * at(a, ta, ta ? m : k, i, l) *
				    at(b, tb, tb ? k : n, l, j);
			ck_assert_double_eq_tol((double)c[i * n + j], want,
			    1e-5);
		}
	free(a);
	free(b);
	free(c);
	free(was);
}
END_TEST

START_TEST(gemv)
{
	const size_t m = 6, n = 4;
	bool t = _i;
	size_t in = t ? m : n, out = t ? n : m;
	float *a = draw(m * n), *x = draw(in), *y = draw(out), *was = draw(out);

	memcpy(was, y, out * sizeof *was);
	blas_gemv(t, m, n, 3, a, x, 0.5f, y);
	for (size_t i = 0; i < out; i++) {
		double want = 0.5 * (double)was[i];

		for (size_t j = 0; j < in; j++)
			want += 3 * at(a, t, n, i, j) * (double)x[j];
		ck_assert_double_eq_tol((double)y[i], want, 1e-5);
	}
	free(a);
	free(x);
	free(y);
	free(was);
}
END_TEST

START_TEST(info)
{
	struct blas_info i;

	blas_start();
	blas_info(&i);
	ck_assert_str_ne(i.core, "");
	ck_assert_str_ne(i.config, "");
	ck_assert(!i.held_back || strstr(i.warning, i.best) != NULL);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, gemm, 0, 4);
	tcase_add_loop_test(tcase, gemv, 0, 2);
	tcase_add_test(tcase, info);
}

int
main(void)
{
	blas_start();
	return run_tests("blas", add);
}
