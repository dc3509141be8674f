#include "tests/num/naive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { I, F, G, O };

/* What the backward pass needs of one layer at one step. */
struct tape {
	double x[NAIVE_UNITS_MAX], h_old[NAIVE_UNITS_MAX];
	double c_old[NAIVE_UNITS_MAX], h[NAIVE_UNITS_MAX];
	double gate[4][NAIVE_UNITS_MAX], tanh_c[NAIVE_UNITS_MAX];
};

/* Where a layer's tensors lie; of the weights or of their gradient. */
struct layer {
	int inputs, h;
	size_t ih, hh, bias;
};

static struct layer
layer_of(const struct lstm_net *net, int l)
{
	struct layer a = { .inputs = lstm_layer_inputs(net, l),
	    .h = net->size[l], .ih = lstm_layer_offset(net, l) };

	a.hh = a.ih + (size_t)(4 * a.h * a.inputs);
	a.bias = a.hh + (size_t)(4 * a.h * a.h);
	return a;
}

size_t
naive_rows(const struct lstm_net *net)
{
	size_t rows = 0;

	for (int l = 0; l < net->layers; l++)
		rows += 2 * (size_t)net->size[l];
	return rows;
}

void
naive_features(const struct lstm_net *net, double grad, double *x)
{
	double p = (double)net->p, c = (double)net->clamp;

	switch (net->features) {
	case LSTM_RAW:
		x[0] = grad;
		break;
	case LSTM_CLAMP:
		x[0] = grad > c ? c : grad < -c ? -c : grad;
		break;
	case LSTM_LOG_SIGN:
		/* Appendix A of the paper. */
		if (fabs(grad) >= exp(-p)) {
			x[0] = log(fabs(grad)) / p;
			x[1] = grad > 0 ? 1 : -1;
		} else {
			x[0] = -1;
			x[1] = exp(p) * grad;
		}
		break;
	}
}

static double
sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

/* tape->x, h_old and c_old are given. */
static void
layer_forward(const struct layer *a, const double *weights, struct tape *tape,
    double *h, double *c)
{
	for (int u = 0; u < a->h; u++) {
		double z[4];

		for (int g = 0; g < 4; g++) {
			size_t row = (size_t)(g * a->h + u);

			z[g] = weights[a->bias + row];
			for (int k = 0; k < a->inputs; k++)
				z[g] += weights[a->ih + row *
				    (size_t)a->inputs + (size_t)k] * tape->x[k];
			for (int k = 0; k < a->h; k++)
				z[g] += weights[a->hh + row * (size_t)a->h +
				    (size_t)k] * tape->h_old[k];
			tape->gate[g][u] = g == G ? tanh(z[g]) : sigmoid(z[g]);
		}
		c[u] = tape->gate[F][u] * tape->c_old[u] +
		    tape->gate[I][u] * tape->gate[G][u];
		tape->tanh_c[u] = tanh(c[u]);
		h[u] = tape->h[u] = tape->gate[O][u] * tape->tanh_c[u];
	}
}

/* All layers; tapes has one entry for each.  Returns the update. */
static double
forward(const struct lstm_net *net, const double *weights, double grad,
    double *state, struct tape *tapes)
{
	const double *out = weights + lstm_layer_offset(net, net->layers);
	int top = net->layers - 1;
	double update = out[net->size[top]];

	naive_features(net, grad, tapes[0].x);
	for (int l = 0; l < net->layers; l++) {
		struct layer a = layer_of(net, l);
		size_t bytes = (size_t)a.h * sizeof(double);

		if (l > 0)
			memcpy(tapes[l].x, tapes[l - 1].h,
			    (size_t)a.inputs * sizeof(double));
		memcpy(tapes[l].h_old, state, bytes);
		memcpy(tapes[l].c_old, state + a.h, bytes);
		layer_forward(&a, weights, &tapes[l], state, state + a.h);
		state += 2 * a.h;
	}
	for (int u = 0; u < net->size[top]; u++)
		update += out[u] * tapes[top].h[u];
	return update;
}

void
naive_step(const struct lstm_net *net, const double *weights, double grad,
    double *theta, double *state)
{
	struct tape tapes[LSTM_LAYERS_MAX];

	*theta += (double)net->scale * forward(net, weights, grad, state,
	    tapes);
}

