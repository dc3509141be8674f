#include "problem/problem.h"

#include <stdio.h>
#include <string.h>

const struct problem_type *
problem_find(const char *name)
{
	for (int i = 0; problem_types[i] != NULL; i++)
		if (strcmp(problem_types[i]->name, name) == 0)
			return problem_types[i];
	return NULL;
}

int
problem_shape(struct problem *p, const struct problem_type *type,
    const struct problem_options *options, const char *data_folder,
    const char **param, struct message *m)
{
	int r;

	*param = NULL;
	memset(p, 0, sizeof *p);
	p->type = type;
	p->options = *options;
	r = type->shape(p, data_folder, param, m);
	if (r == 0 && p->n > PROBLEM_COORDINATES_MAX)
		r = message_set(m, ERR_LIMIT, "the problem has %zu coordinates; "
		    "at most %d are possible", p->n, PROBLEM_COORDINATES_MAX);
	return r;
}

int
problem_load(struct problem *p, const char *data_folder, struct message *m)
{
	if (!p->has_dataset || p->dataset != NULL)
		return 0;
	return dataset_open(data_folder, p->info.name, &p->dataset, m);
}

void
problem_close(struct problem *p)
{
	dataset_close(p->dataset);
	p->dataset = NULL;
}

void
problem_add_tensor(struct problem *p, const char *name, int dims, size_t d0,
    size_t d1)
{
	struct problem_tensor *t = &p->tensors[p->tensors_len++];

	snprintf(t->name, sizeof t->name, "%s", name);
	t->offset = p->n;
	t->dims = dims;
	t->shape[0] = d0;
	t->shape[1] = d1;
	p->n += d0 * (dims > 1 ? d1 : 1);
}

void
problem_end_group(struct problem *p, const char *name)
{
	struct problem_group *g = &p->groups[p->groups_len];

	snprintf(g->name, sizeof g->name, "%s", name);
	g->begin = p->groups_len > 0 ? g[-1].end : 0;
	g->end = p->n;
	p->groups_len++;
}

struct random_key
problem_key(const struct problem_run *run, enum random_purpose purpose,
    uint32_t step)
{
	return (struct random_key){
		.seed = run->seed, .purpose = purpose, .stage = run->stage,
		.epoch = run->epoch, .instance = run->instance, .step = step,
	};
}
