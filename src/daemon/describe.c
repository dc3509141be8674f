/* l2ld describe: every option of a job as text, from the parameter tables. */
#include <stdio.h>
#include <string.h>

#include "daemon/command.h"
#include "job/spec.h"

/* "number, 0 to 1, default 0.9" */
static void
print_kind(const struct param *p)
{
	printf("%s", param_kind_name(p->kind));
	switch (p->kind) {
	case PARAM_CHOICE:
		for (int i = 0; p->choices[i] != NULL; i++)
			printf("%s%s", i > 0 ? ", " : ": ", p->choices[i]);
		break;
	case PARAM_INTS:
	case PARAM_REALS:
		printf(" of %d to %d numbers from %.16g to %.16g", p->len_min,
		    p->len_max, p->min, p->max);
		break;
	case PARAM_TEXT:
		printf(" of at most %zu bytes", param_text_size(p) - 1);
		break;
	case PARAM_INT:
	case PARAM_REAL:
		printf(" from %.16g to %.16g", p->min, p->max);
		break;
	default:
		break;
	}
	if (p->unit != NULL)
		printf(" %s", p->unit);
	if (p->preset != NULL)
		printf("; default %s", p->preset[0] != 0 ? p->preset : "none");
	printf("\n");
}

/* Words of text in lines of at most 78 columns, each indented. */
static void
print_wrapped(const char *text, int indent)
{
	int column = 0;

	while (*text != 0) {
		int len = (int)strcspn(text, " ");

		if (column > 0 && column + 1 + len > 78) {
			printf("\n");
			column = 0;
		}
		column += printf("%*s%.*s", column > 0 ? 1 : indent, "", len,
		    text);
		text += len + (text[len] == ' ');
	}
	printf("\n");
}

static void
print_table(const struct param *table, int indent)
{
	for (const struct param *p = table; p->name != NULL; p++) {
		printf("%*s%s: ", indent, "", p->name);
		print_kind(p);
		print_wrapped(p->text != NULL ? p->text : "", indent + 4);
		if (p->kind == PARAM_GROUP)
			print_table(p->members, indent + 4);
	}
}

static void
print_part(const char *title, const char *text, const struct param *table)
{
	printf("\n%s\n", title);
	if (text != NULL)
		print_wrapped(text, 0);
	print_table(table, 4);
}

int
command_describe(void)
{
	char title[128];

	printf("A job is a JSON object. Its members:\n");
	print_table(spec_params, 4);
	printf("    tags: array of texts\n    problem, optimizer, training, "
	    "evaluation: below\n");
	for (int i = 0; problem_types[i] != NULL; i++) {
		snprintf(title, sizeof title, "problem of type %s",
		    problem_types[i]->name);
		print_part(title, problem_types[i]->text,
		    problem_types[i]->params);
	}
	for (int i = 0; optim_types[i] != NULL; i++) {
		const struct optim_type *type = optim_types[i];

		snprintf(title, sizeof title, "optimizer of type %s%s%s",
		    type->name, type->alias != NULL ? " or " : "",
		    type->alias != NULL ? type->alias : "");
		print_part(title, type->text, type->params);
	}
	print_part("training", NULL, train_params);
	print_part("evaluation: a list of objects, each with any of these, "
	    "\"problem\" and \"baselines\"", NULL, evaluate_params);
	return STATUS_OK;
}
