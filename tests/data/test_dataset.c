/* Data sets by name: what is listed, described, opened, split and gathered. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "tests/data/files.h"

static struct dataset *
open_set(const char *name)
{
	struct message m = { "" };
	struct dataset *set;
	int r = dataset_open(files_folder, name, &set, &m);

	ck_assert_msg(r == 0, "%s: %s", name, m.text);
	return set;
}

/* Both dataset_describe and dataset_open must refuse the set like this. */
static void
refuse(const char *name, int code, const char *says)
{
	struct message m = { "" };
	struct dataset_info info;
	struct dataset *set;

	ck_assert_int_eq(dataset_describe(files_folder, name, &info, &m), code);
	ck_assert_msg(strstr(m.text, says) != NULL, "\"%s\" lacks \"%s\"",
	    m.text, says);
	ck_assert_uint_eq(info.train, 0);
	m.text[0] = 0;
	ck_assert_int_eq(dataset_open(files_folder, name, &set, &m), code);
	ck_assert_msg(strstr(m.text, says) != NULL, "\"%s\" lacks \"%s\"",
	    m.text, says);
	ck_assert_ptr_null(set);
}

START_TEST(describes_as_it_opens)
{
	static const struct {
		unsigned levels;
		float scale;
	} cases[] = {
		{ 1, 1 }, { 2, 1 }, { 3, 1.0f / 16 }, { 17, 1.0f / 16 },
		{ 18, 1.0f / 255 }, { 256, 1.0f / 255 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dataset_info info;
		struct dataset *set;
		struct message m;
		char name[16];

		snprintf(name, sizeof name, "set%zu", i);
		files_write_set(name, 301, 20, 2, 150, cases[i].levels, 7,
		    i % 2);
		ck_assert_int_eq(dataset_describe(files_folder, name, &info,
		    &m), 0);
		ck_assert_str_eq(info.name, name);
		ck_assert_int_eq(info.inputs, 300);
		ck_assert_int_eq(info.rows, 2);
		ck_assert_int_eq(info.cols, 150);
		ck_assert_int_eq(info.channels, 1);
		ck_assert_int_eq(info.classes, 7);
		ck_assert_uint_eq(info.train, 301);
		ck_assert_uint_eq(info.test, 20);
		ck_assert_uint_eq(info.bytes, 321 * 301);
		ck_assert_float_eq(info.scale, cases[i].scale);
		set = open_set(name);
		ck_assert_str_eq(dataset_info(set)->name, info.name);
		ck_assert_str_eq(dataset_info(set)->text, info.text);
		ck_assert_int_eq(dataset_info(set)->inputs, info.inputs);
		ck_assert_int_eq(dataset_info(set)->rows, info.rows);
		ck_assert_int_eq(dataset_info(set)->cols, info.cols);
		ck_assert_int_eq(dataset_info(set)->channels, info.channels);
		ck_assert_int_eq(dataset_info(set)->classes, info.classes);
		ck_assert_uint_eq(dataset_info(set)->train, info.train);
		ck_assert_uint_eq(dataset_info(set)->test, info.test);
		ck_assert_uint_eq(dataset_info(set)->bytes, info.bytes);
		ck_assert_float_eq(dataset_info(set)->scale, info.scale);
		dataset_close(set);
	}
}
END_TEST

/* Every record of every split, each bit of each value.  The two training splits
 * cover the file, in order and without overlap. */
START_TEST(gathers_each_record)
{
	enum { TRAIN = 41, TEST = 5, INPUTS = 19 };
	static const enum dataset_split splits[] = { SPLIT_TRAIN,
	    SPLIT_EVALUATE, SPLIT_TEST };
	static const size_t counts[] = { 20, 21, 5 }, firsts[] = { 0, 20, 1 };
	struct dataset *set;

	files_write_set("set", TRAIN, TEST, 1, INPUTS, 256, 10, true);
	set = open_set("set");
	for (int s = 0; s < 3; s++) {
		size_t count = dataset_count(set, splits[s]);
		float x[TRAIN * INPUTS];
		uint32_t numbers[TRAIN];
		uint8_t labels[TRAIN];

		ck_assert_uint_eq(count, counts[s]);
		/* Backwards, to tell numbers from positions. */
		for (size_t i = 0; i < count; i++)
			numbers[i] = (uint32_t)(count - 1 - i);
		dataset_gather(set, splits[s], numbers, count, x, labels);
		for (size_t i = 0; i < count; i++) {
			size_t record = numbers[i] + firsts[s];

			for (size_t j = 0; j < INPUTS; j++)
				ck_assert_float_eq(x[i * INPUTS + j], 1.0f /
				    255 * (float)((record + j) % 256));
			ck_assert_uint_eq(labels[i], splits[s] == SPLIT_TEST ?
			    numbers[i] : record % 10);
		}
	}
	dataset_close(set);
}
END_TEST

START_TEST(gathers_repeats_and_nothing)
{
	const uint32_t numbers[3] = { 1, 1, 0 };
	float x[3 * 2] = { 0 };
	uint8_t labels[3] = { 0 };
	struct dataset *set;

	files_write_set("set", 4, 2, 1, 2, 256, 10, false);
	set = open_set("set");
	dataset_gather(set, SPLIT_EVALUATE, numbers, 0, NULL, NULL);
	dataset_gather(set, SPLIT_EVALUATE, numbers, 3, x, labels);
	ck_assert_uint_eq(labels[0], 3);
	ck_assert_uint_eq(labels[1], 3);
	ck_assert_uint_eq(labels[2], 2);
	ck_assert_float_eq(x[1], x[3]);
	dataset_close(set);
}
END_TEST

START_TEST(says_how_to_get_a_missing_set)
{
	char says[512];

	snprintf(says, sizeof says, "%s/mnist has no train-images-idx3-ubyte",
	    files_folder);
	refuse("mnist", ERR_NOT_FOUND, says);
	snprintf(says, sizeof says, "etc/get-datasets -d %s mnist",
	    files_folder);
	refuse("mnist", ERR_NOT_FOUND, says);
	refuse("mnist", ERR_NOT_FOUND, "synthetic-digits");
	refuse("digits8x8", ERR_NOT_FOUND, "get-datasets");
	snprintf(says, sizeof says, "%s/cats has no train-images-idx3-ubyte",
	    files_folder);
	refuse("cats", ERR_NOT_FOUND, says);
	/* A folder that lacks one file: that file is named. */
	files_write_set("dogs", 4, 2, 1, 2, 256, 10, true);
	unlink(files_path("dogs/t10k-labels-idx1-ubyte.gz"));
	refuse("dogs", ERR_NOT_FOUND, "t10k-labels-idx1-ubyte");
}
END_TEST

START_TEST(refuses_bad_names)
{
	static const char *const names[] = {
		"", ".", "..", "../mnist", "a/b", "/", "mnist/", ".hidden",
		"a b", "a\nb", "caf\xc3\xa9", "%s",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		refuse(names[i], ERR_INVALID, "name");
	/* One letter less is a name, of a set that is not there. */
	refuse(names[sizeof names / sizeof names[0] - 1] + 1, ERR_NOT_FOUND,
	    "aaa has no");
}
END_TEST

START_TEST(refuses_files_that_disagree)
{
	const uint32_t one[3] = { 1, 1, 1 }, three = 3, wide[3] = { 2, 1, 3 };
	const uint8_t values[8] = { 0 };

	files_write_set("labels", 4, 2, 1, 2, 256, 10, false);
	files_write_idx("labels/train-labels-idx1-ubyte", 1, &three, values,
	    false);
	refuse("labels", ERR_FORMAT, "4 training images but 3 labels");
	files_write_set("tests", 4, 2, 1, 2, 256, 10, false);
	files_write_idx("tests/t10k-labels-idx1-ubyte", 1, &three, values,
	    false);
	refuse("tests", ERR_FORMAT, "2 test images but 3 labels");
	files_write_set("sizes", 4, 2, 1, 2, 256, 10, false);
	files_write_idx("sizes/t10k-images-idx3-ubyte", 3, wide, values, false);
	refuse("sizes", ERR_FORMAT, "1 x 2 but test images 1 x 3");
	files_write_set("single", 4, 2, 1, 1, 256, 10, false);
	files_write_idx("single/train-images-idx3-ubyte", 3, one, values,
	    false);
	files_write_idx("single/train-labels-idx1-ubyte", 1, one, values,
	    false);
	refuse("single", ERR_FORMAT, "1 training image");
	files_write_set("magic", 4, 2, 1, 2, 256, 10, false);
	files_write("magic/t10k-labels-idx1-ubyte", "<html>", 6, false);
	refuse("magic", ERR_FORMAT, "not an IDX file");
}
END_TEST

/* The raw file counts where a .gz is beside it. */
START_TEST(prefers_raw_files)
{
	struct dataset_info info;
	struct message m;

	files_write_set("set", 4, 2, 1, 2, 256, 10, false);
	files_write("set/train-images-idx3-ubyte.gz", "nonsense", 8, false);
	ck_assert_int_eq(dataset_describe(files_folder, "set", &info, &m), 0);
}
END_TEST

START_TEST(lists_known_sets_then_others)
{
	static const char *const names[] = { "mnist", "digits8x8", "cifar10",
	    "synthetic-digits", "a-set", "b-broken", "z.set" };
	static const size_t train[] = { 0, 6, 0, 20000, 4, 0, 4 };
	struct dataset_info *infos;
	size_t count;

	files_write_set("z.set", 4, 2, 1, 2, 256, 10, false);
	files_write_set("a-set", 4, 2, 1, 2, 256, 10, true);
	files_write_set("b-broken", 4, 2, 1, 2, 256, 10, false);
	files_write("b-broken/t10k-labels-idx1-ubyte", "", 0, false);
	files_write_set("digits8x8", 6, 2, 8, 8, 17, 10, false);
	files_write_set(".hidden", 4, 2, 1, 2, 256, 10, false);
	files_write_set("not a name", 4, 2, 1, 2, 256, 10, false);
	files_make_folder("cifar-10-batches-bin");
	files_write("README.md", "text", 4, false);
	ck_assert_int_eq(dataset_list(files_folder, &infos, &count), 0);
	ck_assert_uint_eq(count, sizeof names / sizeof names[0]);
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq(infos[i].name, names[i]);
		ck_assert_uint_eq(infos[i].train, train[i]);
		ck_assert_uint_gt(strlen(infos[i].text), 0);
	}
	free(infos);
	/* Without a folder there are the known ones. */
	ck_assert_int_eq(dataset_list(files_path("none"), &infos, &count), 0);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(infos[0].train, 0);
	ck_assert_uint_eq(infos[3].train, 20000);
	free(infos);
}
END_TEST

START_TEST(shares_open_sets)
{
	struct dataset *a, *b, *c;

	files_write_set("one", 4, 2, 1, 2, 256, 10, false);
	files_write_set("two", 4, 2, 1, 2, 256, 10, false);
	a = open_set("one");
	b = open_set("one");
	c = open_set("two");
	ck_assert_ptr_eq(a, b);
	ck_assert_ptr_ne(a, c);
	dataset_close(a);
	ck_assert_uint_eq(dataset_count(b, SPLIT_TEST), 2);
	/* What is in use is shared even when its files have gone. */
	unlink(files_path("one/t10k-images-idx3-ubyte"));
	a = open_set("one");
	dataset_close(a);
	dataset_close(b);
	refuse("one", ERR_NOT_FOUND, "t10k-images");
	dataset_close(c);
	dataset_close(NULL);
}
END_TEST

#define THREADS 8

/* Threads open, use and close two sets, one of which cannot be opened. */
static void *
use_sets(void *arg)
{
	size_t *failures = arg;
	struct message m;
	struct dataset *set;

	for (int i = 0; i < 50; i++) {
		const uint32_t number = 1;
		float x[4];
		uint8_t label = 0;

		if (dataset_open(files_folder, "bad", &set, &m) != ERR_FORMAT ||
		    set != NULL || strstr(m.text, "not an IDX file") == NULL)
			(*failures)++;
		if (dataset_open(files_folder, "good", &set, &m) < 0) {
			(*failures)++;
			continue;
		}
		dataset_gather(set, SPLIT_EVALUATE, &number, 1, x, &label);
		if (label != 3 || x[3] != 6 * (1.0f / 16))
			(*failures)++;
		dataset_close(set);
	}
	return NULL;
}

START_TEST(opens_from_threads)
{
	pthread_t threads[THREADS];
	size_t failures[THREADS] = { 0 };

	files_write_set("good", 4, 2, 1, 4, 16, 10, true);
	files_write_set("bad", 4, 2, 1, 4, 16, 10, true);
	files_write("bad/t10k-labels-idx1-ubyte.gz", "<html>", 6, true);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_sets,
		    &failures[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(failures[i], 0);
	}
}
END_TEST

/* The folder of real data, if its set called name is there. */
static const char *
real_data(const char *name)
{
	const char *folder = getenv("L2LD_DATA");
	struct dataset_info info;

	if (folder != NULL &&
	    dataset_describe(folder, name, &info, NULL) != ERR_NOT_FOUND)
		return folder;
	printf("skipped: no %s, L2LD_DATA is %s\n", name,
	    folder != NULL ? folder : "not set");
	return NULL;
}

START_TEST(reads_real_mnist)
{
	const char *folder = real_data("mnist");
	static const uint32_t numbers[4] = { 0, 1, 2, 3 };
	static float x[4 * 784];
	struct message m = { "" };
	struct dataset *set;
	uint8_t labels[4];
	int r;

	if (folder == NULL)
		return;
	r = dataset_open(folder, "mnist", &set, &m);
	ck_assert_msg(r == 0, "%s", m.text);
	ck_assert_uint_eq(dataset_info(set)->train, 60000);
	ck_assert_uint_eq(dataset_info(set)->test, 10000);
	ck_assert_int_eq(dataset_info(set)->inputs, 784);
	ck_assert_int_eq(dataset_info(set)->classes, 10);
	ck_assert_float_eq(dataset_info(set)->scale, 1.0f / 255);
	ck_assert_uint_eq(dataset_count(set, SPLIT_TRAIN), 30000);
	ck_assert_uint_eq(dataset_count(set, SPLIT_EVALUATE), 30000);
	dataset_gather(set, SPLIT_TRAIN, numbers, 4, x, labels);
	ck_assert_mem_eq(labels, "\5\0\4\1", 4);
	/* The first ink of the first image. */
	ck_assert_float_eq(x[151], 0);
	ck_assert_float_eq(x[152], 3 * (1.0f / 255));
	dataset_gather(set, SPLIT_TEST, numbers, 4, x, labels);
	ck_assert_mem_eq(labels, "\7\2\1\0", 4);
	dataset_close(set);
}
END_TEST

START_TEST(reads_real_digits8x8)
{
	const char *folder = real_data("digits8x8");
	static const uint32_t numbers[3] = { 0, 1, 2 };
	float x[3 * 64];
	struct message m = { "" };
	struct dataset *set;
	uint8_t labels[3];
	int r;

	if (folder == NULL)
		return;
	r = dataset_open(folder, "digits8x8", &set, &m);
	ck_assert_msg(r == 0, "%s", m.text);
	ck_assert_uint_eq(dataset_info(set)->train, 3823);
	ck_assert_uint_eq(dataset_info(set)->test, 1797);
	ck_assert_int_eq(dataset_info(set)->classes, 10);
	ck_assert_float_eq(dataset_info(set)->scale, 1.0f / 16);
	dataset_gather(set, SPLIT_TRAIN, numbers, 3, x, labels);
	ck_assert_mem_eq(labels, "\0\0\7", 3);
	ck_assert_float_eq(x[3], 15.0f / 16);
	dataset_close(set);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dataset");
	TCase *tc = tcase_create("dataset");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, files_begin, files_end);
	tcase_add_test(tc, describes_as_it_opens);
	tcase_add_test(tc, gathers_each_record);
	tcase_add_test(tc, gathers_repeats_and_nothing);
	tcase_add_test(tc, says_how_to_get_a_missing_set);
	tcase_add_test(tc, refuses_bad_names);
	tcase_add_test(tc, refuses_files_that_disagree);
	tcase_add_test(tc, prefers_raw_files);
	tcase_add_test(tc, lists_known_sets_then_others);
	tcase_add_test(tc, shares_open_sets);
	tcase_add_test(tc, opens_from_threads);
	tcase_add_test(tc, reads_real_mnist);
	tcase_add_test(tc, reads_real_digits8x8);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
