#include "num/dense.h"

#include <math.h>
#include <string.h>

#include "num/blas.h"

void
dense_forward(size_t batch, size_t in, size_t out, const float *x,
    const float *w, const float *b, float *z)
{
	for (size_t i = 0; i < batch; i++)
		memcpy(z + i * out, b, out * sizeof *b);
	blas_gemm(false, false, batch, out, in, 1, x, w, 1, z);
}

void
dense_back(size_t batch, size_t in, size_t out, const float *x, const float *w,
    const float *dz, float *dw, float *db, float *dx)
{
	blas_gemm(true, false, in, out, batch, 1, x, dz, 0, dw);
	memset(db, 0, out * sizeof *db);
	for (size_t i = 0; i < batch; i++)
		for (size_t j = 0; j < out; j++)
			db[j] += dz[i * out + j];
	if (dx != NULL)
		blas_gemm(false, true, batch, in, out, 1, dz, w, 0, dx);
}

void
activation_forward(enum activation f, size_t n, float *z)
{
	switch (f) {
	case ACTIVATION_SIGMOID:
		for (size_t i = 0; i < n; i++)
			z[i] = 1 / (1 + expf(-z[i]));
		break;
	case ACTIVATION_RELU:
		/* Written so that NaN stays NaN. */
		for (size_t i = 0; i < n; i++)
			z[i] = z[i] < 0 ? 0 : z[i];
		break;
	case ACTIVATION_TANH:
		for (size_t i = 0; i < n; i++)
			z[i] = tanhf(z[i]);
		break;
	}
}

void
activation_back(enum activation f, size_t n, const float *a, float *da)
{
	switch (f) {
	case ACTIVATION_SIGMOID:
		for (size_t i = 0; i < n; i++)
			da[i] *= a[i] * (1 - a[i]);
		break;
	case ACTIVATION_RELU:
		for (size_t i = 0; i < n; i++)
			da[i] = a[i] > 0 ? da[i] : 0;
		break;
	case ACTIVATION_TANH:
		for (size_t i = 0; i < n; i++)
			da[i] *= 1 - a[i] * a[i];
		break;
	}
}

double
cross_entropy(size_t batch, size_t classes, const float *z,
    const uint8_t *labels, float *dz)
{
	float scale = 1 / (float)batch;
	double loss = 0;

	for (size_t i = 0; i < batch; i++, z += classes) {
		float most = z[0], sum = 0, own = z[labels[i]];

		for (size_t j = 1; j < classes; j++)
			most = z[j] > most ? z[j] : most;
		for (size_t j = 0; j < classes; j++)
			sum += expf(z[j] - most);
		/* -log softmax(z)_label = log sum exp(z - m) + m - z_label */
		loss += (double)logf(sum) + (double)(most - own);
		if (dz == NULL)
			continue;
		for (size_t j = 0; j < classes; j++)
			dz[j] = scale * (expf(z[j] - most) / sum -
			    (j == labels[i] ? 1.0f : 0.0f));
		dz += classes;
	}
	return loss / (double)batch;
}
