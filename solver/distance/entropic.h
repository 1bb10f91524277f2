/* SPDX-License-Identifier: BSD-3-Clause */
/** @file entropic.h  W_2 in any dimension, by entropic transport without its bias, extrapolated.
 *
 *    S_kappa = 2 [OT(mu, nu) - OT(mu, mu)/2 - OT(nu, nu)/2],   eps = kappa h^2,   W_2^2 = (4 S_1 - S_2)/3 + O(h^4)
 *
 *  (Feydy et al. 2019; Chizat et al. 2020), h the longest edge of a cell.  On smooth densities S_kappa errs by O(h^4) and the
 *  extrapolated value by less.  For its error the larger one is taken of |S_1 - S_2|/3 and a third of what it differs by from
 *  the value on a grid twice as coarse.  Densities are constant in cells where they are enclosed:
 *
 *    2 [D - sum_a h_a^2/6] <= W_2^2 <= 2 [<P, |x - y|^2/2> + defect diam^2/2 + sum_a h_a^2/12]
 *
 *  D is the dual value of potentials at the corners of cells, made feasible by hard c-transforms and linear between corners,
 *  P the entropic plan between centres, spread evenly over cells. */
#ifndef MF_SOLVER_DISTANCE_ENTROPIC_H
#define MF_SOLVER_DISTANCE_ENTROPIC_H

#include "grids/grid.h"

typedef struct {
  double square;       /**< W_2^2 per unit of mass [L^2] */
  double error;        /**< estimated, of the square */
  double lower, upper; /**< of the square, certain */
  double residual;     /**< the greatest defect of a plan */
  int iterations;      /**< Newton's steps, and sweeps of measures with themselves */
} mf_debiased;

/** Potentials of one call, from which the next may start: between measures that are nearly the same on the same grid.
 *  `{0}` is none; what a call has found is kept in it.  A value from a start comes without bounds. */
typedef struct {
  ptrdiff_t cells;
  double *psi[2][3];
} mf_entropic_start;
void mf_entropic_start_clear(mf_entropic_start *start);

/** Densities a and b on one grid with walls, taken per unit of their mass.  `start` may be NULL.  Without room (NULL) for them, nothing becomes of
 *  `potential` (of |x - y|^2/2, of either measure) and `map` (of a, coordinates).  MF_ENUMERIC: no convergence. */
int mf_entropic_distance(const mf_grid *grid, const double *a, const double *b, double *const potential[2],
                         double *const map[MF_AXES], mf_entropic_start *start, mf_debiased *out);

#endif
