/* Adam's update, for adam.c, adamw.c and the meta-optimizer. */
#ifndef L2LD_OPTIM_ADAM_H
#define L2LD_OPTIM_ADAM_H

#include <stddef.h>

struct adam_options {
	double learning_rate, beta1, beta2, epsilon;
};

/* Floats of state for n coordinates: m [n], v [n], and the count of updates
 * (exact up to 2^24 of them; from there on both corrections are 1 anyway). */
size_t
adam_state_len(const void *options, size_t n);

/* theta -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)  with
 * m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
 * (Kingma and Ba 2015; torch.optim.Adam). */
void
adam_update(const struct adam_options *options, size_t n, const float *grad,
    float *theta, float *state);

#endif
