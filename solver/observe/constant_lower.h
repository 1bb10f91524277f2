/* SPDX-License-Identifier: BSD-3-Clause */
/** @file constant_lower.h  Certain lower bounds of the constant of D >= c F, by criteria. */
#ifndef MF_SOLVER_OBSERVE_CONSTANT_LOWER_H
#define MF_SOLVER_OBSERVE_CONSTANT_LOWER_H

#include "operators/geometry.h"
#include "solver/observe/constant_entropic.h"

enum { MF_LOWER = 8 };

typedef struct {
  double value; /**< [1/T] >= 0 */
  const char *criterion, *reference;
  bool reaction; /**< of D's reaction, else of its transport: one of each may be added */
} mf_lower_bound;

/** Those of an entropy that are known, at most MF_LOWER; returns how many. */
int mf_lower_entropic(const mf_entropic *ratio, mf_lower_bound *bound);

/** Those of an MMD energy, whose linear parts the geometries gave. */
int mf_lower_embedded(const mf_measure *target, const mf_linear *parts, mf_lower_bound *bound);

#endif
