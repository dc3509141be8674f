/* The sets that can be named and where each comes from.  registry.c also holds
 * dataset_list and dataset_describe. */
#ifndef L2LD_DATA_REGISTRY_H
#define L2LD_DATA_REGISTRY_H

#include <stdbool.h>

#include "base/err.h"
#include "data/dataset.h"
#include "data/records.h"

/* ERR_INVALID, with a sentence, for what cannot be a set's name: names become
 * folder names, so nothing that leads elsewhere or hides. */
int
registry_check_name(const char *name, struct message *m);

/* Whether the set of this name is made of files in the data folder. */
bool
registry_has_files(const char *name);

/* Load the set called name, which registry_check_name accepts: what describes
 * it, and its records, which the caller frees.  Errors as dataset_open. */
int
registry_load(const char *folder, const char *name, struct dataset_info *info,
    struct records *train, struct records *test, struct message *m);

#endif
