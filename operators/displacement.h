/** @file displacement.h  A kernel between any two points of a box, not only between centres of cells.
 *
 *  Walls: k(|d|).  Periodic axes: summed over images, or at the chord, as kernel.h says; between centres of
 *  cells this is the matrix of convolution.h. */
#ifndef MF_OPERATORS_DISPLACEMENT_H
#define MF_OPERATORS_DISPLACEMENT_H

#include "grids/grid.h"
#include "operators/kernel.h"

/** k at the displacement d [L]; entries beyond the grid's dim are not read. */
double mf_kernel_between(const mf_kernel *kernel, const mf_grid *grid, const double d[MF_AXES]);

#endif
