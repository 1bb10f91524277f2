/* SPDX-License-Identifier: BSD-3-Clause */
/** @file line.h  Distances of two measures on the line or a ring: Wasserstein by quantiles, Kolmogorov-Smirnov.
 *
 *    W_p^p = int_0^1 |Q_a(m) - Q_b(m)|^p dm   (Villani 2003, Theorem 2.18),   KS = sup_x |F_a(x) - F_b(x)|.
 *
 *  On a ring of length L the quantile functions go on beyond 1 with Q(m + 1) = Q(m) + L, and
 *
 *    W_p^p = min_t int_0^1 |Q_a(m) - Q_b(m + t)|^p dm,
 *
 *  of a function that is convex in t with a minimum in [-1, 1] (Delon, Salomon, Sobolevski 2010).
 *
 *  Densities that are constant in cells have quantile functions that are straight in pieces, and so have
 *  atoms; all of it is then exact.  Both measures are taken per unit of their mass. */
#ifndef MF_SOLVER_DISTANCE_LINE_H
#define MF_SOLVER_DISTANCE_LINE_H

#include "grids/grid.h"

/** Mass spread evenly over [lo, hi]; an atom if lo = hi. */
typedef struct {
  double lo, hi, mass;
} mf_line_piece;

typedef struct {
  double w1, w2; /**< [L] */
  double ks;
} mf_line_distances;

/** Pieces come in order (hi of one <= lo of the next), with masses >= 0 that are not all 0. */
int mf_line_compare(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb,
                    mf_line_distances *out);

/** A distance, and how far the rounding of masses may put it off: a few ulp of them across a gap are seen by W_p to the power
 *  1/p. */
typedef struct {
  double distance, rounding; /**< [L] */
} mf_line_value;

/** W_p [L], 1 <= p < infinity, of pieces as above.  `period` is 0 on the line, or the length of the ring, on which the pieces
 *  lie within one turn. */
int mf_line_wasserstein(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb, double p,
                        double period, mf_line_value *out);

/** The monotone map T = Q_b(F_a) that takes a to b, on the line, and a primitive of x - T, the first variation of W_2^2/2 in
 * a: averages of both over the pieces of a [L, L^2], which have a length and follow each other without gaps. */
int mf_line_map(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb, double *potential,
                double *image);

/** The cells of a density in one dimension; negative values count as 0. */
void mf_line_of_density(const mf_grid *grid, const double *density, mf_line_piece *out);

#endif
