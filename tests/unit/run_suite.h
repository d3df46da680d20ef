/* SPDX-License-Identifier: MIT
 * run_suite.h - what every Check program ends with.
 */
#ifndef FAKEID_RUN_SUITE_H
#define FAKEID_RUN_SUITE_H

#include <check.h>
#include <stdlib.h>

/* The exit status of main(). */
static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int n_failed;

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
