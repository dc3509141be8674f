/* The store without memory: an allocation fails, of SQLite's or of the store's
 * own, then the next run's next one, and so on.  Nothing crashes, what was
 * acknowledged is there and nothing else, and it works again afterwards.
 *
 * Linked with -Wl,--wrap= for malloc, calloc and reallocarray. */
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "tests/store/scratch.h"

/* Every so many-th allocation is tried; a prime, so that runs which allocate
 * alike are met at different places. */
#define STRIDE 73

static _Atomic long count, fail_at, fail_end;

/* Whether this allocation is one that fails. */
static bool
fails(void)
{
	long n = atomic_fetch_add(&count, 1) + 1;

	return n >= fail_at && n < fail_end;
}

void *
__real_malloc(size_t size);
void *
__wrap_malloc(size_t size);
void *
__real_calloc(size_t n, size_t size);
void *
__wrap_calloc(size_t n, size_t size);
void *
__real_reallocarray(void *p, size_t n, size_t size);
void *
__wrap_reallocarray(void *p, size_t n, size_t size);

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

static sqlite3_mem_methods system_memory;

static void *
sqlite_malloc(int size)
{
	return fails() ? NULL : system_memory.xMalloc(size);
}

static void *
sqlite_realloc(void *p, int size)
{
	return fails() ? NULL : system_memory.xRealloc(p, size);
}

static void
memory_begin(void)
{
	sqlite3_mem_methods failing;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory) !=
	    SQLITE_OK)
		abort();
	failing = system_memory;
	failing.xMalloc = sqlite_malloc;
	failing.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK)
		abort();
	/* SQLite's own store of small pieces would hide most allocations. */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	log_set_level(LOG_ERROR);
}

/* The n-th allocation from now fails, and `more` after it. */
static void
memory_fail(long n, long more)
{
	fail_at = count + n;
	fail_end = fail_at + 1 + more;
}

static void
memory_works(void)
{
	fail_at = fail_end = 0;
}

/* libcheck's own assertions allocate, also when they hold. */
#define must(what) ((what) ? (void)0 : must_fail(#what, __LINE__))

static void
must_fail(const char *what, int line)
{
	fprintf(stderr, "line %d, allocation %ld: %s\n", line, (long)fail_at,
	    what);
	abort();
}

/* What was acknowledged in a run. */
struct acks {
	int jobs, snapshots;
	bool points, checkpoint;
	int errors;
};

static bool
went(int r, struct acks *acks)
{
	if (r < 0)
		acks->errors++;
	must(r == 0 || r == ERR_MEMORY);
	return r == 0;
}

static void
write_some(struct store *store, struct acks *acks)
{
	struct job_new job = { .name = "n", .type = "train", .spec = "{}",
		.tags = "[]" };
	float weights[3] = { 1, 2, 3 };
	struct snapshot_row row = { .kind = "best", .optimizer = "lstm",
		.metadata = "{}", .sha256 = "x", .weights = weights, .len = 3 };
	double values[600] = { 0 };
	int64_t id, snapshot;
	bool existing;

	if (!went(store_job_insert(store, &job, &id, &existing), acks))
		return;
	acks->jobs++;
	row.job = id;
	acks->snapshots += went(store_snapshot_insert(store, &row, &snapshot),
	    acks);
	if (!went(store_curve_open(store, id, "loss", "{}", 1), acks))
		return;
	if (!went(store_curve_write_async(store, id, "loss", 0, 600, 1,
	    values), acks) ||
	    !went(store_checkpoint_write_async(store, id, "abc", 3), acks)) {
		store_flush(store, id);
		return;
	}
	acks->points = acks->checkpoint = went(store_flush(store, id), acks);
}

static void
read_some(struct store *store, struct acks *acks)
{
	struct job_filter filter = { .state = -1, .limit = 100 };
	struct snapshot_row *snapshots;
	struct curve_row info;
	struct job_row *rows;
	double *values;
	size_t count_of;

	if (went(store_job_list(store, &filter, &rows, &count_of), acks)) {
		must(count_of == (size_t)acks->jobs);
		job_rows_free(rows, count_of);
	}
	if (went(store_snapshot_list(store, 0, 0, 100, &snapshots, &count_of),
	    acks)) {
		must(count_of == (size_t)acks->snapshots);
		snapshot_rows_free(snapshots, count_of);
	}
	if (!acks->points)
		return;
	if (went(store_curve_read(store, 1, "loss", 0, 0, &info, &values,
	    &count_of), acks)) {
		must(count_of == 600);
		free(values);
		curve_row_free(&info);
	}
}

/* A run whose n-th allocation fails: false when there were not so many. */
static bool
run(long n, long more)
{
	struct acks acks = { 0 };
	struct store *store;
	struct store_health health;
	struct message m;
	bool met;
	int r;

	memory_fail(n, more);
	r = store_open(scratch_path, &store, &m);
	if (went(r, &acks)) {
		write_some(store, &acks);
		read_some(store, &acks);
	} else {
		must(m.text[0] != 0);
	}
	met = count >= fail_at;
	memory_works();
	if (r < 0)
		store = scratch_open();
	/* It was nobody's fault: what failed works now, without a restart. */
	store_health(store, &health);
	must(!health.broken);
	acks.errors = 0;
	read_some(store, &acks);
	must(acks.errors == 0);
	scratch_job(store, "after", 0);
	acks.jobs++;
	store_close(store);
	store = scratch_open();
	read_some(store, &acks);
	must(acks.errors == 0);
	store_close(store);
	return met;
}

static void
each(long more)
{
	long n;
	bool met = true;

	for (n = 1; met; n += STRIDE) {
		scratch_begin();
		met = run(n, more);
		scratch_end();
	}
	/* The tests' own are few: most of these are SQLite's. */
	ck_assert_int_gt(n, 500);
}

START_TEST(one_fails)
{
	each(0);
}
END_TEST

START_TEST(many_fail)
{
	each(20);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store memory");
	TCase *tc = tcase_create("memory");
	SRunner *runner;
	int failed;

	memory_begin();
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, one_fails);
	tcase_add_test(tc, many_fail);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
