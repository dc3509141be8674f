/* Multilayer perceptrons on a classification set: mean cross-entropy of softmax
 * on a minibatch (L2L, section 3.2).  theta is W_0 [in][out], b_0, W_1, ... */
#include "problem/mlp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "num/dense.h"
#include "problem/problem.h"

enum sampling { SHUFFLED, REPLACEMENT };
enum start { START_NORMAL, START_GLOROT, START_PYTORCH };

struct mlp_options {
	char dataset[PARAM_TEXT_MAX];
	struct param_ints hidden;
	int activation;		/* enum activation */
	int64_t batch;
	int sampling;
	int start;
	double start_deviation;
};

static const char *const activations[] = { "sigmoid", "relu", "tanh", NULL };
static const char *const samplings[] = { "shuffled", "replacement", NULL };
static const char *const starts[] = { "normal", "glorot_uniform", "pytorch",
    NULL };

#define AT(member) .offset = offsetof(struct mlp_options, member)

static const struct param params[] = {
	{ .name = "dataset", .kind = PARAM_TEXT, AT(dataset),
	  .preset = "mnist", .text = "The data set's name; see /datasets." },
	{ .name = "hidden", .kind = PARAM_INTS, AT(hidden), .preset = "20",
	  .min = 1, .max = 4096, .len_min = 0, .len_max = PARAM_LIST_MAX,
	  .unit = "units", .text = "Sizes of the hidden layers." },
	{ .name = "activation", .kind = PARAM_CHOICE, AT(activation),
	  .preset = "sigmoid", .choices = activations,
	  .text = "The hidden layers' nonlinearity." },
	{ .name = "batch", .kind = PARAM_INT, AT(batch), .preset = "128",
	  .min = 1, .max = 65536, .unit = "records",
	  .text = "Records of a minibatch." },
	{ .name = "sampling", .kind = PARAM_CHOICE, AT(sampling),
	  .preset = "shuffled", .choices = samplings,
	  .text = "Minibatches by passes through the shuffled set, or drawn "
	  "with replacement." },
	{ .name = "start", .kind = PARAM_CHOICE, AT(start), .preset = "normal",
	  .choices = starts, .text = "The initial point: normal (DeepMind's "
	  "code), Glorot's uniform with zero biases, or PyTorch's default for "
	  "linear layers." },
	{ .name = "start_deviation", .kind = PARAM_REAL, AT(start_deviation),
	  .preset = "0.01", .min = 0, .max = 100,
	  .text = "Standard deviation of the normal initial point." },
	{ .name = NULL }
};

static const struct mlp_options *
options(const struct problem *p)
{
	return (const struct mlp_options *)&p->options;
}

/* Layers, and the size of what enters layer l (l = layers: what leaves). */
static int
layers(const struct problem *p)
{
	return options(p)->hidden.len + 1;
}

static size_t
size(const struct problem *p, int l)
{
	if (l == 0)
		return (size_t)p->info.inputs;
	if (l <= options(p)->hidden.len)
		return (size_t)options(p)->hidden.v[l - 1];
	return (size_t)p->info.classes;
}

static int
shape(struct problem *p, const char *data_folder, const char **param,
    struct message *m)
{
	size_t batch = (size_t)options(p)->batch;
	size_t floats;
	char name[32];
	int r;

	*param = "dataset";
	r = dataset_describe(data_folder, options(p)->dataset, &p->info, m);
	if (r < 0)
		return r;
	*param = "batch";
	/* A split is half of the training records. */
	if (batch > p->info.train / 2)
		return message_set(m, ERR_INVALID, "must be at most %zu, the "
		    "records of a split of %s", p->info.train / 2,
		    p->info.name);
	*param = NULL;
	p->has_dataset = true;
	floats = batch * size(p, 0);
	for (int l = 0; l < layers(p); l++) {
		size_t in = size(p, l), out = size(p, l + 1);

		snprintf(name, sizeof name, "layer.%d.weight", l);
		problem_add_tensor(p, name, 2, in, out);
		snprintf(name, sizeof name, "layer.%d.bias", l);
		problem_add_tensor(p, name, 1, out, 1);
		if (l + 2 == layers(p))
			problem_end_group(p, "hidden");
		floats += 2 * batch * out;
		p->eval_flops += 6 * (double)batch * (double)in * (double)out;
	}
	problem_end_group(p, "output");
	p->instance_size = sizeof(struct mlp_instance) +
	    batch * (sizeof(uint32_t) + 1) + 64 + floats * sizeof(float);
	return 0;
}

