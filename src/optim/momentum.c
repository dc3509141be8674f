/* Heavy-ball momentum as in torch.optim.SGD, without dampening:
 * v = mu v + g;  theta -= lr v. */
#include "optim/momentum.h"

#include "optim/optim.h"

const struct param momentum_params[] = {
	{ .name = "learning_rate", .kind = PARAM_REAL, .min = 0, .max = 1e6,
	  .offset = offsetof(struct momentum_options, learning_rate),
	  .preset = "0.01", .text = "Factor of the velocity." },
	{ .name = "momentum", .kind = PARAM_REAL, .min = 0, .max = 1,
	  .offset = offsetof(struct momentum_options, momentum),
	  .preset = "0.9", .text = "How much of the velocity stays." },
	{ .name = NULL }
};

size_t
momentum_state_len(const void *options, size_t n)
{
	(void)options;
	return n;
}

static void
step(const struct optim_step *s)
{
	const struct momentum_options *o = s->options;
	float rate = (float)o->learning_rate, mu = (float)o->momentum;
	float *v = s->state;

	for (size_t i = 0; i < s->n; i++) {
		v[i] = mu * v[i] + s->grad[i];
		s->theta[i] -= rate * v[i];
	}
}

extern const struct optim_type optim_momentum;

const struct optim_type optim_momentum = {
	.name = "momentum",
	.text = "Gradient descent with heavy-ball momentum.",
	.params = momentum_params,
	.state_len = momentum_state_len,
	.step = step,
};
