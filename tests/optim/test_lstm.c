/* The learned optimizer: its initial weights, what they are called, and that
 * threads do not show in the gradient of a window. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/optim/fixture.h"
#include "tests/params.h"
#include "tests/run.h"

static const struct random_key key = { .seed = 3, .purpose = RANDOM_WEIGHTS };

static const struct optim_type *
lstm(struct optim_options *options)
{
	const struct optim_type *type = optim_find("lstm");

	fixture_defaults(type, options);
	return type;
}

static float *
init(const struct optim_type *type, const struct optim_options *options,
    const struct random_key *k)
{
	float *w = calloc(type->weights_len(options), sizeof *w);

	type->weights_init(options, k, w);
	return w;
}

static size_t
tensor_len(const struct optim_tensor *t)
{
	return t->shape[0] * (t->dims > 1 ? t->shape[1] : 1);
}

/* Whether name ends so. */
static bool
ends(const char *name, const char *end)
{
	return strlen(name) >= strlen(end) &&
	    strcmp(name + strlen(name) - strlen(end), end) == 0;
}

/* Each weight belongs to one tensor; those of zeros own none. */
static void
check_tensors(const struct optim_type *type, const struct optim_options *o,
    int layers)
{
	struct optim_tensor list[OPTIM_TENSORS_MAX];
	size_t at = 0, len = type->weights_len(o);
	int count = type->tensors(o, list);

	ck_assert_int_eq(count, 4 * layers + 2);
	for (int i = 0; i < count; i++) {
		ck_assert(list[i].dims == 1 || list[i].dims == 2);
		ck_assert_uint_gt(tensor_len(&list[i]), 0);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(list[i].name, list[k].name);
		if (list[i].zeros)
			continue;
		ck_assert_uint_eq(list[i].offset, at);
		at += tensor_len(&list[i]);
	}
	ck_assert_uint_eq(at, len);
}

START_TEST(tensors)
{
	static const char *const layers[] = { "20", "20 20", "5 3 7",
	    "1 2 3 4 5 6 7 256" };
	static const int counts[] = { 1, 2, 3, 8 };
	static const char *const features[] = { "none", "log_sign", "clamp" };
	struct optim_options o;
	const struct optim_type *type = lstm(&o);
	struct optim_tensor list[OPTIM_TENSORS_MAX];

	for (int f = 0; f < 3; f++) {
		params_set(type->params, &o, "preprocess.type", features[f]);
		params_set(type->params, &o, "layers", layers[_i]);
		check_tensors(type, &o, counts[_i]);
	}
	type = lstm(&o);
	ck_assert_uint_eq(type->weights_len(&o), 80 * 2 + 80 * 20 + 80 +
	    80 * 20 + 80 * 20 + 80 + 21);
	type->tensors(&o, list);
	ck_assert_str_eq(list[0].name, "lstm.0.weight_ih");
	ck_assert_uint_eq(list[0].shape[0], 80);
	ck_assert_uint_eq(list[0].shape[1], 2);
	ck_assert_str_eq(list[9].name, "output.bias");
}
END_TEST

/* Uniform on the layer's own bounds, all over them. */
START_TEST(uniform)
{
	struct optim_options o;
	const struct optim_type *type = lstm(&o);
	struct optim_tensor list[OPTIM_TENSORS_MAX];
	float *w;
	int count;

	params_set(type->params, &o, "layers", "30 12");
	w = init(type, &o, &key);
	count = type->tensors(&o, list);
	for (int i = 0; i < count; i++) {
		size_t h = i < 4 ? 30 : 12, len = tensor_len(&list[i]);
		double bound = 1 / sqrt((double)h), most = 0, mean = 0;

		for (size_t k = 0; k < len; k++) {
			double v = (double)w[list[i].offset + k];

			most = fmax(most, fabs(v));
			mean += v / (double)len;
		}
		ck_assert_double_le(most, bound * (1 + 1e-6));
		ck_assert(len < 20 || most > 0.9 * bound);
		ck_assert_double_le(fabs(mean), 5 * bound /
		    sqrt(3 * (double)len));
	}
	free(w);
}
END_TEST

START_TEST(normal)
{
	struct optim_options o;
	const struct optim_type *type = lstm(&o);
	struct optim_tensor list[OPTIM_TENSORS_MAX];
	double square = 0, number = 0;
	float *w;
	int count;

	params_set(type->params, &o, "initialization.type", "normal");
	params_set(type->params, &o, "initialization.deviation", "0.3");
	w = init(type, &o, &key);
	count = type->tensors(&o, list);
	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < tensor_len(&list[i]); k++) {
			double v = (double)w[list[i].offset + k];

			if (ends(list[i].name, ".bias_ih") ||
			    ends(list[i].name, ".bias")) {
				ck_assert_double_eq(v, 0);
			} else if (!list[i].zeros) {
				square += v * v;
				number++;
			}
		}
	ck_assert_double_eq_tol(sqrt(square / number), 0.3, 0.01);
	free(w);
}
END_TEST

