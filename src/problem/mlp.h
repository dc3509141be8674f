/* What an instance of an mlp holds; for mlp.c and its tests. */
#ifndef L2LD_PROBLEM_MLP_H
#define L2LD_PROBLEM_MLP_H

#include <stdint.h>

#include "base/param.h"

#define MLP_LAYERS_MAX (PARAM_LIST_MAX + 1)

struct mlp_instance {
	uint32_t *numbers;	/* [batch]: the minibatch's records */
	float *x;		/* [batch][inputs] */
	uint8_t *labels;	/* [batch] */
	/* a[l] [batch][sizes[l + 1]]: outputs of layer l; and as large, their
	 * gradients. */
	float *a[MLP_LAYERS_MAX], *da[MLP_LAYERS_MAX];
};

#endif
