/* SPDX-License-Identifier: BSD-3-Clause */
/** @file interpolant.h  A field between the centres of its cells, with its gradient, for many points at once.
 *
 *  Along each axis the polynomial of degree 5 through the six nearest centres (fewer where there are fewer cells, shifted
 *  inwards at a wall): polynomials of that degree are exact, so are their gradients, and the error is that of h^6. */
#ifndef MF_GRIDS_INTERPOLANT_H
#define MF_GRIDS_INTERPOLANT_H

#include "grids/grid.h"

typedef struct mf_interpolant mf_interpolant;

/** Takes what it needs of the values (cells of them, finite); the grid has to stay. */
int mf_interpolant_create(mf_interpolant **out, const mf_grid *grid, const double *values);
void mf_interpolant_free(mf_interpolant *f);

/** At points with coordinates x[axis][i], axis < dim, in the box (on a periodic axis anywhere): the value [i] and the
 *  gradient[axis][i], either of which may be NULL.  Safe in several threads. */
void mf_interpolant_at(const mf_interpolant *f, ptrdiff_t count, const double *const *x, double *value,
                       double *const *gradient);

#endif
