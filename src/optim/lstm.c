/* The paper's learned optimizer: an LSTM of one or more layers applied to every
 * coordinate alike, with a state of its own for each (L2L, section 2.1 and
 * appendix A).  The arithmetic is num/lstm_kernel.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "num/lstm.h"
#include "optim/optim.h"

struct lstm_options {
	struct param_ints layers;
	int preprocess;		/* enum lstm_features */
	double p, clamp;
	double output_scale;
	int initialization;
	double deviation;		/* of INIT_NORMAL */
	double forget_bias;
};

enum initialization { INIT_UNIFORM, INIT_NORMAL };

static const char *const preprocesses[] = { "none", "log_sign", "clamp", NULL };
static const char *const initializations[] = { "uniform", "normal", NULL };

#define AT(member) .offset = offsetof(struct lstm_options, member)

static const struct param preprocess_params[] = {
	{ .name = "type", .kind = PARAM_CHOICE, AT(preprocess),
	  .preset = "log_sign", .choices = preprocesses,
	  .text = "What the LSTM sees of a gradient: itself, its logarithm and "
	  "sign (L2L, appendix A), or itself clamped." },
	{ .name = "p", .kind = PARAM_REAL, AT(p), .preset = "10",
	  .min = 0.1, .max = 80, .text = "log_sign: gradients below exp(-p) "
	  "are seen on a linear scale." },
	{ .name = "clamp", .kind = PARAM_REAL, AT(clamp), .preset = "1",
	  .min = 1e-6, .max = 1e30,
	  .text = "clamp: gradients are cut to [-clamp, clamp]." },
	{ .name = NULL }
};

static const struct param initialization_params[] = {
	{ .name = "type", .kind = PARAM_CHOICE, AT(initialization),
	  .preset = "uniform", .choices = initializations,
	  .text = "uniform: on (-1/sqrt(H), 1/sqrt(H)), PyTorch's default; or "
	  "normal with zero biases." },
	{ .name = "deviation", .kind = PARAM_REAL, AT(deviation),
	  .preset = "0.01", .min = 0, .max = 100,
	  .text = "normal: its standard deviation." },
	{ .name = "forget_bias", .kind = PARAM_REAL, AT(forget_bias),
	  .preset = "0", .min = -100, .max = 100,
	  .text = "Added to the forget gates' initial bias." },
	{ .name = NULL }
};

static const struct param params[] = {
	{ .name = "layers", .kind = PARAM_INTS, AT(layers), .preset = "20 20",
	  .min = 1, .max = LSTM_SIZE_MAX, .len_min = 1,
	  .len_max = LSTM_LAYERS_MAX, .unit = "units",
	  .text = "Sizes of the LSTM's layers." },
	{ .name = "preprocess", .kind = PARAM_GROUP,
	  .members = preprocess_params,
	  .text = "How gradients are presented to the LSTM." },
	{ .name = "output_scale", .kind = PARAM_REAL, AT(output_scale),
	  .preset = "0.1", .min = 0, .max = 1e3,
	  .text = "Factor of the LSTM's output: the update." },
	{ .name = "initialization", .kind = PARAM_GROUP,
	  .members = initialization_params,
	  .text = "How the weights are drawn before meta-training." },
	{ .name = NULL }
};

static struct lstm_net
net_of(const struct lstm_options *o)
{
	struct lstm_net net = {
		.features = (enum lstm_features)o->preprocess,
		.p = (float)o->p, .clamp = (float)o->clamp,
		.scale = (float)o->output_scale, .layers = o->layers.len,
	};

	for (int l = 0; l < net.layers; l++)
		net.size[l] = (int)o->layers.v[l];
	return net;
}

/* ---- weights ---- */

static size_t
weights_len(const void *options)
{
	struct lstm_net net = net_of(options);

	return lstm_weights_len(&net);
}

