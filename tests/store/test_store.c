#include <stdlib.h>

#include "tests/store/scratch.h"

int
main(void)
{
	SRunner *runner = srunner_create(suite_open());
	int failed;

	srunner_add_suite(runner, suite_jobs());
	srunner_add_suite(runner, suite_claims());
	srunner_add_suite(runner, suite_lists());
	srunner_add_suite(runner, suite_curves());
	srunner_add_suite(runner, suite_snapshots());
	srunner_add_suite(runner, suite_writer());
	srunner_add_suite(runner, suite_faults());
	srunner_add_suite(runner, suite_backup());
	srunner_add_suite(runner, suite_space());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
