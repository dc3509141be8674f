/* Lists of jobs: filters and pages. */
#include <stdlib.h>

#include "store/jobs.h"
#include "tests/store/scratch.h"

static struct store *store;

static void
insert(const char *name, const char *type, const char *tags, const char *notes)
{
	struct job_new job = { .name = name, .type = type, .spec = "{}",
		.tags = tags, .notes = notes };
	int64_t id;
	bool existing;

	ck_assert_int_eq(store_job_insert(store, &job, &id, &existing), 0);
}

static void
begin(void)
{
	scratch_begin();
	store = scratch_open();
	insert("Quadratic 100%", "train", "[\"paper\", \"b\\\"c\"]", "first");
	insert("mnist", "train", "[]", "under_score");
	insert("compare", "evaluate", "[\"paper\"]", "QUADRATIC too");
	insert("100 runs", "train", "[\"Quadr\"]", "back\\slash");
}

static void
end(void)
{
	store_close(store);
	scratch_end();
}

/* The ids of a list, as one number: 431 is jobs 4, 3, 1 in that order. */
static int
listed(const struct job_filter *filter)
{
	struct job_row *rows;
	size_t count;
	int ids = 0;

	ck_assert_int_eq(store_job_list(store, filter, &rows, &count), 0);
	for (size_t i = 0; i < count; i++) {
		ids = 10 * ids + (int)rows[i].id;
		ck_assert_ptr_nonnull(rows[i].name);
		ck_assert_ptr_nonnull(rows[i].tags);
		ck_assert_ptr_null(rows[i].spec);
		ck_assert_ptr_null(rows[i].results);
	}
	job_rows_free(rows, count);
	return ids;
}

START_TEST(pages)
{
	struct job_filter filter = { .state = -1, .limit = 100 };

	ck_assert_int_eq(listed(&filter), 4321);
	filter.limit = 3;
	ck_assert_int_eq(listed(&filter), 432);
	filter.before = 2;
	ck_assert_int_eq(listed(&filter), 1);
	filter.before = 0;
	filter.oldest_first = true;
	ck_assert_int_eq(listed(&filter), 123);
	filter.before = 3;
	ck_assert_int_eq(listed(&filter), 4);
	filter.before = 4;
	ck_assert_int_eq(listed(&filter), 0);
}
END_TEST

START_TEST(filters)
{
	struct job_filter filter = { .state = -1, .limit = 100 };
	struct job_row row;

	filter.type = "train";
	ck_assert_int_eq(listed(&filter), 421);
	filter.tag = "paper";
	ck_assert_int_eq(listed(&filter), 1);
	filter.type = NULL;
	ck_assert_int_eq(listed(&filter), 31);
	/* Tags are compared as they are meant, not as they are written. */
	filter.tag = "b\"c";
	ck_assert_int_eq(listed(&filter), 1);
	filter.tag = "pape";
	ck_assert_int_eq(listed(&filter), 0);
	filter.tag = NULL;
	ck_assert_int_eq(store_job_claim(store, 0, 0, &row), 0);
	job_row_free(&row);
	filter.state = JOB_RUNNING;
	ck_assert_int_eq(listed(&filter), 1);
	filter.state = JOB_QUEUED;
	ck_assert_int_eq(listed(&filter), 432);
}
END_TEST

START_TEST(texts)
{
	static const struct {
		const char *text;
		int ids;
	} cases[] = {
		{ "quadr", 431 }, { "MNIST", 2 }, { "100", 41 },
		{ "100%", 1 }, { "%", 1 }, { "_", 2 }, { "*", 0 },
		{ "\\", 4 }, { "b\"c", 1 }, { "[", 0 }, { "'", 0 },
		{ "", 4321 },
	};
	struct job_filter filter = { .state = -1, .limit = 100 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		filter.text = cases[i].text;
		ck_assert_msg(listed(&filter) == cases[i].ids, "text %s: %d",
		    cases[i].text, listed(&filter));
	}
}
END_TEST

Suite *
suite_lists(void)
{
	Suite *suite = suite_create("store lists");
	TCase *tc = tcase_create("lists");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, pages);
	tcase_add_test(tc, filters);
	tcase_add_test(tc, texts);
	suite_add_tcase(suite, tc);
	return suite;
}
