/* SPDX-License-Identifier: BSD-3-Clause */
/** @file soft.h  The soft transform of entropic transport on a grid, axis by axis, and its derivative.
 *
 *    (T l)(y) = log sum_x exp(l(x) - |x - y|^2 / (2 eps))
 *
 *  The exponential is a product over axes, so that T is one transform along each line of each axis in turn.  With
 *  u_i = l_i - i^2 h^2/(2 eps) a line's transform is a Legendre transform but for its logarithm: of the concave hull of u only
 *  those i count whose tangent is less than 18.4 (e^-18.4 = 1e-8) below the greatest, a window that moves one way with y.  It
 *  holds some 12 sqrt(eps)/h cells.  The derivative of T is the matrix A of conditional probabilities P(x|y), again a product:
 *  its weights are kept, as floats.  (Peyre, Cuturi 2019, section 4; Lucet 1997.)
 *
 *  Lines are shared among threads; each is computed by one. */
#ifndef MF_SOLVER_DISTANCE_SOFT_H
#define MF_SOLVER_DISTANCE_SOFT_H

#include "grids/grid.h"

typedef struct mf_soft mf_soft;

/** Walls on every axis.  The grid must outlive the object. */
int mf_soft_create(mf_soft **out, const mf_grid *grid);
void mf_soft_free(mf_soft *s);

/** out = T l, cells values each, and keeps A; `eps` [L^2].  l is MF_VACUUM (legendre.h), or larger than -1e290, and not so everywhere.
 *  MF_EMEMORY: no room for the weights. */
int mf_soft_transform(mf_soft *s, double eps, const double *l, double *out);

/** out = A in: the mean over x given y; out = A^T in. */
void mf_soft_mean(const mf_soft *s, const double *in, double *out);
void mf_soft_spread(const mf_soft *s, const double *in, double *out);

#endif
