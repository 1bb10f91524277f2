/* SPDX-License-Identifier: BSD-3-Clause */
/** @file displacement.h  A kernel between any two points of a box, not only between centres of cells.
 *
 *  Kernels of the distance: k(|x - y|), on periodic axes summed over images, or at the chord, as kernel.h says.
 *  Kernels of finite rank: the power series in x.y.  Between centres of cells this is the matrix of
 *  convolution.h. */
#ifndef MF_OPERATORS_KERNELS_DISPLACEMENT_H
#define MF_OPERATORS_KERNELS_DISPLACEMENT_H

#include "grids/grid.h"
#include "operators/kernels/kernel.h"

/** k(x, y); coordinates beyond the grid's dim are not read. */
double mf_kernel_between(const mf_kernel *kernel, const mf_grid *grid, const double x[MF_AXES],
                         const double y[MF_AXES]);

/** The same, with its gradient by x. */
double mf_kernel_gradient(const mf_kernel *kernel, const mf_grid *grid, const double x[MF_AXES],
                          const double y[MF_AXES], double gradient[MF_AXES]);

#endif
