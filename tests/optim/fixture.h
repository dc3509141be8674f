/* Optimizers of any type at work on random gradients. */
#ifndef L2LD_TESTS_OPTIM_FIXTURE_H
#define L2LD_TESTS_OPTIM_FIXTURE_H

#include "optim/optim.h"

struct fixture {
	const struct optim_type *type;
	struct optim_options options;
	size_t n, state_len;
	float *theta, *state;
	float *weights, *prepared;	/* learned only, else NULL */
	float *grad;			/* [n] */
};

/* A type with these options, its theta normal, its state zero and its weights
 * drawn. */
void
fixture_new(struct fixture *f, const struct optim_type *type,
    const struct optim_options *options, size_t n);
void
fixture_free(struct fixture *f);

/* A type's defaults, and all of them moved off. */
void
fixture_defaults(const struct optim_type *type, struct optim_options *options);
void
fixture_moved(const struct optim_type *type, struct optim_options *options);

/* One update with the gradients in f->grad, on a team or NULL; scratch is filled
 * with NaN before. */
void
fixture_step(struct fixture *f, struct team *team);

/* Updates number first .. first + steps - 1 with random gradients, normal times
 * a size between exp(-9) and exp(3): a function of the number alone. */
void
fixture_steps(struct fixture *f, uint32_t first, uint32_t steps,
    struct team *team);

/* Those gradients. */
void
fixture_grad(size_t n, uint32_t number, float *grad);

#endif
