#include "base/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file with one number; INT64_MAX when it is not there or says "max". */
static int64_t
read_limit(const char *path)
{
	FILE *file = fopen(path, "re");
	long long value;

	if (file == NULL)
		return INT64_MAX;
	if (fscanf(file, "%lld", &value) != 1 || value <= 0)
		value = INT64_MAX;
	fclose(file);
	return value;
}

/* The least limit of a group and those around it. */
static int64_t
group_limit(const char *root, char *group, const char *name)
{
	int64_t least = INT64_MAX;
	char path[4096];

	for (;;) {
		char *slash = strrchr(group, '/');
		int64_t limit;

		snprintf(path, sizeof path, "%s%s/%s", root, group, name);
		limit = read_limit(path);
		if (limit < least)
			least = limit;
		if (slash == NULL)
			return least;
		*slash = 0;
	}
}

/* Lines are "0::GROUP" of version 2 and "N:memory:GROUP" of version 1. */
static int64_t
groups_limit(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	int64_t least = INT64_MAX;
	char line[2048];

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		char *second = strchr(line, ':');
		char *group = second != NULL ? strchr(second + 1, ':') : NULL;
		int64_t limit = INT64_MAX;

		if (group == NULL)
			continue;
		*group++ = 0;
		group[strcspn(group, "\n")] = 0;
		if (strcmp(second, ":") == 0)
			limit = group_limit("/sys/fs/cgroup", group,
			    "memory.max");
		else if (strstr(second, "memory") != NULL)
			limit = group_limit("/sys/fs/cgroup/memory", group,
			    "memory.limit_in_bytes");
		if (limit < least)
			least = limit;
	}
	if (file != NULL)
		fclose(file);
	return least;
}

int64_t
machine_memory(void)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES);
	int64_t memory = pages > 0 ? pages * sysconf(_SC_PAGESIZE) : 0;
	int64_t limit = groups_limit();

	return memory == 0 || limit < memory ?
	    (limit == INT64_MAX ? 0 : limit) : memory;
}
