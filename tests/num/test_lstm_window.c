/* The backward pass of every set of kernels against plain backpropagation
 * through time in double precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "tests/num/case.h"
#include "tests/num/naive.h"
#include "tests/run.h"

#define TOLERANCE 1e-4		/* of a tensor's largest entry */
#define ALIKE 2e-5		/* between ranges of blocks */

/* The meta-loss whose gradient a window is: with the gradients constants it is
 * linear in theta. */
static double
meta_loss(const struct lstm_window *w, const double *weights,
    const double *states)
{
	size_t rows = naive_rows(w->net);
	double *state = calloc(rows, sizeof *state), loss = 0;

	for (size_t i = 0; i < w->n; i++) {
		double theta = 0;

		for (size_t r = 0; r < rows; r++)
			state[r] = states[i * rows + r];
		for (size_t s = 0; s < w->steps; s++) {
			naive_step(w->net, weights,
			    (double)w->grads[s * w->stride + i], &theta,
			    state);
			loss += (double)w->scale *
			    (double)w->loss_weights[s] * theta *
			    (double)w->grads[(s + 1) * w->stride + i];
		}
	}
	free(state);
	return loss;
}

/* What everything here is compared with is itself right. */
START_TEST(oracle)
{
	static const int nets[] = { 4, 5, 8 };
	struct lstm_case c;
	struct lstm_window w;
	double *gradient;

	case_new(&c, &case_nets[nets[_i]], 3, 6);
	w = (struct lstm_window){ .net = c.net, .n = c.n, .steps = c.steps,
	    .grads = c.grads, .stride = c.stride,
	    .loss_weights = c.loss_weights, .scale = 0.25f };
	gradient = calloc(c.len, sizeof *gradient);
	naive_window(&w, c.weights_double, c.states, gradient);
	for (size_t i = 0; i < c.len; i++) {
		double was = c.weights_double[i], h = 1e-5, up, down;

		c.weights_double[i] = was + h;
		up = meta_loss(&w, c.weights_double, c.states);
		c.weights_double[i] = was - h;
		down = meta_loss(&w, c.weights_double, c.states);
		c.weights_double[i] = was;
		down = (up - down) / (2 * h);
		EXPECT(fabs(gradient[i] - down) <= 1e-7 * (1 + fabs(down)),
		    "weight %zu: %.9g, not %.9g", i, gradient[i], down);
	}
	free(gradient);
	case_free(&c);
}
END_TEST

/* Run a window over ranges of at most `range` blocks; the gradient, malloc'd. */
static double *
run(const struct lstm_case *c, const struct lstm_kernels *k, size_t range)
{
	struct lstm_window w = case_window(c, k);
	size_t blocks = lstm_blocks(c->n);

	w.gradient = calloc(c->len, sizeof *w.gradient);
	for (size_t b = 0; b < blocks; b += range)
		k->window(&w, b, b + range < blocks ? b + range : blocks);
	free((void *)w.packed);
	free(w.scratch);
	return w.gradient;
}

static void
check_case(const struct lstm_net *net, size_t n, size_t steps)
{
	const struct lstm_kernels *list[4];
	double *want, *first = NULL;
	struct lstm_case c;
	struct lstm_window w;

	case_new(&c, net, n, steps);
	want = calloc(c.len, sizeof *want);
	w = (struct lstm_window){ .net = c.net, .n = n, .steps = steps,
	    .grads = c.grads, .stride = c.stride,
	    .loss_weights = c.loss_weights, .scale = 0.25f };
	naive_window(&w, c.weights_double, c.states, want);
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++) {
		double *got = run(&c, list[k], SIZE_MAX / 2);
		double error = case_error(net, got, want);

		ck_assert_msg(error <= TOLERANCE, "%s: n %zu, steps %zu: "
		    "relative error %.3g", list[k]->name, n, steps, error);
		error = first == NULL ? 0 : case_error(net, got, first);
		ck_assert_msg(error <= TOLERANCE, "%s and %s: n %zu, steps %zu: "
		    "they differ by %.3g", list[k]->name, list[0]->name, n,
		    steps, error);
		if (first != NULL)
			free(got);
		else
			first = got;
	}
	free(first);
	free(want);
	case_free(&c);
}

START_TEST(gradient)
{
	static const size_t steps[] = { 1, 2, 20, 45 };

	for (int s = 0; s < 4; s++)
		for (int n = 0; n < CASE_SIZES; n++)
			check_case(&case_nets[_i], case_sizes[n], steps[s]);
}
END_TEST

