#include "tests/optim/fixture.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/params.h"

static float *
get(size_t len)
{
	float *p = calloc(len > 0 ? len : 1, sizeof *p);

	ck_assert_ptr_nonnull(p);
	return p;
}

void
fixture_defaults(const struct optim_type *type, struct optim_options *options)
{
	memset(options, 0, sizeof *options);
	param_defaults(type->params, options);
}

void
fixture_moved(const struct optim_type *type, struct optim_options *options)
{
	fixture_defaults(type, options);
	params_move(type->params, options);
}

void
fixture_new(struct fixture *f, const struct optim_type *type,
    const struct optim_options *options, size_t n)
{
	const struct random_key theta = { .purpose = RANDOM_TEST };
	const struct random_key weights = { .purpose = RANDOM_WEIGHTS };

	*f = (struct fixture){ .type = type, .options = *options, .n = n,
	    .state_len = type->state_len(options, n) };
	f->theta = get(n);
	random_normal(&theta, n, 1, f->theta);
	f->state = get(f->state_len);
	f->grad = get(n);
	if (!optim_learned(type))
		return;
	f->weights = get(type->weights_len(options));
	type->weights_init(options, &weights, f->weights);
	f->prepared = get(type->prepared_len(options));
	type->prepare(options, f->weights, f->prepared);
}

void
fixture_free(struct fixture *f)
{
	free(f->theta);
	free(f->state);
	free(f->grad);
	free(f->weights);
	free(f->prepared);
}

void
fixture_step(struct fixture *f, struct team *team)
{
	size_t len = f->type->step_scratch == NULL ? 0 :
	    f->type->step_scratch(&f->options, team_size(team));
	void *scratch = NULL;
	struct optim_step step = {
		.options = &f->options, .n = f->n, .prepared = f->prepared,
		.grad = f->grad, .theta = f->theta, .state = f->state,
		.team = team,
	};

	if (len > 0) {
		ck_assert_int_eq(posix_memalign(&scratch, 64, len), 0);
		memset(scratch, 0xff, len);
	}
	step.scratch = scratch;
	f->type->step(&step);
	free(scratch);
}

void
fixture_grad(size_t n, uint32_t number, float *grad)
{
	struct random_key key = { .purpose = RANDOM_TEST, .step = number,
	    .epoch = 1 };
	float *size = get(n);

	random_normal(&key, n, 1, grad);
	key.epoch++;
	random_uniform(&key, n, -9, 3, size);
	for (size_t i = 0; i < n; i++)
		grad[i] *= expf(size[i]);
	free(size);
}

void
fixture_steps(struct fixture *f, uint32_t first, uint32_t steps,
    struct team *team)
{
	for (uint32_t s = first; s < first + steps; s++) {
		fixture_grad(f->n, s, f->grad);
		fixture_step(f, team);
	}
}
