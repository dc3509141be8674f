/* Gradient descent: theta -= lr g. */
#include "optim/optim.h"

struct sgd_options {
	double learning_rate;
};

static const struct param params[] = {
	{ .name = "learning_rate", .kind = PARAM_REAL, .min = 0, .max = 1e6,
	  .offset = offsetof(struct sgd_options, learning_rate),
	  .preset = "0.01", .text = "Factor of the gradient." },
	{ .name = NULL }
};

static size_t
state_len(const void *options, size_t n)
{
	(void)options, (void)n;
	return 0;
}

static void
step(const struct optim_step *s)
{
	const struct sgd_options *o = s->options;
	float rate = (float)o->learning_rate;

	for (size_t i = 0; i < s->n; i++)
		s->theta[i] -= rate * s->grad[i];
}

extern const struct optim_type optim_sgd;

const struct optim_type optim_sgd = {
	.name = "sgd",
	.text = "Gradient descent.",
	.params = params,
	.state_len = state_len,
	.step = step,
};
