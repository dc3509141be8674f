/* Adagrad as in torch.optim: v = v + g^2;  theta -= lr g / (sqrt(v) + eps). */
#include <math.h>

#include "optim/optim.h"

struct adagrad_options {
	double learning_rate, epsilon;
};

static const struct param params[] = {
	{ .name = "learning_rate", .kind = PARAM_REAL, .min = 0, .max = 1e6,
	  .offset = offsetof(struct adagrad_options, learning_rate),
	  .preset = "0.01", .text = "Factor of the scaled gradient." },
	{ .name = "epsilon", .kind = PARAM_REAL, .min = 0, .max = 1,
	  .offset = offsetof(struct adagrad_options, epsilon),
	  .preset = "1e-10", .text = "Added to the denominator." },
	{ .name = NULL }
};

static size_t
state_len(const void *options, size_t n)
{
	(void)options;
	return n;
}

static void
step(const struct optim_step *s)
{
	const struct adagrad_options *o = s->options;
	float rate = (float)o->learning_rate, eps = (float)o->epsilon;
	float *v = s->state;

	for (size_t i = 0; i < s->n; i++) {
		float g = s->grad[i];

		v[i] += g * g;
		s->theta[i] -= optim_ratio(rate * g, sqrtf(v[i]) + eps);
	}
}

extern const struct optim_type optim_adagrad;

const struct optim_type optim_adagrad = {
	.name = "adagrad",
	.text = "Gradients over the root of the sum of their squares.",
	.params = params,
	.state_len = state_len,
	.step = step,
};
