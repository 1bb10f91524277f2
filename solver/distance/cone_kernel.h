/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cone_kernel.h  Sums with the kernel cos^(2/eps) L of sum 1, over windows that follow the plan. */
#ifndef MF_SOLVER_DISTANCE_CONE_KERNEL_H
#define MF_SOLVER_DISTANCE_CONE_KERNEL_H

#include "grids/grid.h"

#include <stdint.h>

typedef struct mf_cone_kernel mf_cone_kernel;

/** Axes of one cell count for nothing.  `whole`: windows have all that is within reach.  The grid must outlive the object. */
int mf_cone_kernel_create(mf_cone_kernel **out, const mf_grid *grid, double unit, double eps, bool whole);
void mf_cone_kernel_free(mf_cone_kernel *k);

/** out(x) = log sum_y K(x - y) e^l(y), where l is MF_VACUUM or finite; MF_VACUUM where there is nothing within reach.  The sum
 *  is over a window around x + offset(x), MF_AXES whole numbers a cell, which has all that counts if that is near where the
 *  terms are; with `follow` the offsets are moved there. */
int mf_cone_kernel_apply(const mf_cone_kernel *k, const double *l, int16_t *offset, bool follow, double *out);

#endif
