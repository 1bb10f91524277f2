/* SPDX-License-Identifier: BSD-3-Clause */
/* Multigrid for diffusion in a measure: the levels and the cycle through them.
 *
 * A coarser grid joins cells in pairs along one axis (multigrid_transfer.c).  Only the axes with the strongest coupling,
 * of nearly the shortest cells, are coarsened at a time, so that point relaxation is enough (multigrid_relax.c): once on
 * the way down, which may end with any colour, and a few times on the way up.  Levels end where the diagonal dominates,
 * which depends on gamma. */
#include "solver/precondition/multigrid.h"

#include "grids/base.h"
#include "grids/halo.h"
#include "grids/team.h"
#include "solver/precondition/multigrid_parts.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 3 * 8 * (int)sizeof(ptrdiff_t) };

struct mf_multigrid {
  int levels, deepest;
  const mf_team *team;
  int axis_of[MF_AXES]; /* grid's axis -> level's, or -1 */
  mf_multigrid_level level[LEVELS];
};

/* ---- levels ---- */

/* Axes to coarsen: those with cells not much longer than the shortest. */
static bool strong(const mf_grid *grid, int axis)
{
  const double nearly = 1.5;
  double shortest = INFINITY;
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] > 1) shortest = fmin(shortest, grid->h[a]);
  return grid->n[axis] > 1 && grid->h[axis] < nearly * shortest;
}

static int allocate(mf_multigrid_level *l, bool finest)
{
  const ptrdiff_t cells = l->grid.cells;
  MF_TRY(mf_reals_create(&l->mass, cells));
  MF_TRY(mf_reals_create(&l->decay, cells));
  for (int a = 0; a < l->grid.dim; a++) MF_TRY(mf_face_field_create(&l->grid, a, &l->weight[a]));
  if (l->axis >= 0) MF_TRY(mf_reals_create(&l->toward, cells));
  if (!finest) {
    MF_TRY(mf_reals_create(&l->v, cells));
    MF_TRY(mf_reals_create(&l->f, cells));
  }
  if (!l->smooths) return MF_OK;
  MF_TRY(mf_reals_create(&l->diagonal, cells));
  MF_TRY(mf_reals_create(&l->inverse, cells));
  return mf_reals_create(&l->residual, cells);
}

/* The grid without its axes of one cell, and where each axis went. */
static int squeeze(mf_grid *out, const mf_grid *grid, int axis_of[MF_AXES])
{
  int dim = 0;
  long cells[MF_AXES];
  double lo[MF_AXES], hi[MF_AXES];
  bool periodic[MF_AXES];
  for (int a = 0; a < MF_AXES; a++) {
    axis_of[a] = grid->n[a] > 1 ? dim : -1;
    if (grid->n[a] == 1) continue;
    cells[dim] = (long)grid->n[a];
    lo[dim] = grid->lo[a];
    hi[dim] = grid->hi[a];
    periodic[dim++] = grid->periodic[a];
  }
  return mf_grid_init(out, dim, cells, lo, hi, periodic);
}

/* Slowest axis first: it leaves less to the fast one, whose pairs are neighbours in memory. */
static int fill(mf_multigrid *m, const mf_grid *grid)
{
  m->team = grid->team;
  mf_grid next;
  MF_TRY(squeeze(&next, grid, m->axis_of));
  bool wanted[MF_AXES] = {false};
  int left = 0;
  for (;;) {
    mf_multigrid_level *l = &m->level[m->levels];
    l->grid = next;
    for (int a = 0; a < MF_AXES; a++) l->beside[a] = mf_grid_beside(&next, a);
    l->axis = -1;
    l->smooths = left == 0;
    for (int a = 0; left == 0 && a < next.dim; a++) wanted[a] = strong(&next, a);
    left = 0;
    for (int a = 0; a < next.dim; a++) {
      if (wanted[a]) l->axis = a;
      left += wanted[a];
    }
    m->levels++;
    MF_TRY(allocate(l, m->levels == 1));
    if (l->axis < 0) return MF_OK;
    wanted[l->axis] = false;
    left--;
    mf_grid_pairs(&next, &l->grid, l->axis);
  }
}

int mf_multigrid_create(mf_multigrid **out, const mf_grid *grid)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, grid);
  if (status) {
    mf_multigrid_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_multigrid_free(mf_multigrid *m)
{
  if (!m) return;
  for (int k = 0; k < m->levels; k++) {
    mf_multigrid_level *l = &m->level[k];
    for (int a = 0; a < MF_AXES; a++) mf_field_free(l->weight[a]);
    double *const arrays[] = {l->mass, l->decay, l->toward, l->diagonal, l->inverse, l->v, l->f, l->residual};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) mf_release(arrays[i]);
  }
  mf_release(m);
}

double *mf_multigrid_mass(mf_multigrid *m)
{
  return m->level[0].mass;
}

double *mf_multigrid_decay(mf_multigrid *m)
{
  return m->level[0].decay;
}

double *mf_multigrid_weight(mf_multigrid *m, int axis)
{
  return m->level[0].weight[m->axis_of[axis]];
}

/* ---- equations ---- */

void mf_multigrid_coarsen(mf_multigrid *m)
{
  for (int k = 0; k + 1 < m->levels; k++) {
    const mf_multigrid_level *fine = &m->level[k];
    mf_multigrid_level *coarse = &m->level[k + 1];
    mf_multigrid_couple(fine, coarse->weight[fine->axis]);
    mf_multigrid_gather(fine, fine->mass, coarse->mass);
    mf_multigrid_gather(fine, fine->decay, coarse->decay);
    for (int a = 0; a < fine->grid.dim; a++)
      if (a != fine->axis) mf_multigrid_gather(fine, fine->weight[a], coarse->weight[a]);
  }
}

int mf_multigrid_factor(mf_multigrid *m, double gamma)
{
  for (m->deepest = 0; m->deepest < m->levels; m->deepest++) {
    mf_multigrid_level *l = &m->level[m->deepest];
    if (!l->smooths) continue;
    bool enough;
    MF_TRY(mf_team_agree(m->team, mf_multigrid_factor_level(l, gamma, &enough)));
    if (mf_team_all(m->team, enough) || l->axis < 0) return MF_OK;
  }
  return MF_OK;
}

/* ---- cycle ---- */

static void cycle(const mf_multigrid *m, int k, const double *f, double *v)
{
  const mf_multigrid_level *l = &m->level[k], *next = l + 1;
  if (l->smooths)
    mf_multigrid_relax_down(l, f, v, k < m->deepest);
  else
    memset(v, 0, (size_t)l->grid.cells * sizeof *v);
  if (k < m->deepest) {
    mf_multigrid_gather(l, l->smooths ? l->residual : f, next->f);
    cycle(m, k + 1, next->f, next->v);
    mf_multigrid_spread(l, next->v, v);
  }
  if (l->smooths) mf_multigrid_relax_up(l, f, v);
}

void mf_multigrid_solve(const mf_multigrid *m, const double *f, double *v)
{
  cycle(m, 0, f, v);
}
