#include "job/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "data/dataset.h"
#include "job/param_json.h"
#include "optim/optim.h"
#include "problem/problem.h"

/* The files of etc/jobs (generated: see Makefile.inc). */
extern const struct embedded job_presets[];

/* {name: list, "next_cursor": null}; takes list, which may be NULL. */
static json_t *
page(const char *name, json_t *list)
{
	return list == NULL ? NULL :
	    json_pack("{s:o, s:n}", name, list, "next_cursor");
}

/* Append value, a new reference or NULL, to list; frees the list when it
 * cannot. */
static json_t *
append(json_t *list, json_t *value)
{
	if (list == NULL || json_array_append_new(list, value) == 0)
		return list;
	json_decref(list);
	return NULL;
}

json_t *
catalogue_problems(void)
{
	json_t *list = json_array();

	for (int i = 0; problem_types[i] != NULL && list != NULL; i++)
		list = append(list, json_pack("{s:s, s:s, s:o}",
		    "name", problem_types[i]->name,
		    "text", problem_types[i]->text,
		    "params", param_json_describe(problem_types[i]->params)));
	return page("problems", list);
}

json_t *
catalogue_optimizers(void)
{
	json_t *list = json_array();

	for (int i = 0; optim_types[i] != NULL && list != NULL; i++)
		list = append(list, json_pack("{s:s, s:s?, s:s, s:b, s:o}",
		    "name", optim_types[i]->name,
		    "alias", optim_types[i]->alias,
		    "text", optim_types[i]->text,
		    "learned", optim_learned(optim_types[i]),
		    "params", param_json_describe(optim_types[i]->params)));
	return page("optimizers", list);
}

json_t *
catalogue_datasets(const char *data_folder)
{
	struct dataset_info *infos;
	json_t *list = json_array();
	size_t count;

	if (dataset_list(data_folder, &infos, &count) < 0) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < count && list != NULL; i++) {
		const struct dataset_info *d = &infos[i];

		list = append(list, json_pack("{s:s, s:s?, s:b, s:i, s:i, s:i, "
		    "s:i, s:i, s:I, s:I, s:I}", "name", d->name, "text", d->text,
		    "available", d->train > 0, "inputs", d->inputs,
		    "rows", d->rows, "cols", d->cols, "channels", d->channels,
		    "classes", d->classes, "train", (json_int_t)d->train,
		    "test", (json_int_t)d->test, "bytes", (json_int_t)d->bytes));
	}
	free(infos);
	return page("datasets", list);
}

/* ---- presets ---- */

/* The file's name without ".json". */
static size_t
stem_len(const struct embedded *file)
{
	const char *dot = strrchr(file->name, '.');

	return dot != NULL ? (size_t)(dot - file->name) : strlen(file->name);
}

static json_t *
preset_json(const struct embedded *file)
{
	json_t *spec = json_loadb((const char *)file->data, file->len, 0, NULL);
	json_t *text = json_object_get(spec, "notes");

	return json_pack("{s:s%, s:O?, s:o}", "name", file->name, stem_len(file),
	    "text", text, "spec", spec);
}

json_t *
catalogue_presets(void)
{
	json_t *list = json_array();

	for (int i = 0; job_presets[i].name != NULL && list != NULL; i++)
		list = append(list, preset_json(&job_presets[i]));
	return page("presets", list);
}

const char *
catalogue_preset_text(const char *name)
{
	for (int i = 0; job_presets[i].name != NULL; i++)
		if (strlen(name) == stem_len(&job_presets[i]) &&
		    strncmp(name, job_presets[i].name, strlen(name)) == 0)
			return (const char *)job_presets[i].data;
	return NULL;
}
