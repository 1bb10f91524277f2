/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dual.h  Entropic transport between two measures of mass 1 on a grid: its dual, maximised.
 *
 *    OT = max_phi eps [<phi, mu> + <psi, nu>],   psi = -T(phi + log mu)      (soft.h; potentials in units of eps)
 *
 *  for the cost |x - y|^2/2.  The gradient is mu - A^T nu, the defect of a marginal of the plan nu P; Newton's step solves
 *
 *    (diag(A^T nu) - A^T diag(nu) A) d = mu - A^T nu
 *
 *  by conjugate gradients with its diagonal, and is halved until the dual rises.  A few Sinkhorn sweeps come first.  The error
 *  of the value is quadratic in the defect. */
#ifndef MF_SOLVER_DISTANCE_DUAL_H
#define MF_SOLVER_DISTANCE_DUAL_H

#include "grids/grid.h"
#include "solver/distance/soft.h"

/** Two masses per cell of sum 1, their logarithms (MF_VACUUM where there is none), and potentials.  Of equal measures phi
 *  and psi are the same and only `mass[0]`, `log_mass[0]` and psi are used. */
typedef struct {
  const mf_grid *grid;
  double eps;                /**< [L^2] */
  const double *mass[2];     /**< cells values */
  const double *log_mass[2]; /**< cells values */
  int sweeps;                /**< of Sinkhorn before Newton's method, at least 1 */
  double *phi, *psi;         /**< cells values; psi is the start, finite everywhere */
} mf_dual;

typedef struct {
  double value;    /**< OT [L^2] */
  double residual; /**< |mu - A^T nu| */
  int newton, sweeps;
} mf_dual_result;

/** Maximises until the residual is at most `tolerance`, or round-off keeps it from falling, from a start in psi.  `soft` keeps
 *  the plan that was found.  MF_ENUMERIC: it does not come below sqrt(tolerance). */
int mf_dual_solve(const mf_dual *d, mf_soft *soft, double tolerance, mf_dual_result *out);

/** OT(mu, mu), by psi <- (psi - T(psi + log mu))/2. */
int mf_dual_solve_self(const mf_dual *d, mf_soft *soft, double tolerance, mf_dual_result *out);

#endif
