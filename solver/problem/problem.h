/* SPDX-License-Identifier: BSD-3-Clause */
/** @file problem.h  A case, built: grid, measures, flow, times, tolerances, output.
 *
 *  Data flows one way: case file -> problem -> run -> files and claims. */
#ifndef MF_SOLVER_PROBLEM_PROBLEM_H
#define MF_SOLVER_PROBLEM_PROBLEM_H

#include "io/language/section.h"
#include "solver/flow/flow.h"
#include "solver/observe/diagnose.h"
#include "solver/observe/variable.h"
#include "solver/time/march.h"

/** What an output time is for. */
enum { MF_AT_HISTORY = 1, MF_AT_FIELDS = 2, MF_AT_CLAIM = 4 };
typedef struct {
  double time;
  unsigned purpose;
} mf_output_time;

/** Further outputs at the moments when F has fallen to F(0)/factor, F(0)/factor^2, ... */
typedef struct {
  double factor;
  unsigned purpose;
} mf_output_decay;

/** The gap of a flow (solver/observe/gap.h) under the name that the case gives it. */
typedef struct {
  const char *name; /**< NULL: none is asked for */
  double value, lower, upper;
} mf_named_gap;

typedef struct {
  mf_case *source;
  const char *title, *reference; /**< or NULL */
  mf_scope *scope;               /**< constants, parameters, reference odes, formulas */
  mf_grid grid;
  mf_measure *target; /**< or NULL */
  mf_measure *initial;
  bool started; /**< it is or was run: the initial measure may be gone */
  mf_flow *flow;
  mf_named_gap gap;
  mf_diagnosis *diagnosis;
  double start, end;        /**< 0 <= start < end */
  mf_output_time *output;   /**< increasing, from start to end */
  int outputs, room;        /**< entries, and how many there is room for */
  mf_output_decay decay[2]; /**< at most one of the history and one of the fields */
  int decays;
  mf_tolerances tolerances;
  long checkpoint; /**< steps between checkpoints that the case asks for; 0: it does not say */
  mf_integrator integrator;
  const char *integrator_reason;
  mf_propagator *series;                     /* of MF_CHEBYSHEV if chosen by `auto`, or NULL */
  const mf_variable *variable[MF_VARIABLES]; /**< of the fields */
  int variables;
  bool single; /**< fields as float */
  int deflate;
  const mf_node *odes;      /**< section of reference dynamics, or NULL */
  const mf_node *particles; /**< section of particles, or NULL */
  const mf_node *claims;    /**< or NULL */
} mf_problem;

/** Builds everything from a case, which the problem then owns.  Every mistake in the case is a located
 *  MF_ECASE; nothing is written. */
int mf_problem_create(mf_problem **out, mf_case *source);
void mf_problem_free(mf_problem *p);

/** The same without flow, times and output: nothing but scope, grid and the two measures. */
int mf_problem_create_measures(mf_problem **out, mf_case *source);

/** Adds an output time (start <= time <= end) or a purpose to one that is there. */
int mf_problem_add_time(mf_problem *p, double time, unsigned purpose);

/** Bytes that a run takes on top of this problem and its integrator, roughly. */
double mf_problem_memory(const mf_problem *p);

#endif
