/* A run's weights: read from the snapshots that its spec names, and kept in new
 * ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/run.h"
#include "store/snapshots.h"

/* len weights of one snapshot. */
static int
read_weights(struct store *store, int64_t id, size_t len, float *weights)
{
	struct snapshot_row row;
	int r = store_snapshot_read(store, id, &row);

	if (r < 0)
		return r;
	if (row.len == len)
		memcpy(weights, row.weights, len * sizeof *weights);
	else
		r = ERR_FORMAT;
	snapshot_row_free(&row);
	return r;
}

int
run_snapshot_weights(const struct run *run, const int64_t *snapshots,
    struct rule *rule, float **weights)
{
	float *w = calloc(rule_weights_len(rule) + 1, sizeof *w);

	*weights = w;
	if (w == NULL)
		return ERR_MEMORY;
	for (int i = 0; i < rule->parts_len; i++) {
		struct rule_part *part = &rule->parts[i];
		size_t len;
		int r;

		if (!optim_learned(part->type))
			continue;
		len = part->type->weights_len(&part->options);
		if (snapshots[i] > 0) {
			r = read_weights(run->store, snapshots[i], len, w);
			if (r < 0)
				return r;
			part->weights = w;
		}
		w += len;
	}
	return 0;
}

/* The name of the groups that a part is for: "" for all of them. */
static void
group_name(const struct problem *p, const struct rule_part *part, char *name,
    size_t room)
{
	name[0] = 0;
	if (part->groups == RULE_GROUPS_ALL)
		return;
	for (int g = 0; g < p->groups_len; g++) {
		size_t used = strlen(name);

		if (!(part->groups >> g & 1))
			continue;
		snprintf(name + used, room - used, "%s%s", used > 0 ? "+" : "",
		    p->groups[g].name);
	}
}

/* The normal form of a part's options, without what is not an option. */
static json_t *
part_options(const struct spec *spec, int part)
{
	json_t *o = json_object_get(spec->json, "optimizer");
	json_t *copy;

	if (json_is_array(o))
		o = json_array_get(o, (size_t)part);
	copy = json_deep_copy(o);
	json_object_del(copy, "type");
	json_object_del(copy, "name");
	json_object_del(copy, "group");
	json_object_del(copy, "snapshot");
	return copy;
}

int
run_keep_weights(const struct run *run, const struct problem *problem,
    const struct rule *rule, char *kind, int64_t epoch, double loss,
    int64_t *ids)
{
	for (int i = 0; i < rule->parts_len; i++) {
		const struct rule_part *part = &rule->parts[i];
		char group[PROBLEM_GROUPS_MAX * 25];
		char sha256[65];
		struct buf text = { 0 };
		json_t *metadata;
		int64_t id;
		int r;

		if (!optim_learned(part->type))
			continue;
		group_name(problem, part, group, sizeof group);
		metadata = json_pack("{s:i,s:o,s:O,s:s,s:I}", "format", 1,
		    "options", part_options(run->spec, i), "problem",
		    json_object_get(run->spec->json, "problem"), "name",
		    run->spec->options.name, "seed",
		    (json_int_t)run->spec->options.seed);
		struct snapshot_row row = {
			.job = run->row->id, .kind = kind, .epoch = epoch,
			.validation_loss = loss,
			.optimizer = (char *)(uintptr_t)part->type->name,
			.group = group,
			.sha256 = sha256,
			.weights = (float *)(uintptr_t)part->weights,
			.len = part->type->weights_len(&part->options),
			.keep = run->spec->training.snapshot_keep,
		};

		json_text(&text, metadata, false);
		json_decref(metadata);
		row.metadata = text.data;
		formats_sha256(row.weights, row.len * sizeof(float), sha256);
		r = buf_error(&text);
		if (r == 0)
			r = store_snapshot_insert(run->store, &row, &id);
		buf_free(&text);
		if (r < 0)
			return r;
		if (ids != NULL)
			ids[i] = id;
	}
	return 0;
}
