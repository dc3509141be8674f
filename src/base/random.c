#include "base/random.h"

#include <math.h>

#include <Random123/philox.h>

/* Block i of four 32-bit words. */
static philox4x32_ctr_t
draw(const struct random_key *key, uint32_t i)
{
	philox4x32_ctr_t counter = { { i, key->step << 8 | key->stage << 4 |
	    key->purpose, key->instance, key->epoch } };
	philox4x32_key_t k = { { (uint32_t)key->seed,
	    (uint32_t)(key->seed >> 32) } };

	return philox4x32(counter, k);
}

/* The upper 24 bits as a number of [0, 1): every float it gives is exact. */
static float
unit(uint32_t word)
{
	return (float)(word >> 8) * 0x1p-24f;
}

void
random_uniform(const struct random_key *key, size_t n, float low, float high,
    float *out)
{
	/* The sum may round up to high, which is not in the interval. */
	float most = nextafterf(high, low);

	for (size_t i = 0; i < n; i += 4) {
		philox4x32_ctr_t w = draw(key, (uint32_t)(i / 4));

		for (size_t j = 0; j < 4 && i + j < n; j++)
			out[i + j] = fminf(low + (high - low) * unit(w.v[j]),
			    most);
	}
}

void
random_normal(const struct random_key *key, size_t n, float deviation,
    float *out)
{
	const float turn = 6.28318530717958647692f;

	for (size_t i = 0; i < n; i += 4) {
		philox4x32_ctr_t w = draw(key, (uint32_t)(i / 4));

		for (size_t j = 0; j < 4 && i + j < n; j += 2) {
			/* 1 - u is in (0, 1]: its logarithm is finite. */
			float r = sqrtf(-2 * logf(1 - unit(w.v[j])));
			float a = turn * unit(w.v[j + 1]);

			out[i + j] = deviation * r * cosf(a);
			if (i + j + 1 < n)
				out[i + j + 1] = deviation * r * sinf(a);
		}
	}
}

void
random_indices(const struct random_key *key, size_t n, uint32_t below,
    uint32_t *out)
{
	for (size_t i = 0; i < n; i += 4) {
		philox4x32_ctr_t w = draw(key, (uint32_t)(i / 4));

		for (size_t j = 0; j < 4 && i + j < n; j++)
			out[i + j] = (uint32_t)((uint64_t)w.v[j] * below >> 32);
	}
}

uint32_t
random_permute(const struct random_key *key, uint32_t below, uint32_t i)
{
	unsigned half = 1;
	uint32_t mask;

	/* Two halves of `half` bits cover at least 0 .. below - 1, and less
	 * than four times as much: the walk takes below four steps on average. */
	while (half < 16 && (uint64_t)1 << 2 * half < below)
		half++;
	mask = ((uint32_t)1 << half) - 1;
	do {
		uint32_t left = i >> half, right = i & mask;

		for (uint32_t round = 0; round < 4; round++) {
			/* philox2x32 with 6 rounds mixes a key and a word well
			 * enough for a shuffle and costs a few nanoseconds. */
			philox2x32_ctr_t c = { { right | round << 28,
			    key->step << 8 | key->stage << 4 | key->purpose } };
			philox2x32_key_t k = { { (uint32_t)key->seed ^
			    (uint32_t)(key->seed >> 32) * 0x9e3779b9u ^
			    key->instance * 0x85ebca6bu ^
			    key->epoch * 0xc2b2ae35u } };
			uint32_t f = philox2x32_R(6, c, k).v[0] & mask;
			uint32_t next = left ^ f;

			left = right;
			right = next;
		}
		i = left << half | right;
	} while (i >= below);
	return i;
}
