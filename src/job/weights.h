/* A snapshot's weights with what they mean: its optimizer, options, tensors and
 * metadata.  What the writers of formats.h have in common. */
#ifndef L2LD_JOB_WEIGHTS_H
#define L2LD_JOB_WEIGHTS_H

#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "optim/optim.h"
#include "store/snapshots.h"

struct weights {
	const struct optim_type *type;
	struct optim_options options;
	int tensors_len;
	struct optim_tensor tensors[OPTIM_TENSORS_MAX];
	const float *values;	/* the row's */
	json_t *metadata;	/* what is written: {"format": 1, ...} */
};

/* The optimizer and options of a snapshot, from its metadata.  ERR_FORMAT with
 * a sentence when this program has no such optimizer, or the options or the
 * number of weights do not fit it; ERR_MEMORY. */
int
weights_optimizer(const struct snapshot_row *row,
    const struct optim_type **type, struct optim_options *options,
    struct message *m);

/* All of it; row must have its weights and outlive w.  Close after 0. */
int
weights_open(const struct snapshot_row *row, struct weights *w,
    struct message *m);
void
weights_close(struct weights *w);

/* Numbers in a tensor. */
size_t
weights_tensor_len(const struct optim_tensor *tensor);

/* Append a tensor's numbers as little-endian float32. */
void
weights_put_tensor(const struct weights *w, const struct optim_tensor *tensor,
    struct buf *out);

/* Append the bytes of another buffer; its failure becomes out's. */
void
weights_put_buf(struct buf *out, const struct buf *in);

#endif
