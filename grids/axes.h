/* SPDX-License-Identifier: BSD-3-Clause */
/** @file axes.h (user)  What a program may ask of a grid: axes, cells and where they are.
 *
 *  A grid is a box in 1 to 3 dimensions, cut into equal cells.  Fields on it are arrays of one number per cell, x fastest: cell
 *  (i, j, k) has index i + nx (j + ny k).  Axes are numbered from 0; those beyond the dimension have one cell.  Where there is
 *  no grid or no such axis there are 0 cells, and coordinates are NAN. */
#ifndef MF_GRIDS_AXES_H
#define MF_GRIDS_AXES_H

#include "grids/base.h"

#include <stdbool.h>
#include <stddef.h>

MF_PUBLIC_BEGIN

enum { MF_AXES = 3 };

typedef struct mf_grid mf_grid;

/** 1, 2 or 3. */
int mf_grid_dim(const mf_grid *grid);

/** Cells of the grid: the length of a field. */
ptrdiff_t mf_grid_cells(const mf_grid *grid);

/** Cells along an axis. */
ptrdiff_t mf_grid_axis_cells(const mf_grid *grid, int axis);

/** True for a periodic axis, false for one between walls. */
bool mf_grid_axis_periodic(const mf_grid *grid, int axis);

/** Volume of a cell [L^dim]. */
double mf_grid_volume(const mf_grid *grid);

/** Coordinates of the centre of cell `c`; entries beyond dim are 0. */
void mf_grid_centre(const mf_grid *grid, ptrdiff_t c, double x[MF_AXES]);

/** Centre coordinate of the cell with global index i along an axis. */
double mf_grid_coordinate(const mf_grid *grid, int axis, ptrdiff_t i);

/** Coordinate of the lower face of the cell with global index i, equal to the upper face of cell i - 1 to the
 *  last bit; i = mf_grid_axis_cells is the upper end of the box. */
double mf_grid_edge(const mf_grid *grid, int axis, ptrdiff_t i);

MF_PUBLIC_END

#endif
