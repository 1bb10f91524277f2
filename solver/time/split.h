/* SPDX-License-Identifier: BSD-3-Clause */
/** @file split.h  Strang splitting of linear transport and reaction in closed form: Hellinger-Kantorovich flows of KL.
 *
 *    S(t) = R(t/2) T(t) R(t/2),   T = exp(t A) (propagate.h),   R: log u -> e^(-beta t) log u, renormalised if spherical
 *
 *  Both maps keep positivity and lower KL, He and the mass defect as the flow does, whatever the step (Strang 1968;
 *  Gallouet & Monsaingeon 2017). */
#ifndef MF_SOLVER_TIME_SPLIT_H
#define MF_SOLVER_TIME_SPLIT_H

#include "solver/time/propagate.h"

typedef struct mf_split mf_split;

/** MF_OK for a flow with mf_flow_splits; MF_ECASE with the reason for others. */
int mf_split_check(const mf_flow *flow);

/** For a flow that passes the check; MF_ECASE with its reason for others.  Starts at the initial measure. */
int mf_split_create(mf_split **out, mf_flow *flow, const mf_measure *initial);
void mf_split_free(mf_split *s);

/** The two maps, on log u = log(rho/pi) (cells values; -infinity is vacuum). */
int mf_split_transport(mf_split *s, double t, double *log_ratio);
void mf_split_react(const mf_split *s, double t, double *log_ratio);

/** One Strang step, of second order: local error O(t^3). */
int mf_split_step(mf_split *s, double t, double *log_ratio);

/** Root mean square of a - b, as deviations from the target in units of the error that a tolerance allows at b. */
double mf_split_difference(mf_split *s, const double *a, const double *b, double rtol);

/** The series of the transport, which counts its work. */
mf_propagator *mf_split_series(const mf_split *s);

#endif
