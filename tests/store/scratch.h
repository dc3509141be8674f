/* What the tests of the store share. */
#ifndef L2LD_TESTS_STORE_SCRATCH_H
#define L2LD_TESTS_STORE_SCRATCH_H

#include <check.h>
#include <stdint.h>

#include "store/store.h"

/* The thread sanitizer cannot follow a child with threads. */
#if defined(__SANITIZE_THREAD__)
#define SCRATCH_FORKS 0
#elif defined(__has_feature)
#define SCRATCH_FORKS !__has_feature(thread_sanitizer)
#else
#define SCRATCH_FORKS 1
#endif

/* Of the present test: a database in a new folder. */
extern char scratch_path[128];

/* Fixtures: make the folder; remove it with what is in it. */
void
scratch_begin(void);
void
scratch_end(void);

/* A path in the folder, valid until the next call. */
const char *
scratch_file(const char *name);

/* Open scratch_path, which must succeed. */
struct store *
scratch_open(void);

/* Insert a job. */
int64_t
scratch_job(struct store *store, const char *name, int64_t priority);

/* Open a curve "loss" of one column. */
void
scratch_curve(struct store *store, int64_t job);

/* Bytes of a file; the caller frees. */
char *
scratch_read(const char *path, size_t *len);

Suite *
suite_open(void);
Suite *
suite_jobs(void);
Suite *
suite_claims(void);
Suite *
suite_lists(void);
Suite *
suite_curves(void);
Suite *
suite_snapshots(void);
Suite *
suite_writer(void);
Suite *
suite_faults(void);
Suite *
suite_backup(void);
Suite *
suite_space(void);

#endif
