/* SPDX-License-Identifier: BSD-3-Clause */
/** @file record.h  Writes a run to NAME.nc, NAME.nc.xmf and NAME_history.nc, output by output. */
#ifndef MF_SOLVER_RUN_RECORD_H
#define MF_SOLVER_RUN_RECORD_H

#include "solver/run/run.h"

typedef struct mf_record mf_record;

/** Creates the files PREFIX.nc, PREFIX.nc.xmf and PREFIX_history.nc with the provenance of the run: resolved
 *  case, versions, command line.  They get their names with the first output.  MF_EFILE if one is there and not `force`, or if
 *  another process writes files of this name. */
int mf_record_create(mf_record **out, const mf_problem *p, const mf_history *history, const char *prefix,
                     const char *command_line, bool force);

/** The observer that writes; valid while the record is. */
mf_observer mf_record_observer(mf_record *r);

/** Closes the files of a run that ended with `status`, which is returned, with its message, unless it is MF_OK; without an
 *  output there are no files.  NULL is fine. */
int mf_record_close(mf_record *r, int status);

#endif
