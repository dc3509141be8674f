/* Dense layers of a network on a minibatch, forward beside backward. */
#ifndef L2LD_NUM_DENSE_H
#define L2LD_NUM_DENSE_H

#include <stddef.h>
#include <stdint.h>

enum activation { ACTIVATION_SIGMOID, ACTIVATION_RELU, ACTIVATION_TANH };

/* z [batch][out] = x [batch][in] W [in][out] + b [out] */
void
dense_forward(size_t batch, size_t in, size_t out, const float *x,
    const float *w, const float *b, float *z);

/* From dz [batch][out]: dw [in][out] = x' dz, db [out] = column sums of dz, and
 * unless dx is NULL, dx [batch][in] = dz W'. */
void
dense_back(size_t batch, size_t in, size_t out, const float *x, const float *w,
    const float *dz, float *dw, float *db, float *dx);

/* a = f(z), elementwise in place. */
void
activation_forward(enum activation f, size_t n, float *z);

/* dz = da f'(z), in place over da, from the activations a = f(z).  relu's
 * derivative at 0 is 0. */
void
activation_back(enum activation f, size_t n, const float *a, float *da);

/* Mean over the batch of -log softmax(z)[label], z [batch][classes]; unless dz
 * is NULL its gradient (softmax - one-hot) / batch goes there (it may be z). */
double
cross_entropy(size_t batch, size_t classes, const float *z,
    const uint8_t *labels, float *dz);

#endif
