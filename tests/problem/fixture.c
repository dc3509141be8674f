#include "tests/problem/fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/data/files.h"
#include "tests/params.h"

void
fixture_begin(void)
{
	files_begin();
	files_write_set(FIXTURE_SET, 2 * FIXTURE_SPLIT, 14, 4, 3, 256, 5,
	    false);
}

void
fixture_end(void)
{
	files_end();
}

void
fixture_options(const struct problem_type *type,
    struct problem_options *options)
{
	memset(options, 0, sizeof *options);
	param_defaults(type->params, options);
	if (param_find(type->params, "dataset") != NULL) {
		params_set(type->params, options, "dataset", FIXTURE_SET);
		params_set(type->params, options, "batch", "7");
	}
}

void
fixture_open(struct problem *p, const struct problem_type *type,
    const struct problem_options *options)
{
	struct message m = { "" };
	const char *param = NULL;
	int r = problem_shape(p, type, options, files_folder, &param, &m);

	ck_assert_msg(r == 0, "%s: %s", param != NULL ? param : "?", m.text);
	r = problem_load(p, files_folder, &m);
	ck_assert_msg(r == 0, "%s", m.text);
}

void *
fixture_instance(const struct problem *p, const struct problem_run *run)
{
	/* As a pool gives it, zeroed and on a cache line's boundary, but so
	 * that a sanitizer sees where it ends. */
	void *instance;

	ck_assert_int_eq(posix_memalign(&instance, 64, p->instance_size + 1),
	    0);
	memset(instance, 0, p->instance_size);
	p->type->attach(p, instance);
	p->type->sample(p, instance, run);
	return instance;
}
