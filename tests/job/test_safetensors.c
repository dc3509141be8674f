#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/formats.h"
#include "tests/job/jobtest.h"

#define OPTIONS "{\"layers\": [4, 3], \"preprocess\": {\"type\": \"clamp\", " \
	"\"clamp\": 2}, \"output_scale\": 0.25}"

/* The snapshot's file. */
static struct buf
written(const struct snapshot_row *row)
{
	struct buf out = { 0 };
	struct message m = { "" };

	ck_assert_msg(safetensors_write(row, &out, &m) == 0, "%s", m.text);
	return out;
}

START_TEST(round_trip)
{
	struct snapshot_row row, back, twice;
	struct message m = { "" };
	struct buf file, again, third;

	jobtest_snapshot(OPTIONS, &row);
	free(row.group);
	row.group = strdup("hidden");
	file = written(&row);
	ck_assert_msg(safetensors_read(file.data, file.len, &back, &m) == 0,
	    "%s", m.text);
	ck_assert_str_eq(back.kind, "imported");
	ck_assert_str_eq(back.optimizer, "lstm");
	ck_assert_str_eq(back.group, "hidden");
	ck_assert_int_eq(back.job, 0);
	ck_assert_int_eq(back.epoch, 150);
	ck_assert_double_eq(back.validation_loss, 52.25);
	ck_assert_uint_eq(back.len, row.len);
	ck_assert_mem_eq(back.weights, row.weights, row.len * sizeof(float));
	ck_assert_str_eq(back.sha256, row.sha256);
	ck_assert_ptr_nonnull(strstr(back.metadata, "\"clamp\": 2"));
	ck_assert_ptr_nonnull(strstr(back.metadata,
	    "\"problem\": {\"type\": \"quadratic\"}"));
	ck_assert_ptr_nonnull(strstr(back.metadata, "caf\xc3\xa9"));

	/* An import that is exported and imported again stays what it is. */
	again = written(&back);
	ck_assert_int_eq(safetensors_read(again.data, again.len, &twice, &m), 0);
	third = written(&twice);
	ck_assert_str_eq(twice.sha256, row.sha256);
	ck_assert_uint_le(third.len, again.len);
	buf_free(&file);
	buf_free(&again);
	buf_free(&third);
	snapshot_row_free(&row);
	snapshot_row_free(&back);
	snapshot_row_free(&twice);
}
END_TEST

/* ---- files put together by hand ---- */

#define T(name, shape, begin, end) "\"" name "\": {\"dtype\": \"F32\", " \
	"\"shape\": [" shape "], \"data_offsets\": [" begin ", " end "]}"
/* An lstm of one unit without preprocessing: 4 + 4 + 4 + 1 + 1 floats. */
#define META "\"__metadata__\": {\"optimizer\": \"lstm\", \"layers\": \"[1]\", " \
	"\"preprocess\": \"none\", \"output_scale\": \"0.5\"}"
#define IH T("lstm.0.weight_ih", "4, 1", "0", "16")
#define HH T("lstm.0.weight_hh", "4, 1", "16", "32")
#define BIAS T("lstm.0.bias_ih", "4", "32", "48")
#define OUT T("output.weight", "1, 1", "48", "52")
#define OUTBIAS T("output.bias", "1", "52", "56")
#define TENSORS IH ", " HH ", " BIAS ", " OUT ", " OUTBIAS

/* A file of this header, padded, and `floats` floats 0.5, 1, 1.5, ... */
static struct buf
made(const char *header, size_t floats)
{
	uint64_t len = (strlen(header) + 7) / 8 * 8, le = htole64(len);
	struct buf out = { 0 };

	buf_put(&out, &le, 8);
	buf_text(&out, header);
	while (out.len < 8 + len)
		buf_text(&out, " ");
	for (size_t i = 0; i < floats; i++) {
		float v = 0.5f * (float)(i + 1);

		buf_put(&out, &v, sizeof v);
	}
	return out;
}

static void
refused_bytes(const void *bytes, size_t len, const char *phrase)
{
	/* A copy of exactly that size: a sanitizer sees each byte too far. */
	char *copy = malloc(len > 0 ? len : 1);
	struct snapshot_row row;
	struct message m = { "" };

	memcpy(copy, bytes, len);
	ck_assert_msg(safetensors_read(copy, len, &row, &m) == ERR_FORMAT,
	    "a file without '%s' was accepted", phrase);
	ck_assert_msg(strstr(m.text, phrase) != NULL, "'%s' is not in '%s'",
	    phrase, m.text);
	ck_assert_ptr_null(row.weights);
	free(copy);
}

static void
refused(const char *header, size_t floats, const char *phrase)
{
	struct buf file = made(header, floats);

	refused_bytes(file.data, file.len, phrase);
	buf_free(&file);
}

