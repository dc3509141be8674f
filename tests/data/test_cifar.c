/* CIFAR-10's batches: what is read, and how the rest is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/cifar.h"
#include "tests/data/files.h"

#define FOLDER "cifar-10-batches-bin/"
#define BYTE(record, i) ((uint8_t)((record) * 31 + (i) * 7))

/* Write `count` records, of which the first has number `first`: label number %
 * 10, byte i of the image BYTE(number, i). */
static void
write_batch(const char *name, size_t first, size_t count, bool zip)
{
	uint8_t *bytes = malloc(count * CIFAR_RECORD);
	char path[64];

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < count; i++) {
		bytes[i * CIFAR_RECORD] = (uint8_t)((first + i) % 10);
		for (size_t j = 0; j < CIFAR_INPUTS; j++)
			bytes[i * CIFAR_RECORD + 1 + j] = BYTE(first + i, j);
	}
	snprintf(path, sizeof path, FOLDER "%s%s", name, zip ? ".gz" : "");
	files_write(path, bytes, count * CIFAR_RECORD, zip);
	free(bytes);
}

static void
write_bytes(const char *name, const uint8_t *bytes, size_t len)
{
	char path[64];

	snprintf(path, sizeof path, FOLDER "%s", name);
	files_write(path, bytes, len, false);
}

/* One byte of a batch is another; the file may become longer. */
static void
change_byte(const char *name, long at, uint8_t value)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, FOLDER "%s", name);
	f = fopen(files_path(path), "r+b");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, at, SEEK_SET), 0);
	ck_assert_int_eq(fputc(value, f), value);
	ck_assert_int_eq(fclose(f), 0);
}

static void
begin(void)
{
	files_begin();
	files_make_folder(FOLDER);
}

/* Loading is refused with a sentence that has `says`, and so is describing if
 * sizes alone tell. */
static void
refuse(int code, const char *says, bool sizes)
{
	struct message m = { "" };
	struct dataset_info info;
	struct dataset *set;

	ck_assert_int_eq(dataset_open(files_folder, "cifar10", &set, &m), code);
	ck_assert_msg(strstr(m.text, says) != NULL, "\"%s\" lacks \"%s\"",
	    m.text, says);
	ck_assert_ptr_null(set);
	ck_assert_int_eq(dataset_describe(files_folder, "cifar10", &info,
	    NULL), sizes ? code : 0);
	ck_assert_int_eq(info.train == 0, sizes);
}

/* Each byte of each record: batches follow one another, raw or not, and one of
 * the five may be missing. */
START_TEST(reads_every_record)
{
	enum { TRAIN = 2100, TEST_COUNT = 3 };
	static float x[CIFAR_INPUTS];
	struct message m = { "" };
	struct dataset_info info;
	struct dataset *set;
	uint8_t label;

	write_batch("data_batch_1.bin", 0, 1, false);
	write_batch("data_batch_2.bin", 1, 1998, true);
	write_batch("data_batch_5.bin", 1999, 101, false);
	write_batch("test_batch.bin", 7, TEST_COUNT, true);
	ck_assert_int_eq(dataset_describe(files_folder, "cifar10", &info, &m),
	    0);
	ck_assert_int_eq(dataset_open(files_folder, "cifar10", &set, &m), 0);
	ck_assert_mem_eq(dataset_info(set)->name, info.name, DATASET_NAME_MAX);
	ck_assert_uint_eq(dataset_info(set)->train, TRAIN);
	ck_assert_uint_eq(info.train, TRAIN);
	ck_assert_uint_eq(dataset_info(set)->test, TEST_COUNT);
	ck_assert_uint_eq(info.test, TEST_COUNT);
	ck_assert_uint_eq(info.bytes, (TRAIN + TEST_COUNT) * CIFAR_RECORD);
	ck_assert_uint_eq(dataset_info(set)->bytes, info.bytes);
	ck_assert_int_eq(info.inputs, 3 * 32 * 32);
	ck_assert_int_eq(info.channels, 3);
	ck_assert_int_eq(info.rows, 32);
	ck_assert_int_eq(info.cols, 32);
	ck_assert_int_eq(info.classes, 10);
	ck_assert_uint_eq(dataset_count(set, SPLIT_TRAIN), TRAIN / 2);
	for (uint32_t i = 0; i < TRAIN; i++) {
		uint32_t number = i % (TRAIN / 2);

		dataset_gather(set, i < TRAIN / 2 ? SPLIT_TRAIN :
		    SPLIT_EVALUATE, &number, 1, x, &label);
		ck_assert_uint_eq(label, i % 10);
		for (size_t j = 0; j < CIFAR_INPUTS; j++)
			ck_assert_float_eq(x[j], 1.0f / 255 *
			    (float)BYTE(i, j));
	}
	dataset_gather(set, SPLIT_TEST, (uint32_t[]){ 2 }, 1, x, &label);
	ck_assert_uint_eq(label, 9);
	ck_assert_float_eq(x[5], 1.0f / 255 * (float)BYTE(9, 5));
	dataset_close(set);
}
END_TEST

