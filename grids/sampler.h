/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sampler.h  Points of a measure from points of the unit cube: the inverse of its distribution function, axis by axis
 *  (Rosenblatt 1952).
 *
 *  The last axis comes first: its marginal, then that of the next on the layer, then the line.  Uniform numbers give samples,
 *  (i + 1/2)/N on a line quantiles, Sobol's points evenly spread ones. */
#ifndef MF_GRIDS_SAMPLER_H
#define MF_GRIDS_SAMPLER_H

#include "grids/measure.h"

#include <stdint.h>

typedef struct mf_sampler mf_sampler;

/** `averages` as in mf_measure; the density (cells values, >= 0) is read here alone, the grid has to stay.  MF_ENUMERIC: no mass. */
int mf_sampler_create(mf_sampler **out, const mf_grid *grid, const double *density, bool averages);
void mf_sampler_free(mf_sampler *s);

/** x[axis][i] from u[axis][i] in (0, 1), axis < dim; the arrays may be the same.  Safe in several threads. */
void mf_sampler_at(const mf_sampler *s, ptrdiff_t count, const double *const *u, double *const *x);

/** The first points of Sobol's sequence in (0, 1)^dim (Sobol' 1967), count at most 2^31: u[axis][i], each in the middle of its cell of
 *  1/n, n the power of 2 from count on. */
void mf_sobol(int dim, ptrdiff_t count, double *const *u);

#endif
