/* Weights that a job begins with: those of stored snapshots. */
#include <stdlib.h>
#include <string.h>

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
