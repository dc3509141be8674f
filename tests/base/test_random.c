/* Random draws: Philox' known values, moments, and that each draw is a pure
 * function of its whole key. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <Random123/philox.h>

#include "base/random.h"
#include "tests/run.h"

static const struct random_key some = { .seed = 0x0123456789abcdef,
    .purpose = RANDOM_TEST, .stage = RANDOM_VALIDATE, .epoch = 12,
    .instance = 345, .step = 6789 };

/* The first block of Random123's published answers (kat_vectors). */
START_TEST(known_answer)
{
	static const uint32_t want[4] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
	    0x9b00dbd8 };
	const struct random_key zero = { 0 };
	float got[4];

	random_uniform(&zero, 4, 0, 1, got);
	for (int i = 0; i < 4; i++)
		ck_assert_float_eq(got[i], (float)(want[i] >> 8) * 0x1p-24f);
}
END_TEST

/* Stored results depend on where each part of a key goes. */
START_TEST(library_is_the_oracle)
{
	float got[103];
	uint32_t numbers[103];

	random_uniform(&some, 103, 0, 1, got);
	random_indices(&some, 103, 1000, numbers);
	for (uint32_t i = 0; i < 103; i++) {
		philox4x32_ctr_t c = { { i / 4, some.step << 8 |
		    some.stage << 4 | some.purpose, some.instance,
		    some.epoch } };
		philox4x32_key_t k = { { 0x89abcdef, 0x01234567 } };
		uint32_t word = philox4x32_R(10, c, k).v[i % 4];

		ck_assert_float_eq(got[i], (float)(word >> 8) * 0x1p-24f);
		ck_assert_uint_eq(numbers[i], (uint64_t)word * 1000 >> 32);
	}
}
END_TEST

#define MANY 1000000

START_TEST(uniform_moments)
{
	float *x = malloc(MANY * sizeof *x);
	double mean = 0, square = 0;

	random_uniform(&some, MANY, -2, 4, x);
	for (size_t i = 0; i < MANY; i++) {
		EXPECT(x[i] >= -2 && x[i] < 4, "%a", (double)x[i]);
		mean += (double)x[i] / MANY;
		square += (double)x[i] * (double)x[i] / MANY;
	}
	/* Five standard deviations of the mean: 5 sqrt(3 / 10^6). */
	ck_assert_double_eq_tol(mean, 1, 0.0087);
	ck_assert_double_eq_tol(square - mean * mean, 3, 0.014);
	free(x);
}
END_TEST

START_TEST(normal_moments)
{
	float *x = malloc(MANY * sizeof *x);
	double m1 = 0, m2 = 0, m3 = 0, m4 = 0, pairs = 0;
	int beyond = 0;

	random_normal(&some, MANY, 0.5f, x);
	for (size_t i = 0; i < MANY; i++) {
		double v = 2 * (double)x[i];

		EXPECT(isfinite(v), "%g", v);
		m1 += v / MANY;
		m2 += v * v / MANY;
		m3 += v * v * v / MANY;
		m4 += v * v * v * v / MANY;
		beyond += fabs(v) > 2;
		pairs += i % 2 == 1 ? 4 * (double)x[i] * (double)x[i - 1] *
		    2 / MANY : 0;
	}
	/* Five standard deviations: of v^k 1, sqrt 2, sqrt 15, sqrt 96. */
	ck_assert_double_eq_tol(m1, 0, 0.005);
	ck_assert_double_eq_tol(m2, 1, 0.0071);
	ck_assert_double_eq_tol(m3, 0, 0.0194);
	ck_assert_double_eq_tol(m4, 3, 0.049);
	ck_assert_double_eq_tol(pairs, 0, 0.0071);
	ck_assert_double_eq_tol(beyond / (double)MANY, 0.0455, 0.0011);
	free(x);
}
END_TEST

START_TEST(indices_are_even)
{
	uint32_t *x = malloc(MANY * sizeof *x), counts[7] = { 0 };
	double chi = 0;

	random_indices(&some, MANY, 7, x);
	for (size_t i = 0; i < MANY; i++) {
		EXPECT(x[i] < 7, "%u", x[i]);
		counts[x[i]]++;
	}
	for (int i = 0; i < 7; i++)
		chi += pow(counts[i] - MANY / 7.0, 2) / (MANY / 7.0);
	/* Six degrees of freedom: 1 in 10^5 is beyond 33. */
	ck_assert_double_lt(chi, 33);
	random_indices(&some, 100, 1, x);
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_eq(x[i], 0);
	free(x);
}
END_TEST

