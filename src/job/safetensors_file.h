/* The container of a safetensors file that a stranger sent: checked byte by
 * byte before anything of it is used (doc/API.md describes the format). */
#ifndef L2LD_JOB_SAFETENSORS_FILE_H
#define L2LD_JOB_SAFETENSORS_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "optim/optim.h"

struct safetensors_tensor {
	const char *name;	/* the header's */
	int dims;		/* 1 or 2 */
	size_t shape[2];
	size_t begin, end;	/* bytes of data; float32, little-endian */
};

struct safetensors {
	json_t *header;
	const json_t *metadata;	/* strings only; NULL: the file has none */
	const unsigned char *data;	/* in the caller's bytes */
	size_t data_len;
	int tensors_len;
	struct safetensors_tensor tensors[OPTIM_TENSORS_MAX];
};

/* Look at len bytes, which stay the caller's and must outlive file.  The
 * header's length, every tensor's type, shape and place, and the file's size
 * must agree, without holes or overlap.  0, ERR_FORMAT with a sentence,
 * ERR_MEMORY; close it in each case. */
int
safetensors_open(const void *bytes, size_t len, struct safetensors *file,
    struct message *m);
void
safetensors_close(struct safetensors *file);

/* The tensor called name, or NULL. */
const struct safetensors_tensor *
safetensors_tensor(const struct safetensors *file, const char *name);

#endif
