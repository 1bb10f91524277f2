/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields, with ghost layers where other processes have the neighbours. */
#include "grids/halo.h"

#include "grids/base.h"
#include "grids/team.h"

static ptrdiff_t layer_of(const mf_grid *grid)
{
  return grid->stride[grid->dim - 1];
}

/* Doubles before the first own cell: the ghosts, and what keeps the boundary. */
static ptrdiff_t room_before(const mf_grid *grid)
{
  const ptrdiff_t line = 64 / (ptrdiff_t)sizeof(double), ghosts = grid->ghosts * layer_of(grid);
  return (ghosts + line - 1) / line * line;
}

int mf_field_create(const mf_grid *grid, double **out)
{
  const ptrdiff_t before = room_before(grid);
  MF_TRY(mf_reals_create(out, before + grid->cells + grid->ghosts * layer_of(grid)));
  *out += before;
  return MF_OK;
}

void mf_field_free(const mf_grid *grid, double *f)
{
  if (f) mf_release(f - room_before(grid));
}

static mf_team_halo halo_of(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  const int last = grid->dim - 1;
  return (mf_team_halo){(double *)f, layer_of(grid), grid->n[last], width, grid->periodic[last]};
}

void mf_halo_begin(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  const mf_team_halo halo = halo_of(grid, f, width);
  if (grid->ghosts > 0) grid->team->type->halo_begin(grid->team, &halo);
}

void mf_halo_finish(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  const mf_team_halo halo = halo_of(grid, f, width);
  if (grid->ghosts > 0) grid->team->type->halo_finish(grid->team, &halo);
}

void mf_halo(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  mf_halo_begin(grid, f, width);
  mf_halo_finish(grid, f, width);
}
