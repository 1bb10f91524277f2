/* SPDX-License-Identifier: BSD-3-Clause */
/* A box in 1 to 3 dimensions, cut into equal cells. */
#include "grids/grid.h"

#include "grids/base.h"
#include "grids/team.h"
#include "grids/threads.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char axis_name[MF_AXES] = {'x', 'y', 'z'};

static int check_axis(int axis, long cells, double lo, double hi)
{
  if (cells < 1)
    return mf_fail(MF_ECASE, "axis %c has %ld cells: at least 1 is needed", axis_name[axis], cells);
  if (!isfinite(lo) || !isfinite(hi))
    return mf_fail(MF_ECASE, "axis %c of the box, [%g, %g], is not finite", axis_name[axis], lo, hi);
  if (hi <= lo)
    return mf_fail(MF_ECASE, "axis %c of the box is upside down: [%g, %g]; write the lower end first",
                   axis_name[axis], lo, hi);
  const double step = (hi - lo) / (double)cells, largest = fmax(fabs(lo), fabs(hi));
  if (!(step > 64 * DBL_EPSILON * largest)) /* faces are good to a hundredth of a cell */
    return mf_fail(MF_ECASE,
                   "cells of axis %c would be %g long, which is round-off of coordinates up to %g: move the "
                   "box towards 0",
                   axis_name[axis], step, largest);
  return MF_OK;
}

mf_point_text mf_grid_point(const mf_grid *grid, const double *x)
{
  mf_point_text out;
  size_t used = 0;
  for (int a = 0; a < grid->dim && used < sizeof out.text; a++)
    used += (size_t)snprintf(out.text + used, sizeof out.text - used, "%s%g", a ? ", " : "(", x[a]);
  if (used + 1 < sizeof out.text) strcpy(out.text + used, ")");
  return out;
}

int mf_grid_init(mf_grid *grid, int dim, const long *cells, const double *lo, const double *hi,
                 const bool *periodic)
{
  memset(grid, 0, sizeof *grid);
  if (dim < 1 || dim > MF_AXES) return mf_fail(MF_ECASE, "a grid has 1, 2 or 3 axes, not %d", dim);
  grid->dim = dim;
  grid->cells = 1;
  grid->volume = 1;
  for (int a = 0; a < MF_AXES; a++) {
    const bool used = a < dim;
    if (used) MF_TRY(check_axis(a, cells[a], lo[a], hi[a]));
    grid->n[a] = grid->global[a] = used ? cells[a] : 1;
    grid->lo[a] = used ? lo[a] : -0.5;
    grid->hi[a] = used ? hi[a] : 0.5;
    grid->h[a] = (grid->hi[a] - grid->lo[a]) / (double)grid->n[a];
    grid->periodic[a] = used && periodic[a];
    grid->stride[a] = grid->cells;
    if (grid->n[a] > PTRDIFF_MAX / 64 / grid->cells) return mf_fail(MF_ECASE, "too many cells to index");
    grid->cells *= grid->n[a];
    grid->volume *= grid->h[a];
  }
  grid->global_cells = grid->cells;
  grid->team = &mf_team_alone;
  return MF_OK;
}

ptrdiff_t mf_grid_first(const mf_grid *grid)
{
  const int last = grid->dim - 1;
  return grid->offset[last] * grid->stride[last];
}

ptrdiff_t mf_grid_grain(const mf_grid *grid)
{
  const ptrdiff_t most = MF_SUM_BLOCK / grid->stride[grid->dim - 1];
  return most > 1 ? most - most % 2 : 1;
}

