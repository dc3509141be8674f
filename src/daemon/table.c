#include "daemon/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A number to `digits` digits in a column, or a dash. */
static void
cell(const json_t *row, const char *name, int digits)
{
	const json_t *v = json_object_get(row, name);

	if (json_is_number(v))
		printf(" %10.*g", digits, json_number_value(v));
	else
		printf(" %10s", "-");
}

static void
print_row(const json_t *row)
{
	const json_t *low = json_object_get(row, "difference_low");
	char interval[64] = "-", rate[64] = "learned";

	if (!json_is_true(json_object_get(row, "learned")))
		snprintf(rate, sizeof rate, "%g%s", json_number_value(
		    json_object_get(row, "learning_rate")),
		    json_is_true(json_object_get(row, "edge")) ? " !" : "");
	if (json_is_number(low))
		snprintf(interval, sizeof interval, "%+.4g [%+.4g, %+.4g]",
		    json_number_value(json_object_get(row, "difference")),
		    json_number_value(low), json_number_value(
		    json_object_get(row, "difference_high")));
	printf("%c %-18.18s %10s", json_is_true(json_object_get(row, "best")) ?
	    '*' : ' ', json_string_value(json_object_get(row, "optimizer")),
	    rate);
	cell(row, "sum_mean", 5);
	cell(row, "final_mean", 4);
	cell(row, "final_median", 4);
	cell(row, "diverged", 6);
	printf("  %s\n", interval);
}

static void
print_evaluation(const json_t *e)
{
	const json_t *row;
	bool edge = false;
	size_t i;

	printf("\n%s: %lld runs of %lld steps\n", json_string_value(
	    json_object_get(e, "name")), (long long)json_integer_value(
	    json_object_get(e, "runs")), (long long)json_integer_value(
	    json_object_get(e, "horizon")));
	printf("  %-18s %10s %10s %10s %10s %10s  %s\n", "optimizer", "rate",
	    "sum", "final", "median", "diverged", "final less the best "
	    "hand-crafted [95 %]");
	json_array_foreach(json_object_get(e, "rows"), i, row) {
		print_row(row);
		edge = edge || json_is_true(json_object_get(row, "edge"));
	}
	printf("  sum: mean over runs of the sum of losses after each step; "
	    "*: the lowest\n");
	if (edge)
		printf("  !: the rate is at the edge of the grid that was "
		    "tried\n");
}

void
table_print(const char *results)
{
	json_t *json = json_loads(results, 0, NULL), *e;
	size_t i;

	json_array_foreach(json_object_get(json, "evaluations"), i, e)
		print_evaluation(e);
	json_decref(json);
}
