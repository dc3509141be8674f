/* The reader of IDX files: what it reads, and how it refuses the rest. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "data/idx.h"
#include "tests/data/files.h"

/* 2 images of 1 x 3. */
static const uint8_t images[] = {
	0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3,
	1, 2, 3, 4, 250, 6,
};

/* Load bytes as an IDX file of dims dimensions, raw and gzip, and check that
 * both are refused with code and with a sentence that has `says` in it. */
static void
refuse(const uint8_t *bytes, size_t len, int dims, int code, const char *says)
{
	for (int zip = 0; zip <= 1; zip++) {
		struct message m = { "" };
		struct idx idx = { 0 };

		files_write("bad", bytes, len, zip);
		ck_assert_int_eq(idx_load(files_path("bad"), dims, &idx, &m),
		    code);
		ck_assert_msg(strstr(m.text, says) != NULL, "\"%s\" lacks "
		    "\"%s\"", m.text, says);
		ck_assert_msg(strstr(m.text, files_path("bad")) != NULL,
		    "\"%s\" does not name the file", m.text);
		ck_assert_ptr_null(idx.values);
		/* No message wanted is no crash. */
		ck_assert_int_eq(idx_load(files_path("bad"), dims, &idx, NULL),
		    code);
	}
}

START_TEST(reads_raw_and_gzip)
{
	for (int zip = 0; zip <= 1; zip++) {
		struct message m = { "" };
		struct idx idx;

		files_write("good", images, sizeof images, zip);
		ck_assert_int_eq(idx_load(files_path("good"), 3, &idx, &m), 0);
		ck_assert_int_eq(idx.dims, 3);
		ck_assert_uint_eq(idx.size[0], 2);
		ck_assert_uint_eq(idx.size[1], 1);
		ck_assert_uint_eq(idx.size[2], 3);
		ck_assert_uint_eq(idx.item, 3);
		ck_assert_mem_eq(idx.values, images + 16, 6);
		ck_assert_uint_eq(idx_largest(idx.values, 6, 255), 250);
		idx_free(&idx);
		ck_assert_ptr_null(idx.values);
	}
}
END_TEST

/* More values than the first allocation holds. */
START_TEST(reads_long_files)
{
	const uint32_t size[1] = { 5000001 };
	uint8_t *values = malloc(size[0]);
	struct idx idx;

	for (size_t i = 0; i < size[0]; i++)
		values[i] = (uint8_t)(i % 251);
	for (int zip = 0; zip <= 1; zip++) {
		files_write_idx("long", 1, size, values, zip);
		ck_assert_int_eq(idx_load(files_path("long"), 1, &idx, NULL),
		    0);
		ck_assert_uint_eq(idx.item, 1);
		ck_assert_mem_eq(idx.values, values, size[0]);
		idx_free(&idx);
	}
	free(values);
}
END_TEST

START_TEST(refuses_every_short_file)
{
	/* Whatever is missing, it is called missing. */
	for (size_t len = 0; len < 16; len++)
		refuse(images, len, 3, ERR_FORMAT, "ends within its header");
	for (size_t len = 16; len < sizeof images; len++)
		refuse(images, len, 3, ERR_FORMAT, "cut short");
}
END_TEST

