#include "tests/store/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/curves.h"
#include "store/jobs.h"

char scratch_path[128];
static char folder[64];

void
scratch_begin(void)
{
	snprintf(folder, sizeof folder, "/tmp/l2ld-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(scratch_path, sizeof scratch_path, "%s/l2ld.db", folder);
}

void
scratch_end(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			unlink(scratch_file(entry->d_name));
	closedir(dir);
	rmdir(folder);
}

const char *
scratch_file(const char *name)
{
	static char path[sizeof folder + 300];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

struct store *
scratch_open(void)
{
	struct store *store;
	struct message m;
	int r = store_open(scratch_path, &store, &m);

	ck_assert_msg(r == 0, "store_open: %d %s", r, m.text);
	ck_assert_ptr_nonnull(store);
	ck_assert_str_eq(m.text, "");
	return store;
}

int64_t
scratch_job(struct store *store, const char *name, int64_t priority)
{
	struct job_new job = { .name = name, .type = "train", .spec = "{}",
		.tags = "[]", .notes = "", .priority = priority };
	int64_t id;
	bool existing;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
	ck_assert(!existing);
	ck_assert_int_gt(id, 0);
	return id;
}

void
scratch_curve(struct store *store, int64_t job)
{
	ck_assert_int_eq(store_curve_open(store, job, "loss", "{}", 1), 0);
}

char *
scratch_read(const char *path, size_t *len)
{
	struct message m;
	char *data;

	ck_assert_int_eq(file_read(path, (size_t)1 << 30, &data, len, &m), 0);
	return data;
}
