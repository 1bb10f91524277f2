/* SPDX-License-Identifier: BSD-3-Clause */
/** @file propagate.h  exp(t A) for linear reversible flows, by Chebyshev series.
 *
 *  A flow is linear and reversible if dy/dt = A y with A symmetric and non-positive in L^2(1/pi): diffusion of KL in
 *  transport geometries, with the deviation rho - pi as unknown.  With the spectrum in [-R, 0] and z = t R/2,
 *
 *    exp(t A) = sum_k c_k T_k(1 + 2 A/R),   c_k = (2 - delta_k0) e^(-z) I_k(z)      (Tal-Ezer 1989)
 *
 *  takes O(sqrt(t R)) applications of A and is exact to round-off, relative to what is left of the deviation. */
#ifndef MF_SOLVER_TIME_PROPAGATE_H
#define MF_SOLVER_TIME_PROPAGATE_H

#include "solver/flow/flow.h"

typedef struct mf_propagator mf_propagator;

/** MF_OK for a flow with mf_flow_linear; MF_ECASE with the reason for others. */
int mf_propagator_check(const mf_flow *flow);

/** For a flow that passes the check; MF_ECASE with its reason for others. */
int mf_propagator_create(mf_propagator **out, mf_flow *flow);
void mf_propagator_free(mf_propagator *p);

/** y <- exp(t A) y, cells values; its mass is that of the flow. */
int mf_propagator_advance(mf_propagator *p, double t, double *y);

/** Applications of A that one series over a time t takes, at most. */
double mf_propagator_cost(const mf_propagator *p, double t);

/** An array of cells values that is free until the next advance. */
double *mf_propagator_spare(const mf_propagator *p);

/** Applications of A so far. */
long mf_propagator_applications(const mf_propagator *p);

/** What it has learned on its way, on which the rounding of what comes depends, and the count of its work. */
typedef struct {
  double longest; /**< series that keeps enough decades; INFINITY: none was too long */
  long applications;
} mf_propagator_past;
mf_propagator_past mf_propagator_remember(const mf_propagator *p);
void mf_propagator_recall(mf_propagator *p, mf_propagator_past past);

#endif
