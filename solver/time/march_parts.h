/* SPDX-License-Identifier: BSD-3-Clause */
/** @file march_parts.h  A march from the inside, for march.c and march_keep.c alone. */
#ifndef MF_SOLVER_TIME_MARCH_PARTS_H
#define MF_SOLVER_TIME_MARCH_PARTS_H

#include "solver/precondition/precondition.h"
#include "solver/time/march.h"
#include "solver/time/rescale.h"
#include "solver/time/split.h"
#include "solver/time/watch.h"

/** State of the splitting, which is log u whatever the flow's coordinate. */
typedef struct {
  mf_split *split;
  double *log_ratio, *before; /**< now, and where the last step began */
  double *whole, *halves;     /**< after one step; after two of half the length */
  double trial;               /**< next step, if nobody looks before */
} mf_splitting;

struct mf_march {
  mf_flow *flow;
  const mf_grid *grid;
  double rtol;
  mf_preconditioner *preconditioner; /**< of bdf */
  bool moved;                        /**< the point of linearisation, since it was last told */
  mf_cvode *cvode;                   /**< of bdf and adams */
  mf_propagator *propagator;         /**< of chebyshev */
  bool borrowed;                     /**< the propagator */
  mf_splitting *splitting;
  double *now, *before; /**< of the series: at `time`, and at `from` if somebody looks back */
  mf_rescale rescale;   /**< of CVODE's unknown, */
  double *scaled;       /**< room for the flow's, if it is another, */
  double share;         /**< of its preconditioner, */
  mf_watch *watch;      /**< and what its norm has besides, or NULL */
  double *errors;       /**< of y, if they were asked for */
  double *seen, *ydot;  /**< what was asked for, where it is not in an array already */
  double time, step;    /**< of the last two methods, with counters */
  double from;          /**< where what can be seen begins: the last step, or what is left of it */
  long steps, failures;
  long renewal, renewed; /**< steps from one place of CVODE to the next; at the last one */
};

/** The series that the march is made by, or has its transport from. */
mf_propagator *mf_march_series(const mf_march *m);

#endif
