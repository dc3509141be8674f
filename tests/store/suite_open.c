/* Opening: new files, old files, files that must be refused. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/jobs.h"
#include "tests/store/scratch.h"

/* Run SQL on the scratch file as another program would. */
static void
foreign(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* The value of a pragma of the scratch file. */
static int
pragma(const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int value;

	ck_assert_int_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

/* Opening must fail with this code and word, and change no byte. */
static void
refused(int code, const char *word)
{
	size_t before_len, after_len;
	char *before = scratch_read(scratch_path, &before_len), *after;
	struct store *store;
	struct message m;

	ck_assert_int_eq(store_open(scratch_path, &store, &m), code);
	ck_assert_ptr_null(store);
	ck_assert_msg(strstr(m.text, word) != NULL, "%s", m.text);
	after = scratch_read(scratch_path, &after_len);
	ck_assert_uint_eq(before_len, after_len);
	ck_assert_mem_eq(before, after, before_len);
	free(before);
	free(after);
}

START_TEST(new_file)
{
	struct store *store = scratch_open();

	ck_assert_int_eq(store_incarnation(store), 1);
	ck_assert_int_eq(store_probe(store), 0);
	store_close(store);
	/* The log was emptied into the file and removed. */
	ck_assert_int_ne(access(scratch_file("l2ld.db-wal"), F_OK), 0);
	ck_assert_int_eq(pragma("PRAGMA application_id"), 0x6c326c64);
	ck_assert_int_eq(pragma("PRAGMA user_version"), 2);
	ck_assert_int_eq(pragma("PRAGMA auto_vacuum"), 2);
	ck_assert_int_eq(pragma("SELECT count(*) FROM pragma_table_list WHERE "
	    "schema = 'main' AND type = 'table' AND NOT strict "
	    "AND name NOT LIKE 'sqlite_%'"), 0);
}
END_TEST

START_TEST(empty_file)
{
	struct store *store;

	ck_assert_int_eq(file_write(scratch_path, "", 0, NULL), 0);
	store = scratch_open();
	scratch_job(store, "a", 0);
	store_close(store);
}
END_TEST

START_TEST(reopened)
{
	struct store *store = scratch_open();
	int64_t id = scratch_job(store, "kept", 3);
	struct job_row row;

	store_close(store);
	store = scratch_open();
	ck_assert_int_eq(store_incarnation(store), 2);
	ck_assert_int_eq(store_job_read(store, id, &row), 0);
	ck_assert_str_eq(row.name, "kept");
	ck_assert_int_eq(row.priority, 3);
	job_row_free(&row);
	store_close(store);
}
END_TEST

START_TEST(relative_path)
{
	struct store *store;
	struct message m;
	char *here = getcwd(NULL, 0);

	ck_assert_int_eq(chdir(scratch_file("")), 0);
	/* A name, not a URI. */
	ck_assert_int_eq(store_open("file:x?mode=memory", &store, &m), 0);
	store_close(store);
	ck_assert_int_eq(access("file:x?mode=memory", F_OK), 0);
	ck_assert_int_eq(chdir(here), 0);
	free(here);
}
END_TEST

START_TEST(no_folder)
{
	struct store *store;
	struct message m;

	ck_assert_int_eq(store_open("/nonexistent/l2ld.db", &store, &m),
	    ERR_IO);
	ck_assert_ptr_null(store);
	ck_assert_ptr_nonnull(strstr(m.text, "/nonexistent/l2ld.db"));
}
END_TEST

START_TEST(open_twice)
{
	struct store *first = scratch_open(), *second;
	struct message m;
	char self[32];

	ck_assert_int_eq(store_open(scratch_path, &second, &m), ERR_CONFLICT);
	ck_assert_ptr_null(second);
	snprintf(self, sizeof self, "process %ld", (long)getpid());
	ck_assert_msg(strstr(m.text, self) != NULL, "%s", m.text);
	/* The refusal took nothing from the first. */
	scratch_job(first, "a", 0);
	store_close(first);
	store_close(scratch_open());
}
END_TEST

START_TEST(newer_file)
{
	store_close(scratch_open());
	foreign("PRAGMA user_version = 9999");
	refused(ERR_FORMAT, "newer");
}
END_TEST

START_TEST(foreign_file)
{
	foreign("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	refused(ERR_FORMAT, "another program");
}
END_TEST

START_TEST(foreign_log)
{
	foreign("PRAGMA journal_mode = WAL; CREATE TABLE t (x);"
	    "PRAGMA application_id = 7");
	refused(ERR_FORMAT, "another program");
}
END_TEST

START_TEST(garbage_file)
{
	static const size_t sizes[] = { 2, 99, 512, 4096, 10000 };
	char bytes[10000];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 31 + 7);
	ck_assert_int_eq(file_write(scratch_path, bytes, sizes[_i], NULL), 0);
	refused(ERR_FORMAT, "not a database");
}
END_TEST

START_TEST(size_is_told)
{
	struct store *store = scratch_open();
	struct store_size size;

	scratch_job(store, "a", 0);
	store_size(store, &size);
	ck_assert_int_gt(size.database + size.wal, 4096);
	store_close(store);
}
END_TEST

Suite *
suite_open(void)
{
	Suite *suite = suite_create("store open");
	TCase *tc = tcase_create("open");

	tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
	tcase_add_test(tc, new_file);
	tcase_add_test(tc, empty_file);
	tcase_add_test(tc, reopened);
	tcase_add_test(tc, relative_path);
	tcase_add_test(tc, no_folder);
	tcase_add_test(tc, open_twice);
	tcase_add_test(tc, newer_file);
	tcase_add_test(tc, foreign_file);
	tcase_add_test(tc, foreign_log);
	tcase_add_loop_test(tc, garbage_file, 0, 5);
	tcase_add_test(tc, size_is_told);
	suite_add_tcase(suite, tc);
	return suite;
}
