#include "data/folder.h"

#include <limits.h>
#include <string.h>

#include "data/idx.h"
#include "data/source.h"

/* Bytes above this mean that they go up to 255. */
#define FEW_LEVELS 16

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILES };

static const struct {
	const char *name;
	int dims;
} files[FILES] = {
	{ "train-images-idx3-ubyte", 3 },
	{ "train-labels-idx1-ubyte", 1 },
	{ "t10k-images-idx3-ubyte", 3 },
	{ "t10k-labels-idx1-ubyte", 1 },
};

bool
folder_has(const char *path, const char **missing)
{
	char found[PATH_MAX];

	for (int i = 0; i < FILES; i++) {
		if (source_find(path, files[i].name, found))
			continue;
		if (missing != NULL)
			*missing = files[i].name;
		return false;
	}
	return true;
}

/* Read the four files: labels whole, images only if `whole`.  *largest is the
 * largest byte of the images, or one above FEW_LEVELS.  The caller frees idx
 * whatever is returned. */
static int
read_files(const char *path, bool whole, struct idx idx[FILES],
    uint8_t *largest, struct message *m)
{
	char file[PATH_MAX];

	memset(idx, 0, FILES * sizeof *idx);
	*largest = 0;
	for (int i = 0; i < FILES; i++) {
		uint8_t here = 0;
		int r;

		if (!source_find(path, files[i].name, file))
			return message_set(m, ERR_NOT_FOUND, "%s has no %s, "
			    "raw or .gz", path, files[i].name);
		if (whole || files[i].dims == 1)
			r = idx_load(file, files[i].dims, &idx[i], m);
		else
			r = idx_peek(file, files[i].dims, FEW_LEVELS, &idx[i],
			    &here, m);
		if (r < 0)
			return r;
		if (whole && files[i].dims == 3)
			here = idx_largest(idx[i].values,
			    idx[i].size[0] * idx[i].item, FEW_LEVELS);
		*largest = here > *largest ? here : *largest;
	}
	return 0;
}

static int
check_pair(const char *path, const struct idx *images,
    const struct idx *labels, const char *which, struct message *m)
{
	if (images->size[0] != labels->size[0])
		return message_set(m, ERR_FORMAT, "%s: there are %u %s images "
		    "but %u labels", path, (unsigned)images->size[0], which,
		    (unsigned)labels->size[0]);
	return 0;
}

static int
check_files(const char *path, const struct idx idx[FILES], struct message *m)
{
	const struct idx *train = &idx[TRAIN_IMAGES], *test = &idx[TEST_IMAGES];
	int r;

	r = check_pair(path, train, &idx[TRAIN_LABELS], "training", m);
	if (r < 0)
		return r;
	r = check_pair(path, test, &idx[TEST_LABELS], "test", m);
	if (r < 0)
		return r;
	if (train->size[1] != test->size[1] || train->size[2] != test->size[2])
		return message_set(m, ERR_FORMAT, "%s: training images are "
		    "%u x %u but test images %u x %u", path,
		    (unsigned)train->size[1], (unsigned)train->size[2],
		    (unsigned)test->size[1], (unsigned)test->size[2]);
	if (train->size[0] < 2)
		return message_set(m, ERR_FORMAT, "%s: there is 1 training "
		    "image; two splits need 2 at least", path);
	return 0;
}

static void
fill_info(struct dataset_info *info, const struct idx idx[FILES],
    uint8_t largest)
{
	const struct idx *images = &idx[TRAIN_IMAGES];

	info->inputs = (int)images->item;
	info->rows = (int)images->size[1];
	info->cols = (int)images->size[2];
	info->channels = 1;
	for (int i = 0; i < FILES; i++) {
		if (files[i].dims != 1)
			continue;
		uint8_t label = idx_largest(idx[i].values, idx[i].size[0],
		    UINT8_MAX);

		if (label >= info->classes)
			info->classes = label + 1;
	}
	info->train = idx[TRAIN_IMAGES].size[0];
	info->test = idx[TEST_IMAGES].size[0];
	info->scale = largest <= 1 ? 1 : 1.0f /
	    (largest <= FEW_LEVELS ? FEW_LEVELS : UINT8_MAX);
	info->bytes = (info->train + info->test) * (images->item + 1);
}

/* Move the values of a pair to records. */
static void
take_records(struct idx *images, struct idx *labels, struct records *records)
{
	records->count = images->size[0];
	records->images = images->values;
	records->labels = labels->values;
	images->values = NULL;
	labels->values = NULL;
}

static int
read_folder(const char *path, bool whole, struct dataset_info *info,
    struct idx idx[FILES], struct message *m)
{
	uint8_t largest;
	int r;

	memset(info, 0, sizeof *info);
	r = read_files(path, whole, idx, &largest, m);
	if (r < 0)
		return r;
	r = check_files(path, idx, m);
	if (r < 0)
		return r;
	fill_info(info, idx, largest);
	return 0;
}

int
folder_describe(const char *path, struct dataset_info *info,
    struct message *m)
{
	struct idx idx[FILES];
	int r = read_folder(path, false, info, idx, m);

	for (int i = 0; i < FILES; i++)
		idx_free(&idx[i]);
	return r;
}

int
folder_load(const char *path, struct dataset_info *info,
    struct records *train, struct records *test, struct message *m)
{
	struct idx idx[FILES];
	int r;

	memset(train, 0, sizeof *train);
	memset(test, 0, sizeof *test);
	r = read_folder(path, true, info, idx, m);
	if (r == 0) {
		take_records(&idx[TRAIN_IMAGES], &idx[TRAIN_LABELS], train);
		take_records(&idx[TEST_IMAGES], &idx[TEST_LABELS], test);
	}
	for (int i = 0; i < FILES; i++)
		idx_free(&idx[i]);
	return r;
}