static void
weights_init(const void *options, const struct random_key *key, float *weights)
{
	const struct lstm_options *o = options;
	struct lstm_net net = net_of(o);
	struct random_key k = *key;

	for (int l = 0; l <= net.layers; l++) {
		size_t h = (size_t)net.size[l < net.layers ? l : l - 1];
		float *w = weights + lstm_layer_offset(&net, l);
		size_t len = l < net.layers ? lstm_layer_offset(&net, l + 1) -
		    lstm_layer_offset(&net, l) : h + 1;
		size_t biases = l < net.layers ? 4 * h : 1;
		float bound = 1 / sqrtf((float)h);

		k.step = (uint32_t)l;
		if (o->initialization == INIT_UNIFORM) {
			random_uniform(&k, len, -bound, bound, w);
		} else {
			random_normal(&k, len - biases, (float)o->deviation, w);
			memset(w + len - biases, 0, biases * sizeof *w);
		}
		/* Gate order i, f, g, o: the second quarter of the biases. */
		for (size_t u = 0; l < net.layers && u < h; u++)
			w[len - biases + h + u] += (float)o->forget_bias;
	}
}

static struct optim_tensor *
add_tensor(struct optim_tensor *t, size_t *offset, size_t d0, size_t d1)
{
	t->offset = *offset;
	t->dims = d1 > 0 ? 2 : 1;
	t->shape[0] = d0;
	t->shape[1] = d1;
	t->zeros = false;
	*offset += d0 * (d1 > 0 ? d1 : 1);
	return t;
}

static int
tensors(const void *options, struct optim_tensor *list)
{
	struct lstm_net net = net_of(options);
	struct optim_tensor *t = list;
	size_t offset = 0, h = 0;

	for (int l = 0; l < net.layers; l++) {
		h = (size_t)net.size[l];
		snprintf(t->name, sizeof t->name, "lstm.%d.weight_ih", l);
		add_tensor(t++, &offset, 4 * h,
		    (size_t)lstm_layer_inputs(&net, l));
		snprintf(t->name, sizeof t->name, "lstm.%d.weight_hh", l);
		add_tensor(t++, &offset, 4 * h, h);
		snprintf(t->name, sizeof t->name, "lstm.%d.bias_ih", l);
		add_tensor(t++, &offset, 4 * h, 0);
		/* PyTorch has two bias vectors; one is enough. */
		*t = t[-1];
		snprintf(t->name, sizeof t->name, "lstm.%d.bias_hh", l);
		t++->zeros = true;
	}
	snprintf(t->name, sizeof t->name, "output.weight");
	add_tensor(t++, &offset, 1, h);
	snprintf(t->name, sizeof t->name, "output.bias");
	add_tensor(t++, &offset, 1, 0);
	return (int)(t - list);
}

static size_t
prepared_len(const void *options)
{
	struct lstm_net net = net_of(options);

	return lstm_kernels()->packed_len(&net);
}

static void
prepare(const void *options, const float *weights, float *prepared)
{
	struct lstm_net net = net_of(options);

	lstm_kernels()->pack(&net, weights, prepared);
}

static size_t
state_len(const void *options, size_t n)
{
	struct lstm_net net = net_of(options);

	return lstm_state_len(&net, n);
}

/* Multiply-adds of the matrices; backward has twice as many. */
static double
flops(const void *options, bool training)
{
	struct lstm_net net = net_of(options);
	double products = net.size[net.layers - 1];

	for (int l = 0; l < net.layers; l++)
		products += 4.0 * net.size[l] *
		    (lstm_layer_inputs(&net, l) + net.size[l]);
	return 2 * products * (training ? 3 : 1);
}

/* ---- work, shared out among a team ---- */

/* Blocks of 32 coordinates that are one item of a step. */
#define STEP_BLOCKS 4
/* The window's coordinates are cut into at most so many slices, each with a
 * gradient of its own, added up in order: so the sum does not depend on which
 * thread took which.  There are SLICE_BLOCKS blocks to a slice, on average: the
 * first are the largest, so that threads end together. */
#define SLICES_MAX 32
#define SLICE_BLOCKS 4

static size_t
slices(size_t n)
{
	size_t count = lstm_blocks(n) / SLICE_BLOCKS;

	return count < 1 ? 1 : count > SLICES_MAX ? SLICES_MAX : count;
}

/* Where slice i begins: what is left for it and those behind it is a share of
 * ((count - i) / count)^2. */
static size_t
slice_begin(size_t blocks, size_t count, size_t i)
{
	return blocks - blocks * (count - i) * (count - i) / (count * count);
}

/* Bytes of `floats` floats, whole cache lines. */
static size_t
lines(size_t floats)
{
	return (floats * sizeof(float) + 63) / 64 * 64;
}

