#include "optim/adam.h"

#include <math.h>

#include "optim/optim.h"

static const struct param params[] = {
	{ .name = "learning_rate", .kind = PARAM_REAL, .min = 0, .max = 1e6,
	  .offset = offsetof(struct adam_options, learning_rate),
	  .preset = "0.001", .text = "Size of an update." },
	{ .name = "beta1", .kind = PARAM_REAL, .min = 0, .max = 0.999999,
	  .offset = offsetof(struct adam_options, beta1), .preset = "0.9",
	  .text = "How much of the gradients' running mean stays." },
	{ .name = "beta2", .kind = PARAM_REAL, .min = 0, .max = 0.999999,
	  .offset = offsetof(struct adam_options, beta2), .preset = "0.999",
	  .text = "How much of their running mean square stays." },
	{ .name = "epsilon", .kind = PARAM_REAL, .min = 0, .max = 1,
	  .offset = offsetof(struct adam_options, epsilon), .preset = "1e-8",
	  .text = "Added to the denominator." },
	{ .name = NULL }
};

size_t
adam_state_len(const void *options, size_t n)
{
	(void)options;
	return 2 * n + 1;
}

void
adam_update(const struct adam_options *o, size_t n, const float *grad,
    float *theta, float *state)
{
	float *restrict m = state, *restrict v = state + n;
	float *restrict at = theta, *count = state + 2 * n;
	float beta1 = (float)o->beta1, rest1 = (float)(1 - o->beta1);
	float beta2 = (float)o->beta2, rest2 = (float)(1 - o->beta2);
	float eps = (float)o->epsilon, rate, root;
	double t;

	if (*count < 0x1p24f)
		*count += 1;
	t = (double)*count;
	rate = (float)(o->learning_rate / (1 - pow(o->beta1, t)));
	root = (float)(1 / sqrt(1 - pow(o->beta2, t)));
	for (size_t i = 0; i < n; i++) {
		float g = grad[i];

		m[i] = beta1 * m[i] + rest1 * g;
		v[i] = beta2 * v[i] + rest2 * g * g;
		at[i] -= optim_ratio(rate * m[i], sqrtf(v[i]) * root + eps);
	}
}

static void
step(const struct optim_step *s)
{
	adam_update(s->options, s->n, s->grad, s->theta, s->state);
}

extern const struct optim_type optim_adam;

const struct optim_type optim_adam = {
	.name = "adam",
	.text = "Adam (Kingma and Ba 2015).",
	.params = params,
	.state_len = adam_state_len,
	.step = step,
};
