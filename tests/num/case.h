/* Cases for the kernels: nets, numbers of coordinates and of steps, with random
 * weights, states and gradients.  Every array ends where it must, so that a
 * sanitizer sees reads past it. */
#ifndef L2LD_TESTS_NUM_CASE_H
#define L2LD_TESTS_NUM_CASE_H

#include "num/lstm.h"

#define CASE_NETS 9
#define CASE_SIZES 7

extern const struct lstm_net case_nets[CASE_NETS];
extern const size_t case_sizes[CASE_SIZES];	/* numbers of coordinates */

struct lstm_case {
	const struct lstm_net *net;
	size_t n, steps, stride, len;	/* len: of the weights */
	float *weights;
	double *weights_double;
	float *grads;		/* [steps + 1][stride]: NaN between rows */
	float *loss_weights;	/* [steps] */
	float *state, *theta;
	double *states;		/* [n][naive_rows]: state, for naive.c */
};

void
case_new(struct lstm_case *c, const struct lstm_net *net, size_t n,
    size_t steps);
void
case_free(struct lstm_case *c);

/* A copy, or NaN, of len floats; malloc'd. */
float *
case_copy(const float *from, size_t len);
float *
case_nan(size_t len);

/* Packed weights of a case for a set of kernels; malloc'd. */
float *
case_pack(const struct lstm_case *c, const struct lstm_kernels *k);

/* The case's window for a set of kernels, but for its gradient; free
 * window->packed and window->scratch. */
struct lstm_window
case_window(const struct lstm_case *c, const struct lstm_kernels *k);

/* Of the flat weights' tensors (five for each net at least), the largest error
 * of got against want, relative to the tensor's largest entry. */
double
case_error(const struct lstm_net *net, const double *got, const double *want);

#endif
