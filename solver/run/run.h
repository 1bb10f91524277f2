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

/** A run that stays: integrated from output to output, and looked at. */
typedef struct mf_runner mf_runner;

/** Where a run may be taken up again. */
typedef struct {
  bool
      exact; /**< it goes on from here the same whether it came here or was put here; else as exactly as its tolerances say */
  bool last; /**< the run ends here: */
  bool finished; /**< with its last output */
} mf_place;

/** Who watches.  Callbacks return a status; NULL ones are skipped. */
typedef struct {
  void *self;
  int (*on_output)(void *self, const mf_output *output);
  /** After each internal step: the time reached and its size. */
  int (*on_step)(void *self, double time, double step);
  /** Before each step, when all outputs up to the time reached have been made, and at the end: mf_runner_save may be called. */
  int (*on_place)(void *self, mf_runner *r, const mf_place *place);
  /** Puts what it remembers of outputs into a checkpoint, and takes it from one. */
  int (*save)(void *self, mf_checkpoint *c);
  int (*restore)(void *self, const mf_checkpoint *c);
} mf_observer;

/** Runs, once: the problem's initial measure is gone afterwards.  `history` gets one row per output time of any purpose.  A
 *  signal number in `*stop` (may be NULL) ends the run after the present step with MF_ESTOPPED.  MF_ENUMERIC if the
 *  integrator gives up, or if the energy, which a gradient flow can only lower, rises by more than the tolerance allows. */
int mf_run(mf_problem *p, mf_history *history, const mf_observer *observers, int count,
           const volatile sig_atomic_t *stop);

/** The same from a checkpoint on, if that is not NULL. */
int mf_run_on(mf_problem *p, mf_history *history, const mf_observer *observers, int count,
              const volatile sig_atomic_t *stop, const mf_checkpoint *from);

/** What it is given is borrowed. */
int mf_runner_create(mf_runner **out, mf_problem *p, mf_history *history, const mf_observer *observers,
                     int count, const volatile sig_atomic_t *stop);
void mf_runner_free(mf_runner *r);

/** Integrates to a time, between that of the last output and the problem's end, and makes an output of it; the first one is
 *  always the start.  Errors as those of `mf_run`. */
int mf_runner_to(mf_runner *r, double time);

/** All outputs of the problem, before there was any other, or all that are left to it after mf_runner_restore. */
int mf_runner_finish(mf_runner *r);

/** Puts the run, its history and what its observers remember into a checkpoint, which borrows the unknown until the next step. */
int mf_runner_save(mf_runner *r, mf_checkpoint *c);

/** Takes all that from a checkpoint of a run of the same problem, whose end and outputs may be others, before the first output.
 *  MF_EFILE: it is of another problem, or the data that the case names are no longer what they were. */
int mf_runner_restore(mf_runner *r, const mf_checkpoint *c);

/** Time that the integrator has reached, and its steps so far. */
double mf_runner_reached(const mf_runner *r);
long mf_runner_steps(const mf_runner *r);

/** Time of the last output, NAN before the first, and the report of it, until the next. */
double mf_runner_time(const mf_runner *r);
const mf_report *mf_runner_report(const mf_runner *r);

/** An empty history with the problem's columns. */
int mf_run_history(const mf_problem *p, mf_history **out);

#endif
