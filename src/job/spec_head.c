/* The head of a spec: its scalar members and tags; and changing them later. */
#include <stdlib.h>
#include <string.h>

#include "job/json_text.h"
#include "job/spec_read.h"

#define AT(member) .offset = offsetof(struct spec_options, member)

static const char *const types[] = { "train", "evaluate", NULL };

/* Whole numbers up to this one survive every JSON reader. */
#define SEED_MAX 9007199254740991.0

const struct param spec_params[] = {
	{ .name = "name", .kind = PARAM_TEXT, AT(name), .preset = "",
	  .text = "What the job is called in lists; default: what it does." },
	{ .name = "type", .kind = PARAM_CHOICE, AT(type), .preset = "train",
	  .choices = types, .text = "train: meta-train an optimizer, then "
	  "evaluate it; evaluate: compare those that exist." },
	{ .name = "seed", .kind = PARAM_INT, AT(seed), .min = 0,
	  .max = SEED_MAX, .preset = "1", .text = "Of every random draw: the "
	  "same spec and seed give the same numbers." },
	{ .name = "threads", .kind = PARAM_INT, AT(threads), .min = 0,
	  .max = 256, .preset = "0", .text = "Threads of the job; 0: as the "
	  "server is configured. The numbers do not depend on it." },
	{ .name = "priority", .kind = PARAM_INT, AT(priority), .min = -100,
	  .max = 100, .preset = "0",
	  .text = "Queued jobs of higher priority run first." },
	{ .name = "notes", .kind = PARAM_TEXT, AT(notes), .preset = "",
	  .len_max = SPEC_NOTES_MAX, .text = "For people: paragraphs, if need "
	  "be." },
	{ .name = NULL }
};

/* Members that are no plain options. */
static const char *const others[] = { "tags", "problem", "optimizer",
    "optimizers", "training", "evaluation", NULL };

static void
read_tags(const json_t *list, struct spec *spec, struct faults *faults)
{
	char at[POINTER_MAX];

	if (list == NULL || !json_expect(list, JSON_ARRAY, "/tags", faults))
		return;
	if (json_array_size(list) > SPEC_TAGS_MAX) {
		fault_add(faults, "/tags", "wrong_length", "must have at most %d "
		    "entries", SPEC_TAGS_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *tag = json_array_get(list, i);
		size_t len = json_string_length(tag);

		pointer_index(at, "/tags", i);
		if (!json_expect(tag, JSON_STRING, at, faults) ||
		    !json_expect_text(json_string_value(tag), false, at, faults))
			continue;
		if (len < 1 || len >= PARAM_TEXT_MAX) {
			fault_add(faults, at, "wrong_length", "must have from 1 "
			    "to %d bytes", PARAM_TEXT_MAX - 1);
			continue;
		}
		for (int j = 0; j < spec->tags_len; j++)
			if (strcmp(spec->tags[j], json_string_value(tag)) == 0)
				fault_add(faults, at, "duplicate", "stands in "
				    "the list already");
		strcpy(spec->tags[spec->tags_len++], json_string_value(tag));
	}
}

json_t *
spec_tags_json(const struct spec *spec)
{
	json_t *list = json_array();

	for (int i = 0; i < spec->tags_len && list != NULL; i++) {
		if (json_array_append_new(list, json_string(spec->tags[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

void
spec_head_read(const json_t *document, struct spec *spec, struct faults *faults)
{
	param_defaults(spec_params, &spec->options);
	param_json_read(spec_params, document, others, "", &spec->options,
	    faults);
	json_expect_text(spec->options.name, false, "/name", faults);
	read_tags(json_object_get(document, "tags"), spec, faults);
}

/* ---- changing a job ---- */

/* What a PATCH may name. */
static const char *const changeable[] = { "name", "notes", "tags", "priority",
    NULL };

static void
refuse_others(const json_t *object, struct faults *faults)
{
	json_t *members = (json_t *)(uintptr_t)object, *value;
	const char *key;
	char at[POINTER_MAX];

	json_object_foreach(members, key, value) {
		bool known = false;

		for (int i = 0; changeable[i] != NULL; i++)
			known |= strcmp(changeable[i], key) == 0;
		pointer_key(at, "", key);
		if (!known)
			fault_add(faults, at, "not_allowed", "cannot be changed "
			    "in a job; name, notes, tags and priority can");
	}
}

static int
patch_tags(const struct spec *spec, struct spec_patch *patch)
{
	json_t *list = spec_tags_json(spec);
	struct buf text = { 0 };

	if (list == NULL)
		return ERR_MEMORY;
	json_text(&text, list, false);
	json_decref(list);
	patch->tags = text.data;
	patch->patch.tags = text.data;
	return buf_error(&text);
}

int
spec_patch_read(const json_t *object, struct spec_patch *patch,
    struct faults *faults)
{
	struct spec *spec = calloc(1, sizeof *spec);
	int r = 0;

	memset(patch, 0, sizeof *patch);
	if (spec == NULL)
		return ERR_MEMORY;
	if (json_expect(object, JSON_OBJECT, "", faults)) {
		refuse_others(object, faults);
		if (faults->len == 0)
			spec_head_read(object, spec, faults);
	}
	patch->options = spec->options;
	if (json_object_get(object, "name") != NULL) {
		patch->patch.name = patch->options.name;
		if (patch->options.name[0] == 0)
			fault_add(faults, "/name", "missing", "must not be empty");
	}
	if (json_object_get(object, "notes") != NULL)
		patch->patch.notes = patch->options.notes;
	if (json_object_get(object, "priority") != NULL)
		patch->patch.priority = &patch->options.priority;
	if (faults->len > 0)
		r = ERR_INVALID;
	else if (json_object_get(object, "tags") != NULL)
		r = patch_tags(spec, patch);
	free(spec);
	return r;
}

void
spec_patch_free(struct spec_patch *patch)
{
	free(patch->tags);
	memset(patch, 0, sizeof *patch);
}