int mf_grid_take_slab(mf_grid *grid, const mf_team *team, ptrdiff_t ghosts)
{
  const int last = grid->dim - 1;
  const ptrdiff_t grain = mf_grid_grain(grid), layers = grid->global[last],
                  grains = (layers + grain - 1) / grain;
  ptrdiff_t begin[2];
  for (int side = 0; side < 2; side++) {
    const ptrdiff_t first = grain * (grains * (team->rank + side) / team->members);
    begin[side] = first < layers ? first : layers;
  }
  const double least = (double)(begin[1] - begin[0]);
  if (!(mf_team_minimum(team, least) >= fmax(1, (double)ghosts)))
    return mf_fail(MF_ECASE,
                   "%d processes are too many for %td layers of cells: a process has at least %td, and no "
                   "fewer than %td",
                   team->members, layers, grain, ghosts);
  grid->team = team;
  grid->ghosts = ghosts;
  grid->n[last] = begin[1] - begin[0];
  grid->offset[last] = begin[0];
  grid->cells = grid->n[last] * grid->stride[last];
  for (int a = grid->dim; a < MF_AXES; a++) grid->stride[a] = grid->cells;
  return MF_OK;
}

int mf_grid_displacements(mf_grid *out, const mf_grid *grid)
{
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  for (int a = 0; a < grid->dim; a++) {
    cells[a] = (long)(grid->periodic[a] ? grid->global[a] : 2 * grid->global[a] - 1);
    lo[a] = -((double)(cells[a] / 2) + 0.5) * grid->h[a];
    hi[a] = lo[a] + (double)cells[a] * grid->h[a];
  }
  return mf_grid_init(out, grid->dim, cells, lo, hi, grid->periodic);
}

/* Ends of boxes agree to the rounding of what a file says of them. */
static bool same_axis(const mf_grid *a, const mf_grid *b, int axis)
{
  const double slack = 1e-6 * fmin(a->h[axis], b->h[axis]);
  return fabs(a->lo[axis] - b->lo[axis]) <= slack && fabs(a->hi[axis] - b->hi[axis]) <= slack;
}

int mf_grid_common(mf_grid *out, const mf_grid *a, const char *name_a, const mf_grid *b, const char *name_b)
{
  long cells[MF_AXES];
  if (a->dim != b->dim)
    return mf_fail(MF_ECASE, "%s has %d dimensions and %s has %d: they cannot be compared", name_a, a->dim,
                   name_b, b->dim);
  for (int k = 0; k < a->dim; k++) {
    if (!same_axis(a, b, k))
      return mf_fail(MF_ECASE,
                     "axis %c of %s is [%g, %g], of %s [%g, %g]: densities are compared on one box only",
                     'x' + k, name_a, a->lo[k], a->hi[k], name_b, b->lo[k], b->hi[k]);
    if (a->periodic[k] != b->periodic[k])
      return mf_fail(MF_ECASE, "axis %c of %s is periodic, of %s it has walls", 'x' + k,
                     a->periodic[k] ? name_a : name_b, a->periodic[k] ? name_b : name_a);
    cells[k] = (long)(a->global[k] < b->global[k] ? a->global[k] : b->global[k]);
  }
  return mf_grid_init(out, a->dim, cells, a->lo, a->hi, a->periodic);
}

void mf_grid_pairs(mf_grid *out, const mf_grid *grid, int axis)
{
  *out = *grid;
  out->n[axis] = (grid->n[axis] + 1) / 2;
  out->global[axis] = (grid->global[axis] + 1) / 2;
  out->offset[axis] = grid->offset[axis] / 2;
  out->h[axis] *= 2;
  out->hi[axis] = out->lo[axis] + (double)out->global[axis] * out->h[axis];
  out->volume *= 2;
  out->cells = out->global_cells = 1;
  for (int a = 0; a < MF_AXES; a++) {
    out->stride[a] = out->cells;
    out->cells *= out->n[a];
    out->global_cells *= out->global[a];
  }
}

ptrdiff_t mf_grid_blocks(const mf_grid *grid, int axis)
{
  return grid->cells / (grid->n[axis] * grid->stride[axis]);
}

double mf_grid_min(const mf_grid *grid, double value)
{
  return mf_team_minimum(grid->team, value);
}
