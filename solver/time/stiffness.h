/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stiffness.h  How fast the fastest mode of a flow is. */
#ifndef MF_SOLVER_TIME_STIFFNESS_H
#define MF_SOLVER_TIME_STIFFNESS_H

#include "solver/flow/flow.h"

/** Size of the largest eigenvalue of d ydot/dy at a measure [1/T], to some tens of per cent and from below: an explicit
 *  method is unstable with steps of more than about its inverse.  0 where the rate cannot be had beside it. */
int mf_stiffness(mf_flow *flow, const mf_measure *at, double *fastest);

#endif
