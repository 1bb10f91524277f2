/* SPDX-License-Identifier: BSD-3-Clause */
/** @file line.h  Distances of two measures on the line: Wasserstein by quantiles, Kolmogorov-Smirnov.
 *
 *    W_p^p = int_0^1 |Q_a(m) - Q_b(m)|^p dm   (Villani 2003, Theorem 2.18),   KS = sup_x |F_a(x) - F_b(x)|.
 *
 *  Densities that are constant in cells have quantile functions that are straight in pieces, and so have
 *  atoms; all three are then exact.  Both measures are taken per unit of their mass. */
#ifndef MF_POSTPROC_DISTANCES_LINE_H
#define MF_POSTPROC_DISTANCES_LINE_H

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

/** The cells of a density in one dimension; negative values count as 0. */
void mf_line_of_density(const mf_grid *grid, const double *density, mf_line_piece *out);

#endif
