#include "data/dataset.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/records.h"
#include "data/registry.h"

/* A set in use.  The list's mutex guards loading, users and next.  The thread
 * that put the set on the list writes the members from info to failure while
 * loading is true; after that nobody does. */
struct dataset {
	char name[DATASET_NAME_MAX];
	char *folder;
	struct dataset *next;
	size_t users;
	bool loading;
	struct dataset_info info;
	struct records train, test;
	int result;		/* of the loading */
	struct message failure;
};

/* The sets in use: each loading or loaded, none that failed. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t loaded;
	struct dataset *first;
} list = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL };

static void
free_set(struct dataset *set)
{
	if (set == NULL)
		return;
	records_free(&set->train);
	records_free(&set->test);
	free(set->folder);
	free(set);
}

/* A set that is yet to be loaded, its first user counted; NULL without
 * memory. */
static struct dataset *
new_set(const char *folder, const char *name)
{
	struct dataset *set = calloc(1, sizeof *set);

	if (set == NULL)
		return NULL;
	snprintf(set->name, sizeof set->name, "%s", name);
	set->users = 1;
	set->loading = true;
	set->folder = strdup(folder);
	if (set->folder == NULL) {
		free_set(set);
		return NULL;
	}
	return set;
}

/* With the mutex held: take a set off the list, if it is there. */
static void
unlink_set(const struct dataset *set)
{
	struct dataset **place = &list.first;

	while (*place != NULL && *place != set)
		place = &(*place)->next;
	if (*place != NULL)
		*place = set->next;
}

/* The set of this folder and name that is in use, one more user counted, once
 * it is loaded or has failed to; or NULL, and then *fresh has gone on the list
 * in its place, for the caller to load. */
static struct dataset *
share_or_add(struct dataset *fresh)
{
	struct dataset *set;

	pthread_mutex_lock(&list.mutex);
	set = list.first;
	while (set != NULL && (strcmp(set->name, fresh->name) != 0 ||
	    strcmp(set->folder, fresh->folder) != 0))
		set = set->next;
	if (set != NULL) {
		set->users++;
		while (set->loading)
			pthread_cond_wait(&list.loaded, &list.mutex);
	} else {
		fresh->next = list.first;
		list.first = fresh;
	}
	pthread_mutex_unlock(&list.mutex);
	return set;
}

/* Load a set that this thread has put on the list and wake those who wait. */
static void
load_added(struct dataset *set)
{
	set->result = registry_load(set->folder, set->name, &set->info,
	    &set->train, &set->test, &set->failure);
	pthread_mutex_lock(&list.mutex);
	/* Whoever asks next for a set that failed tries again. */
	if (set->result < 0)
		unlink_set(set);
	set->loading = false;
	pthread_cond_broadcast(&list.loaded);
	pthread_mutex_unlock(&list.mutex);
}

int
dataset_open(const char *folder, const char *name, struct dataset **out,
    struct message *m)
{
	struct dataset *set, *fresh;
	int r;

	*out = NULL;
	r = registry_check_name(name, m);
	if (r < 0)
		return r;
	/* A set without files is the same one in all folders. */
	fresh = new_set(registry_has_files(name) ? folder : "", name);
	if (fresh == NULL)
		return message_set(m, ERR_MEMORY, "no memory for data set %s",
		    name);
	set = share_or_add(fresh);
	if (set == NULL) {
		load_added(fresh);
		set = fresh;
	} else {
		free_set(fresh);
	}
	r = set->result;
	if (r < 0) {
		message_set(m, r, "%s", set->failure.text);
		dataset_close(set);
		return r;
	}
	*out = set;
	return 0;
}

void
dataset_close(struct dataset *set)
{
	bool last;

	if (set == NULL)
		return;
	pthread_mutex_lock(&list.mutex);
	last = --set->users == 0;
	if (last)
		unlink_set(set);
	pthread_mutex_unlock(&list.mutex);
	if (last)
		free_set(set);
}

const struct dataset_info *
dataset_info(const struct dataset *set)
{
	return &set->info;
}

/* The records of a split, not to be freed. */
static struct records
split_records(const struct dataset *set, enum dataset_split split)
{
	const struct records *all = split == SPLIT_TEST ? &set->test :
	    &set->train;
	size_t half = all->count / 2, first = 0, count = all->count;

	if (split == SPLIT_TRAIN)
		count = half;
	if (split == SPLIT_EVALUATE) {
		first = half;
		count -= half;
	}
	return (struct records){ count,
		all->images + first * (size_t)set->info.inputs,
		all->labels + first };
}

size_t
dataset_count(const struct dataset *set, enum dataset_split split)
{
	return split_records(set, split).count;
}

void
dataset_gather(const struct dataset *set, enum dataset_split split,
    const uint32_t *numbers, size_t count, float *x, uint8_t *labels)
{
	struct records records = split_records(set, split);

	records_gather(&records, (size_t)set->info.inputs, set->info.scale,
	    numbers, count, x, labels);
}
