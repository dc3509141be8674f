/* f(theta) = sum of theta_i^2: one bowl, the smallest optimizee there is. */
#include "problem/problem.h"

struct simple_options {
	int64_t variables;
	double start;
};

static const struct param params[] = {
	{ .name = "variables", .kind = PARAM_INT, .min = 1, .max = 1e7,
	  .offset = offsetof(struct simple_options, variables), .preset = "1",
	  .text = "How many variables the function has." },
	{ .name = "start", .kind = PARAM_REAL, .min = -1e6, .max = 1e6,
	  .offset = offsetof(struct simple_options, start), .preset = "1",
	  .text = "The initial value of every variable." },
	{ .name = NULL }
};

static const struct simple_options *
options(const struct problem *p)
{
	return (const struct simple_options *)&p->options;
}

static int
shape(struct problem *p, const char *data_folder, const char **param,
    struct message *m)
{
	(void)data_folder, (void)param, (void)m;
	problem_add_tensor(p, "theta", 1, (size_t)options(p)->variables, 1);
	problem_end_group(p, "all");
	p->eval_flops = 3 * (double)p->n;
	return 0;
}

static void
attach(const struct problem *p, void *instance)
{
	(void)p, (void)instance;
}

static void
sample(const struct problem *p, void *instance, const struct problem_run *run)
{
	(void)p, (void)instance, (void)run;
}

static void
start(const struct problem *p, void *instance, const struct problem_run *run,
    float *theta)
{
	(void)instance, (void)run;
	for (size_t i = 0; i < p->n; i++)
		theta[i] = (float)options(p)->start;
}

static void
draw(const struct problem *p, void *instance, const struct problem_run *run,
    uint32_t step)
{
	(void)p, (void)instance, (void)run, (void)step;
}

static double
eval(const struct problem *p, void *instance, const float *theta, float *grad)
{
	double loss = 0;

	(void)instance;
	for (size_t i = 0; i < p->n; i++)
		loss += (double)theta[i] * (double)theta[i];
	for (size_t i = 0; grad != NULL && i < p->n; i++)
		grad[i] = 2 * theta[i];
	return loss;
}

extern const struct problem_type problem_simple;

const struct problem_type problem_simple = {
	.name = "simple",
	.text = "The sum of the squares of its variables.",
	.params = params,
	.shape = shape,
	.attach = attach,
	.sample = sample,
	.start = start,
	.draw = draw,
	.eval = eval,
};
