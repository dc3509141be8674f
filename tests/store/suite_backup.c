/* Backups of an open store and of a closed file, and the check of either. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "tests/store/scratch.h"

static struct store *store;

static void
begin(void)
{
	scratch_begin();
	store = scratch_open();
}

static void
end(void)
{
	store_close(store);
	scratch_end();
}

/* An empty file in the folder, to copy to. */
static const char *
empty(void)
{
	static char path[FILE_PATH_MAX];
	int fd = file_temporary(scratch_file("copy"), path, NULL);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return path;
}

/* Not a digest, but enough to tell these weights. */
static void
digest(const void *data, size_t len, char text[65])
{
	snprintf(text, 65, "%zu:%d", len, len > 0 ? *(const char *)data : 0);
}

static void
looked(void *arg, const char *what, int64_t count)
{
	(void)arg;
	ck_assert_ptr_nonnull(what);
	ck_assert_int_ge(count, 0);
}

static char said[4096];

static void
found(void *arg, const char *text)
{
	(void)arg;
	strncat(said, text, sizeof said - strlen(said) - 2);
	strcat(said, "\n");
}

/* Findings in a file, which are then in `said`; or an error. */
static int64_t
check(const char *path)
{
	struct store_check c = { .path = path, .digest = digest,
		.looked = looked, .found = found };
	struct message m = { "" };
	int r;

	said[0] = 0;
	r = store_check(&c, &m);
	if (r < 0)
		ck_assert_str_ne(m.text, "");
	return r < 0 ? r : c.findings;
}

static int64_t
jobs_of(struct store *s)
{
	int64_t count;

	ck_assert_int_eq(store_job_count(s, JOB_QUEUED, &count), 0);
	return count;
}

/* A job with some of everything. */
static int64_t
fill(void)
{
	int64_t job = scratch_job(store, "full", 0), id;
	float weights[2] = { 1, 2 };
	struct snapshot_row row = { .job = job, .kind = "best",
	    .optimizer = "lstm", .metadata = "{}", .weights = weights,
	    .len = 2, .sha256 = "8:0" };
	double values[1300];
	struct job_row claimed;

	for (int i = 0; i < 1300; i++)
		values[i] = i;
	ck_assert_int_eq(store_job_claim(store, job, 0, &claimed), 0);
	job_row_free(&claimed);
	scratch_curve(store, job);
	store_curve_write_async(store, job, "loss", 0, 1300, 1, values);
	store_checkpoint_write_async(store, job, "abc", 3);
	store_log_async(store, job, "info", "line");
	ck_assert_int_eq(store_snapshot_insert(store, &row, &id), 0);
	ck_assert_int_eq(store_flush(store, job), 0);
	return job;
}

static void
restore(const char *copy)
{
	struct message m;

	store_close(store);
	store = NULL;
	ck_assert_int_eq(file_place(copy, scratch_path, false, &m),
	    ERR_CONFLICT);
	ck_assert_int_eq(file_place(copy, scratch_path, true, &m), 0);
	store = scratch_open();
}

