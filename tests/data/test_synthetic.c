/* synthetic-digits: the same bytes everywhere, balanced, learnable. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "data/dataset.h"
#include "data/synthetic.h"

#define TRAIN_SUM 0x3cec1bbcul
#define TEST_SUM 0x6ef95b00ul

static struct records train, test;

static void
load(void)
{
	ck_assert_int_eq(synthetic_load(&train, &test), 0);
}

static void
unload(void)
{
	records_free(&train);
	records_free(&test);
}

static unsigned long
checksum(const struct records *records)
{
	unsigned long sum = crc32(0, NULL, 0);

	sum = crc32(sum, records->images, (unsigned)records->count * 784);
	return crc32(sum, records->labels, (unsigned)records->count);
}

/* Stored results depend on these bytes: the sums never change. */
START_TEST(is_the_same_everywhere)
{
	ck_assert_uint_eq(checksum(&train), TRAIN_SUM);
	ck_assert_uint_eq(checksum(&test), TEST_SUM);
}
END_TEST

START_TEST(is_as_described)
{
	struct message m = { "" };
	struct dataset_info info;
	struct dataset *set, *other;

	ck_assert_int_eq(dataset_describe("/nowhere", "synthetic-digits",
	    &info, &m), 0);
	ck_assert_uint_eq(info.train, train.count);
	ck_assert_uint_eq(info.test, test.count);
	ck_assert_int_eq(info.inputs, 784);
	ck_assert_int_eq(info.rows, 28);
	ck_assert_int_eq(info.cols, 28);
	ck_assert_int_eq(info.classes, 10);
	ck_assert_uint_eq(info.bytes, 24000 * 785);
	ck_assert_float_eq(info.scale, 1.0f / 255);
	/* It is one set, whatever folder it is asked of. */
	ck_assert_int_eq(dataset_open("/nowhere", "synthetic-digits", &set,
	    &m), 0);
	ck_assert_int_eq(dataset_open("/else", "synthetic-digits", &other,
	    &m), 0);
	ck_assert_ptr_eq(set, other);
	ck_assert_int_eq(dataset_info(set)->inputs, 784);
	ck_assert_str_eq(dataset_info(set)->name, "synthetic-digits");
	ck_assert_uint_eq(dataset_count(set, SPLIT_TRAIN), 10000);
	ck_assert_uint_eq(dataset_count(set, SPLIT_EVALUATE), 10000);
	ck_assert_uint_eq(dataset_count(set, SPLIT_TEST), 4000);
	dataset_close(set);
	dataset_close(other);
}
END_TEST

START_TEST(is_balanced)
{
	size_t halves[2][10] = { { 0 } }, tests[10] = { 0 };

	for (size_t i = 0; i < train.count; i++)
		halves[i / 10000][train.labels[i]]++;
	for (size_t i = 0; i < test.count; i++)
		tests[test.labels[i]]++;
	for (int c = 0; c < 10; c++) {
		ck_assert_uint_eq(halves[0][c], 1000);
		ck_assert_uint_eq(halves[1][c], 1000);
		ck_assert_uint_eq(tests[c], 400);
	}
}
END_TEST

static int
compare_images(const void *a, const void *b)
{
	return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b,
	    784);
}

/* No image is there twice, in the training set and the test set together, and
 * each has ink and background. */
START_TEST(images_differ)
{
	size_t count = train.count + test.count;
	const uint8_t **images = calloc(count, sizeof *images);

	ck_assert_ptr_nonnull(images);
	for (size_t i = 0; i < count; i++) {
		size_t dark = 0, bright = 0;

		images[i] = i < train.count ? train.images + i * 784 :
		    test.images + (i - train.count) * 784;
		for (int j = 0; j < 784; j++) {
			dark += images[i][j] < 32;
			bright += images[i][j] > 127;
		}
		ck_assert_uint_gt(bright, 5);
		ck_assert_uint_gt(dark, 400);
	}
	qsort(images, count, sizeof *images, compare_images);
	for (size_t i = 1; i < count; i++)
		ck_assert_int_ne(compare_images(&images[i - 1], &images[i]), 0);
	free(images);
}
END_TEST

/* The class of the nearest mean image of the training set. */
static int
nearest(const double means[10][784], const uint8_t *image)
{
	double best = 1e300;
	int class = -1;

	for (int c = 0; c < 10; c++) {
		double d = 0;

		for (int j = 0; j < 784; j++)
			d += (image[j] - means[c][j]) * (image[j] - means[c][j]);
		if (d < best) {
			best = d;
			class = c;
		}
	}
	return class;
}

/* As with MNIST, where it gets 82 % right, classifying by the nearest mean
 * image is far better than chance and far from perfect. */
START_TEST(is_neither_trivial_nor_hopeless)
{
	static double means[10][784];
	size_t right = 0;
	double share;

	memset(means, 0, sizeof means);
	for (size_t i = 0; i < train.count; i++) {
		for (int j = 0; j < 784; j++)
			means[train.labels[i]][j] += train.images[i * 784 +
			    (size_t)j] / 2000.0;
	}
	for (size_t i = 0; i < test.count; i++)
		right += nearest((const double (*)[784])means,
		    test.images + i * 784) == test.labels[i];
	share = (double)right / (double)test.count;
	ck_assert_double_gt(share, 0.6);
	ck_assert_double_lt(share, 0.9);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("synthetic");
	TCase *tc = tcase_create("synthetic");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(tc, load, unload);
	tcase_add_test(tc, is_the_same_everywhere);
	tcase_add_test(tc, is_as_described);
	tcase_add_test(tc, is_balanced);
	tcase_add_test(tc, images_differ);
	tcase_add_test(tc, is_neither_trivial_nor_hopeless);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
