#include <stdlib.h>

#include "base/buf.h"
#include "http/handlers.h"
#include "http/job_answer.h"
#include "job/json_text.h"
#include "job/param_json.h"
#include "job/server.h"
#include "job/spec.h"

#define PATCH_NAMES 3

/* The spec's own entries for what can still be changed of a job, so that the
 * same rules hold. */
static void
patch_table(struct param table[PATCH_NAMES + 1])
{
	static const char *const names[PATCH_NAMES] = { "name", "notes",
		"priority" };

	for (int i = 0; i < PATCH_NAMES; i++)
		table[i] = *param_find(spec_params, names[i]);
	table[PATCH_NAMES] = (struct param){ 0 };
}

json_t *
job_patch_schema(void)
{
	struct param table[PATCH_NAMES + 1];
	json_t *properties;

	patch_table(table);
	properties = param_json_schema(table);
	if (properties == NULL || json_object_set_new(properties, "tags",
	    json_pack("{s:s, s:{s:s}, s:i}", "type", "array", "items", "type",
	    "string", "maxItems", SPEC_TAGS_MAX)) < 0) {
		json_decref(properties);
		return NULL;
	}
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties",
	    properties, "additionalProperties", 0);
}

static void
patch_check_tags(const json_t *tags, struct faults *faults)
{
	const json_t *tag;
	size_t i;

	if (tags == NULL || !json_expect(tags, JSON_ARRAY, "/tags", faults))
		return;
	if (json_array_size(tags) > SPEC_TAGS_MAX)
		fault_add(faults, "/tags", "out_of_range",
		    "must have at most %d entries", SPEC_TAGS_MAX);
	json_array_foreach(tags, i, tag) {
		char pointer[POINTER_MAX];

		pointer_index(pointer, "/tags", i);
		if (!json_expect(tag, JSON_STRING, pointer, faults) ||
		    !json_expect_text(json_string_value(tag), false, pointer,
		    faults))
			continue;
		if (json_string_length(tag) == 0 ||
		    json_string_length(tag) >= PARAM_TEXT_MAX)
			fault_add(faults, pointer, "out_of_range",
			    "must have from 1 to %d bytes",
			    PARAM_TEXT_MAX - 1);
	}
}

static void
patch_check(const json_t *body, struct spec_options *options,
    struct faults *faults)
{
	static const char *const others[] = { "tags", NULL };
	struct param table[PATCH_NAMES + 1];

	patch_table(table);
	if (!json_expect(body, JSON_OBJECT, "", faults))
		return;
	param_json_read(table, body, others, "", options, faults);
	patch_check_tags(json_object_get(body, "tags"), faults);
}

static int
patch_write(const struct request *rq, const json_t *body,
    const struct spec_options *options)
{
	const json_t *list = json_object_get(body, "tags");
	struct job_patch patch = { 0 };
	struct buf tags = { 0 };
	int r;

	if (json_object_get(body, "name") != NULL)
		patch.name = options->name;
	if (json_object_get(body, "notes") != NULL)
		patch.notes = options->notes;
	if (json_object_get(body, "priority") != NULL)
		patch.priority = &options->priority;
	if (list != NULL)
		json_text(&tags, list, false);
	patch.tags = tags.data;
	r = buf_error(&tags);
	if (r == 0)
		r = store_job_patch(server_store(rq->server), rq->id, &patch);
	buf_free(&tags);
	return r;
}

void
job_patch(const struct request *rq, struct response *rs)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct spec_options options = { 0 };
	json_t *body;
	int r = ERR_INVALID;

	if (faults == NULL) {
		response_error(rs, ERR_MEMORY, "memory");
		return;
	}
	body = spec_text_parse(rq->body != NULL ? rq->body : "", rq->body_len,
	    faults);
	if (body != NULL)
		patch_check(body, &options, faults);
	if (faults->len > 0)
		job_answer_faults(rs, r, faults);
	else if ((r = patch_write(rq, body, &options)) < 0)
		job_answer_error(rs, r, rq->id);
	else
		job_answer(rq->server, rs, 200, rq->id);
	json_decref(body);
	free(faults);
}
