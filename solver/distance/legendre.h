/* SPDX-License-Identifier: BSD-3-Clause */
/** @file legendre.h  Concave hulls of lines, and the hard transform of optimal transport on a grid (Lucet 1997).
 *
 *    (H f)(y) = max_x f(x) - |x - y|^2/2,   so that -H f is the c-transform of f */
#ifndef MF_SOLVER_DISTANCE_LEGENDRE_H
#define MF_SOLVER_DISTANCE_LEGENDRE_H

#include "grids/grid.h"

/** What stands for minus infinity. */
#define MF_VACUUM       (-1e300)
#define MF_IS_VACUUM(u) ((u) < -1e290)

/** The places at which the least concave function above u_0 .. u_(n-1) touches it, in order, but for those between which it is
 *  straight; values that are MF_VACUUM do not count.  Returns how many. */
ptrdiff_t mf_concave_hull(const double *u, ptrdiff_t n, ptrdiff_t *vertex);

/** out = H f between centres of cells, axis by axis.  Axes of one cell count for nothing. */
int mf_hard_transform(const mf_grid *grid, const double *f, double *out);

#endif