START_TEST(others_files)
{
	struct buf file = made("{" META ", " TENSORS "}", 14);
	struct snapshot_row row;
	struct message m = { "" };

	ck_assert_msg(safetensors_read(file.data, file.len, &row, &m) == 0, "%s",
	    m.text);
	ck_assert_uint_eq(row.len, 14);
	ck_assert_float_eq(row.weights[0], 0.5f);
	ck_assert_float_eq(row.weights[13], 7);
	ck_assert_int_eq(row.epoch, 0);
	ck_assert(isnan(row.validation_loss));
	ck_assert_ptr_nonnull(strstr(row.metadata, "\"layers\": [1]"));
	ck_assert_ptr_nonnull(strstr(row.metadata, "\"output_scale\": 0.5"));
	ck_assert_ptr_nonnull(strstr(row.metadata,
	    "\"preprocess\": {\"type\": \"none\""));
	snapshot_row_free(&row);
	buf_free(&file);

	/* PyTorch's order and format, log_sign with its p beside it, and a
	 * second bias that is zero. */
	file = made("{\"__metadata__\": {\"format\": \"pt\", \"optimizer\": "
	    "\"lstm\", \"layers\": \"[1]\", \"preprocess\": \"log_sign\", "
	    "\"p\": \"5\", \"output_scale\": \"1\"}, "
	    T("output.bias", "1", "0", "4") ", "
	    T("output.weight", "1, 1", "4", "8") ", "
	    T("lstm.0.bias_hh", "4", "72", "88") ", "
	    T("lstm.0.bias_ih", "4", "8", "24") ", "
	    T("lstm.0.weight_hh", "4, 1", "24", "40") ", "
	    T("lstm.0.weight_ih", "4, 2", "40", "72") "}", 18);
	for (int i = 0; i < 16; i++)
		buf_put(&file, "", 1);
	ck_assert_msg(safetensors_read(file.data, file.len, &row, &m) == 0, "%s",
	    m.text);
	ck_assert_uint_eq(row.len, 18);
	ck_assert_float_eq(row.weights[17], 0.5f);
	ck_assert_ptr_nonnull(strstr(row.metadata, "\"p\": 5"));
	snapshot_row_free(&row);
	buf_free(&file);
}
END_TEST

START_TEST(container)
{
	struct buf file = made("{" META ", " TENSORS "}", 14);
	char huge[16] = { 0 };

	/* Every cut of the file is refused, whatever is missing. */
	for (size_t len = 0; len < file.len; len++)
		refused_bytes(file.data, len, "");
	buf_put(&file, "", 1);
	refused_bytes(file.data, file.len, "the file has");
	buf_free(&file);
	memset(huge, 0xff, 8);
	refused_bytes(huge, sizeof huge, "not the length of a header");
	refused("[]", 0, "begin with {");
	refused(" {}", 0, "begin with {");
	refused("{\"a\": }", 0, "line 1");
	refused("{} {}", 0, "line 1");
	refused("{" META ", " IH ", " IH "}", 4, "duplicate");
	refused("{" TENSORS "}", 14, "no __metadata__");
	refused("{\"__metadata__\": 1, " TENSORS "}", 14, "must be an object");
	refused("{\"__metadata__\": {\"a\": 1}, " TENSORS "}", 14, "'a' is none");
	refused("{\"__metadata__\": {}, \"__metadata__\": {}}", 0, "duplicate");
}
END_TEST

START_TEST(tensors)
{
	refused("{" META ", \"a\": 1}", 0, "must have dtype");
	refused("{" META ", \"a\": {\"dtype\": \"F32\", \"shape\": [1]}}", 0,
	    "must have dtype");
	refused("{" META ", \"a\": {\"dtype\": \"F32\", \"shape\": [1], "
	    "\"data_offsets\": [0, 4], \"more\": 1}}", 1, "nothing else");
	refused("{" META ", \"a\": {\"dtype\": \"F16\", \"shape\": [2], "
	    "\"data_offsets\": [0, 4]}}", 1, "is F16, not F32");
	refused("{" META ", " T("a", "", "0", "4") "}", 1, "shape");
	refused("{" META ", " T("a", "1, 1, 1", "0", "4") "}", 1, "shape");
	refused("{" META ", " T("a", "-1", "0", "4") "}", 1, "shape");
	refused("{" META ", " T("a", "1.0", "0", "4") "}", 1, "shape");
	refused("{" META ", " T("a", "4611686018427387905", "0", "4") "}", 1,
	    "shape");
	refused("{" META ", " T("a", "33554432, 33554432", "0", "4") "}", 1,
	    "what its shape takes");
	refused("{" META ", " T("a", "2", "0", "4") "}", 1, "shape takes");
	refused("{" META ", " T("a", "1", "4", "0") "}", 1, "outside");
	refused("{" META ", " T("a", "1", "0", "8") "}", 1, "outside");
	refused("{" META ", " T("a", "1", "-4", "0") "}", 1, "outside");
	refused("{" META ", " T("a", "1", "0", "4") ", "
	    T("b", "1", "0", "4") "}", 1, "hole or overlap");
	refused("{" META ", " T("a", "1", "0", "4") ", "
	    T("b", "1", "8", "12") "}", 3, "hole or overlap");
	refused("{" META ", " T("a", "1", "4", "8") "}", 2, "hole or overlap");
	refused("{" META ", " T("a", "1", "0", "4") "}", 2, "the file has");
}
END_TEST