/* Fewer draws are the first of more; another call gives the same. */
START_TEST(pure)
{
	float all[50], some_of[50];
	uint32_t all_numbers[50], some_numbers[50];

	for (size_t n = 0; n <= 50; n++) {
		random_uniform(&some, 50, 0, 1, all);
		random_uniform(&some, n, 0, 1, some_of);
		ck_assert_mem_eq(some_of, all, n * sizeof *all);
		random_normal(&some, 50, 1, all);
		random_normal(&some, n, 1, some_of);
		ck_assert_mem_eq(some_of, all, n * sizeof *all);
		random_indices(&some, 50, 99, all_numbers);
		random_indices(&some, n, 99, some_numbers);
		ck_assert_mem_eq(some_numbers, all_numbers,
		    n * sizeof *all_numbers);
	}
}
END_TEST

/* Keys that differ from `some` in one bit, or one number, each. */
#define KEYS 12

static void
other_keys(struct random_key keys[KEYS])
{
	for (int i = 0; i < KEYS; i++)
		keys[i] = some;
	keys[0].seed ^= 1;
	keys[1].seed ^= (uint64_t)1 << 31;
	keys[2].seed ^= (uint64_t)1 << 32;
	keys[3].seed ^= (uint64_t)1 << 63;
	keys[4].purpose = RANDOM_WEIGHTS;
	keys[5].stage = RANDOM_TRAIN;
	keys[6].epoch++;
	keys[7].epoch ^= 1u << 31;
	keys[8].instance++;
	keys[9].instance ^= 1u << 31;
	keys[10].step++;
	keys[11].step ^= 1u << 23;
}

START_TEST(every_part_of_a_key_counts)
{
	struct random_key keys[KEYS];
	float x[64], y[64];
	uint32_t a[100], b[100];

	other_keys(keys);
	random_uniform(&some, 64, 0, 1, x);
	for (uint32_t i = 0; i < 100; i++)
		a[i] = random_permute(&some, 100, i);
	for (int k = 0; k < KEYS; k++) {
		int same = 0;

		random_uniform(&keys[k], 64, 0, 1, y);
		for (int i = 0; i < 64; i++)
			same += x[i] == y[i];
		ck_assert_msg(same == 0, "key %d: %d equal draws", k, same);
		same = 0;
		for (uint32_t i = 0; i < 100; i++) {
			b[i] = random_permute(&keys[k], 100, i);
			same += a[i] == b[i];
		}
		/* One is expected; ten or more are one in 10^7. */
		ck_assert_msg(same < 10, "key %d: %d fixed points", k, same);
	}
}
END_TEST

START_TEST(permutes)
{
	static const uint32_t sizes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15,
	    16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1023,
	    1024, 1025, 4095, 4096, 4097, 60000, 65535, 65536, 65537, 100000 };
	unsigned char *seen = malloc(100000);

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		memset(seen, 0, sizes[s]);
		for (uint32_t i = 0; i < sizes[s]; i++) {
			uint32_t to = random_permute(&some, sizes[s], i);

			EXPECT(to < sizes[s] && !seen[to], "below %u: %u twice "
			    "or too large", sizes[s], to);
			seen[to] = 1;
			EXPECT(random_permute(&some, sizes[s], i) == to,
			    "below %u: another value for %u", sizes[s], i);
		}
	}
	free(seen);
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_uint_lt(random_permute(&some, UINT32_MAX,
		    i * 4000000), UINT32_MAX);
}
END_TEST

/* Over many passes every place is as likely as any other, for the first record
 * and for the last.  (Of sets of about ten records that holds only to some ten
 * per cent: a Feistel network is not quite random on so few.) */
START_TEST(permutations_are_even)
{
	static const uint32_t sizes[] = { 16, 50, 64, 100 };
	const double passes = 20000;

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		uint32_t n = sizes[s], counts[2][100] = { { 0 } };
		double freedom = n - 1;

		for (uint32_t pass = 0; pass < passes; pass++) {
			struct random_key key = some;

			key.step = pass;
			counts[0][random_permute(&key, n, 0)]++;
			counts[1][random_permute(&key, n, n - 1)]++;
		}
		for (int which = 0; which < 2; which++) {
			double chi = 0;

			for (uint32_t i = 0; i < n; i++)
				chi += pow(counts[which][i] - passes / n, 2) /
				    (passes / n);
			ck_assert_msg(chi < freedom + 5 * sqrt(2 * freedom) +
			    10, "below %u: chi square %g", n, chi);
		}
	}
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, known_answer);
	tcase_add_test(tcase, library_is_the_oracle);
	tcase_add_test(tcase, uniform_moments);
	tcase_add_test(tcase, normal_moments);
	tcase_add_test(tcase, indices_are_even);
	tcase_add_test(tcase, pure);
	tcase_add_test(tcase, every_part_of_a_key_counts);
	tcase_add_test(tcase, permutes);
	tcase_add_test(tcase, permutations_are_even);
}

int
main(void)
{
	return run_tests("random", add);
}