START_TEST(reads_whole_batches)
{
	struct dataset_info info;
	struct dataset *set;
	struct message m = { "" };

	write_batch("data_batch_1.bin", 0, CIFAR_RECORDS_MAX, false);
	write_batch("test_batch.bin", 0, 1, false);
	ck_assert_int_eq(dataset_open(files_folder, "cifar10", &set, &m), 0);
	ck_assert_uint_eq(dataset_info(set)->train, CIFAR_RECORDS_MAX);
	dataset_close(set);
	change_byte("data_batch_1.bin", (long)CIFAR_RECORDS_MAX * CIFAR_RECORD +
	    CIFAR_RECORD - 1, 0);
	refuse(ERR_FORMAT, "data_batch_1.bin has more than 10000 records, the "
	    "most of a batch: there is another at byte 30730000", true);
	ck_assert_int_eq(dataset_describe(files_folder, "cifar10", &info, &m),
	    ERR_FORMAT);
	ck_assert_ptr_nonnull(strstr(m.text, "data_batch_1.bin has 30733073 "
	    "bytes"));
}
END_TEST

START_TEST(says_what_is_missing)
{
	refuse(ERR_NOT_FOUND, "cifar-10-batches-bin has no data_batch_1.bin, "
	    "raw or .gz", true);
	refuse(ERR_NOT_FOUND, "get-datasets", true);
	write_batch("data_batch_3.bin", 0, 4, true);
	refuse(ERR_NOT_FOUND, "has no test_batch.bin", true);
	write_batch("test_batch.bin", 0, 4, true);
	unlink(files_path(FOLDER "data_batch_3.bin.gz"));
	refuse(ERR_NOT_FOUND, "has no data_batch_1.bin", true);
	write_batch("data_batch_4.bin", 0, 1, true);
	refuse(ERR_FORMAT, "1 training image", true);
}
END_TEST

START_TEST(refuses_bad_labels)
{
	write_batch("data_batch_1.bin", 0, 5, false);
	write_batch("test_batch.bin", 0, 5, false);
	change_byte("data_batch_1.bin", 3 * CIFAR_RECORD, 10);
	refuse(ERR_FORMAT, "data_batch_1.bin has the label 10 at byte 9219 "
	    "(record 4); labels are 0 to 9", false);
	change_byte("data_batch_1.bin", 3 * CIFAR_RECORD, 9);
	change_byte("test_batch.bin", 0, 255);
	refuse(ERR_FORMAT, "test_batch.bin has the label 255 at byte 0",
	    false);
}
END_TEST

