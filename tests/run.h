/* What every libcheck program ends with. */
#ifndef L2LD_TESTS_RUN_H
#define L2LD_TESTS_RUN_H

#include <check.h>

/* Seconds for one test, long enough for a sanitizer on a busy machine. */
#define RUN_TIMEOUT 300

/* As ck_assert_msg, for conditions in loops of many: libcheck writes to a pipe
 * for each of its own, whether it holds or not. */
#define EXPECT(condition, ...)                                          \
	do {                                                            \
		if (!(condition))                                       \
			ck_abort_msg(__VA_ARGS__);                      \
	} while (0)

/* Run the tests that add puts into a case of this name; returns the exit
 * status of the program. */
static inline int
run_tests(const char *name, void (*add)(TCase *tcase))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, RUN_TIMEOUT);
	add(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
