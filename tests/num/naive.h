/* The coordinatewise LSTM in double precision, one coordinate after the other
 * and written as plainly as it can be: what the kernels are compared with.
 * Weights are the flat ones of num/lstm.h, as doubles. */
#ifndef L2LD_TESTS_NUM_NAIVE_H
#define L2LD_TESTS_NUM_NAIVE_H

#include "num/lstm.h"

#define NAIVE_UNITS_MAX 64	/* of a layer */

/* Doubles of one coordinate's state here: h and c of layer after layer. */
size_t
naive_rows(const struct lstm_net *net);

/* The features of a gradient, lstm_inputs(net) of them. */
void
naive_features(const struct lstm_net *net, double grad, double *x);

/* One update of one coordinate. */
void
naive_step(const struct lstm_net *net, const double *weights, double grad,
    double *theta, double *state);

/* What lstm_kernels' window computes, from the same arrays, but for the weights
 * and the states: state is [n][naive_rows]. */
void
naive_window(const struct lstm_window *w, const double *weights,
    const double *states, double *gradient);

/* Where row r of one coordinate's state here is in the kernels'. */
size_t
naive_at(const struct lstm_net *net, size_t n, size_t coordinate, size_t r);

/* One of n coordinates' state out of the kernels'. */
void
naive_state(const struct lstm_net *net, size_t n, const float *state,
    size_t coordinate, double *out);

#endif
