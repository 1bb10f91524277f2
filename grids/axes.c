/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program may ask of a grid. */
#include "grids/axes.h"

#include "grids/grid.h"

#include <math.h>

static bool has_axis(const mf_grid *grid, int axis)
{
  return grid && axis >= 0 && axis < MF_AXES;
}

int mf_grid_dim(const mf_grid *grid)
{
  return grid ? grid->dim : 0;
}

ptrdiff_t mf_grid_cells(const mf_grid *grid)
{
  return grid ? grid->cells : 0;
}

ptrdiff_t mf_grid_axis_cells(const mf_grid *grid, int axis)
{
  return has_axis(grid, axis) ? grid->n[axis] : 0;
}

bool mf_grid_axis_periodic(const mf_grid *grid, int axis)
{
  return has_axis(grid, axis) && grid->periodic[axis];
}

double mf_grid_volume(const mf_grid *grid)
{
  return grid ? grid->volume : NAN;
}

double mf_grid_coordinate(const mf_grid *grid, int axis, ptrdiff_t i)
{
  return has_axis(grid, axis) ? grid->lo[axis] + ((double)i + 0.5) * grid->h[axis] : NAN;
}

double mf_grid_edge(const mf_grid *grid, int axis, ptrdiff_t i)
{
  if (!has_axis(grid, axis)) return NAN;
  if (i == grid->global[axis]) return grid->hi[axis];
  return grid->lo[axis] + (double)i * grid->h[axis];
}

void mf_grid_centre(const mf_grid *grid, ptrdiff_t c, double x[MF_AXES])
{
  for (int a = 0; x && a < MF_AXES; a++) {
    if (!grid) {
      x[a] = NAN;
      continue;
    }
    x[a] = a < grid->dim ? mf_grid_coordinate(grid, a, grid->offset[a] + c % grid->n[a]) : 0;
    c /= grid->n[a];
  }
}
