/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cone.h  Hellinger-Kantorovich distance between two measures of mass 1 on a grid, in units of its own.
 *
 *  With L = sqrt(beta/alpha) |x - y|/2 and (Liero, Mielke, Savare 2018)
 *
 *    (beta/4) HK^2 = min_g KL(g_1|mu_0) + KL(g_2|mu_1) - int log cos^2 min(L, pi/2) dg
 *
 *  entropy with respect to the Lebesgue measure is added with a strength eps.  The plan is e^(phi(x)/eps) K e^(psi(y)/eps) with
 *  the kernel cos^(2/eps) L, of sum 1 over the lattice of cells, and Sinkhorn's sweep over-relaxed is
 *
 *    phi += w (phi* - phi),   phi* = eps/(1 + eps) log(mu_0/(K e^(psi/eps))),   w = 2/(1 + sqrt(1 - (1 + eps)^-2)).
 *
 *  Its dual value, sum mu_0 (1 - e^-phi) + sum mu_1 (1 - e^-psi) - eps |g|, is a power series in eps on smooth data and sums over
 *  cells are exact while sqrt(eps) > 1.4 h_L: three powers are removed by four strengths.  Sums run over windows that follow the
 *  plan. */
#ifndef MF_SOLVER_DISTANCE_CONE_H
#define MF_SOLVER_DISTANCE_CONE_H

#include "grids/grid.h"

typedef struct {
  double value;    /**< (beta/4) HK^2 per unit of mass, in [0, 2] */
  double error;    /**< estimated */
  double residual; /**< |g_1 - e^-phi mu_0|, the greatest */
  int iterations;
} mf_cone;

/** Densities a and b on one grid with walls, taken per unit of their mass; `unit` = sqrt(beta/alpha)/2 [1/L].  Where there is
 *  room `factor[i]` becomes e^(-phi) of either measure, extrapolated as the value is: 1 - e^(-phi) is the first variation.
 *  MF_ENUMERIC: no convergence. */
int mf_cone_distance(const mf_grid *grid, const double *a, const double *b, double unit,
                     double *const factor[2], mf_cone *out);

#endif
