/* SPDX-License-Identifier: BSD-3-Clause */
/** @file version.h (user)  What this program is and what it was built with. */
#ifndef MF_SOLVER_VERSION_H
#define MF_SOLVER_VERSION_H

#include "grids/base.h"

MF_PUBLIC_BEGIN

/** "0.1.0" */
const char *mf_version(void);

/** Git description of the source, or "unknown". */
const char *mf_git_id(void);

/** The libraries below, by index from 0 on: names such as "sundials", NULL where there is none, and versions such as "6.4.1". */
const char *mf_library_name(int index);
const char *mf_library_version(int index);

MF_PUBLIC_END

#endif
