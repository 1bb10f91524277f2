/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lint.h  What `make lint` is told before each file: a failure never has the status 0.
 *
 *  clang-tidy looks at one file at a time and would follow paths after a failure that do not exist. */
#ifndef MF_TESTS_LINT_H
#define MF_TESTS_LINT_H

#include "grids/base.h"

#define mf_fail(status, ...)  ((void)mf_fail(status, __VA_ARGS__), (status))
#define mf_blame(status, ...) ((void)mf_blame(status, __VA_ARGS__), (status))

#endif
