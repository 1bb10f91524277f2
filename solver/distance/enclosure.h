/* SPDX-License-Identifier: BSD-3-Clause */
/** @file enclosure.h  Bounds of W_2^2 between densities that are constant in cells, whatever an approximate solution is.
 *
 *  From below: potentials at the corners of cells, f + g <= |x - y|^2/2 between any two corners, are made functions by linear
 *  interpolation along each axis.  For x and y with weights p_i and q_j of corners, f(x) + g(y) is at most sum p_i q_j |x_i -
 *  y_j|^2/2 = |x - y|^2/2 + (V(x) + V(y))/2, with V = sum_a h_a^2 t_a (1 - t_a) the variance of the weights, whose mean over a
 *  cell is sum_a h_a^2/6.  So W_2^2/2 >= int f dmu + int g dnu - sum_a h_a^2/6.
 *
 *  From above: masses between centres of cells, nu(y) P(x|y), each spread evenly over both cells, cost |x - y|^2/2 + sum_a
 *  h_a^2/12.  Where their marginals are not mu and nu, what is wrong goes across the box. */
#ifndef MF_SOLVER_DISTANCE_ENCLOSURE_H
#define MF_SOLVER_DISTANCE_ENCLOSURE_H

#include "solver/distance/soft.h"

/** Bounds of W_2^2 [L^2] for masses of sum 1 per cell.  `potential` of nu at centres of cells [L^2] is where the lower one
 *  starts, `plan` has P. */
int mf_enclose_transport(const mf_grid *grid, const double *const mass[2], const double *potential,
                         const mf_soft *plan, double *lower, double *upper);

#endif