START_TEST(refuses_bad_sizes)
{
	static const uint8_t bytes[CIFAR_RECORD];

	write_batch("data_batch_1.bin", 0, 5, false);
	write_bytes("test_batch.bin", bytes, 0);
	refuse(ERR_FORMAT, "test_batch.bin is empty", true);
	write_bytes("test_batch.bin", bytes, CIFAR_RECORD - 1);
	refuse(ERR_FORMAT, "test_batch.bin is cut short: it ends at byte 3072, "
	    "within record 1 of 3073 bytes", true);
	write_batch("test_batch.bin", 0, 2, false);
	change_byte("test_batch.bin", 2 * CIFAR_RECORD, 0);
	refuse(ERR_FORMAT, "it ends at byte 6147, within record 3", true);
	unlink(files_path(FOLDER "test_batch.bin"));
	files_make_folder(FOLDER "test_batch.bin");
	refuse(ERR_IO, "test_batch.bin is not a regular file", true);
}
END_TEST

/* A gzip stream that is cut off or damaged; its last bytes lie or not. */
START_TEST(refuses_bad_gzip)
{
	char path[512];
	long size;

	write_batch("data_batch_1.bin", 0, 5, false);
	write_batch("test_batch.bin", 0, 20, true);
	snprintf(path, sizeof path, "%s",
	    files_path(FOLDER "test_batch.bin.gz"));
	change_byte("test_batch.bin.gz", 40, 0xa5);
	refuse(ERR_FORMAT, "test_batch.bin.gz is damaged", false);
	write_batch("test_batch.bin", 0, 20, true);
	size = 100;
	ck_assert_int_eq(truncate(path, size), 0);
	refuse(ERR_FORMAT, "test_batch.bin.gz is cut short: its gzip stream "
	    "has no end", true);
	/* It says that it has two records. */
	change_byte("test_batch.bin.gz", size - 4, 0x02);
	change_byte("test_batch.bin.gz", size - 3, 0x18);
	change_byte("test_batch.bin.gz", size - 2, 0);
	change_byte("test_batch.bin.gz", size - 1, 0);
	refuse(ERR_FORMAT, "test_batch.bin.gz", false);
}
END_TEST

START_TEST(reads_real_cifar10)
{
	const char *folder = getenv("L2LD_DATA");
	static const uint32_t numbers[4] = { 0, 1, 2, 3 };
	static float x[4 * CIFAR_INPUTS];
	struct message m = { "" };
	struct dataset_info info;
	struct dataset *set;
	uint8_t labels[4];
	int r;

	if (folder == NULL || dataset_describe(folder, "cifar10", &info,
	    NULL) == ERR_NOT_FOUND) {
		printf("skipped: no cifar10, L2LD_DATA is %s\n",
		    folder != NULL ? folder : "not set");
		return;
	}
	r = dataset_open(folder, "cifar10", &set, &m);
	ck_assert_msg(r == 0, "%s", m.text);
	ck_assert_uint_eq(dataset_info(set)->train % 10000, 0);
	ck_assert_uint_eq(dataset_info(set)->train, info.train);
	ck_assert_uint_eq(dataset_info(set)->test, 10000);
	dataset_gather(set, SPLIT_TRAIN, numbers, 4, x, labels);
	ck_assert_mem_eq(labels, "\6\11\11\4", 4);
	ck_assert_float_eq(x[0], 59 * (1.0f / 255));
	ck_assert_float_eq(x[1], 43 * (1.0f / 255));
	dataset_gather(set, SPLIT_TEST, numbers, 4, x, labels);
	ck_assert_mem_eq(labels, "\3\10\10\0", 4);
	ck_assert_float_eq(x[0], 158 * (1.0f / 255));
	dataset_close(set);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cifar");
	TCase *tc = tcase_create("cifar");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, files_end);
	tcase_add_test(tc, reads_every_record);
	tcase_add_test(tc, reads_whole_batches);
	tcase_add_test(tc, says_what_is_missing);
	tcase_add_test(tc, refuses_bad_labels);
	tcase_add_test(tc, refuses_bad_sizes);
	tcase_add_test(tc, refuses_bad_gzip);
	tcase_add_test(tc, reads_real_cifar10);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
