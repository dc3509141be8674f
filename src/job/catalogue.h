/* The catalogue: problems, optimizers, data sets and presets, and the JSON schema
 * of a job, all made from the parameter tables.  Each returns a new reference,
 * NULL when memory is out. */
#ifndef L2LD_JOB_CATALOGUE_H
#define L2LD_JOB_CATALOGUE_H

#include <jansson.h>

#include "base/param.h"

/* {"problems": [{name, text, params: [...]}], "next_cursor": null}, and so on. */
json_t *
catalogue_problems(void);
json_t *
catalogue_optimizers(void);
json_t *
catalogue_datasets(const char *data_folder);
/* The jobs of etc/jobs that were built in: [{name, text, spec}]. */
json_t *
catalogue_presets(void);
/* The built-in job called name as text, or NULL. */
const char *
catalogue_preset_text(const char *name);

/* JSON schema (draft 2020-12) of a job spec, for OpenAPI. */
json_t *
catalogue_job_schema(void);

#endif
