#include "data/cifar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRAIN_FILES 5
#define TEST "test_batch.bin"
/* Records for which memory is taken together. */
#define STEP 1000

static const char *const train_files[TRAIN_FILES] = {
	"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
	"data_batch_4.bin", "data_batch_5.bin",
};

bool
cifar_has(const char *path, const char **missing)
{
	char found[PATH_MAX];
	bool train = false;

	for (int i = 0; i < TRAIN_FILES && !train; i++)
		train = source_find(path, train_files[i], found);
	if (train && source_find(path, TEST, found))
		return true;
	if (missing != NULL)
		*missing = train ? TEST : train_files[0];
	return false;
}

/* Room for STEP records more. */
static int
grow(struct records *records)
{
	size_t room = records->count + STEP;
	uint8_t *images = realloc(records->images, room * CIFAR_INPUTS);
	uint8_t *labels;

	if (images == NULL)
		return ERR_MEMORY;
	records->images = images;
	labels = realloc(records->labels, room);
	if (labels == NULL)
		return ERR_MEMORY;
	records->labels = labels;
	return 0;
}

/* Of record `number` of its file there are len bytes. */
static int
check_record(const struct source *source, const uint8_t *record, size_t len,
    size_t number, struct message *m)
{
	size_t at = number * CIFAR_RECORD;

	if (len < CIFAR_RECORD)
		return message_set(m, ERR_FORMAT, "%s is cut short: it ends at "
		    "byte %zu, within record %zu of %d bytes", source->name,
		    at + len, number + 1, CIFAR_RECORD);
	if (number == CIFAR_RECORDS_MAX)
		return message_set(m, ERR_FORMAT, "%s has more than %d records"
		    ", the most of a batch: there is another at byte %zu",
		    source->name, CIFAR_RECORDS_MAX, at);
	if (record[0] >= CIFAR_CLASSES)
		return message_set(m, ERR_FORMAT, "%s has the label %d at byte "
		    "%zu (record %zu); labels are 0 to %d", source->name,
		    record[0], at, number + 1, CIFAR_CLASSES - 1);
	return 0;
}

int
cifar_read(const struct source *source, struct records *records,
    struct message *m)
{
	uint8_t record[CIFAR_RECORD];

	for (size_t number = 0;; number++) {
		ptrdiff_t got = source->read(source->arg, record,
		    sizeof record, m);
		int r;

		if (got < 0)
			return (int)got;
		if (got == 0 && number > 0)
			return 0;
		if (got == 0)
			return message_set(m, ERR_FORMAT, "%s is empty",
			    source->name);
		r = check_record(source, record, (size_t)got, number, m);
		if (r < 0)
			return r;
		/* Batches are read one after the other, each of which begins
		 * with room of its own. */
		if (number % STEP == 0 && grow(records) < 0)
			return message_set(m, ERR_MEMORY, "no memory for the "
			    "records of %s", source->name);
		memcpy(records->images + records->count * CIFAR_INPUTS,
		    record + 1, CIFAR_INPUTS);
		records->labels[records->count++] = record[0];
	}
}

static int
load_file(const char *path, struct records *records, struct message *m)
{
	struct source_file f;
	int r = source_open(path, &f, m);

	if (r < 0)
		return r;
	r = cifar_read(&f.source, records, m);
	source_close(&f);
	return r;
}

/* The number of bytes in the file at path once unpacked: a gzip file ends with
 * it, little-endian. */
static int
unpacked_size(const char *path, size_t *size, struct message *m)
{
	uint8_t begin[2], end[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
	struct stat st;

	*size = 0;
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = message_set(m, ERR_IO, "cannot read %s: %s", path,
		    strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		r = message_set(m, ERR_IO, "%s is not a regular file", path);
		goto out;
	}
	*size = (size_t)st.st_size;
	if (st.st_size >= 18 && pread(fd, begin, 2, 0) == 2 &&
	    memcmp(begin, "\x1f\x8b", 2) == 0 &&
	    pread(fd, end, 4, st.st_size - 4) == 4)
		*size = (size_t)end[0] | (size_t)end[1] << 8 |
		    (size_t)end[2] << 16 | (size_t)end[3] << 24;
out:
	if (fd >= 0)
		close(fd);
	return r;
}

/* How many records a file seems to have. */
static int
count_file(const char *path, size_t *count, struct message *m)
{
	size_t size;
	int r = unpacked_size(path, &size, m);

	if (r < 0)
		return r;
	if (size == 0 || size % CIFAR_RECORD != 0 ||
	    size / CIFAR_RECORD > CIFAR_RECORDS_MAX)
		return message_set(m, ERR_FORMAT, "%s has %zu bytes, which are "
		    "not 1 to %d records of %d bytes", path, size,
		    CIFAR_RECORDS_MAX, CIFAR_RECORD);
	*count += size / CIFAR_RECORD;
	return 0;
}

/* One file: count its records, or read them, too. */
static int
take_file(const char *path, bool whole, size_t *count, struct records *records,
    struct message *m)
{
	int r;

	if (!whole)
		return count_file(path, count, m);
	r = load_file(path, records, m);
	*count = records->count;
	return r;
}

static int
read_folder(const char *path, bool whole, struct dataset_info *info,
    struct records *train, struct records *test, struct message *m)
{
	char file[PATH_MAX];
	const char *missing;
	int r = 0;

	if (!cifar_has(path, &missing))
		return message_set(m, ERR_NOT_FOUND, "%s has no %s, raw or "
		    ".gz", path, missing);
	for (int i = 0; r == 0 && i < TRAIN_FILES; i++)
		if (source_find(path, train_files[i], file))
			r = take_file(file, whole, &info->train, train, m);
	if (r == 0 && source_find(path, TEST, file))
		r = take_file(file, whole, &info->test, test, m);
	if (r == 0 && info->train < 2)
		r = message_set(m, ERR_FORMAT, "%s: there is 1 training image; "
		    "two splits need 2 at least", path);
	if (r == 0 && info->test == 0)
		r = message_set(m, ERR_NOT_FOUND, "%s has no " TEST ", raw or "
		    ".gz", path);
	return r;
}

static int
read_set(const char *path, bool whole, struct dataset_info *info,
    struct records *train, struct records *test, struct message *m)
{
	int r;

	memset(info, 0, sizeof *info);
	r = read_folder(path, whole, info, train, test, m);
	if (r < 0) {
		memset(info, 0, sizeof *info);
		return r;
	}
	info->inputs = CIFAR_INPUTS;
	info->rows = info->cols = CIFAR_ROWS;
	info->channels = CIFAR_CHANNELS;
	info->classes = CIFAR_CLASSES;
	info->scale = 1.0f / UINT8_MAX;
	info->bytes = (info->train + info->test) * CIFAR_RECORD;
	return 0;
}

int
cifar_describe(const char *path, struct dataset_info *info, struct message *m)
{
	return read_set(path, false, info, NULL, NULL, m);
}

int
cifar_load(const char *path, struct dataset_info *info, struct records *train,
    struct records *test, struct message *m)
{
	int r;

	memset(train, 0, sizeof *train);
	memset(test, 0, sizeof *test);
	r = read_set(path, true, info, train, test, m);
	if (r < 0) {
		records_free(train);
		records_free(test);
	}
	return r;
}
