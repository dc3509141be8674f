/* Nesterov's accelerated gradient as in torch.optim.SGD(nesterov=True):
 * v = mu v + g;  theta -= lr (g + mu v). */
#include "optim/momentum.h"
#include "optim/optim.h"

static void
step(const struct optim_step *s)
{
	const struct momentum_options *o = s->options;
	float rate = (float)o->learning_rate, mu = (float)o->momentum;
	float *v = s->state;

	for (size_t i = 0; i < s->n; i++) {
		v[i] = mu * v[i] + s->grad[i];
		s->theta[i] -= rate * (s->grad[i] + mu * v[i]);
	}
}

extern const struct optim_type optim_nesterov;

const struct optim_type optim_nesterov = {
	.name = "nesterov",
	.alias = "nag",
	.text = "Nesterov's accelerated gradient (NAG).",
	.params = momentum_params,
	.state_len = momentum_state_len,
	.step = step,
};
