/* SPDX-License-Identifier: BSD-3-Clause */
/** @file record.h  Writes a run to NAME.nc, NAME.nc.xmf, NAME_history.nc and NAME_checkpoint.nc, output by output. */
#ifndef MF_SOLVER_RUN_RECORD_H
#define MF_SOLVER_RUN_RECORD_H

#include "solver/run/run.h"

typedef struct mf_record mf_record;

typedef struct {
  const char *prefix;       /**< PREFIX.nc, PREFIX.nc.xmf, PREFIX_history.nc, PREFIX_checkpoint.nc */
  const char *command_line; /**< for the files' attribute `history` */
  bool force;               /**< replaces what is there */
  const mf_checkpoint
      *from; /**< the run goes on from it: its files are replaced by what they hold and what comes */
  const volatile sig_atomic_t *asked; /**< grows when somebody wants a checkpoint; or NULL */
} mf_record_options;

/** Creates the files of a run with its provenance: resolved case, versions, command line.  They get their names with the first
 *  output.  MF_EFILE if one is there and not `force`, if another process writes files of this name, or if the files that `from`
 *  speaks of do not hold what it says.  What the options point to is borrowed. */
int mf_record_create(mf_record **out, const mf_problem *p, const mf_history *history,
                     const mf_record_options *options);

/** The observer that writes; valid while the record is. */
mf_observer mf_record_observer(mf_record *r);

/** Closes the files of a run that ended with `status`, which is returned, with its message, unless it is MF_OK; without an
 *  output there are no files.  NULL is fine. */
int mf_record_close(mf_record *r, int status);

#endif
