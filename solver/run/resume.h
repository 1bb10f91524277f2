/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resume.h  Whether a run may go on from a checkpoint. */
#ifndef MF_SOLVER_RUN_RESUME_H
#define MF_SOLVER_RUN_RESUME_H

#include "io/netcdf/checkpoint.h"
#include "solver/problem/problem.h"

/** MF_OK if a problem is that of the checkpoint, but for its end, its outputs, its claims and what only they use: it takes the
 *  checkpoint's integrator then.  MF_ECASE, at the key that is not what it was; or its end is before the checkpoint.
 *  MF_EFILE: another version of the program has written it. */
int mf_resume_check(mf_problem *p, const mf_checkpoint *c);

/** MF_OK if PREFIX.nc is of that problem as well; MF_EFILE if not, or if it cannot be read. */
int mf_resume_check_fields(const mf_problem *p, const char *prefix);

/** True if the run was finished, up to the end of the problem. */
bool mf_resume_finished(const mf_problem *p, const mf_checkpoint *c);

/** Of files without a checkpoint: MF_OK if there are none, or they are the beginning of a run of the problem, which was killed
 *  before it had a checkpoint and can be begun anew; MF_EFILE if they are anything else. */
int mf_resume_anew(const mf_problem *p, const char *prefix);

#endif