START_TEST(open_store)
{
	const char *copy = empty();
	struct curve_row info;
	struct stat st;
	double *values;
	size_t count;
	int64_t job = fill();

	scratch_job(store, "other", 0);
	ck_assert_int_eq(store_backup(store, copy, NULL), 0);
	ck_assert_int_eq(stat(copy, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_msg(check(copy) == 0, "%s", said);
	/* What came after is not in it. */
	scratch_job(store, "later", 0);
	ck_assert_int_eq(jobs_of(store), 2);
	restore(copy);
	ck_assert_int_eq(jobs_of(store), 1);
	ck_assert_int_eq(store_curve_read(store, job, "loss", 0, 0, &info,
	    &values, &count), 0);
	ck_assert_uint_eq(count, 1300);
	ck_assert_double_eq(values[1299], 1299);
	free(values);
	curve_row_free(&info);
}
END_TEST

START_TEST(closed_file)
{
	const char *copy = empty();
	struct stat before, after;
	struct message m;

	fill();
	ck_assert_int_eq(store_backup_closed(scratch_path, copy, NULL, NULL,
	    &m), ERR_CONFLICT);
	store_close(store);
	store = NULL;
	ck_assert_int_eq(stat(scratch_path, &before), 0);
	ck_assert_int_eq(store_backup_closed(scratch_path, copy, NULL, NULL,
	    &m), 0);
	ck_assert_int_eq(check(scratch_path), 0);
	ck_assert_int_eq(check(copy), 0);
	ck_assert_int_eq(stat(scratch_path, &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	ck_assert_int_ne(access(scratch_file("l2ld.db-wal"), F_OK), 0);
	ck_assert_int_ne(access(scratch_file("l2ld.db-shm"), F_OK), 0);
	ck_assert_int_eq(store_backup_closed(scratch_file("none"), copy, NULL,
	    NULL, &m), ERR_NOT_FOUND);
	restore(copy);
}
END_TEST

static bool
always(void *arg)
{
	(void)arg;
	return true;
}

/* Killed, then a backup copied over it: its log must not get into it. */
START_TEST(stale_log)
{
	const char *copy = empty();
	struct store *other;
	struct message m;
	FILE *log;

	fill();
	ck_assert_int_eq(store_backup(store, copy, NULL), 0);
	store_close(store);
	store = NULL;
	ck_assert_int_eq(file_place(copy, scratch_path, true, &m), 0);
	log = fopen(scratch_file("l2ld.db-wal"), "w");
	fputs("frames", log);
	fclose(log);
	ck_assert_int_eq(store_open(scratch_path, &other, &m), ERR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(m.text, "l2ld.db-wal"));
	unlink(scratch_file("l2ld.db-wal"));
	store = scratch_open();
	ck_assert_int_eq(jobs_of(store), 0);
}
END_TEST

START_TEST(stopped)
{
	struct message m;

	fill();
	store_wake(store);
	ck_assert_int_eq(store_backup(store, empty(), &m), ERR_SHUTDOWN);
	scratch_job(store, "it goes on", 0);
	store_close(store);
	store = NULL;
	ck_assert_int_eq(store_backup_closed(scratch_path, empty(), always,
	    NULL, &m), ERR_SHUTDOWN);
	store = scratch_open();
}
END_TEST

static _Atomic bool ended;

static void *
insert_until_end(void *arg)
{
	int64_t *count = arg;

	while (!ended) {
		scratch_job(store, "busy", 0);
		++*count;
	}
	return NULL;
}

START_TEST(busy)
{
	const char *copy = empty();
	const size_t rows = 200000;
	double *values = calloc(rows, 8 * sizeof *values);
	int64_t job = fill(), written = 0, before;
	pthread_t thread;

	ck_assert_int_eq(store_curve_open(store, job, "big", "{}", 8), 0);
	store_curve_write_async(store, job, "big", 0, rows, 8, values);
	ck_assert_int_eq(store_flush(store, job), 0);
	free(values);
	ended = false;
	pthread_create(&thread, NULL, insert_until_end, &written);
	for (int round = 0; round < 3; round++) {
		before = jobs_of(store);
		ck_assert_int_eq(store_backup(store, copy, NULL), 0);
	}
	ended = true;
	pthread_join(thread, NULL);
	ck_assert_int_gt(written, 0);
	ck_assert_msg(check(copy) == 0, "%s", said);
	restore(copy);
	ck_assert_int_ge(jobs_of(store), before);
	ck_assert_int_le(jobs_of(store), written);
}
END_TEST

/* Change the closed file by hand and check it. */
static int64_t
spoiled(const char *sql)
{
	sqlite3 *db;
	int64_t n;

	fill();
	store_close(store);
	store = NULL;
	ck_assert_int_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	n = check(scratch_path);
	store = scratch_open();
	return n;
}

static const struct {
	const char *sql, *says;
} spoils[] = {
	{ "DELETE FROM document", "has no spec" },
	{ "UPDATE document SET text = '{'", "its spec is not JSON" },
	{ "UPDATE job SET tags = '3'", "no JSON array" },
	{ "UPDATE job SET state = 'failed', finished = 1", "its history ends" },
	{ "DELETE FROM history", "its history ends with nothing" },
	{ "UPDATE job SET incarnation = NULL", "no server claimed it" },
	{ "UPDATE job SET finished = 5", "ended at 5" },
	{ "UPDATE job SET attempts = 0", "never ran" },
	{ "UPDATE curve SET header = ''", "header is not JSON" },
	{ "DELETE FROM chunk WHERE first = 512", "in 2 chunks" },
	{ "UPDATE curve SET row_count = 1299", "bytes at row 1024" },
	{ "UPDATE chunk SET first = 1 WHERE first = 512", "bytes at row 1" },
	{ "UPDATE snapshot SET metadata = ''", "metadata is not JSON" },
	{ "UPDATE snapshot SET weights = x'0102030405060708'",
	    "not those that were stored" },
	{ "PRAGMA foreign_keys = OFF; UPDATE checkpoint SET job = 99",
	    "row 99 of checkpoint belongs to no job" },
};

START_TEST(findings)
{
	int64_t n = spoiled(spoils[_i].sql);

	ck_assert_int_gt(n, 0);
	ck_assert_msg(strstr(said, spoils[_i].says) != NULL, "%s", said);
}
END_TEST

START_TEST(damaged_page)
{
	FILE *file;
	char junk[4096];

	fill();
	store_close(store);
	store = NULL;
	memset(junk, 0x5a, sizeof junk);
	file = fopen(scratch_path, "r+b");
	fseek(file, 5 * 4096, SEEK_SET);
	fwrite(junk, 1, sizeof junk, file);
	fclose(file);
	ck_assert_int_gt(check(scratch_path), 0);
	unlink(scratch_path);
	ck_assert_int_eq(check(scratch_path), ERR_NOT_FOUND);
	store = scratch_open();
}
END_TEST

/* While it is open, and its log not yet copied. */
START_TEST(check_open_store)
{
	fill();
	ck_assert_msg(check(scratch_path) == 0, "%s", said);
	scratch_job(store, "more", 0);
	ck_assert_int_eq(check(scratch_path), 0);
}
END_TEST

START_TEST(announced)
{
	char url[64];

	ck_assert_int_eq(store_holder(scratch_path, url, sizeof url),
	    ERR_NOT_FOUND);
	store_announce(store, "http://127.0.0.1:1/");
	ck_assert_int_eq(store_holder(scratch_path, url, sizeof url), 0);
	ck_assert_str_eq(url, "http://127.0.0.1:1/");
	ck_assert_int_eq(store_holder(scratch_path, url, 10), ERR_NOT_FOUND);
	store_close(store);
	store = scratch_open();
	ck_assert_int_eq(store_holder(scratch_path, url, sizeof url),
	    ERR_NOT_FOUND);
}
END_TEST

Suite *
suite_backup(void)
{
	Suite *suite = suite_create("store backup");
	TCase *tc = tcase_create("backup");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, open_store);
	tcase_add_test(tc, closed_file);
	tcase_add_test(tc, stale_log);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, busy);
	tcase_add_loop_test(tc, findings, 0,
	    (int)(sizeof spoils / sizeof *spoils));
	tcase_add_test(tc, damaged_page);
	tcase_add_test(tc, check_open_store);
	tcase_add_test(tc, announced);
	suite_add_tcase(suite, tc);
	return suite;
}