/* Ranges of blocks add up to the whole. */
START_TEST(ranges_add_up)
{
	const struct lstm_kernels *list[4];
	struct lstm_case c;

	case_new(&c, &case_nets[_i], 32 * 7 - 21, 11);
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++) {
		double *whole = run(&c, list[k], SIZE_MAX / 2);

		for (size_t range = 1; range < 7; range++) {
			double *got = run(&c, list[k], range);
			double error = case_error(c.net, got, whole);

			ck_assert_msg(error <= ALIKE, "%s: ranges of %zu "
			    "blocks differ by %.3g", list[k]->name, range,
			    error);
			free(got);
		}
		free(whole);
	}
	case_free(&c);
}
END_TEST

/* The gradient is added to what is there; scale and loss weights are factors:
 * halves and doubles are exact. */
START_TEST(adds_and_scales)
{
	const struct lstm_kernels *list[4];
	struct lstm_case c;

	case_new(&c, &case_nets[1], 33, 5);
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++) {
		struct lstm_window w = case_window(&c, list[k]);
		double *once = run(&c, list[k], SIZE_MAX / 2);

		w.gradient = calloc(c.len, sizeof *w.gradient);
		w.scale *= 2;
		list[k]->window(&w, 0, lstm_blocks(c.n));
		for (size_t i = 0; i < c.len; i++)
			EXPECT(w.gradient[i] == 2 * once[i], "scale");
		list[k]->window(&w, 0, lstm_blocks(c.n));
		for (size_t i = 0; i < c.len; i++)
			EXPECT(w.gradient[i] == 4 * once[i], "sum");
		free(once);
		free(w.gradient);
		free((void *)w.packed);
		free(w.scratch);
	}
	case_free(&c);
}
END_TEST

/* Steps into a record: theta, the state after the window and the gradient are
 * those of steps in the state and a window that redoes them, to the bit. */
static void
check_record(const struct lstm_case *c, const struct lstm_kernels *k)
{
	struct lstm_window w = case_window(c, k);
	size_t blocks = lstm_blocks(c->n), len = lstm_state_len(c->net, c->n);
	size_t first = (size_t)lstm_inputs(c->net);
	float *plain = case_copy(c->state, len);
	float *recorded = case_copy(c->state, len);
	float *theta = case_copy(c->theta, c->n);
	double *redone;
	struct lstm_step s = { .net = c->net, .packed = w.packed, .n = c->n,
	    .steps = c->steps };

	s.scratch = case_nan(k->step_scratch(c->net));
	w.record = case_nan(k->record_len(c->net, c->n, c->steps));
	for (size_t t = 0; t < c->steps; t++) {
		s.grad = c->grads + t * c->stride;
		s.theta = c->theta;
		s.state = plain;
		s.record = NULL;
		k->step(&s, 0, blocks);
		s.theta = theta;
		s.state = recorded;
		s.record = w.record;
		s.t = t;
		/* In two ranges, the second first. */
		k->step(&s, blocks / 2, blocks);
		k->step(&s, 0, blocks / 2);
	}
	ck_assert_mem_eq(theta, c->theta, c->n * sizeof *theta);
	for (size_t i = 0; i < c->n; i++)
		for (size_t r = 0; r < naive_rows(c->net); r++) {
			size_t at = lstm_state_at(c->net, c->n, i, first + r);

			ck_assert_mem_eq(&recorded[at], &plain[at],
			    sizeof(float));
		}
	/* case_window's state is the window's first one still. */
	redone = run(c, k, SIZE_MAX / 2);
	w.state = NULL;
	w.gradient = calloc(c->len, sizeof *w.gradient);
	k->window(&w, 0, blocks);
	ck_assert_mem_eq(w.gradient, redone, c->len * sizeof *redone);
	free(redone);
	free(plain);
	free(recorded);
	free(theta);
	free(s.scratch);
	free(w.record);
	free(w.gradient);
	free((void *)w.packed);
	free(w.scratch);
}

START_TEST(recorded_is_redone)
{
	static const size_t steps[] = { 1, 2, 20 };
	const struct lstm_kernels *list[4];

	lstm_kernels_list(list);
	for (int s = 0; s < 3; s++)
		for (int n = 0; n < CASE_SIZES; n++)
			for (int k = 0; k < 4 && list[k] != NULL; k++) {
				struct lstm_case c;

				case_new(&c, &case_nets[_i], case_sizes[n],
				    steps[s]);
				check_record(&c, list[k]);
				case_free(&c);
			}
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, oracle, 0, 3);
	tcase_add_loop_test(tcase, gradient, 0, CASE_NETS);
	tcase_add_loop_test(tcase, ranges_add_up, 0, CASE_NETS);
	tcase_add_test(tcase, adds_and_scales);
	tcase_add_loop_test(tcase, recorded_is_redone, 0, CASE_NETS);
}

int
main(void)
{
	return run_tests("lstm_window", add);
}