#define WITH(meta) "{\"__metadata__\": {" meta "}, " TENSORS "}"

START_TEST(optimizer)
{
	refused(WITH(""), 14, "which optimizer");
	refused(WITH("\"optimizer\": \"adam\""), 14, "no learned optimizer");
	refused(WITH("\"optimizer\": \"gru\""), 14, "no learned optimizer");
	refused(WITH("\"optimizer\": \"lstm\", \"format\": \"2\""), 14, "newer");
	refused(WITH("\"optimizer\": \"lstm\""), 14, "must say the optimizer's");
	refused(WITH("\"optimizer\": \"lstm\", \"options\": \"[1]\""), 14,
	    "must be a JSON object");
	refused(WITH("\"optimizer\": \"lstm\", \"options\": \"{\\\"layer\\\": "
	    "1}\""), 14, "did you mean 'layers'");
	refused(WITH("\"optimizer\": \"lstm\", \"layers\": \"[0]\""), 14,
	    "layers/0 must be from");
	refused(WITH("\"optimizer\": \"lstm\", \"layers\": \"one\""), 14,
	    "must be a list");
	refused(WITH("\"optimizer\": \"lstm\", \"layers\": \"[256, 256]\""), 14,
	    "more than there are");
	refused(WITH("\"optimizer\": \"lstm\", \"layers\": \"[1]\", "
	    "\"preprocess\": \"log_sign\""), 14, "more than there are");
}
END_TEST

START_TEST(weights)
{
	struct buf file = made("{" META ", " TENSORS "}", 14);
	float bad = NAN;

	memcpy(file.data + file.len - 4, &bad, 4);
	refused_bytes(file.data, file.len, "not finite");
	buf_free(&file);
	refused("{" META ", " IH ", " HH ", " BIAS ", "
	    T("output.weights", "1, 1", "48", "52") ", " OUTBIAS "}", 14,
	    "no tensor 'output.weight'");
	refused("{" META ", " IH ", " HH ", " BIAS ", " OUT ", "
	    T("output.bias", "1, 1", "52", "56") "}", 14, "has not the shape");
	refused("{" META ", " T("lstm.0.weight_ih", "1, 4", "0", "16") ", " HH
	    ", " BIAS ", " OUT ", " OUTBIAS "}", 14, "has not the shape");
	refused("{" META ", " TENSORS ", " T("more", "1", "56", "60") "}", 15,
	    "1 tensors are none");
	refused("{" META ", " TENSORS ", "
	    T("lstm.0.bias_hh", "4", "56", "72") "}", 18, "must be zero");
}
END_TEST

START_TEST(unfit_rows)
{
	struct snapshot_row row;
	struct message m = { "" };
	struct buf out = { 0 };

	jobtest_snapshot("{\"layers\": [2]}", &row);
	row.len--;
	for (const struct weights_format *f = weights_formats;
	    f->suffix != NULL; f++)
		ck_assert_int_eq(f->write(&row, &out, &m), ERR_FORMAT);
	ck_assert_ptr_nonnull(strstr(m.text, "weights"));
	row.len++;
	strcpy(row.optimizer, "adam");
	ck_assert_int_eq(npz_write(&row, &out, &m), ERR_FORMAT);
	strcpy(row.optimizer, "lstm");
	strcpy(row.metadata, "{}");
	ck_assert_int_eq(safetensors_write(&row, &out, &m), ERR_FORMAT);
	strcpy(row.metadata, "[");
	ck_assert_int_eq(safetensors_write(&row, &out, &m), ERR_FORMAT);
	ck_assert_uint_eq(out.len, 0);
	snapshot_row_free(&row);
}
END_TEST

START_TEST(digest)
{
	char text[65];

	formats_sha256("abc", 3, text);
	ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("safetensors");

	tcase_add_test(t, round_trip);
	tcase_add_test(t, others_files);
	tcase_add_test(t, container);
	tcase_add_test(t, tensors);
	tcase_add_test(t, optimizer);
	tcase_add_test(t, weights);
	tcase_add_test(t, unfit_rows);
	tcase_add_test(t, digest);
	return jobtest_main("safetensors", t);
}
