/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ladder.h  The same job on several grids, each level's claims and history handed on: for orders of convergence. */
#ifndef MF_SOLVER_PROGRAM_LADDER_H
#define MF_SOLVER_PROGRAM_LADDER_H

#include "solver/program/command.h"

/** What a level changes of the case. */
typedef struct {
  char cells[128]; /**< "grid.cells=[64, 64]" */
  char rtol[64];   /**< "time.rtol=1e-6"; "" leaves it as it is */
} mf_rung;

/** Who looks at the levels. */
typedef struct {
  void *self;
  void (*tell)(void *self, int level, const mf_rung *rung); /**< before a level is built; or NULL */
  int (*look)(void *self, int level, mf_result *result);    /**< after it has run */
} mf_ladder_watch;

/** Runs the job on `levels` rungs, one after the other; nothing is written. */
int mf_ladder_run(const mf_options *o, const mf_job *job, const mf_rung *rung, int levels,
                  const mf_ladder_watch *watch);

/** Judges all claims of a result; those about orders run the job again, once for each grid that one of them asks for. */
int mf_ladder_judge(const mf_options *o, const mf_job *job, mf_result *result);

#endif
