/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields, with ghost layers where other processes have the neighbours. */
#include "grids/halo.h"

#include "grids/base.h"
#include "grids/team.h"

#include <pthread.h>

static ptrdiff_t layer_of(const mf_grid *grid)
{
  return grid->stride[grid->dim - 1];
}

/* The head of a field with ghosts, where its memory begins.  A field may outlive its grid, so that it is looked for here. */
typedef struct head {
  struct head *next;
  const double *field;
} head;

static head *heads;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void remember(head *h, const double *field)
{
  pthread_mutex_lock(&lock);
  *h = (head){heads, field};
  heads = h;
  pthread_mutex_unlock(&lock);
}

/* The head of a field; NULL if it has none. */
static head *forget(const double *field)
{
  pthread_mutex_lock(&lock);
  head **at = &heads;
  while (*at && (*at)->field != field) at = &(*at)->next;
  head *const found = *at;
  if (found) *at = found->next;
  pthread_mutex_unlock(&lock);
  return found;
}

/* A field with its ghosts, and at least so many values before the first cell. */
static int create(const mf_grid *grid, ptrdiff_t least, double **out)
{
  const ptrdiff_t line = 64 / (ptrdiff_t)sizeof(double), ghosts = grid->ghosts * layer_of(grid);
  const ptrdiff_t room = least > ghosts ? least : ghosts;
  if (room == 0) return mf_reals_create(out, grid->cells);
  const ptrdiff_t before = line + (room + line - 1) / line * line; /* the head has a line */
  double *memory;
  *out = NULL;
  MF_TRY(mf_reals_create(&memory, before + grid->cells + ghosts));
  *out = memory + before;
  remember((head *)(void *)memory, *out);
  return MF_OK;
}

int mf_field_create(const mf_grid *grid, double **out)
{
  return create(grid, 0, out);
}

int mf_face_field_create(const mf_grid *grid, int axis, double **out)
{
  return create(grid, grid->stride[axis], out);
}

void mf_field_free(double *f)
{
  head *const h = f ? forget(f) : NULL;
  mf_release(h ? (void *)h : f);
}

static mf_team_halo halo_of(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  const int last = grid->dim - 1;
  return (mf_team_halo){(double *)f, layer_of(grid), grid->n[last], width, grid->periodic[last]};
}

void mf_halo_begin(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  const mf_team_halo halo = halo_of(grid, f, width);
  if (grid->ghosts > 0 && width > 0) grid->team->type->halo_begin(grid->team, &halo);
}

void mf_halo_finish(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  const mf_team_halo halo = halo_of(grid, f, width);
  if (grid->ghosts > 0 && width > 0) grid->team->type->halo_finish(grid->team, &halo);
}

void mf_halo(const mf_grid *grid, const double *f, ptrdiff_t width)
{
  mf_halo_begin(grid, f, width);
  mf_halo_finish(grid, f, width);
}
