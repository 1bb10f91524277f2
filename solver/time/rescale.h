/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rescale.h  The unknown that CVODE has of a flow that decays.
 *
 *  A deviation that falls like e^{-s t} costs steps for ever: each is as long as it takes to follow the exponential.  CVODE gets
 *
 *    z = y e^{s (t - base)} / unit,      dz/dt = s z + f(y) z/y,      d(dz/dt)/dz = s + df/dy,
 *
 *  which comes to rest where the slowest mode is all that is left, so that steps grow and the decay itself has no error.  A start
 *  that does not decay yet is left as it is: `base` is the start, or the end of the first step in which |y|, in the norm of its errors,
 *  falls at no less than s/2.  The factor stops growing with the step that takes it beyond 1e150: what is left of y is then below the floor
 *  of every norm, and z stays a number whatever becomes of y.  The unit is 1, or a power of 2 where CVODE's weights, which are inverse to errors of y,
 *  would be no numbers else. */
#ifndef MF_SOLVER_TIME_RESCALE_H
#define MF_SOLVER_TIME_RESCALE_H

/** All of it, numbers alone: a run that is taken up again needs this beside CVODE's arrays (march_keep.c). */
typedef struct {
  double unit;       /**< of y up to `base`: a power of 2 */
  double rate;       /**< s [1/T], 0 or more */
  double base, end;  /**< of the factor's growth [T]; INFINITY: not yet */
  double norm, time; /**< of y, when it was last weighed */
  double fall;       /**< its rate of decay before that [1/T] */
  double jumps;      /**< 1 where dz/dt jumps at the end of the last step, else 0 */
} mf_rescale;

/** With s = 0 the unit alone counts. */
mf_rescale mf_rescale_start(double unit, double rate);

/** y/z at time t. */
double mf_rescale_unit(const mf_rescale *r, double t);

/** s at time t, 0 before `base`. */
double mf_rescale_rate(const mf_rescale *r, double t);

/** Says what the norm of y is at time t. */
void mf_rescale_weigh(mf_rescale *r, double t, double norm);

/** Says that a step has ended at t: where `base` may lie, or the factor reach its end. */
void mf_rescale_step(mf_rescale *r, double t);

#endif
