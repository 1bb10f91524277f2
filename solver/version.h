/* SPDX-License-Identifier: BSD-3-Clause */
/** @file version.h  What this program is and what it was built with. */
#ifndef MF_SOLVER_VERSION_H
#define MF_SOLVER_VERSION_H

#include <stddef.h>

/** "0.1.0" */
const char *mf_version(void);

/** Git description of the source, or "unknown". */
const char *mf_git_id(void);

/** Names and versions of the libraries, NULL-terminated pairs: {"sundials", "6.4.1"}, ... */
typedef struct {
  const char *name, *version;
} mf_library;
const mf_library *mf_libraries(void);

#endif
