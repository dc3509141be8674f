#include <stdlib.h>

#include "tests/http/fake.h"

int
main(void)
{
	SRunner *runner = srunner_create(suite_query());
	int failed;

	srunner_add_suite(runner, suite_route());
	srunner_add_suite(runner, suite_gate());
	srunner_add_suite(runner, suite_authority());
	srunner_add_suite(runner, suite_response());
	srunner_add_suite(runner, suite_deadline());
	srunner_add_suite(runner, suite_jobs());
	srunner_add_suite(runner, suite_curves());
	srunner_add_suite(runner, suite_snapshots());
	srunner_add_suite(runner, suite_pages());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
