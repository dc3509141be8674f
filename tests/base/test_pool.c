/* Pools: what they hand out, what it costs and where the budget ends. */
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/pool.h"
#include "tests/run.h"

START_TEST(aligned_and_zeroed)
{
	struct pool *pool;
	unsigned char *kept[200];

	ck_assert_int_eq(pool_new(0, &pool), 0);
	for (size_t i = 0; i < 200; i++) {
		kept[i] = pool_get(pool, i, 3);
		ck_assert_ptr_nonnull(kept[i]);
		ck_assert_uint_eq((uintptr_t)kept[i] % POOL_ALIGN, 0);
		for (size_t k = 0; k < 3 * i; k++)
			EXPECT(kept[i][k] == 0, "not zeroed");
		memset(kept[i], (int)i, 3 * i);
	}
	/* No two of them overlap. */
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < 3 * i; k++)
			EXPECT(kept[i][k] == i, "overlap at %zu", i);
	pool_free(pool);
	pool_free(NULL);
}
END_TEST

START_TEST(cost_is_use)
{
	struct pool *pool;
	size_t sum = 0;

	ck_assert_int_eq(pool_new(0, &pool), 0);
	ck_assert_uint_eq(pool_used(pool), 0);
	for (size_t count = 0; count < 300; count += 7)
		for (size_t size = 1; size <= 4096; size *= 4) {
			pool_cost_add(&sum, count, size);
			ck_assert_ptr_nonnull(pool_get(pool, count, size));
			ck_assert_uint_eq(pool_used(pool), sum);
		}
	pool_free(pool);
}
END_TEST

START_TEST(keeps_its_budget)
{
	size_t one = pool_cost(100, sizeof(float));
	struct pool *pool;

	ck_assert_int_eq(pool_new(3 * one, &pool), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(pool_get(pool, 100, sizeof(float)));
	ck_assert_ptr_null(pool_get(pool, 100, sizeof(float)));
	ck_assert_ptr_null(pool_get(pool, 0, 1));
	ck_assert_uint_eq(pool_used(pool), 3 * one);
	pool_free(pool);
	/* One byte less is too little for the third. */
	ck_assert_int_eq(pool_new(3 * one - 1, &pool), 0);
	ck_assert_ptr_nonnull(pool_get(pool, 200, sizeof(float)));
	ck_assert_ptr_null(pool_get(pool, 200, sizeof(float)));
	/* What was refused took nothing. */
	ck_assert_ptr_nonnull(pool_get(pool, 1, 1));
	pool_free(pool);
}
END_TEST

START_TEST(overflow)
{
	static const size_t huge[][2] = { { SIZE_MAX, 1 }, { SIZE_MAX, 2 },
	    { SIZE_MAX / 2, 3 }, { SIZE_MAX / 2 + 1, 2 }, { (size_t)1 << 32,
	    (size_t)1 << 32 }, { SIZE_MAX - POOL_ALIGN, 1 } };
	size_t sum = 1;
	struct pool *pool;

	ck_assert_int_eq(pool_new(0, &pool), 0);
	for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
		ck_assert_uint_eq(pool_cost(huge[i][0], huge[i][1]), SIZE_MAX);
		ck_assert_ptr_null(pool_get(pool, huge[i][0], huge[i][1]));
	}
	ck_assert_uint_eq(pool_used(pool), 0);
	pool_free(pool);
	/* Sums saturate, and stay so. */
	pool_cost_add(&sum, SIZE_MAX / 2, 1);
	ck_assert_uint_lt(sum, SIZE_MAX);
	pool_cost_add(&sum, SIZE_MAX / 2, 1);
	ck_assert_uint_eq(sum, SIZE_MAX);
	pool_cost_add(&sum, 1, 1);
	ck_assert_uint_eq(sum, SIZE_MAX);
	sum = 0;
	pool_cost_add(&sum, SIZE_MAX, SIZE_MAX);
	ck_assert_uint_eq(sum, SIZE_MAX);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, aligned_and_zeroed);
	tcase_add_test(tcase, cost_is_use);
	tcase_add_test(tcase, keeps_its_budget);
	tcase_add_test(tcase, overflow);
}

int
main(void)
{
	return run_tests("pool", add);
}
