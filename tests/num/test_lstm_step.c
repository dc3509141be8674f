/* One step of every set of kernels against double precision; that it does not
 * matter how blocks are shared out, nor what other coordinates do. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/num/case.h"
#include "tests/num/naive.h"
#include "tests/run.h"

#define TOLERANCE 2e-6		/* of a state, and of an update over scale */

struct stepped {
	float *theta, *state;
};

/* One step from the case's theta and state with the gradients at grads, in
 * ranges of at most `range` blocks. */
static struct stepped
run(const struct lstm_case *c, const struct lstm_kernels *k,
    const float *grads, size_t range)
{
	size_t blocks = lstm_blocks(c->n);
	struct lstm_step s = {
		.net = c->net, .packed = case_pack(c, k), .n = c->n,
		.grad = case_copy(grads, c->n),
		.theta = case_copy(c->theta, c->n),
		.state = case_copy(c->state, lstm_state_len(c->net, c->n)),
	};

	for (size_t b = 0; b < blocks; b += range) {
		s.scratch = case_nan(k->step_scratch(c->net));
		k->step(&s, b, b + range < blocks ? b + range : blocks);
		free(s.scratch);
	}
	free((void *)s.packed);
	free((void *)s.grad);
	return (struct stepped){ s.theta, s.state };
}

static void
stepped_free(struct stepped s)
{
	free(s.theta);
	free(s.state);
}

static void
compare(const struct lstm_case *c, const struct lstm_kernels *k,
    const float *grads, const double *theta, const double *states)
{
	struct stepped got = run(c, k, grads, SIZE_MAX / 2);
	size_t rows = naive_rows(c->net);
	double *state = malloc(rows * sizeof *state);

	for (size_t i = 0; i < c->n; i++) {
		naive_state(c->net, c->n, got.state, i, state);
		for (size_t r = 0; r < rows; r++)
			EXPECT(fabs(state[r] - states[i * rows + r]) <=
			    TOLERANCE, "%s: n %zu: row %zu of coordinate %zu: "
			    "%.9g, not %.9g", k->name, c->n, r, i, state[r],
			    states[i * rows + r]);
		EXPECT(fabs((double)got.theta[i] - theta[i]) <=
		    TOLERANCE * (0.1 + fabs(theta[i])), "%s: n %zu: theta of "
		    "coordinate %zu: %.9g, not %.9g", k->name, c->n, i,
		    (double)got.theta[i], theta[i]);
	}
	free(state);
	stepped_free(got);
}

START_TEST(forward)
{
	const struct lstm_kernels *list[4];

	lstm_kernels_list(list);
	for (int size = 0; size < CASE_SIZES; size++) {
		struct lstm_case c;
		size_t rows;
		double *theta;

		case_new(&c, &case_nets[_i], case_sizes[size], 1);
		rows = naive_rows(c.net);
		theta = calloc(c.n, sizeof *theta);
		for (size_t i = 0; i < c.n; i++) {
			theta[i] = (double)c.theta[i];
			naive_step(c.net, c.weights_double,
			    (double)c.grads[i], &theta[i],
			    c.states + i * rows);
		}
		for (int k = 0; k < 4 && list[k] != NULL; k++)
			compare(&c, list[k], c.grads, theta, c.states);
		free(theta);
		case_free(&c);
	}
}
END_TEST

/* To the bit: which thread takes which blocks must not show. */
START_TEST(ranges_are_alike)
{
	const struct lstm_kernels *list[4];
	struct lstm_case c;
	size_t len;

	case_new(&c, &case_nets[_i], 32 * 7 - 21, 1);
	len = lstm_state_len(c.net, c.n);
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++) {
		struct stepped whole = run(&c, list[k], c.grads, SIZE_MAX / 2);

		for (size_t range = 1; range < 7; range++) {
			struct stepped got = run(&c, list[k], c.grads, range);

			ck_assert_mem_eq(got.theta, whole.theta,
			    c.n * sizeof(float));
			ck_assert_mem_eq(got.state, whole.state,
			    len * sizeof(float));
			stepped_free(got);
		}
		stepped_free(whole);
	}
	case_free(&c);
}
END_TEST

