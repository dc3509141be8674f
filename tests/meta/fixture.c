#include "tests/meta/fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/data/files.h"
#include "tests/params.h"

/* "a=1 b.c=x", words without blanks; a list's entries are parted by commas. */
static void
apply(const struct param *table, void *options, const char *settings)
{
	char copy[512], *rest = copy, *word;

	if (settings == NULL)
		return;
	ck_assert_uint_lt(strlen(settings), sizeof copy);
	strcpy(copy, settings);
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		char *value = strchr(word, '=');

		ck_assert_msg(value != NULL, "%s: no value", word);
		*value++ = 0;
		for (char *c = value; *c != 0; c++)
			*c = *c == ',' ? ' ' : *c;
		params_set(table, options, word, value);
	}
}

void
fixture_problem(struct problem *p, const char *name, const char *settings)
{
	const struct problem_type *type = problem_find(name);
	struct problem_options options;
	struct message m = { "" };
	const char *param = NULL;
	int r;

	ck_assert_ptr_nonnull(type);
	memset(&options, 0, sizeof options);
	param_defaults(type->params, &options);
	if (param_find(type->params, "dataset") != NULL) {
		if (files_folder[0] == 0) {
			files_begin();
			files_write_set("set", 60, 20, 3, 3, 256, 4, false);
		}
		params_set(type->params, &options, "dataset", "set");
		params_set(type->params, &options, "batch", "8");
	}
	apply(type->params, &options, settings);
	r = problem_shape(p, type, &options, files_folder, &param, &m);
	ck_assert_msg(r == 0, "%s: %s", param != NULL ? param : "?", m.text);
	r = problem_load(p, files_folder, &m);
	ck_assert_msg(r == 0, "%s", m.text);
}

void
fixture_end(void)
{
	if (files_folder[0] != 0)
		files_end();
	files_folder[0] = 0;
}

void
fixture_part(struct rule *rule, const char *type, const char *settings,
    uint32_t groups)
{
	struct rule_part *part = &rule->parts[rule->parts_len++];

	part->type = optim_find(type);
	ck_assert_ptr_nonnull(part->type);
	part->groups = groups;
	param_defaults(part->type->params, &part->options);
	apply(part->type->params, &part->options, settings);
}

struct rule
fixture_rule(const char *type, const char *settings)
{
	struct rule rule = { .parts_len = 0 };

	fixture_part(&rule, type, settings, RULE_GROUPS_ALL);
	return rule;
}

struct train_options
fixture_training(const char *settings)
{
	struct train_options o;

	param_defaults(train_params, &o);
	apply(train_params, &o, settings);
	return o;
}

struct evaluate_options
fixture_evaluation(const char *settings)
{
	struct evaluate_options o;

	param_defaults(evaluate_params, &o);
	apply(evaluate_params, &o, settings);
	return o;
}

struct trainer *
fixture_trainer(const struct train_config *config, struct pool **pool)
{
	struct message m = { "" };
	struct trainer *trainer;
	int r;

	ck_assert_int_eq(pool_new(0, pool), 0);
	r = trainer_new(config, *pool, &trainer, &m);
	ck_assert_msg(r == 0, "%s", m.text);
	return trainer;
}

float *
fixture_weights(const struct rule *rule)
{
	float *all = calloc(rule_weights_len(rule) + 1, sizeof *all), *at = all;

	for (int i = 0; i < rule->parts_len; i++) {
		const struct rule_part *part = &rule->parts[i];
		size_t len;

		if (!optim_learned(part->type))
			continue;
		len = part->type->weights_len(&part->options);
		memcpy(at, part->weights, len * sizeof *at);
		at += len;
	}
	return all;
}
