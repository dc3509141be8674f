#include "base/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

/* Entries of /proc/self/fd, without the one that reading it opens. */
static int64_t
count_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int64_t count = 0;
	struct dirent *entry;

	if (folder == NULL)
		return -1;
	while ((entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count - 1;
}

void
process_read(struct process_figures *figures)
{
	FILE *file = fopen("/proc/self/status", "re");
	struct rlimit limit;
	char line[256];
	int64_t kib;

	*figures = (struct process_figures){ -1, -1, -1, -1 };
	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "VmRSS: %" SCNd64, &kib) == 1)
			figures->resident = kib * 1024;
		sscanf(line, "Threads: %" SCNd64, &figures->threads);
	}
	if (file != NULL)
		fclose(file);
	figures->files = count_files();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		figures->files_max = (int64_t)limit.rlim_cur;
}
