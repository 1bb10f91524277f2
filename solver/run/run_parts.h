/* SPDX-License-Identifier: BSD-3-Clause */
/** @file run_parts.h  A run from the inside, for run.c and run_keep.c alone. */
#ifndef MF_SOLVER_RUN_RUN_PARTS_H
#define MF_SOLVER_RUN_RUN_PARTS_H

#include "solver/run/run.h"

#include "solver/time/march.h"

/** The next value of F at which there is an output. */
typedef struct {
  double level;
  int passed;
} mf_ladder;

struct mf_runner {
  mf_problem *problem;
  mf_history *history;
  const mf_observer *observers;
  int count;
  const volatile sig_atomic_t *stop;
  mf_march *march;
  double *row;
  double first_energy, last_energy;
  mf_ladder ladder[2]; /**< one for each decay of the problem */
  mf_report report;    /**< of the last output */
  double shown;        /**< when that was; NAN: there was none */
  mf_output_time
      coming;         /**< the next output of the problem, with purposes of those by decay that fall on it */
  double resumed_at;  /**< where the checkpoint was that it goes on from; NAN: there is none */
  double seen;        /**< no level is left to find up to this time, */
  double seen_energy; /**< when F was this */
};

/** F at a time within the last step, as its output will find it.  What the last report said is gone. */
int mf_runner_energy(mf_runner *s, double time, double *energy);

/** The next level of a ladder, from those that were passed. */
void mf_runner_set_level(mf_runner *s, int i);

#endif
