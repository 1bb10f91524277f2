/* SPDX-License-Identifier: BSD-3-Clause */
/** @file constant_entropic.h  The ratio D/F of an entropy phi_p whose mass diffuses and reacts, and its descent.
 *
 *  For mu = e^l pi, u = e^l, w_f as in operators/transport/generator.h:
 *
 *    F = sum_c pi phi_p(u),   D = transport sum_f w_f [P(u)][phi_p'(u)] + reaction sum_c pi u (phi_p'(u) - m)^2,
 *
 *  P the pressure (u^p - 1)/p, [] the step over a face, m the mean of phi_p' in mu, or 0 unless `spherical`.  Both are without
 *  the cell's volume, which cancels, and F without its weight, which is in the factors of D. */
#ifndef MF_SOLVER_OBSERVE_CONSTANT_ENTROPIC_H
#define MF_SOLVER_OBSERVE_CONSTANT_ENTROPIC_H

#include "grids/grid.h"

typedef struct {
  const mf_grid *grid;
  const double *mass;            /**< pi > 0 */
  const double *weight[MF_AXES]; /**< w_f of the face above each cell, 0 at a wall */
  double exponent;
  double transport, reaction; /**< [1/T] */
  bool spherical, conserves;
} mf_entropic;

/** Shifts l so that e^l pi is of the mass of pi (`mass`); the deviation is summed, so that nothing cancels near equilibrium. */
void mf_entropic_hold_mass(const mf_grid *grid, const double *mass, double *l);

typedef struct mf_descent mf_descent;

/** The ratio is borrowed. */
int mf_descent_create(mf_descent **out, const mf_entropic *ratio);
void mf_descent_free(mf_descent *d);

/** Improves l (cells values) by at most `steps` steps, or until one gains less than the share `enough`; *value becomes D/F there.
 *  Where mass is conserved, that of e^l pi becomes the mass of pi. */
int mf_descent_run(mf_descent *d, double *l, int steps, double enough, double *value);

#endif
