/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pyramid.h  Coarser grids of one box, and smooth fields brought from one to the next. */
#ifndef MF_SOLVER_DISTANCE_PYRAMID_H
#define MF_SOLVER_DISTANCE_PYRAMID_H

#include "grids/grid.h"

enum { MF_LEVELS = 32 };

/** `grid` itself comes last; each one before it has half as many cells along every axis, but not below 16 (nor more than
 *  there are).  Returns how many. */
int mf_pyramid(const mf_grid *grid, mf_grid level[MF_LEVELS]);

/** `out` = scale times `in`, interpolated from centres of cells to those of another grid by cubics through the nearest four of them along each axis,
 *  and beyond the outermost by the same cubics. */
int mf_prolong(const mf_grid *from, const double *in, const mf_grid *to, double scale, double *out);

/** Masses of sum 1 on another grid: values between those of the first one, as they are of smooth densities (averages would be
 *  wider), where these are not negative. */
int mf_sample_mass(const mf_grid *from, const double *in, const mf_grid *to, double *out);

#endif
