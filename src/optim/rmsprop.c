/* RMSprop as in torch.optim: v = alpha v + (1 - alpha) g^2;
 * theta -= lr g / (sqrt(v) + eps). */
#include <math.h>

#include "optim/optim.h"

struct rmsprop_options {
	double learning_rate, alpha, epsilon;
};

static const struct param params[] = {
	{ .name = "learning_rate", .kind = PARAM_REAL, .min = 0, .max = 1e6,
	  .offset = offsetof(struct rmsprop_options, learning_rate),
	  .preset = "0.01", .text = "Factor of the scaled gradient." },
	{ .name = "alpha", .kind = PARAM_REAL, .min = 0, .max = 1,
	  .offset = offsetof(struct rmsprop_options, alpha), .preset = "0.99",
	  .text = "How much of the mean square stays." },
	{ .name = "epsilon", .kind = PARAM_REAL, .min = 0, .max = 1,
	  .offset = offsetof(struct rmsprop_options, epsilon),
	  .preset = "1e-8", .text = "Added to the denominator." },
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
	const struct rmsprop_options *o = s->options;
	float rate = (float)o->learning_rate, eps = (float)o->epsilon;
	float alpha = (float)o->alpha, rest = (float)(1 - o->alpha);
	float *v = s->state;

	for (size_t i = 0; i < s->n; i++) {
		float g = s->grad[i];

		v[i] = alpha * v[i] + rest * g * g;
		s->theta[i] -= optim_ratio(rate * g, sqrtf(v[i]) + eps);
	}
}

extern const struct optim_type optim_rmsprop;

const struct optim_type optim_rmsprop = {
	.name = "rmsprop",
	.text = "Gradients over the root of their running mean square.",
	.params = params,
	.state_len = state_len,
	.step = step,
};
