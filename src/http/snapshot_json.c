#include "http/snapshot_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "http/json.h"
#include "job/formats.h"
#include "job/json_text.h"

static json_t *
snapshot_links(const struct snapshot_row *row)
{
	char self[64], file[80], job[64];
	json_t *links;

	snprintf(self, sizeof self, "/api/v1/snapshots/%" PRId64, row->id);
	links = json_pack("{s:s}", "self", self);
	for (const struct weights_format *format = weights_formats;
	     links != NULL && format->suffix != NULL; format++) {
		snprintf(file, sizeof file, "%s.%s", self, format->suffix);
		if (json_object_set_new(links, format->suffix,
		    json_string(file)) < 0) {
			json_decref(links);
			return NULL;
		}
	}
	snprintf(job, sizeof job, "/api/v1/jobs/%" PRId64, row->job);
	if (links != NULL && row->job != 0 &&
	    json_object_set_new(links, "job", json_string(job)) < 0) {
		json_decref(links);
		return NULL;
	}
	return links;
}

json_t *
snapshot_json(const struct snapshot_row *row)
{
	return json_pack("{s:I, s:o, s:s, s:I, s:o, s:s, s:s, s:o, s:s, s:I, "
	    "s:I, s:o, s:o}",
	    "id", (json_int_t)row->id,
	    "job", row->job != 0 ? json_integer(row->job) : json_null(),
	    "kind", row->kind,
	    "epoch", (json_int_t)row->epoch,
	    "validation_loss", json_number(row->validation_loss),
	    "optimizer", row->optimizer,
	    "group", row->group != NULL ? row->group : "",
	    "metadata", json_stored(row->metadata),
	    "sha256", row->sha256,
	    "weights", (json_int_t)row->len,
	    "size", (json_int_t)(row->len * sizeof *row->weights),
	    "created", json_time(row->created),
	    "links", snapshot_links(row));
}
