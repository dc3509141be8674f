/* A running job's curves: what their columns are, and how they begin and end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/run.h"
#include "store/curves.h"

/* With the stride between epochs. */
#define TRAINING_HEADER "{\"columns\":[\"epoch\",\"meta_loss\"," \
	"\"learning_rate\",\"gradient_norm\",\"seconds\"],\"every\":%lld}"
static const char validation_header[] = "{\"columns\":[\"epoch\",\"loss\","
    "\"best\"]}";

int
run_optimizer_label(const struct run *run, const char *name)
{
	json_t *label;
	size_t i;

	json_array_foreach(run->labels, i, label)
		if (strcmp(json_string_value(label), name) == 0)
			return (int)i;
	return -1;
}

static void
add_label(struct run *run, const char *name)
{
	if (run_optimizer_label(run, name) < 0)
		json_array_append_new(run->labels, json_string(name));
}

/* {"columns": [...], "labels": {...}} of the evaluation curve; malloc'd. */
static char *
evaluation_header(struct run *run)
{
	const struct spec *spec = run->spec;
	json_t *evaluations = json_array(), *every = json_array(), *header;
	char *text;

	run->labels = json_array();
	if (spec->options.type == SPEC_TRAIN)
		add_label(run, spec->rule.rule.name);
	for (int i = 0; i < spec->evaluations_len; i++) {
		const struct spec_evaluation *e = &spec->evaluations[i];

		json_array_append_new(evaluations,
		    json_string(e->options.name));
		json_array_append_new(every,
		    json_integer(evaluate_stride(&e->options)));
		for (int k = 0; k < e->rules_len; k++)
			add_label(run, e->rules[k].rule.name);
	}
	header = json_pack("{s:[sssssssss],s:{s:o,s:O},s:o}", "columns",
	    "evaluation", "optimizer", "step", "mean", "median", "q10", "q90",
	    "runs", "diverged", "labels", "evaluation", evaluations,
	    "optimizer", run->labels, "every", every);
	text = json_dumps(header, JSON_COMPACT);
	json_decref(header);
	return text;
}

int
run_curves_open(struct run *run, const int64_t rows[3])
{
	int64_t job = run->row->id;
	char *header, training[160];
	int r = 0;

	if (run->spec->options.type == SPEC_TRAIN) {
		snprintf(training, sizeof training, TRAINING_HEADER,
		    (long long)train_stride(&run->spec->training));
		r = recorder_open(&run->training, run->store, job, "training",
		    training, RUN_TRAINING_COLUMNS, rows[0]);
		if (r == 0)
			r = recorder_open(&run->validation, run->store, job,
			    "validation", validation_header, 3, rows[1]);
	}
	if (r < 0 || run->spec->evaluations_len == 0)
		return r;
	header = evaluation_header(run);
	if (header == NULL)
		return ERR_MEMORY;
	r = recorder_open(&run->points, run->store, job, "evaluation", header,
	    9, rows[2]);
	free(header);
	return r;
}

int
run_curves_complete(struct run *run)
{
	const struct recorder *all[] = { &run->training, &run->validation,
	    &run->points };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int r = all[i]->name == NULL ? 0 : store_curve_complete(
		    run->store, run->row->id, all[i]->name);

		if (r < 0)
			return r;
	}
	return 0;
}