static void
attach(const struct problem *p, void *instance)
{
	struct mlp_instance *q = instance;
	size_t batch = (size_t)options(p)->batch;
	float *next = (float *)(q + 1);

	q->x = next;
	next += batch * size(p, 0);
	for (int l = 0; l < layers(p); l++) {
		q->a[l] = next;
		q->da[l] = next + batch * size(p, l + 1);
		next = q->da[l] + batch * size(p, l + 1);
	}
	q->numbers = (uint32_t *)next;
	q->labels = (uint8_t *)(q->numbers + batch);
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
	struct random_key key = problem_key(run, RANDOM_START, 0);

	(void)instance;
	if (options(p)->start == START_NORMAL) {
		random_normal(&key, p->n, (float)options(p)->start_deviation,
		    theta);
		return;
	}
	for (int l = 0; l < layers(p); l++) {
		size_t in = size(p, l), out = size(p, l + 1);
		float *w = theta + p->tensors[2 * l].offset;
		float *b = theta + p->tensors[2 * l + 1].offset;
		/* Glorot and Bengio 2010; and torch.nn.Linear. */
		float bound = options(p)->start == START_GLOROT ?
		    sqrtf(6 / (float)(in + out)) : 1 / sqrtf((float)in);

		key.step = (uint32_t)(2 * l);
		random_uniform(&key, in * out, -bound, bound, w);
		key.step++;
		if (options(p)->start == START_GLOROT)
			memset(b, 0, out * sizeof *b);
		else
			random_uniform(&key, out, -bound, bound, b);
	}
}

static void
draw(const struct problem *p, void *instance, const struct problem_run *run,
    uint32_t step)
{
	struct mlp_instance *q = instance;
	uint64_t batch = (uint64_t)options(p)->batch;
	uint32_t count = (uint32_t)dataset_count(p->dataset, run->split);
	struct random_key key = problem_key(run, RANDOM_BATCH, step);

	if (options(p)->sampling == REPLACEMENT) {
		random_indices(&key, batch, count, q->numbers);
	} else {
		/* Positions step x batch ... of endless passes, each a
		 * permutation of its own. */
		for (uint64_t i = 0; i < batch; i++) {
			uint64_t at = step * batch + i;

			key.step = (uint32_t)(at / count);
			q->numbers[i] = random_permute(&key, count,
			    (uint32_t)(at % count));
		}
	}
	dataset_gather(p->dataset, run->split, q->numbers, batch, q->x,
	    q->labels);
}

static double
eval(const struct problem *p, void *instance, const float *theta, float *grad)
{
	struct mlp_instance *q = instance;
	const struct problem_tensor *t = p->tensors;
	size_t batch = (size_t)options(p)->batch;
	enum activation f = (enum activation)options(p)->activation;
	int last = layers(p) - 1;
	const float *x = q->x;
	double loss;

	for (int l = 0; l <= last; l++) {
		dense_forward(batch, size(p, l), size(p, l + 1), x,
		    theta + t[2 * l].offset, theta + t[2 * l + 1].offset,
		    q->a[l]);
		if (l < last)
			activation_forward(f, batch * size(p, l + 1), q->a[l]);
		x = q->a[l];
	}
	loss = cross_entropy(batch, size(p, last + 1), q->a[last], q->labels,
	    grad != NULL ? q->da[last] : NULL);
	for (int l = last; grad != NULL && l >= 0; l--) {
		dense_back(batch, size(p, l), size(p, l + 1),
		    l > 0 ? q->a[l - 1] : q->x, theta + t[2 * l].offset,
		    q->da[l], grad + t[2 * l].offset,
		    grad + t[2 * l + 1].offset, l > 0 ? q->da[l - 1] : NULL);
		if (l > 0)
			activation_back(f, batch * size(p, l), q->a[l - 1],
			    q->da[l - 1]);
	}
	return loss;
}

extern const struct problem_type problem_mlp;

const struct problem_type problem_mlp = {
	.name = "mlp",
	.text = "A multilayer perceptron that classifies a data set's records "
	    "(L2L, section 3.2).",
	.params = params,
	.shape = shape,
	.attach = attach,
	.sample = sample,
	.start = start,
	.draw = draw,
	.eval = eval,
};
