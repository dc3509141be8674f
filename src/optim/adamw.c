/* AdamW (Loshchilov and Hutter 2019) as in torch.optim: theta *= 1 - lr wd, then
 * Adam's update with the gradient taken before. */
#include "optim/adam.h"
#include "optim/optim.h"

struct adamw_options {
	struct adam_options adam;
	double weight_decay;
};

#define AT(member) .offset = offsetof(struct adamw_options, member)

static const struct param params[] = {
	{ .name = "learning_rate", .kind = PARAM_REAL, AT(adam.learning_rate),
	  .preset = "0.001", .min = 0, .max = 1e6,
	  .text = "Size of an update." },
	{ .name = "beta1", .kind = PARAM_REAL, AT(adam.beta1),
	  .preset = "0.9", .min = 0, .max = 0.999999,
	  .text = "How much of the gradients' running mean stays." },
	{ .name = "beta2", .kind = PARAM_REAL, AT(adam.beta2),
	  .preset = "0.999", .min = 0, .max = 0.999999,
	  .text = "How much of their running mean square stays." },
	{ .name = "epsilon", .kind = PARAM_REAL, AT(adam.epsilon),
	  .preset = "1e-8", .min = 0, .max = 1,
	  .text = "Added to the denominator." },
	{ .name = "weight_decay", .kind = PARAM_REAL, AT(weight_decay),
	  .preset = "0.01", .min = 0, .max = 1e3,
	  .text = "Share of theta taken off, times the learning rate." },
	{ .name = NULL }
};

static void
step(const struct optim_step *s)
{
	const struct adamw_options *o = s->options;
	float keep = (float)(1 - o->adam.learning_rate * o->weight_decay);

	for (size_t i = 0; i < s->n; i++)
		s->theta[i] *= keep;
	adam_update(&o->adam, s->n, s->grad, s->theta, s->state);
}

extern const struct optim_type optim_adamw;

const struct optim_type optim_adamw = {
	.name = "adamw",
	.text = "Adam with decoupled weight decay.",
	.params = params,
	.state_len = adam_state_len,
	.step = step,
};
