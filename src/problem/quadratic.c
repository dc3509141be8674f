/* f(theta) = mean over functions b of || W_b theta_b - y_b ||^2  (L2L, section
 * 3.1).  One function is the paper's; several share one optimizee, each with
 * variables of its own. */
#include "problem/quadratic.h"

#include "num/blas.h"
#include "problem/problem.h"

/* From here on a product by OpenBLAS is quicker than a plain loop. */
#define SMALL 32

enum distribution { NORMAL, UNIFORM };

struct quadratic_options {
	int64_t variables, functions;
	int distribution;
	double start_deviation;
};

static const char *const distributions[] = { "normal", "uniform", NULL };

static const struct param params[] = {
	{ .name = "variables", .kind = PARAM_INT, .min = 1, .max = 2048,
	  .offset = offsetof(struct quadratic_options, variables),
	  .preset = "10", .text = "Variables of each function." },
	{ .name = "functions", .kind = PARAM_INT, .min = 1, .max = 4096,
	  .offset = offsetof(struct quadratic_options, functions),
	  .preset = "1", .text = "Functions of one optimizee; its loss is "
	  "their mean. To train on many functions at once see training's "
	  "meta_batch." },
	{ .name = "distribution", .kind = PARAM_CHOICE,
	  .offset = offsetof(struct quadratic_options, distribution),
	  .preset = "normal", .choices = distributions,
	  .text = "Entries of W and y: standard normal (the paper) or uniform "
	  "on [0, 1) (DeepMind's code)." },
	{ .name = "start_deviation", .kind = PARAM_REAL, .min = 0, .max = 1e3,
	  .offset = offsetof(struct quadratic_options, start_deviation),
	  .preset = "0.01",
	  .text = "Standard deviation of the normal initial point." },
	{ .name = NULL }
};

static const struct quadratic_options *
options(const struct problem *p)
{
	return (const struct quadratic_options *)&p->options;
}

static int
shape(struct problem *p, const char *data_folder, const char **param,
    struct message *m)
{
	size_t n = (size_t)options(p)->variables;
	size_t functions = (size_t)options(p)->functions;

	(void)data_folder;
	if (functions * n * n > PROBLEM_COORDINATES_MAX) {
		*param = "functions";
		return message_set(m, ERR_LIMIT, "functions x variables^2 is "
		    "%zu; at most %d are possible", functions * n * n,
		    PROBLEM_COORDINATES_MAX);
	}
	problem_add_tensor(p, "theta", 2, functions, n);
	problem_end_group(p, "all");
	p->instance_size = sizeof(struct quadratic_instance) +
	    (functions * n * (n + 1) + n) * sizeof(float);
	p->eval_flops = 4 * (double)functions * (double)n * (double)n;
	return 0;
}

static void
attach(const struct problem *p, void *instance)
{
	struct quadratic_instance *q = instance;
	size_t n = (size_t)options(p)->variables;

	q->w = (float *)(q + 1);
	q->y = q->w + p->n * n;
	q->residual = q->y + p->n;
}

static void
sample(const struct problem *p, void *instance, const struct problem_run *run)
{
	struct quadratic_instance *q = instance;
	size_t n = (size_t)options(p)->variables;
	struct random_key key = problem_key(run, RANDOM_INSTANCE, 0);

	/* w and y are neighbours: one draw fills both. */
	if (options(p)->distribution == NORMAL)
		random_normal(&key, p->n * (n + 1), 1, q->w);
	else
		random_uniform(&key, p->n * (n + 1), 0, 1, q->w);
}

static void
start(const struct problem *p, void *instance, const struct problem_run *run,
    float *theta)
{
	struct random_key key = problem_key(run, RANDOM_START, 0);

	(void)instance;
	random_normal(&key, p->n, (float)options(p)->start_deviation, theta);
}

static void
draw(const struct problem *p, void *instance, const struct problem_run *run,
    uint32_t step)
{
	(void)p, (void)instance, (void)run, (void)step;
}

/* r = W theta - y; returns |r|^2. */
static double
residual(size_t n, const float *w, const float *y, const float *theta, float *r)
{
	double loss = 0;

	if (n >= SMALL)
		blas_gemv(false, n, n, 1, w, theta, 0, r);
	for (size_t i = 0; i < n; i++) {
		if (n < SMALL) {
			r[i] = 0;
			for (size_t j = 0; j < n; j++)
				r[i] += w[i * n + j] * theta[j];
		}
		r[i] -= y[i];
		loss += (double)r[i] * (double)r[i];
	}
	return loss;
}

/* grad = scale W' r */
static void
gradient(size_t n, const float *w, const float *r, float scale, float *grad)
{
	if (n >= SMALL) {
		blas_gemv(true, n, n, scale, w, r, 0, grad);
		return;
	}
	for (size_t j = 0; j < n; j++)
		grad[j] = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			grad[j] += scale * r[i] * w[i * n + j];
}

static double
eval(const struct problem *p, void *instance, const float *theta, float *grad)
{
	struct quadratic_instance *q = instance;
	size_t n = (size_t)options(p)->variables;
	size_t functions = (size_t)options(p)->functions;
	double loss = 0;

	for (size_t b = 0; b < functions; b++) {
		const float *w = q->w + b * n * n;

		loss += residual(n, w, q->y + b * n, theta + b * n,
		    q->residual);
		/* d|r|^2 / d theta = 2 W' r */
		if (grad != NULL)
			gradient(n, w, q->residual, 2 / (float)functions,
			    grad + b * n);
	}
	return loss / (double)functions;
}

extern const struct problem_type problem_quadratic;

const struct problem_type problem_quadratic = {
	.name = "quadratic",
	.text = "The squared norm of W theta - y with random W and y (L2L, "
	    "section 3.1).",
	.params = params,
	.shape = shape,
	.attach = attach,
	.sample = sample,
	.start = start,
	.draw = draw,
	.eval = eval,
};
