/* Random draws without a generator's state.
 *
 * Every draw is a pure function of (seed, purpose, epoch, instance, step,
 * index) by Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy
 * as 1, 2, 3", 2011; from Random123).  Nothing is kept, so nothing can be lost:
 * a resumed run draws what an uninterrupted one would have drawn, and the
 * number of threads changes nothing. */
#ifndef L2LD_BASE_RANDOM_H
#define L2LD_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a draw is for.  Stored results depend on the numbers: only append. */
enum random_purpose {
	RANDOM_WEIGHTS,		/* a learned optimizer's initial weights */
	RANDOM_INSTANCE,	/* an optimizee's data (W, y) */
	RANDOM_START,		/* an optimizee's initial point */
	RANDOM_BATCH,		/* minibatches */
	RANDOM_DATASET,		/* generated data sets */
	RANDOM_BOOTSTRAP,	/* resampling for intervals */
	RANDOM_TEST,		/* tests */
};

/* Which kind of run a draw belongs to, so that they never share one. */
enum random_stage {
	RANDOM_TRAIN,
	RANDOM_VALIDATE,
	RANDOM_TUNE,
	RANDOM_EVALUATE,
	RANDOM_PROBE,
};

struct random_key {
	uint64_t seed;
	uint32_t purpose;	/* enum random_purpose, below 16 */
	uint32_t stage;		/* enum random_stage, below 16 */
	uint32_t epoch;
	uint32_t instance;
	uint32_t step;		/* below 2^24 */
};

/* n draws from the uniform distribution on [low, high). */
void
random_uniform(const struct random_key *key, size_t n, float low, float high,
    float *out);

/* n draws from the normal distribution with mean 0 (Box-Muller). */
void
random_normal(const struct random_key *key, size_t n, float deviation,
    float *out);

/* n whole numbers from 0 to below - 1, independent (below >= 1).  The bias of
 * the 64-bit multiply is below 2^-32 * below. */
void
random_indices(const struct random_key *key, size_t n, uint32_t below,
    uint32_t *out);

/* Where a random permutation of 0 .. below - 1 sends i (i < below).  The key
 * chooses the permutation; nothing is stored (a Feistel network of Philox
 * rounds, walked until the value falls below). */
uint32_t
random_permute(const struct random_key *key, uint32_t below, uint32_t i);

#endif
