/* What momentum and Nesterov's method share: options and state. */
#ifndef L2LD_OPTIM_MOMENTUM_H
#define L2LD_OPTIM_MOMENTUM_H

#include <stddef.h>

#include "base/param.h"

struct momentum_options {
	double learning_rate, momentum;
};

extern const struct param momentum_params[];

/* n floats: the velocity. */
size_t
momentum_state_len(const void *options, size_t n);

#endif