START_TEST(refuses_wrong_headers)
{
	static const struct {
		size_t at;
		uint8_t byte;
		int code;
		const char *says;
	} cases[] = {
		{ 0, 1, ERR_FORMAT, "not an IDX file" },
		{ 1, '<', ERR_FORMAT, "not an IDX file" },
		{ 2, 0x0d, ERR_FORMAT, "type 0x0d" },
		{ 2, 0, ERR_FORMAT, "type 0x00" },
		{ 3, 0, ERR_FORMAT, "0 dimensions where 3 are" },
		{ 3, 1, ERR_FORMAT, "1 dimension where 3 are" },
		{ 3, 255, ERR_FORMAT, "255 dimensions where 3 are" },
		{ 7, 0, ERR_FORMAT, "dimension 1 is 0" },
		{ 11, 0, ERR_FORMAT, "dimension 2 is 0" },
		{ 15, 0, ERR_FORMAT, "dimension 3 is 0" },
		{ 7, 3, ERR_FORMAT, "cut short" },
		{ 4, 0x7f, ERR_LIMIT, "more than 2147483647 values" },
		{ 8, 0xff, ERR_LIMIT, "more than 2147483647 values" },
		{ 12, 0x2f, ERR_FORMAT, "cut short" },
		{ 7, 1, ERR_FORMAT, "after the last value" },
		{ 15, 2, ERR_FORMAT, "after the last value" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t bytes[sizeof images];

		memcpy(bytes, images, sizeof bytes);
		bytes[cases[i].at] = cases[i].byte;
		/* 0x2f...03 x 2 alone would be over the limit. */
		if (cases[i].at == 12)
			bytes[7] = 1;
		refuse(bytes, sizeof bytes, 3, cases[i].code, cases[i].says);
	}
}
END_TEST

/* Products that overflow 32 and 64 bits must not come out small. */
START_TEST(refuses_overflowing_sizes)
{
	static const uint8_t sizes[][12] = {
		{ 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 },
		{ 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0 },
		{ 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
		{ 128, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 4 },
		{ 128, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 },
		{ 0, 0, 0, 1, 0, 0, 0, 1, 128, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint8_t bytes[sizeof images];

		memcpy(bytes, images, sizeof bytes);
		memcpy(bytes + 4, sizes[i], sizeof sizes[i]);
		refuse(bytes, sizeof bytes, 3, ERR_LIMIT, "more than");
	}
}
END_TEST

START_TEST(refuses_trailing_bytes)
{
	uint8_t bytes[sizeof images + 1] = { 0 };

	memcpy(bytes, images, sizeof images);
	refuse(bytes, sizeof bytes, 3, ERR_FORMAT, "after the last value");
}
END_TEST

/* The bytes of good as a gzip file, into bytes; their number. */
static size_t
zip_bytes(uint8_t *bytes, size_t room)
{
	FILE *f;
	size_t len;

	files_write("good", images, sizeof images, true);
	f = fopen(files_path("good"), "rb");
	ck_assert_ptr_nonnull(f);
	len = fread(bytes, 1, room, f);
	fclose(f);
	ck_assert_uint_gt(len, 20);
	ck_assert_uint_lt(len, room);
	return len;
}

START_TEST(refuses_damaged_gzip)
{
	uint8_t bytes[256];
	size_t len = zip_bytes(bytes, sizeof bytes);
	struct message m;
	struct idx idx;

	/* Cut anywhere, down to the two bytes by which gzip is known. */
	for (size_t cut = 2; cut < len; cut++) {
		files_write("cut", bytes, cut, false);
		ck_assert_int_eq(idx_load(files_path("cut"), 3, &idx, &m),
		    ERR_FORMAT);
		ck_assert_ptr_null(idx.values);
	}
	/* A wrong checksum, at the end of the stream, is found too. */
	bytes[len - 8] ^= 1;
	files_write("sum", bytes, len, false);
	ck_assert_int_eq(idx_load(files_path("sum"), 3, &idx, &m), ERR_FORMAT);
	ck_assert_ptr_nonnull(strstr(m.text, "damaged"));
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	struct message m;
	struct idx idx;
	uint8_t largest;

	ck_assert_int_eq(idx_load(files_path("none"), 3, &idx, &m),
	    ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(m.text, files_path("none")));
	ck_assert_int_eq(idx_peek(files_path("none"), 3, 16, &idx, &largest,
	    &m), ERR_NOT_FOUND);
	ck_assert_int_eq(idx_load(files_folder, 3, &idx, &m), ERR_IO);
	ck_assert_ptr_nonnull(strstr(m.text, "not a regular file"));
	/* A pipe that nobody writes to is refused at once. */
	ck_assert_int_eq(mkfifo(files_path("pipe"), 0600), 0);
	ck_assert_int_eq(idx_load(files_path("pipe"), 3, &idx, &m), ERR_IO);
}
END_TEST

START_TEST(peeks)
{
	struct message m;
	struct idx idx;
	uint8_t largest;

	for (int zip = 0; zip <= 1; zip++) {
		files_write("good", images, sizeof images, zip);
		ck_assert_int_eq(idx_peek(files_path("good"), 3, 255, &idx,
		    &largest, &m), 0);
		ck_assert_uint_eq(largest, 250);
		ck_assert_uint_eq(idx.size[0], 2);
		ck_assert_uint_eq(idx.item, 3);
		ck_assert_ptr_null(idx.values);
		/* 2 is the first above 1, and all there is to know. */
		ck_assert_int_eq(idx_peek(files_path("good"), 3, 1, &idx,
		    &largest, &m), 0);
		ck_assert_uint_eq(largest, 2);
		ck_assert_int_eq(idx_peek(files_path("good"), 1, 1, &idx,
		    &largest, &m), ERR_FORMAT);
		ck_assert_uint_eq(idx.size[0], 0);
	}
}
END_TEST

/* A source may fail half-way; what it says is passed on. */
static ptrdiff_t
read_then_fail(void *arg, void *to, size_t len, struct message *m)
{
	size_t *at = arg;

	if (*at >= 16)
		return message_set(m, ERR_IO, "the disk is gone");
	len = len < 16 - *at ? len : 16 - *at;
	memcpy(to, images + *at, len);
	*at += len;
	return (ptrdiff_t)len;
}

START_TEST(passes_on_failures)
{
	size_t at = 0;
	struct source source = { "a source", &at, read_then_fail };
	struct message m;
	struct idx idx;

	ck_assert_int_eq(idx_read(&source, 3, &idx, &m), ERR_IO);
	ck_assert_str_eq(m.text, "the disk is gone");
	ck_assert_ptr_null(idx.values);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("idx");
	TCase *tc = tcase_create("idx");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, files_begin, files_end);
	tcase_add_test(tc, reads_raw_and_gzip);
	tcase_add_test(tc, reads_long_files);
	tcase_add_test(tc, refuses_every_short_file);
	tcase_add_test(tc, refuses_wrong_headers);
	tcase_add_test(tc, refuses_overflowing_sizes);
	tcase_add_test(tc, refuses_trailing_bytes);
	tcase_add_test(tc, refuses_damaged_gzip);
	tcase_add_test(tc, refuses_what_is_no_file);
	tcase_add_test(tc, peeks);
	tcase_add_test(tc, passes_on_failures);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
