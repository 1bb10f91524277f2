/* SPDX-License-Identifier: BSD-3-Clause */
/** @file suite.h  The main program of a test: runs a suite, prints TAP, returns 1 if a test fails. */
#ifndef MF_TESTS_SUITE_H
#define MF_TESTS_SUITE_H

#include <check.h>

static inline int mf_run_suite(Suite *suite)
{
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failures = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failures != 0;
}

#endif