/* From dh and dc after the step to those before it; dx is the inputs'. */
static void
layer_back(const struct layer *a, const double *weights,
    const struct tape *tape, double *dh, double *dc, double *dx,
    double *gradient)
{
	double dh_old[NAIVE_UNITS_MAX] = { 0 };

	memset(dx, 0, NAIVE_UNITS_MAX * sizeof *dx);
	for (int u = 0; u < a->h; u++) {
		double i = tape->gate[I][u], f = tape->gate[F][u];
		double g = tape->gate[G][u], o = tape->gate[O][u];
		double t = tape->tanh_c[u];
		double d = dc[u] + dh[u] * o * (1 - t * t);
		double dz[4] = { d * g * i * (1 - i),
		    d * tape->c_old[u] * f * (1 - f), d * i * (1 - g * g),
		    dh[u] * t * o * (1 - o) };

		dc[u] = d * f;
		for (int gate = 0; gate < 4; gate++) {
			size_t row = (size_t)(gate * a->h + u);
			size_t ih = a->ih + row * (size_t)a->inputs;
			size_t hh = a->hh + row * (size_t)a->h;

			gradient[a->bias + row] += dz[gate];
			for (int k = 0; k < a->inputs; k++) {
				gradient[ih + (size_t)k] += dz[gate] *
				    tape->x[k];
				dx[k] += dz[gate] * weights[ih + (size_t)k];
			}
			for (int k = 0; k < a->h; k++) {
				gradient[hh + (size_t)k] += dz[gate] *
				    tape->h_old[k];
				dh_old[k] += dz[gate] * weights[hh +
				    (size_t)k];
			}
		}
	}
	memcpy(dh, dh_old, (size_t)a->h * sizeof *dh);
}

/* One coordinate's share; tapes is [steps][layers]. */
static void
back(const struct lstm_window *w, const double *weights, size_t coordinate,
    const struct tape *tapes, double *gradient)
{
	const struct lstm_net *net = w->net;
	double dh[LSTM_LAYERS_MAX][NAIVE_UNITS_MAX] = { { 0 } };
	double dc[LSTM_LAYERS_MAX][NAIVE_UNITS_MAX] = { { 0 } };
	double dx[NAIVE_UNITS_MAX], lambda = 0;
	size_t out = lstm_layer_offset(net, net->layers);
	int top = net->layers - 1, h = net->size[top];

	for (size_t s = w->steps; s-- > 0;) {
		const struct tape *tape = tapes + s * (size_t)net->layers;
		double du;

		lambda += (double)w->scale * (double)w->loss_weights[s] *
		    (double)w->grads[(s + 1) * w->stride + coordinate];
		du = (double)net->scale * lambda;
		for (int u = 0; u < h; u++) {
			gradient[out + (size_t)u] += du * tape[top].h[u];
			dh[top][u] += du * weights[out + (size_t)u];
		}
		gradient[out + (size_t)h] += du;
		for (int l = top; l >= 0; l--) {
			struct layer a = layer_of(net, l);

			layer_back(&a, weights, &tape[l], dh[l], dc[l], dx,
			    gradient);
			for (int u = 0; l > 0 && u < a.inputs; u++)
				dh[l - 1][u] += dx[u];
		}
	}
}

void
naive_window(const struct lstm_window *w, const double *weights,
    const double *states, double *gradient)
{
	size_t rows = naive_rows(w->net), layers = (size_t)w->net->layers;
	struct tape *tapes = malloc(w->steps * layers * sizeof *tapes);
	double *state = malloc(rows * sizeof *state);

	if (tapes == NULL || state == NULL)
		abort();
	for (size_t i = 0; i < w->n; i++) {
		memcpy(state, states + i * rows, rows * sizeof *state);
		for (size_t s = 0; s < w->steps; s++)
			forward(w->net, weights,
			    (double)w->grads[s * w->stride + i], state,
			    tapes + s * layers);
		back(w, weights, i, tapes, gradient);
	}
	free(state);
	free(tapes);
}

size_t
naive_at(const struct lstm_net *net, size_t n, size_t coordinate, size_t r)
{
	size_t units = naive_rows(net) / 2, row = (size_t)lstm_inputs(net);

	/* There all h come before all c. */
	for (int l = 0; l < net->layers; l++) {
		size_t h = (size_t)net->size[l];

		if (r < 2 * h)
			return lstm_state_at(net, n, coordinate, r < h ?
			    row + r : row + units + r - h);
		r -= 2 * h;
		row += h;
	}
	abort();
}

void
naive_state(const struct lstm_net *net, size_t n, const float *state,
    size_t coordinate, double *out)
{
	for (size_t r = 0; r < naive_rows(net); r++)
		out[r] = (double)state[naive_at(net, n, coordinate, r)];
}
