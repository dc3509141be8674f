/* The evaluations of a job: each run to its end, its curve and table stored. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "job/json_text.h"
#include "job/run.h"

struct evaluation {
	struct run *run;
	const struct spec_evaluation *spec;
	struct problem problem;
	struct rule rules[EVALUATE_RULES_MAX];
	int64_t snapshots[EVALUATE_RULES_MAX];	/* of a rule of one part */
	float *weights[EVALUATE_RULES_MAX];	/* read from snapshots */
	struct evaluate_config config;
};

/* Weights of a rule whose parts come from snapshots. */
static int
load_weights(struct evaluation *e, int index, const struct spec_rule *from)
{
	struct rule *rule = &e->rules[index];

	if (rule->parts_len == 1)
		e->snapshots[index] = from->snapshots[0];
	return run_snapshot_weights(e->run, from->snapshots, rule,
	    &e->weights[index]);
}

/* The rules: the trained one, if this job trains, then those of the spec. */
static int
gather_rules(struct evaluation *e)
{
	struct run *run = e->run;
	int len = 0, r = 0;

	if (run->spec->options.type == SPEC_TRAIN) {
		e->rules[0] = run->trained;
		for (int i = 0; i < run->trained.parts_len; i++)
			e->rules[0].parts[i].groups = e->spec->groups[i];
		if (run->trained.parts_len == 1)
			e->snapshots[0] = run->snapshots[0];
		len = 1;
	}
	for (int i = 0; i < e->spec->rules_len && r == 0; i++, len++) {
		e->rules[len] = e->spec->rules[i].rule;
		if (rule_learned(&e->rules[len]))
			r = load_weights(e, len, &e->spec->rules[i]);
	}
	e->config.rules = e->rules;
	e->config.rules_len = len;
	return r;
}

static void
close_evaluation(struct evaluation *e)
{
	for (int i = 0; i < EVALUATE_RULES_MAX; i++)
		free(e->weights[i]);
	problem_close(&e->problem);
	free(e);
}

/* Shape the problem and gather the rules of evaluation `index`. */
static int
open_evaluation(struct run *run, int index, struct evaluation **out,
    struct message *m)
{
	struct evaluation *e = calloc(1, sizeof *e);
	const char *param;
	int r;

	*out = NULL;
	if (e == NULL)
		return ERR_MEMORY;
	e->run = run;
	e->spec = &run->spec->evaluations[index];
	e->config = (struct evaluate_config){ .problem = &e->problem,
	    .options = e->spec->options, .team = run->team,
	    .seed = (uint64_t)run->spec->options.seed };
	r = problem_shape(&e->problem, e->spec->problem.type,
	    &e->spec->problem.options, run->data_folder, &param, m);
	if (r == 0)
		r = gather_rules(e);
	if (r < 0) {
		close_evaluation(e);
		return r;
	}
	*out = e;
	return 0;
}

double
run_evaluations_work(const struct run *run)
{
	double work = 0;

	for (int i = 0; i < run->spec->evaluations_len; i++) {
		struct evaluation *e;

		/* What cannot be opened will be told when its turn comes. */
		if (open_evaluation((struct run *)(uintptr_t)run, i, &e,
		    NULL) < 0)
			continue;
		work += evaluator_work(&e->config);
		close_evaluation(e);
	}
	return work;
}

/* One row for each rule and step. */
static int
record_curve(struct evaluation *e, int index, const struct evaluator *evaluator)
{
	int64_t horizon = e->config.options.horizon;
	int64_t every = evaluate_stride(&e->config.options);
	struct run *run = e->run;
	int r = 0;

	for (int i = 0; i < e->config.rules_len && r == 0; i++) {
		int label = run_optimizer_label(run, e->rules[i].name);

		for (int64_t step = 0; step <= horizon && r == 0; step++) {
			struct evaluate_point p;

			if (step % every != 0 && step != horizon)
				continue;
			evaluator_point(evaluator, i, step, &p);
			double row[] = { index, label, (double)step, p.mean,
			    p.median, p.q10, p.q90, (double)p.runs,
			    (double)p.diverged };

			r = recorder_put(&run->points, row);
		}
	}
	return r;
}

