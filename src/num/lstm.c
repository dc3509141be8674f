#include "num/lstm.h"

#include <config.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const struct lstm_kernels lstm_kernels_base;
extern const struct lstm_kernels lstm_kernels_v3;
extern const struct lstm_kernels lstm_kernels_v4;

int
lstm_inputs(const struct lstm_net *net)
{
	return net->features == LSTM_LOG_SIGN ? 2 : 1;
}

int
lstm_layer_inputs(const struct lstm_net *net, int layer)
{
	return layer == 0 ? lstm_inputs(net) : net->size[layer - 1];
}

size_t
lstm_layer_offset(const struct lstm_net *net, int layer)
{
	size_t offset = 0;

	for (int l = 0; l < layer; l++) {
		size_t h = (size_t)net->size[l];
		size_t i = (size_t)lstm_layer_inputs(net, l);

		offset += 4 * h * (i + h + 1);
	}
	return offset;
}

size_t
lstm_weights_len(const struct lstm_net *net)
{
	return lstm_layer_offset(net, net->layers) +
	    (size_t)net->size[net->layers - 1] + 1;
}

size_t
lstm_blocks(size_t n)
{
	return (n + LSTM_BLOCK - 1) / LSTM_BLOCK;
}

size_t
lstm_block_lanes(size_t n, size_t block)
{
	return n - block * LSTM_BLOCK > LSTM_BLOCK / 2 ? LSTM_BLOCK :
	    LSTM_BLOCK / 2;
}

static size_t
state_rows(const struct lstm_net *net)
{
	size_t rows = (size_t)lstm_inputs(net);

	for (int l = 0; l < net->layers; l++)
		rows += 2 * (size_t)net->size[l];
	return rows;
}

size_t
lstm_state_len(const struct lstm_net *net, size_t n)
{
	size_t half = LSTM_BLOCK / 2;

	return (n + half - 1) / half * half * state_rows(net);
}

size_t
lstm_state_at(const struct lstm_net *net, size_t n, size_t coordinate,
    size_t row)
{
	size_t block = coordinate / LSTM_BLOCK;

	return block * LSTM_BLOCK * state_rows(net) +
	    row * lstm_block_lanes(n, block) + coordinate % LSTM_BLOCK;
}

void
lstm_kernels_list(const struct lstm_kernels *list[4])
{
	int len = 0;

#ifdef L2LD_X86_LEVELS
	bool v3, v4;

	/* clang 14 does not know the levels' names here, hence their parts. */
	__builtin_cpu_init();
	v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
	    __builtin_cpu_supports("bmi2");
	v4 = v3 && __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512cd") &&
	    __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl");
	if (v4)
		list[len++] = &lstm_kernels_v4;
	if (v3)
		list[len++] = &lstm_kernels_v3;
#endif
	list[len++] = &lstm_kernels_base;
	while (len < 4)
		list[len++] = NULL;
}

static const struct lstm_kernels *chosen;

static void
choose(void)
{
	const struct lstm_kernels *list[4];
	const char *name = getenv("L2LD_KERNELS");

	lstm_kernels_list(list);
	chosen = list[0];
	for (int i = 0; i < 4 && list[i] != NULL; i++)
		if (name != NULL && strcmp(list[i]->name, name) == 0)
			chosen = list[i];
}

const struct lstm_kernels *
lstm_kernels(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, choose);
	return chosen;
}
