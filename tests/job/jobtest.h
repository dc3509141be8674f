/* What the tests of src/job share. */
#ifndef L2LD_TESTS_JOB_JOBTEST_H
#define L2LD_TESTS_JOB_JOBTEST_H

#include <check.h>
#include <jansson.h>

#include "base/buf.h"
#include "job/spec.h"
#include "store/snapshots.h"

/* An environment without data sets or snapshots. */
extern const struct spec_env jobtest_env;

/* Read a spec from its text; -1 where it is no JSON.  faults may be NULL: then
 * there must be none. */
int
jobtest_read(const char *text, const struct spec_env *env, struct spec **spec,
    struct faults *faults);

/* Read text without faults; check that the filled-in spec, written and read
 * again, is the same text.  Returns the first reading's spec. */
struct spec *
jobtest_fixed(const char *text, const struct spec_env *env);

/* Read it, and check that the faults are exactly those of `expected`, lines of
 * "pointer code" in their order ("" is written as "."). */
void
jobtest_faults(const char *text, const struct spec_env *env,
    const char *expected);

/* The text of a value, on one line; the caller frees it. */
char *
jobtest_text(const json_t *value);

/* The value at an RFC 6901 pointer without escapes; fails the test when there
 * is none. */
json_t *
jobtest_at(const json_t *value, const char *pointer);

/* A snapshot of an lstm with these options (JSON), its weights drawn with seed 7;
 * free it with snapshot_row_free. */
void
jobtest_snapshot(const char *options, struct snapshot_row *row);

/* A store in a fresh folder, and its end, which removes the folder. */
struct store *
jobtest_store_open(void);
void
jobtest_store_close(struct store *store);

/* Run one suite; main's result. */
int
jobtest_main(const char *name, TCase *tcase);

#endif