static json_t *
table_row(const struct evaluation *e, int rule, const struct evaluator *evaluator)
{
	struct evaluate_row row;

	evaluator_row(evaluator, rule, &row);
	return json_pack("{s:s,s:b,s:o,s:o,s:b,s:b,s:o,s:o,s:o,s:I,s:o,s:o,"
	    "s:o,s:b}", "optimizer", e->rules[rule].name, "learned",
	    rule_learned(&e->rules[rule]), "snapshot", e->snapshots[rule] > 0 ?
	    json_integer(e->snapshots[rule]) : json_null(), "learning_rate",
	    json_number(row.learning_rate), "tuned", row.tuned, "edge", row.edge,
	    "final_mean", json_number(row.final_mean), "final_median",
	    json_number(row.final_median), "sum_mean", json_number(row.sum_mean),
	    "diverged", (json_int_t)row.diverged, "difference",
	    json_number(row.difference), "difference_low",
	    json_number(row.difference_low), "difference_high",
	    json_number(row.difference_high), "best", row.best);
}

/* Append the evaluation to the results, and store them. */
static int
record_table(struct evaluation *e, int index, const struct evaluator *evaluator)
{
	struct run *run = e->run;
	json_t *rows = json_array(), *table;
	json_t *list = json_object_get(run->results, "evaluations");
	json_t *spec = json_array_get(json_object_get(run->spec->json,
	    "evaluation"), (size_t)index);
	json_t *problem = json_object_get(spec, "problem");
	struct buf text = { 0 };
	int r;

	for (int i = 0; i < e->config.rules_len; i++)
		json_array_append_new(rows, table_row(e, i, evaluator));
	if (problem == NULL)
		problem = json_object_get(run->spec->json, "problem");
	table = json_pack("{s:s,s:O?,s:I,s:I,s:I,s:o}", "name",
	    e->spec->options.name, "problem", problem, "horizon",
	    (json_int_t)e->config.options.horizon, "runs",
	    (json_int_t)e->config.options.runs, "tuning_runs",
	    (json_int_t)e->config.options.tuning_runs, "rows", rows);
	/* After a crash between these results and the checkpoint that follows
	 * the evaluation is done again. */
	while ((int)json_array_size(list) > index)
		json_array_remove(list, json_array_size(list) - 1);
	if (json_array_append_new(list, table) < 0)
		return ERR_MEMORY;
	json_text(&text, run->results, false);
	r = buf_error(&text);
	if (r == 0)
		r = store_job_set_results(run->store, run->row->id, text.data);
	buf_free(&text);
	return r;
}

static int
evaluate_one(struct evaluation *e, int index, struct pool *pool,
    struct run_end *end, bool *ended, struct message *m)
{
	struct run *run = e->run;
	struct evaluate_event event = { 0 };
	struct evaluator *evaluator;
	double work = evaluator_work(&e->config);
	int r = evaluator_new(&e->config, pool, &evaluator, m);

	while (r == 0 && !event.done) {
		if (run_requested(run, end)) {
			*ended = true;
			return run_checkpoint(run, NULL);
		}
		evaluator_next(evaluator, &event);
		run_progress(run, run->work_done + work * event.fraction,
		    false);
	}
	if (r == 0)
		r = record_curve(e, index, evaluator);
	if (r == 0)
		r = record_table(e, index, evaluator);
	run->work_done += work;
	run->evaluation = index + 1;
	return r == 0 ? run_checkpoint(run, NULL) : r;
}

static int
evaluate(struct run *run, int index, struct run_end *end, bool *ended)
{
	struct message m = { "" };
	struct evaluation *e;
	struct pool *pool = NULL;
	int r = open_evaluation(run, index, &e, &m);

	if (r == 0)
		r = problem_load(&e->problem, run->data_folder, &m);
	if (r == 0)
		r = pool_new(evaluator_cost(&e->config, team_size(run->team)),
		    &pool);
	if (r == 0) {
		run_log(run, "info", "evaluation '%s': %lld runs of %lld steps",
		    e->spec->options.name, (long long)e->config.options.runs,
		    (long long)e->config.options.horizon);
		r = evaluate_one(e, index, pool, end, ended, &m);
	}
	if (r < 0)
		run_log(run, "error", "evaluation %d: %s", index,
		    m.text[0] != 0 ? m.text : err_text(r));
	pool_free(pool);
	if (e != NULL)
		close_evaluation(e);
	return r;
}

int
run_evaluate(struct run *run, struct run_end *end, bool *ended)
{
	int r = 0;

	/* A resumed job has not reckoned its work yet. */
	if (run->work == 0) {
		double evaluations = run_evaluations_work(run);

		run->work = evaluations;
		if (run->spec->evaluations_len > 0)
			run->work_done = evaluations * run->evaluation /
			    run->spec->evaluations_len;
		run->work_began = run->work_done;
		run->work_since = clock_seconds();
	}
	while (r == 0 && !*ended && run->evaluation <
	    run->spec->evaluations_len)
		r = evaluate(run, run->evaluation, end, ended);
	return r;
}
