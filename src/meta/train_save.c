/* A trainer's state as flat bytes: header, progress, weights, best weights, the
 * meta-optimizer's state.  Runs begin afresh with each epoch or validation
 * chunk, so nothing else is under way between two calls of trainer_next.  The
 * bytes are for the same machine and build. */
#include <string.h>

#include "meta/train_state.h"

#define MAGIC 0x6c326c6474720001ull	/* "l2ldtr", version 1 */

struct header {
	uint64_t magic;
	uint64_t seed;
	uint64_t len;
	struct train_progress progress;
};

size_t
trainer_save_len(const struct trainer *t)
{
	return sizeof(struct header) +
	    (2 * t->len + t->meta_state_len) * sizeof(float);
}

void
trainer_save(const struct trainer *t, void *bytes)
{
	struct header header;
	char *at = bytes;

	/* Padding too is made zero: equal states are equal bytes. */
	memset(&header, 0, sizeof header);
	header.magic = MAGIC;
	header.seed = t->config.seed;
	header.len = t->len;
	memcpy(&header.progress, &t->progress, sizeof header.progress);
	memcpy(at, &header, sizeof header);
	at += sizeof header;
	memcpy(at, t->weights, t->len * sizeof(float));
	at += t->len * sizeof(float);
	memcpy(at, t->best, t->len * sizeof(float));
	at += t->len * sizeof(float);
	memcpy(at, t->meta_state, t->meta_state_len * sizeof(float));
}

int
trainer_restore(struct trainer *t, const void *bytes, size_t len)
{
	struct header header;
	const char *at = bytes;

	if (len != trainer_save_len(t))
		return ERR_FORMAT;
	memcpy(&header, at, sizeof header);
	if (header.magic != MAGIC || header.len != t->len ||
	    header.seed != t->config.seed)
		return ERR_FORMAT;
	t->progress = header.progress;
	at += sizeof header;
	memcpy(t->weights, at, t->len * sizeof(float));
	at += t->len * sizeof(float);
	memcpy(t->best, at, t->len * sizeof(float));
	at += t->len * sizeof(float);
	memcpy(t->meta_state, at, t->meta_state_len * sizeof(float));
	return 0;
}