/* A coordinate's place among the lanes does not show either. */
START_TEST(places_are_alike)
{
	const struct lstm_kernels *list[4];
	struct lstm_case c;

	case_new(&c, &case_nets[_i], 70, 1);
	/* All alike: coordinate 0's state and gradient. */
	for (size_t i = 0; i < c.n; i++) {
		size_t rows = naive_rows(c.net);

		c.grads[i] = c.grads[0];
		c.theta[i] = c.theta[0];
		for (size_t r = 0; r < rows; r++)
			c.state[naive_at(c.net, c.n, i, r)] =
			    c.state[naive_at(c.net, c.n, 0, r)];
	}
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++) {
		struct stepped got = run(&c, list[k], c.grads, SIZE_MAX / 2);

		for (size_t i = 1; i < c.n; i++)
			ck_assert_mem_eq(&got.theta[i], &got.theta[0],
			    sizeof(float));
		stepped_free(got);
	}
	case_free(&c);
}
END_TEST

/* One coordinate's gradient, however bad, reaches no other. */
START_TEST(no_spreading)
{
	static const float bad[] = { NAN, INFINITY, -INFINITY, 1e38f, -FLT_MAX,
	    0, 0x1p-149f };
	const struct lstm_kernels *list[4];
	struct lstm_case c;
	size_t rows;

	case_new(&c, &case_nets[_i], 100, 1);
	rows = naive_rows(c.net) + (size_t)lstm_inputs(c.net);
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++)
		for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
			size_t at = (b * 37 + 5) % c.n;
			float was = c.grads[at];
			struct stepped good = run(&c, list[k], c.grads,
			    SIZE_MAX / 2), got;

			c.grads[at] = bad[b];
			got = run(&c, list[k], c.grads, SIZE_MAX / 2);
			c.grads[at] = was;
			ck_assert_int_eq(!isnan(got.theta[at]),
			    !isnan(bad[b]));
			got.theta[at] = good.theta[at];
			for (size_t r = 0; r < rows; r++) {
				size_t own = lstm_state_at(c.net, c.n, at, r);

				got.state[own] = good.state[own];
			}
			ck_assert_mem_eq(got.theta, good.theta,
			    c.n * sizeof(float));
			ck_assert_mem_eq(got.state, good.state,
			    lstm_state_len(c.net, c.n) * sizeof(float));
			stepped_free(good);
			stepped_free(got);
		}
	case_free(&c);
}
END_TEST

/* With log_sign any gradient that is a number gives a finite, bounded update. */
START_TEST(finite_updates)
{
	const struct lstm_kernels *list[4];
	struct lstm_case c;

	case_new(&c, &case_nets[1], 100, 1);
	for (size_t i = 0; i < c.n; i++)
		c.grads[i] = (i % 2 ? -1 : 1) * ldexpf(1.5f, -150 +
		    (int)(i / 2) * 278 / 50);
	lstm_kernels_list(list);
	for (int k = 0; k < 4 && list[k] != NULL; k++) {
		struct stepped got = run(&c, list[k], c.grads, SIZE_MAX / 2);

		for (size_t i = 0; i < c.n; i++)
			EXPECT(fabsf(got.theta[i] - c.theta[i]) <=
			    0.1f * 0.4f * 21, "%s: %g", list[k]->name,
			    (double)c.grads[i]);
		stepped_free(got);
	}
	case_free(&c);
}
END_TEST

/* L2LD_KERNELS names one of the list; anything else is the best. */
START_TEST(choice)
{
	const struct lstm_kernels *list[4];
	const char *name = getenv("L2LD_KERNELS");
	const struct lstm_kernels *want;

	lstm_kernels_list(list);
	ck_assert_ptr_nonnull(list[0]);
	want = list[0];
	for (int k = 0; k < 4 && list[k] != NULL; k++)
		if (name != NULL && strcmp(name, list[k]->name) == 0)
			want = list[k];
	ck_assert_ptr_eq(lstm_kernels(), want);
	for (int k = 0; k < 4 && list[k] != NULL; k++)
		ck_assert(list[k]->peak(1000) >= 1000);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, forward, 0, CASE_NETS);
	tcase_add_loop_test(tcase, ranges_are_alike, 0, CASE_NETS);
	tcase_add_loop_test(tcase, places_are_alike, 0, CASE_NETS);
	tcase_add_loop_test(tcase, no_spreading, 0, CASE_NETS);
	tcase_add_test(tcase, finite_updates);
	tcase_add_test(tcase, choice);
}

int
main(void)
{
	return run_tests("lstm_step", add);
}
