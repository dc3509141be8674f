/* The description of the API, made from the route table, the parameter tables
 * and the schemas of schemas.json. */
#include <config.h>
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "http/handlers.h"
#include "http/route.h"
#include "job/catalogue.h"
#include "job/param_json.h"

#define PREFIX "/api/v1"

/* schemas.json, built in. */
extern const struct embedded http_schemas[];

/* Append value (taken) to list; false when memory is out. */
static bool
append(json_t *list, json_t *value)
{
	return json_array_append_new(list, value) == 0;
}

static json_t *
schema_reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/components/schemas/", name);
}

static bool
path_parameters(const struct route *route, json_t *list)
{
	static const struct {
		const char *name, *type;
	} known[] = { { "id", "integer" }, { "name", "string" },
		{ "format", "string" } };
	char braced[16];

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		snprintf(braced, sizeof braced, "{%s}", known[i].name);
		if (strstr(route->pattern, braced) == NULL)
			continue;
		if (!append(list, json_pack("{s:s, s:s, s:b, s:{s:s}}",
		    "name", known[i].name, "in", "path", "required", 1,
		    "schema", "type", known[i].type)))
			return false;
	}
	return true;
}

static bool
query_parameters(const struct route *route, json_t *list)
{
	json_t *schemas, *schema;
	const char *name;
	bool good = true;

	if (route->query == NULL)
		return true;
	schemas = param_json_schema(route->query);
	if (schemas == NULL)
		return false;
	json_object_foreach(schemas, name, schema)
		good = good && append(list, json_pack("{s:s, s:s, s:s, s:O}",
		    "name", name, "in", "query", "description",
		    param_find(route->query, name)->text, "schema", schema));
	json_decref(schemas);
	return good;
}

static json_t *
parameters_json(const struct route *route)
{
	json_t *list = json_array();

	if (list == NULL)
		return NULL;
	if (!path_parameters(route, list) || !query_parameters(route, list) ||
	    (route->handler == jobs_submit &&
	    !append(list, json_pack("{s:s, s:s, s:s, s:{s:s}}",
	    "name", "Idempotency-Key", "in", "header", "description",
	    "The same key with the same body gives the same job.",
	    "schema", "type", "string")))) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* {media type: {schema}} for each of the answer's types; the schema is of the
 * JSON one. */
static json_t *
content_json(const struct route *route)
{
	const char *types = route->media != NULL ? route->media :
	    "application/json";
	json_t *content = json_object();

	while (content != NULL && *types != 0) {
		size_t len = strcspn(types, ",");
		char type[64];
		json_t *media = json_object();

		snprintf(type, sizeof type, "%.*s", (int)len, types);
		if (strcmp(type, "application/json") == 0 &&
		    route->gives != NULL)
			json_object_set_new(media, "schema",
			    schema_reference(route->gives));
		if (json_object_set_new(content, type, media) < 0) {
			json_decref(content);
			return NULL;
		}
		types += len;
		types += strspn(types, ", ");
	}
	return content;
}

static json_t *
responses_json(const struct route *route)
{
	json_t *success = json_pack("{s:s}", "description", route->text);

	if (success != NULL && strcmp(route->status, "204") != 0 &&
	    json_object_set_new(success, "content", content_json(route)) < 0) {
		json_decref(success);
		return NULL;
	}
	return json_pack("{s:o, s:{s:s}}", route->status, success, "default",
	    "$ref", "#/components/responses/Problem");
}

static json_t *
body_json(const struct route *route)
{
	if (route->body == BODY_BYTES)
		return json_pack("{s:b, s:{s:{}}}", "required", 1, "content",
		    "application/octet-stream");
	return json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content",
	    "application/json", "schema", schema_reference(route->takes));
}

static json_t *
operation_json(const struct route *route)
{
	static const char *const authorities[] = {
		[AUTHORITY_NONE] = "none",
		[AUTHORITY_READ] = "read",
		[AUTHORITY_CHANGE] = "change",
	};
	json_t *operation = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}",
	    "operationId", route->name, "summary", route->text,
	    "x-authority", authorities[route->authority],
	    "security", route->authority == AUTHORITY_NONE ? json_array() :
	    json_pack("[{}, {s:[]}]", "token"),
	    "parameters", parameters_json(route),
	    "responses", responses_json(route));

	if (operation != NULL && route->body != BODY_NONE &&
	    json_object_set_new(operation, "requestBody", body_json(route)) < 0) {
		json_decref(operation);
		return NULL;
	}
	return operation;
}

/* Routes outside the base path are second names and left out. */
static json_t *
paths_json(void)
{
	json_t *paths = json_object();

	for (const struct route *route = routes;
	     paths != NULL && route->handler != NULL; route++) {
		const char *path = route->pattern + strlen(PREFIX);
		char method[8] = "";
		json_t *item;

		if (strncmp(route->pattern, PREFIX, strlen(PREFIX)) != 0)
			continue;
		for (size_t i = 0; route->method[i] != 0; i++)
			method[i] = (char)(route->method[i] | 0x20);
		item = json_object_get(paths, path);
		if (item == NULL) {
			item = json_object();
			json_object_set_new(paths, path, item);
		}
		if (json_object_set_new(item, method,
		    operation_json(route)) < 0) {
			json_decref(paths);
			return NULL;
		}
	}
	return paths;
}

/* What may be changed of a job, as in its spec. */
static json_t *
patch_schema(const json_t *job)
{
	static const char *const names[] = { "name", "notes", "tags",
		"priority" };
	const json_t *all = json_object_get(job, "properties");
	json_t *properties = json_object();

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (json_object_set(properties, names[i],
		    json_object_get(all, names[i])) < 0) {
			json_decref(properties);
			return NULL;
		}
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties",
	    properties, "additionalProperties", 0);
}

static json_t *
components_json(void)
{
	json_t *components = json_loadb((const char *)http_schemas[0].data,
	    http_schemas[0].len, JSON_REJECT_DUPLICATES, NULL);
	json_t *schemas = json_object_get(components, "schemas");
	json_t *job = catalogue_job_schema();

	if (json_object_set_new(schemas, "JobPatch", patch_schema(job)) < 0 ||
	    json_object_set(schemas, "JobSpec", job) < 0) {
		json_decref(components);
		components = NULL;
	}
	json_decref(job);
	return components;
}

void
openapi_read(const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json(rs, 200, json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], "
	    "s:o, s:o}", "openapi", "3.1.0",
	    "info", "title", "l2ld", "version", PACKAGE_VERSION,
	    "description", "Experiments with learned optimizers.",
	    "servers", "url", PREFIX,
	    "paths", paths_json(), "components", components_json()));
}
