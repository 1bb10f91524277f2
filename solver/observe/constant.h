/* SPDX-License-Identifier: BSD-3-Clause */
/** @file constant.h  The best constant of a flow's energy-dissipation inequality on its grid,
 *
 *    c* = inf_mu D(mu)/(F(mu) - inf F),     D = <dF/dmu, K dF/dmu>,
 *
 *  over measures mu of the target's mass, if the flow conserves mass, else over all.  With it F(t) <= e^{-c* t} F(0) from every
 *  start.  D/F of one measure is an upper bound, whoever found it and how; so is twice the gap, the limit of D/F at the target.
 *  That nothing lies below is not known unless a criterion says so. */
#ifndef MF_SOLVER_OBSERVE_CONSTANT_H
#define MF_SOLVER_OBSERVE_CONSTANT_H

#include "solver/flow/flow.h"
#include "solver/observe/constant_lower.h"

typedef struct {
  double above;               /**< [1/T] no constant above it holds: the least of the two next */
  double witness;             /**< D/F of the measure that was found */
  double energy, dissipation; /**< its F [E] and D [E/T] */
  const char *start;          /**< what the search for it began with */
  bool near;                  /**< nothing found lies below the limit at the target */
  double twice_gap;           /**< [1/T] or NAN, */
  char no_gap[512];           /**< and then why */
  double below;               /**< [1/T] certain: every constant up to it holds; 0: no criterion */
  int bounds;
  mf_lower_bound bound
      [MF_LOWER]; /**< what it is made of: the largest, or the sum of one of transport and one of reaction */
} mf_constant;

/** density (cells values) becomes that of the measure [M/L^d].  MF_ENUMERIC, with the reason, if the flow has no such
 *  inequality. */
int mf_constant_compute(const mf_flow *flow, mf_constant *out, double *density);

/** "no constant above c holds: ...; at least c_0 by (criterion)", of the measure in a file, into a buffer. */
void mf_constant_text(const mf_constant *c, const char *file, char *buffer, size_t size);

#endif
