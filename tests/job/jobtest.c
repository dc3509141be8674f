#include "tests/job/jobtest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/formats.h"
#include "job/json_text.h"
#include "job/param_json.h"

const struct spec_env jobtest_env = { "/nonexistent", NULL };

static char folder[64];

int
jobtest_read(const char *text, const struct spec_env *env, struct spec **spec,
    struct faults *faults)
{
	struct faults *own = calloc(1, sizeof *own);
	struct faults *use = faults != NULL ? faults : own;
	json_t *document;
	int r = -1;

	ck_assert_ptr_nonnull(own);
	memset(use, 0, sizeof *use);
	*spec = NULL;
	document = spec_text_parse(text, strlen(text), use);
	if (document != NULL)
		r = spec_read(document, env, spec, use);
	json_decref(document);
	if (faults == NULL && use->len > 0)
		ck_abort_msg("%s: %s (%s)", use->list[0].pointer,
		    use->list[0].detail, text);
	free(own);
	return r;
}

struct spec *
jobtest_fixed(const char *text, const struct spec_env *env)
{
	struct spec *spec, *again;
	char *first, *second;

	ck_assert_int_eq(jobtest_read(text, env, &spec, NULL), 0);
	first = jobtest_text(spec->json);
	ck_assert_int_eq(jobtest_read(first, env, &again, NULL), 0);
	second = jobtest_text(again->json);
	ck_assert_str_eq(first, second);
	ck_assert(json_equal(spec->json, again->json));
	free(first);
	free(second);
	spec_free(again);
	return spec;
}

void
jobtest_faults(const char *text, const struct spec_env *env,
    const char *expected)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct buf found = { 0 };
	struct spec *spec;

	ck_assert_ptr_nonnull(faults);
	jobtest_read(text, env, &spec, faults);
	ck_assert_ptr_null(spec);
	for (int i = 0; i < faults->len; i++) {
		const struct fault *f = &faults->list[i];

		buf_printf(&found, "%s %s\n", f->pointer[0] ? f->pointer : ".",
		    f->code);
		/* Sentences are for people: they must at least be there. */
		ck_assert_uint_gt(strlen(f->detail), 5);
	}
	if (found.data == NULL || strcmp(found.data, expected) != 0) {
		for (int i = 0; i < faults->len; i++)
			fprintf(stderr, "%s %s: %s\n", faults->list[i].pointer,
			    faults->list[i].code, faults->list[i].detail);
		ck_abort_msg("%s\nhas faults\n%sand not\n%s", text,
		    found.data != NULL ? found.data : "", expected);
	}
	buf_free(&found);
	free(faults);
}

char *
jobtest_text(const json_t *value)
{
	struct buf text = { 0 };

	json_text(&text, value, false);
	ck_assert_int_eq(buf_error(&text), 0);
	return text.data;
}

json_t *
jobtest_at(const json_t *value, const char *pointer)
{
	json_t *at = (json_t *)(uintptr_t)value;
	char copy[256], *save, *word;

	snprintf(copy, sizeof copy, "%s", pointer);
	for (word = strtok_r(copy, "/", &save); word != NULL;
	    word = strtok_r(NULL, "/", &save)) {
		at = json_is_array(at) ? json_array_get(at,
		    strtoul(word, NULL, 10)) : json_object_get(at, word);
		ck_assert_msg(at != NULL, "nothing at %s of %s", word, pointer);
	}
	return at;
}

void
jobtest_snapshot(const char *options, struct snapshot_row *row)
{
	const struct optim_type *type = optim_find("lstm");
	struct random_key key = { .seed = 7, .purpose = RANDOM_WEIGHTS };
	struct faults *faults = calloc(1, sizeof *faults);
	json_t *json = json_loads(options, 0, NULL), *full = json_object();
	struct optim_options o = { 0 };
	struct buf text = { 0 };

	/* write_formats calls this too, where libcheck is not at work. */
	assert(faults != NULL && json != NULL && full != NULL);
	param_defaults(type->params, &o);
	param_json_read(type->params, json, NULL, "", &o, faults);
	assert(faults->len == 0);
	param_json_write(type->params, &o, full);
	buf_text(&text, "{\"format\": 1, \"options\": ");
	json_text(&text, full, false);
	buf_text(&text, ", \"problem\": {\"type\": \"quadratic\"}, "
	    "\"job_name\": \"caf\xc3\xa9 \\\"1\\\"\"}");
	*row = (struct snapshot_row){ .job = 3, .kind = strdup("best"),
	    .epoch = 150, .validation_loss = 52.25, .optimizer = strdup("lstm"),
	    .group = strdup(""), .metadata = text.data };
	row->len = type->weights_len(&o);
	row->weights = malloc(row->len * sizeof(float));
	row->sha256 = malloc(65);
	type->weights_init(&o, &key, row->weights);
	formats_sha256(row->weights, row->len * sizeof(float), row->sha256);
	json_decref(json);
	json_decref(full);
	free(faults);
}

struct store *
jobtest_store_open(void)
{
	struct store *store;
	struct message m = { "" };
	char path[128];

	strcpy(folder, "/tmp/l2ld-job-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/test.sqlite", folder);
	ck_assert_msg(store_open(path, &store, &m) == 0, "%s", m.text);
	return store;
}

void
jobtest_store_close(struct store *store)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	char path[128];

	store_close(store);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		snprintf(path, sizeof path, "%s/test.sqlite%s", folder,
		    suffixes[i]);
		unlink(path);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}

int
jobtest_main(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	json_object_seed(1);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
