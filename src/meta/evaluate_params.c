/* The options of an evaluation. */
#include "meta/evaluate.h"

#define AT(member) .offset = offsetof(struct evaluate_options, member)

const struct param evaluate_params[] = {
	{ .name = "name", .kind = PARAM_TEXT, AT(name), .preset = "",
	  .text = "What the evaluation is called in charts and tables." },
	{ .name = "horizon", .kind = PARAM_INT, AT(horizon), .preset = "100",
	  .min = 1, .max = 1e5, .unit = "steps", .text = "Steps of a run." },
	{ .name = "runs", .kind = PARAM_INT, AT(runs), .preset = "100",
	  .min = 1, .max = 1e5, .unit = "runs", .text = "Paired runs: "
	  "instances that every optimizer is given alike." },
	{ .name = "tuning_runs", .kind = PARAM_INT, AT(tuning_runs),
	  .preset = "20", .min = 1, .max = 1e5, .unit = "runs",
	  .text = "Instances, none of them among the runs, on which learning "
	  "rates are picked." },
	{ .name = "learning_rates", .kind = PARAM_REALS, AT(learning_rates),
	  .preset = "1 0.3 0.1 0.03 0.01 0.003 0.001 0.0003 0.0001 0.00003 "
	  "0.00001", .min = 1e-12, .max = 1e6, .len_min = 1,
	  .len_max = PARAM_LIST_MAX,
	  .text = "The grid: the one with the lowest mean sum of losses is "
	  "picked for each hand-crafted optimizer." },
	{ .name = "points", .kind = PARAM_INT, AT(points), .preset = "10000",
	  .min = 1, .max = 1e5, .unit = "rows", .text = "A curve of more "
	  "steps than this has every second, third, ... step, and the last." },
	{ .name = NULL }
};

int64_t
evaluate_stride(const struct evaluate_options *o)
{
	return (o->horizon + o->points - 1) / o->points;
}