/* The forget gates' biases alone are shifted: the second quarter. */
START_TEST(forget_bias)
{
	static const char *const types[] = { "uniform", "normal" };
	struct optim_options o;
	const struct optim_type *type = lstm(&o);
	struct optim_tensor list[OPTIM_TENSORS_MAX];
	float *was, *is;
	int count;

	params_set(type->params, &o, "layers", "8 4");
	params_set(type->params, &o, "initialization.type", types[_i]);
	was = init(type, &o, &key);
	params_set(type->params, &o, "initialization.forget_bias", "1.5");
	is = init(type, &o, &key);
	count = type->tensors(&o, list);
	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < tensor_len(&list[i]); k++) {
			size_t at = list[i].offset + k;
			size_t h = tensor_len(&list[i]) / 4;
			bool forget = ends(list[i].name, ".bias_ih") &&
			    k >= h && k < 2 * h;

			if (list[i].zeros)
				continue;
			ck_assert_float_eq(is[at], was[at] +
			    (forget ? 1.5f : 0));
		}
	free(was);
	free(is);
}
END_TEST

START_TEST(another_seed)
{
	struct optim_options o;
	const struct optim_type *type = lstm(&o);
	struct random_key other = key;
	size_t len = type->weights_len(&o), same = 0;
	float *a = init(type, &o, &key), *b;

	other.seed++;
	b = init(type, &o, &other);
	for (size_t i = 0; i < len; i++)
		same += a[i] == b[i];
	ck_assert_uint_eq(same, 0);
	free(b);
	/* The same key: the same weights. */
	b = init(type, &o, &key);
	ck_assert_mem_eq(a, b, len * sizeof *a);
	free(a);
	free(b);
}
END_TEST

#define STEPS 6

/* The gradient of a window of f's coordinates; malloc'd. */
static double *
window(struct fixture *f, const float *grads, struct team *team)
{
	size_t len = f->type->weights_len(&f->options);
	size_t size = f->type->window_scratch(&f->options, f->n, STEPS,
	    team_size(team));
	float weights[STEPS] = { 1, 0, 0.5f, 1, 2, 1 };
	void *scratch;
	struct optim_window w = {
		.options = &f->options, .n = f->n, .steps = STEPS,
		.weights = f->weights, .prepared = f->prepared,
		.state = f->state, .grads = grads, .stride = f->n,
		.loss_weights = weights, .scale = 0.125f,
		.gradient = calloc(len, sizeof(double)), .team = team,
	};

	ck_assert_int_eq(posix_memalign(&scratch, 64, size), 0);
	memset(scratch, 0xff, size);
	w.scratch = scratch;
	f->type->window_back(&w);
	free(scratch);
	return w.gradient;
}

/* Of few coordinates, and of so many that there are several slices; the last
 * group is not full. */
START_TEST(teams)
{
	static const size_t sizes[] = { 1, 100, 16 * 8 * 5 + 3, 16 * 8 * 40 };
	struct optim_options o;
	const struct optim_type *type = lstm(&o);
	size_t n = sizes[_i], len = type->weights_len(&o);
	float *grads = calloc((STEPS + 1) * n, sizeof *grads);
	struct fixture f;
	double *alone;

	fixture_new(&f, type, &o, n);
	fixture_steps(&f, 100, 2, NULL);
	for (uint32_t s = 0; s <= STEPS; s++)
		fixture_grad(n, s, grads + s * n);
	alone = window(&f, grads, NULL);
	for (int threads = 1; threads <= 3; threads++) {
		struct team *team;
		double *got;

		ck_assert_int_eq(team_new(threads, &team), 0);
		got = window(&f, grads, team);
		ck_assert_mem_eq(got, alone, len * sizeof *got);
		free(got);
		team_free(team);
	}
	free(alone);
	free(grads);
	fixture_free(&f);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, tensors, 0, 4);
	tcase_add_test(tcase, uniform);
	tcase_add_test(tcase, normal);
	tcase_add_loop_test(tcase, forget_bias, 0, 2);
	tcase_add_test(tcase, another_seed);
	tcase_add_loop_test(tcase, teams, 0, 4);
}

int
main(void)
{
	return run_tests("lstm", add);
}
