/* SPDX-License-Identifier: BSD-3-Clause */
/** @file run.h  Integrates a problem from 0 to its end and shows every output to observers. */
#ifndef MF_SOLVER_RUN_RUN_H
#define MF_SOLVER_RUN_RUN_H

#include "solver/problem/problem.h"

#include <signal.h>

/** One output. */
typedef struct {
  double time;
  unsigned purpose; /**< MF_AT_HISTORY, ... */
  const mf_report *report;
  const mf_history *history; /**< its last row is this output's */
} mf_output;

/** Who watches.  Callbacks return a status; NULL ones are skipped. */
typedef struct {
  void *self;
  int (*on_output)(void *self, const mf_output *output);
  /** After each internal step: the time reached and its size. */
  int (*on_step)(void *self, double time, double step);
} mf_observer;

/** Runs, once: the problem's initial measure is gone afterwards.  `history` gets one row per output time of any purpose.  A
 *  signal number in `*stop` (may be NULL) ends the run after the present step with MF_ESTOPPED.  MF_ENUMERIC if the
 *  integrator gives up, or if the energy, which a gradient flow can only lower, rises by more than the tolerance allows. */
int mf_run(mf_problem *p, mf_history *history, const mf_observer *observers, int count,
           const volatile sig_atomic_t *stop);

/** A run that stays: integrated from output to output, and looked at.  What it is given is borrowed. */
typedef struct mf_runner mf_runner;
int mf_runner_create(mf_runner **out, mf_problem *p, mf_history *history, const mf_observer *observers,
                     int count, const volatile sig_atomic_t *stop);
void mf_runner_free(mf_runner *r);

/** Integrates to a time, between that of the last output and the problem's end, and makes an output of it; the first one is
 *  always the start.  Errors as those of `mf_run`. */
int mf_runner_to(mf_runner *r, double time);

/** All outputs of the problem, before there was any other. */
int mf_runner_finish(mf_runner *r);

/** Time of the last output, NAN before the first, and the report of it, until the next. */
double mf_runner_time(const mf_runner *r);
const mf_report *mf_runner_report(const mf_runner *r);

/** An empty history with the problem's columns. */
int mf_run_history(const mf_problem *p, mf_history **out);

#endif
