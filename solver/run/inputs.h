/* SPDX-License-Identifier: BSD-3-Clause */
/** @file inputs.h  What a run reads must not be what it writes.
 *
 *  Internal to solver/run. */
#ifndef MF_SOLVER_RUN_INPUTS_H
#define MF_SOLVER_RUN_INPUTS_H

#include "io/language/case.h"

/** What the names of a run's files end in, after its prefix. */
enum { MF_RUN_FILES = 4 };
extern const char *const mf_run_endings[MF_RUN_FILES];

/** MF_ECASE, at the place in the case, if a file that the case names, or its own, is PREFIX.nc, PREFIX.nc.xmf,
 *  PREFIX_history.nc or PREFIX_checkpoint.nc: by device and inode, so that links and other spellings are seen. */
int mf_refuse_inputs(const mf_case *source, const char *prefix);

#endif
