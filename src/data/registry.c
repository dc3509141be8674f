#include "data/registry.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/cifar.h"
#include "data/folder.h"
#include "data/synthetic.h"

#define SYNTHETIC "synthetic-digits"

/* What reads the files of a set's folder. */
struct reader {
	bool (*has)(const char *path, const char **missing);
	int (*describe)(const char *path, struct dataset_info *info,
	    struct message *m);
	int (*load)(const char *path, struct dataset_info *info,
	    struct records *train, struct records *test, struct message *m);
};

static const struct reader idx_reader = { folder_has, folder_describe,
	folder_load };
static const struct reader cifar_reader = { cifar_has, cifar_describe,
	cifar_load };

/* A set and where in the data folder it is. */
struct place {
	const char *name, *folder, *text;
	const struct reader *reader;	/* NULL: no files */
};

/* The sets that are listed even when they are not there. */
static const struct place known[] = {
	{ "mnist", "mnist", "MNIST: 28 x 28 handwritten digits (LeCun, "
	    "Cortes).", &idx_reader },
	{ "digits8x8", "digits8x8", "8 x 8 handwritten digits of the UCI "
	    "repository (Alpaydin, Kaynak).", &idx_reader },
	{ "cifar10", "cifar-10-batches-bin", "CIFAR-10: 32 x 32 colour "
	    "pictures of ten kinds of things (Krizhevsky).", &cifar_reader },
	{ SYNTHETIC, NULL, "28 x 28 digits, generated; needs no files.", NULL },
};

#define KNOWN (sizeof known / sizeof known[0])

/* A known set, else NULL. */
static const struct place *
known_place(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	}
	return NULL;
}

/* Any other set is the folder of its name. */
static struct place
find_place(const char *name)
{
	const struct place *place = known_place(name);

	return place != NULL ? *place : (struct place){ name, name,
	    "IDX files in the data folder.", &idx_reader };
}

int
registry_check_name(const char *name, struct message *m)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	/* The name is not repeated: it may be no text at all. */
	if (len == 0 || name[len] != 0 || len >= DATASET_NAME_MAX ||
	    name[0] == '.')
		return message_set(m, ERR_INVALID, "a data set's name has 1 to "
		    "%d letters, digits, dots, underscores and hyphens and does "
		    "not begin with a dot", DATASET_NAME_MAX - 1);
	return 0;
}

bool
registry_has_files(const char *name)
{
	return find_place(name).reader != NULL;
}

/* Fill in what the files do not say. */
static void
set_name(struct dataset_info *info, const char *name)
{
	snprintf(info->name, sizeof info->name, "%.*s", DATASET_NAME_MAX - 1,
	    name);
	info->text = find_place(name).text;
}

/* The path of the folder of a set, if its files are there. */
static int
find_folder(const char *folder, const struct place *place, char path[PATH_MAX],
    struct message *m)
{
	const char *missing;

	if (snprintf(path, PATH_MAX, "%s/%s", folder, place->folder) >=
	    PATH_MAX)
		return message_set(m, ERR_INVALID, "the data folder's path is "
		    "too long");
	if (place->reader->has(path, &missing))
		return 0;
	if (known_place(place->name) != NULL)
		return message_set(m, ERR_NOT_FOUND, "data set %s: %s has no "
		    "%s, raw or .gz; run \"etc/get-datasets -d %s %s\" to fetch "
		    "it, or use " SYNTHETIC ", which needs no files",
		    place->name, path, missing, folder, place->name);
	return message_set(m, ERR_NOT_FOUND, "data set %s: %s has no %s, raw "
	    "or .gz; put its four IDX files there, fetch a public set with "
	    "etc/get-datasets, or use " SYNTHETIC ", which needs no files",
	    place->name, path, missing);
}

int
registry_load(const char *folder, const char *name, struct dataset_info *info,
    struct records *train, struct records *test, struct message *m)
{
	const struct place place = find_place(name);
	char path[PATH_MAX];
	int r;

	memset(info, 0, sizeof *info);
	memset(train, 0, sizeof *train);
	memset(test, 0, sizeof *test);
	if (place.reader != NULL) {
		r = find_folder(folder, &place, path, m);
		if (r == 0)
			r = place.reader->load(path, info, train, test, m);
	} else {
		synthetic_describe(info);
		r = synthetic_load(train, test);
		if (r < 0)
			message_set(m, r, "no memory for data set %s", name);
	}
	if (r == 0)
		set_name(info, name);
	return r;
}

int
dataset_describe(const char *folder, const char *name,
    struct dataset_info *info, struct message *m)
{
	const struct place place = find_place(name);
	char path[PATH_MAX];
	int r;

	memset(info, 0, sizeof *info);
	r = registry_check_name(name, m);
	if (r < 0)
		return r;
	if (place.reader != NULL) {
		r = find_folder(folder, &place, path, m);
		if (r == 0)
			r = place.reader->describe(path, info, m);
	} else {
		synthetic_describe(info);
	}
	if (r == 0)
		set_name(info, name);
	return r;
}

/* Describe a set for the list: one that cannot be read has no records. */
static void
list_one(const char *folder, const char *name, struct dataset_info *info)
{
	if (dataset_describe(folder, name, info, NULL) < 0) {
		memset(info, 0, sizeof *info);
		set_name(info, name);
	}
}

/* Whether an entry of the data folder is a set that is not among the known. */
static bool
is_other(const char *folder, const char *name)
{
	const struct place place = find_place(name);
	char path[PATH_MAX];

	return registry_check_name(name, NULL) == 0 &&
	    known_place(name) == NULL &&
	    find_folder(folder, &place, path, NULL) == 0;
}

/* scandir's order: by bytes, whatever the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
dataset_list(const char *folder, struct dataset_info **infos, size_t *count)
{
	struct dirent **entries = NULL;
	int len = scandir(folder, &entries, NULL, by_name);
	struct dataset_info *all;
	size_t n = 0;

	*infos = NULL;
	*count = 0;
	/* A folder that is not there has no sets of its own. */
	len = len < 0 ? 0 : len;
	all = calloc(KNOWN + (size_t)len, sizeof *all);
	for (size_t i = 0; i < KNOWN && all != NULL; i++)
		list_one(folder, known[i].name, &all[n++]);
	for (int i = 0; i < len; i++) {
		if (all != NULL && is_other(folder, entries[i]->d_name))
			list_one(folder, entries[i]->d_name, &all[n++]);
		free(entries[i]);
	}
	free(entries);
	if (all == NULL)
		return ERR_MEMORY;
	*infos = all;
	*count = n;
	return 0;
}