struct step_work {
	struct lstm_step step;
	char *scratch;
	size_t scratch_size;	/* of a member */
	size_t blocks;
};

static void
step_item(void *arg, size_t item, int member)
{
	const struct step_work *work = arg;
	struct lstm_step step = work->step;
	size_t begin = item * STEP_BLOCKS, end = begin + STEP_BLOCKS;

	step.scratch = (float *)(work->scratch +
	    (size_t)member * work->scratch_size);
	lstm_kernels()->step(&step, begin,
	    end < work->blocks ? end : work->blocks);
}

static void
step(const struct optim_step *s)
{
	struct lstm_net net = net_of(s->options);
	struct step_work work = {
		.step = { .net = &net, .packed = s->prepared, .n = s->n,
		    .grad = s->grad, .theta = s->theta, .state = s->state,
		    .record = s->record, .t = s->t, .steps = s->steps },
		.scratch = s->scratch,
		.scratch_size = lines(lstm_kernels()->step_scratch(&net)),
		.blocks = lstm_blocks(s->n),
	};

	team_run(s->team, (work.blocks + STEP_BLOCKS - 1) / STEP_BLOCKS,
	    step_item, &work);
}

static size_t
step_scratch(const void *options, int members)
{
	struct lstm_net net = net_of(options);

	return (size_t)members * lines(lstm_kernels()->step_scratch(&net));
}

static size_t
record_len(const void *options, size_t n, size_t steps)
{
	struct lstm_net net = net_of(options);

	return lstm_kernels()->record_len(&net, n, steps);
}

struct window_work {
	struct lstm_window window;
	double *gradients;	/* [slices][weights_len] */
	size_t weights_len;
	char *scratch;
	size_t scratch_size;	/* of a member */
	size_t blocks, slices;
};

static void
window_item(void *arg, size_t item, int member)
{
	const struct window_work *work = arg;
	struct lstm_window window = work->window;
	size_t begin = slice_begin(work->blocks, work->slices, item);
	size_t end = slice_begin(work->blocks, work->slices, item + 1);

	window.gradient = work->gradients + item * work->weights_len;
	memset(window.gradient, 0, work->weights_len * sizeof(double));
	window.scratch = (float *)(work->scratch +
	    (size_t)member * work->scratch_size);
	if (begin < end)
		lstm_kernels()->window(&window, begin, end);
}

static void
window_back(const struct optim_window *w)
{
	struct lstm_net net = net_of(w->options);
	size_t len = lstm_weights_len(&net);
	struct window_work work = {
		.window = { .net = &net, .packed = w->prepared, .n = w->n,
		    .steps = w->steps, .state = w->state,
		    .record = w->record, .grads = w->grads,
		    .stride = w->stride, .loss_weights = w->loss_weights,
		    .scale = w->scale },
		.gradients = w->scratch,
		.weights_len = len,
		.scratch_size = lines(lstm_kernels()->window_scratch(&net,
		    w->steps)),
		.blocks = lstm_blocks(w->n),
		.slices = slices(w->n),
	};

	work.scratch = (char *)w->scratch + lines(2 * work.slices * len);
	team_run(w->team, work.slices, window_item, &work);
	for (size_t s = 0; s < work.slices; s++)
		for (size_t i = 0; i < len; i++)
			w->gradient[i] += work.gradients[s * len + i];
}

static size_t
window_scratch(const void *options, size_t n, size_t steps, int members)
{
	struct lstm_net net = net_of(options);

	return lines(2 * slices(n) * lstm_weights_len(&net)) +
	    (size_t)members *
	    lines(lstm_kernels()->window_scratch(&net, steps));
}

extern const struct optim_type optim_lstm;

const struct optim_type optim_lstm = {
	.name = "lstm",
	.text = "The learned optimizer: a coordinatewise LSTM (Andrychowicz et "
	    "al. 2016).",
	.params = params,
	.state_len = state_len,
	.step = step,
	.step_scratch = step_scratch,
	.weights_len = weights_len,
	.weights_init = weights_init,
	.tensors = tensors,
	.prepared_len = prepared_len,
	.prepare = prepare,
	.record_len = record_len,
	.window_scratch = window_scratch,
	.window_back = window_back,
	.flops = flops,
};
