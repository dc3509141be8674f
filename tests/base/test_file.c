/* Files: read whole, written at once or not at all; and folders. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/run.h"

static char folder[256];

static void
begin(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/l2ld-file.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
end(void)
{
	char command[300];

	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

/* The path of a name in the folder; static. */
static const char *
in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static int
entries(void)
{
	DIR *dir = opendir(folder);
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2;
}

START_TEST(reads_what_was_written)
{
	static char bytes[100000];
	char *got;
	size_t len;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * i >> 3);
	for (size_t want = 0; want <= sizeof bytes; want = 3 * want + 1) {
		ck_assert_int_eq(file_write(in_folder("a"), bytes, want,
		    NULL), 0);
		ck_assert_int_eq(file_read(in_folder("a"), want, &got, &len,
		    NULL), 0);
		ck_assert_uint_eq(len, want);
		ck_assert_mem_eq(got, bytes, want);
		ck_assert_int_eq(got[len], 0);
		free(got);
	}
	/* Nothing but the file is left, and others may read it. */
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(access(in_folder("a"), R_OK), 0);
}
END_TEST

static void
refuse_read(const char *path, size_t limit, int code, const char *says)
{
	char *data = folder;
	size_t len = 1;
	struct message m = { "" };

	ck_assert_int_eq(file_read(path, limit, &data, &len, &m), code);
	ck_assert_ptr_null(data);
	ck_assert_uint_eq(len, 0);
	ck_assert_msg(strstr(m.text, path) != NULL &&
	    strstr(m.text, says) != NULL, "%s", m.text);
}

START_TEST(refuses_to_read)
{
	ck_assert_int_eq(file_write(in_folder("ten"), "0123456789", 10, NULL),
	    0);
	refuse_read(in_folder("ten"), 9, ERR_LIMIT, "10 bytes; at most 9");
	refuse_read(in_folder("none"), 9, ERR_NOT_FOUND, "No such file");
	refuse_read(in_folder("ten/none"), 9, ERR_NOT_FOUND, "cannot read");
	refuse_read(folder, 9, ERR_IO, "not a regular file");
	ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
	refuse_read(in_folder("pipe"), 9, ERR_IO, "not a regular file");
}
END_TEST

START_TEST(writes_all_or_nothing)
{
	struct message m = { "" };
	char *got;
	size_t len;

	ck_assert_int_eq(file_write(in_folder("none/a"), "x", 1, &m), ERR_IO);
	ck_assert_ptr_nonnull(strstr(m.text, in_folder("none/a")));
	/* A folder is in the way. */
	ck_assert_int_eq(mkdir(in_folder("b"), 0700), 0);
	ck_assert_int_eq(file_write(in_folder("b"), "x", 1, &m), ERR_IO);
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(file_write(in_folder("a"), "old", 3, NULL), 0);
	ck_assert_int_eq(file_write(in_folder("a"), "newer", 5, NULL), 0);
	ck_assert_int_eq(file_read(in_folder("a"), 10, &got, &len, NULL), 0);
	ck_assert_str_eq(got, "newer");
	free(got);
}
END_TEST

START_TEST(too_long_a_path)
{
	char *path = malloc(PATH_MAX + 2);

	memset(path, 'x', PATH_MAX + 1);
	path[PATH_MAX + 1] = 0;
	ck_assert_int_eq(file_write(path, "x", 1, NULL), ERR_INVALID);
	ck_assert_int_eq(file_make_folder(path, NULL), ERR_INVALID);
	free(path);
}
END_TEST

START_TEST(makes_folders)
{
	struct message m = { "" };
	struct stat st;

	ck_assert_int_eq(file_make_folder(in_folder("x/y//z"), NULL), 0);
	ck_assert_int_eq(stat(in_folder("x/y/z"), &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0077, 0);
	/* Again, and with a slash at the end. */
	ck_assert_int_eq(file_make_folder(in_folder("x/y/z/"), NULL), 0);
	ck_assert_int_eq(file_make_folder("/", NULL), 0);
	/* A file is no folder, neither at the end nor on the way. */
	ck_assert_int_eq(file_write(in_folder("f"), "", 0, NULL), 0);
	ck_assert_int_eq(file_make_folder(in_folder("f"), &m), ERR_IO);
	ck_assert_ptr_nonnull(strstr(m.text, in_folder("f")));
	ck_assert_int_eq(file_make_folder(in_folder("f/g"), &m), ERR_IO);
	ck_assert_ptr_nonnull(strstr(m.text, in_folder("f/g")));
	ck_assert_int_eq(file_make_folder("", &m), ERR_IO);
}
END_TEST

START_TEST(free_bytes)
{
	ck_assert_int_gt(file_free_bytes(folder), 0);
	ck_assert_int_eq(file_free_bytes(in_folder("none")), -1);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, reads_what_was_written);
	tcase_add_test(tcase, refuses_to_read);
	tcase_add_test(tcase, writes_all_or_nothing);
	tcase_add_test(tcase, too_long_a_path);
	tcase_add_test(tcase, makes_folders);
	tcase_add_test(tcase, free_bytes);
}

int
main(void)
{
	return run_tests("file", add);
}
