/* SPDX-License-Identifier: BSD-3-Clause */
/** @file watch.h  Mean and covariance, of which an error norm takes care besides the measure as a whole.
 *
 *  Where the unknown is rescaled (rescale.h) steps grow once the slowest mode is all that a norm sees, and what decays faster
 *  would no longer be followed.  So the norm has more terms: with q = x - m and (x - m)(x - m)^T - C, mean m and covariance C those
 *  of the target, and <q, z> = sum_c q_c (d rho/dz)_c z_c,
 *
 *    |e|^2 = mean (w e)^2 + sum_q (<q, e>/allowed_q)^2,
 *    allowed_q = 10 rtol |<q, z>| + most_q/1000,       most_q = max {<q, e> : mean (w e)^2 <= 1}.
 *
 *  Each of them is then right to 10 rtol of itself a step as long as it is no less than 1e-4 of what is left of the
 *  measure, and to rtol/1000 of that afterwards. */
#ifndef MF_SOLVER_TIME_WATCH_H
#define MF_SOLVER_TIME_WATCH_H

#include "solver/flow/flow.h"

typedef struct mf_watch mf_watch;

/** For a flow with a target. */
int mf_watch_create(mf_watch **out, const mf_flow *flow, double rtol);
void mf_watch_free(mf_watch *w);

/** Allows what it does at z with these weights, which the flow has just been asked for. */
void mf_watch_allow(mf_watch *w, const double *z, const double *weights);

/** The second sum. */
double mf_watch_square(const mf_watch *w, const double *e);

#endif
