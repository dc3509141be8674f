#include "optim/optim.h"

#include <string.h>

const struct optim_type *
optim_find(const char *name)
{
	for (int i = 0; optim_types[i] != NULL; i++) {
		const struct optim_type *type = optim_types[i];

		if (strcmp(type->name, name) == 0 || (type->alias != NULL &&
		    strcmp(type->alias, name) == 0))
			return type;
	}
	return NULL;
}

double *
optim_rate(const struct optim_type *type, const void *options)
{
	const struct param *p = param_find(type->params, "learning_rate");

	return p != NULL ? param_real(p, options) : NULL;
}
