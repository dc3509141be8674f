/* A running job's checkpoints: its position, the rows of its curves, and what the
 * trainer keeps. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "job/run.h"
#include "store/snapshots.h"

/* Version 2 has what comes after the snapshots. */
#define CHECKPOINT_MAGIC_1 0x6c326c64636b0001ull
#define CHECKPOINT_MAGIC 0x6c326c64636b0002ull

struct checkpoint {
	uint64_t magic;
	int64_t training_done;
	int64_t evaluation;
	int64_t rows[3];	/* training, validation, evaluation */
	int64_t snapshots[PROBLEM_GROUPS_MAX];
	int64_t pending;
	double pending_row[RUN_TRAINING_COLUMNS];
};

int
run_checkpoint(struct run *run, const struct trainer *trainer)
{
	size_t weights = rule_weights_len(&run->trained) * sizeof(float);
	struct checkpoint head;
	size_t len = sizeof head;
	char *bytes;
	int r;

	if (run->leave)
		return 0;
	memset(&head, 0, sizeof head);
	head.magic = CHECKPOINT_MAGIC;
	head.training_done = run->training_done;
	head.evaluation = run->evaluation;
	head.rows[0] = run->training.next;
	head.rows[1] = run->validation.next;
	head.rows[2] = run->points.next;
	memcpy(head.snapshots, run->snapshots, sizeof head.snapshots);
	head.pending = run->pending;
	memcpy(head.pending_row, run->pending_row, sizeof head.pending_row);
	len += trainer != NULL ? trainer_save_len(trainer) :
	    run->weights != NULL ? weights : 0;
	bytes = malloc(len);
	if (bytes == NULL)
		return ERR_MEMORY;
	memcpy(bytes, &head, sizeof head);
	if (trainer != NULL)
		trainer_save(trainer, bytes + sizeof head);
	else if (run->weights != NULL)
		memcpy(bytes + sizeof head, run->weights, weights);
	r = recorder_flush(&run->training);
	if (r == 0)
		r = recorder_flush(&run->validation);
	if (r == 0)
		r = recorder_flush(&run->points);
	if (r == 0)
		r = store_checkpoint_write_async(run->store, run->row->id,
		    bytes, len);
	free(bytes);
	return r;
}

int
run_restore(struct run *run, struct trainer *trainer)
{
	if (run->saved == NULL)
		return 0;
	return trainer_restore(trainer, (char *)run->saved + run->saved_head,
	    run->saved_len - run->saved_head);
}

/* The trained weights that a checkpoint after training holds. */
static int
restore_weights(struct run *run)
{
	size_t len = rule_weights_len(&run->spec->rule.rule);

	if (run->saved_len != run->saved_head + len * sizeof(float))
		return ERR_FORMAT;
	run->weights = malloc(len * sizeof(float) + 1);
	if (run->weights == NULL)
		return ERR_MEMORY;
	memcpy(run->weights, (char *)run->saved + run->saved_head,
	    len * sizeof(float));
	rule_set_weights(&run->trained, run->weights);
	return 0;
}

/* The fixed part, of this version or an older one. */
static int
read_head(struct run *run, struct checkpoint *head)
{
	size_t len = sizeof *head;

	if (run->saved_len < sizeof head->magic)
		return ERR_FORMAT;
	memcpy(&head->magic, run->saved, sizeof head->magic);
	if (head->magic == CHECKPOINT_MAGIC_1)
		len = offsetof(struct checkpoint, pending);
	else if (head->magic != CHECKPOINT_MAGIC)
		return ERR_FORMAT;
	if (run->saved_len < len)
		return ERR_FORMAT;
	memcpy(head, run->saved, len);
	run->saved_head = len;
	return 0;
}

int
run_resume(struct run *run, int64_t rows[3])
{
	struct checkpoint head = { 0 };
	int r;

	memset(rows, 0, 3 * sizeof *rows);
	r = store_checkpoint_read(run->store, run->row->id, &run->saved,
	    &run->saved_len);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	r = read_head(run, &head);
	if (r < 0)
		return r;
	memcpy(rows, head.rows, sizeof head.rows);
	run->training_done = head.training_done != 0;
	run->evaluation = (int)head.evaluation;
	memcpy(run->snapshots, head.snapshots, sizeof run->snapshots);
	run->pending = head.pending != 0;
	memcpy(run->pending_row, head.pending_row, sizeof run->pending_row);
	if (run->row->results != NULL)
		run->results = json_loads(run->row->results, 0, NULL);
	if (run->training_done && run->spec->options.type == SPEC_TRAIN)
		return restore_weights(run);
	return 0;
}
