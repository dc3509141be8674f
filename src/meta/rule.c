#include "meta/rule.h"

#include <stddef.h>

bool
rule_learned(const struct rule *rule)
{
	for (int i = 0; i < rule->parts_len; i++)
		if (optim_learned(rule->parts[i].type))
			return true;
	return false;
}

int
rule_check(const struct rule *rule, const struct problem *p, struct message *m)
{
	for (int g = 0; g < p->groups_len; g++) {
		int parts = 0;

		for (int i = 0; i < rule->parts_len; i++)
			parts += rule->parts[i].groups >> g & 1;
		if (parts == 0)
			return message_set(m, ERR_INVALID, "no optimizer is "
			    "given for the group '%s'", p->groups[g].name);
		if (parts > 1)
			return message_set(m, ERR_INVALID, "%d optimizers are "
			    "given for the group '%s'; give one", parts,
			    p->groups[g].name);
	}
	return 0;
}

size_t
rule_part_coordinates(const struct problem *p, const struct rule_part *part)
{
	size_t n = 0;

	for (int g = 0; g < p->groups_len; g++)
		if (part->groups >> g & 1)
			n += p->groups[g].end - p->groups[g].begin;
	return n;
}

double
rule_work(const struct rule *rule, const struct problem *p, bool training)
{
	double work = p->eval_flops;

	for (int i = 0; i < rule->parts_len; i++) {
		const struct rule_part *part = &rule->parts[i];
		double n = (double)rule_part_coordinates(p, part);

		/* Nonlinearities and recomputation cost about as much as the
		 * useful products. */
		work += n * (part->type->flops == NULL ? 10 :
		    2 * part->type->flops(&part->options, training));
	}
	return work;
}

size_t
rule_weights_len(const struct rule *rule)
{
	size_t len = 0;

	for (int i = 0; i < rule->parts_len; i++) {
		const struct rule_part *part = &rule->parts[i];

		if (optim_learned(part->type))
			len += part->type->weights_len(&part->options);
	}
	return len;
}

void
rule_set_weights(struct rule *rule, const float *weights)
{
	for (int i = 0; i < rule->parts_len; i++) {
		struct rule_part *part = &rule->parts[i];

		if (!optim_learned(part->type))
			continue;
		part->weights = weights;
		weights += part->type->weights_len(&part->options);
	}
}
