/* Fuzzing of specs: the input is a job's text, and the text of a PATCH.  Whatever
 * it says, it is refused with faults that fit JSON, or its filled-in spec is a
 * fixed point and can be estimated. */
#include <stdlib.h>
#include <string.h>

#include "job/json_text.h"
#include "job/spec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct spec_env env = { "/nonexistent", NULL };

static struct spec *
read_text(const char *text, size_t len, struct faults *faults)
{
	json_t *document;
	struct spec *spec = NULL;

	memset(faults, 0, sizeof *faults);
	document = spec_text_parse(text, len, faults);
	if (document != NULL && (spec_read(document, &env, &spec, faults) == 0) !=
	    (spec != NULL))
		abort();
	json_decref(document);
	/* Refused or not, and never without a reason. */
	if ((spec == NULL) != (faults->len > 0))
		abort();
	return spec;
}

static void
check_faults(const struct faults *faults)
{
	json_t *json = faults_json(faults);

	if (json_array_size(json) != (size_t)faults->len)
		abort();
	json_decref(json);
}

static void
check_fixed(const struct spec *spec, struct faults *faults)
{
	struct buf first = { 0 }, second = { 0 };
	struct estimate estimate;
	struct spec *again;
	struct message m = { "" };
	int r = spec_estimate(spec, &env, 2, &estimate, &m);

	if (r != 0 && (r != ERR_LIMIT || m.text[0] == 0))
		abort();
	json_text(&first, spec->json, true);
	again = read_text(first.data, first.len, faults);
	/* Filled in, it may be larger than a body may be. */
	if (again == NULL && strcmp(faults->list[0].code, "too_large") != 0 &&
	    strcmp(faults->list[0].code, "json") != 0)
		abort();
	if (again != NULL) {
		json_text(&second, again->json, true);
		if (first.len != second.len ||
		    memcmp(first.data, second.data, first.len) != 0)
			abort();
	}
	buf_free(&first);
	buf_free(&second);
	spec_free(again);
}

static void
read_patch(const char *text, size_t len, struct faults *faults)
{
	struct spec_patch patch;
	json_t *document;

	memset(faults, 0, sizeof *faults);
	document = spec_text_parse(text, len, faults);
	if (document != NULL) {
		if ((spec_patch_read(document, &patch, faults) == 0) !=
		    (faults->len == 0))
			abort();
		spec_patch_free(&patch);
		json_decref(document);
	}
	check_faults(faults);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults *faults = malloc(sizeof *faults);
	struct spec *spec = read_text((const char *)data, size, faults);

	check_faults(faults);
	if (spec != NULL)
		check_fixed(spec, faults);
	spec_free(spec);
	read_patch((const char *)data, size, faults);
	free(faults);
	return 0;
}
