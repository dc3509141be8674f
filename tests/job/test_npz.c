/* npz and JSON: that they are well formed for others is check_formats.py's
 * business; here, byte for byte what the format says of one small file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "job/formats.h"
#include "tests/job/jobtest.h"

static unsigned
u16(const struct buf *b, size_t at)
{
	const unsigned char *p = (const unsigned char *)b->data + at;

	ck_assert_uint_le(at + 2, b->len);
	return p[0] | (unsigned)p[1] << 8;
}

static unsigned
u32(const struct buf *b, size_t at)
{
	return u16(b, at) | u16(b, at + 2) << 16;
}

static struct buf
written(struct snapshot_row *row)
{
	struct buf out = { 0 };
	struct message m = { "" };

	jobtest_snapshot("{\"layers\": [3]}", row);
	ck_assert_int_eq(npz_write(row, &out, &m), 0);
	return out;
}

START_TEST(archive)
{
	struct snapshot_row row;
	struct buf file = written(&row);
	size_t at = 0;
	int members = 0;

	for (; u32(&file, at) == 0x04034b50; members++) {
		size_t name = u16(&file, at + 26), len = u32(&file, at + 22);
		const char *data = file.data + at + 30 + name;

		ck_assert_uint_eq(u16(&file, at + 4), 20);	/* version */
		ck_assert_uint_eq(u16(&file, at + 6), 0);	/* flags */
		ck_assert_uint_eq(u16(&file, at + 8), 0);	/* stored */
		ck_assert_uint_eq(u16(&file, at + 10), 0);	/* time */
		ck_assert_uint_eq(u16(&file, at + 12), 0x21);	/* date */
		ck_assert_uint_eq(u32(&file, at + 18), len);
		ck_assert_uint_eq(u16(&file, at + 28), 0);	/* extra */
		ck_assert_uint_le(at + 30 + name + len, file.len);
		ck_assert_uint_eq(u32(&file, at + 14),
		    crc32(0, (const Bytef *)data, (uInt)len));
		ck_assert_mem_eq(data, "\x93NUMPY\x01\x00", 8);
		ck_assert_uint_eq((10u + u16(&file, at + 30 + name + 8)) % 64,
		    0);
		at += 30 + name + len;
	}
	ck_assert_int_eq(members, 7);
	ck_assert_uint_eq(u32(&file, at), 0x02014b50);
	/* The end: no comment, members, the directory's size and place. */
	ck_assert_uint_eq(u32(&file, file.len - 22), 0x06054b50);
	ck_assert_uint_eq(u16(&file, file.len - 12), 7);
	ck_assert_uint_eq(u32(&file, file.len - 10), file.len - 22 - at);
	ck_assert_uint_eq(u32(&file, file.len - 6), at);
	buf_free(&file);
	snapshot_row_free(&row);
}
END_TEST

START_TEST(first_member)
{
	const char *header = "{'descr': '<f4', 'fortran_order': False, "
	    "'shape': (12, 2), }";
	struct snapshot_row row;
	struct buf file = written(&row);
	const char *npy = file.data + 30 + strlen("lstm.0.weight_ih.npy");

	ck_assert_mem_eq(file.data + 30, "lstm.0.weight_ih.npy", 20);
	ck_assert_uint_eq(u16(&file, 50 + 8), 118);
	ck_assert_mem_eq(npy + 10, header, strlen(header));
	ck_assert_int_eq(npy[127], '\n');
	ck_assert_mem_eq(npy + 128, row.weights, 24 * sizeof(float));
	/* A tuple of one keeps its comma. */
	ck_assert_ptr_nonnull(memmem(file.data, file.len, "(12,), }", 8));
	ck_assert_ptr_nonnull(memmem(file.data, file.len, "'shape': (), }", 14));
	buf_free(&file);
	snapshot_row_free(&row);
}
END_TEST

START_TEST(repeatable)
{
	struct snapshot_row row;
	struct buf one = written(&row), two;

	snapshot_row_free(&row);
	two = written(&row);
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_mem_eq(one.data, two.data, one.len);
	buf_free(&one);
	buf_free(&two);
	snapshot_row_free(&row);
}
END_TEST

START_TEST(json)
{
	struct snapshot_row row;
	struct message m = { "" };
	struct buf out = { 0 };
	json_t *value, *data;

	jobtest_snapshot("{\"layers\": [3]}", &row);
	ck_assert_int_eq(weights_json_write(&row, &out, &m), 0);
	value = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_int_eq(json_integer_value(jobtest_at(value,
	    "/metadata/options/layers/0")), 3);
	data = jobtest_at(value, "/tensors/lstm.0.weight_ih/data");
	ck_assert_uint_eq(json_array_size(data), 24);
	for (size_t i = 0; i < 24; i++)
		ck_assert_float_eq((float)json_number_value(
		    json_array_get(data, i)), row.weights[i]);
	ck_assert_float_eq((float)json_number_value(jobtest_at(value,
	    "/tensors/lstm.0.bias_hh/data/11")), 0);
	json_decref(value);
	buf_free(&out);
	snapshot_row_free(&row);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("npz");

	tcase_add_test(t, archive);
	tcase_add_test(t, first_member);
	tcase_add_test(t, repeatable);
	tcase_add_test(t, json);
	return jobtest_main("npz", t);
}
