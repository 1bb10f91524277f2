/* SPDX-License-Identifier: BSD-3-Clause */
/* A box in 1 to 3 dimensions, cut into equal cells. */
#include "grids/grid.h"

#include "grids/base.h"
#include "grids/threads.h"

#include <math.h>
#include <stdint.h>
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
  return MF_OK;
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

double mf_grid_coordinate(const mf_grid *grid, int axis, ptrdiff_t i)
{
  return grid->lo[axis] + ((double)i + 0.5) * grid->h[axis];
}

double mf_grid_edge(const mf_grid *grid, int axis, ptrdiff_t i)
{
  if (i == grid->global[axis]) return grid->hi[axis];
  return grid->lo[axis] + (double)i * grid->h[axis];
}

ptrdiff_t mf_grid_distance(const mf_grid *grid, int axis, ptrdiff_t k, ptrdiff_t steps)
{
  const ptrdiff_t n = grid->n[axis], there = k + steps;
  const ptrdiff_t to = grid->periodic[axis] ? (there % n + n) % n : there < 0 ? 0 : there < n ? there : n - 1;
  return (to - k) * grid->stride[axis];
}

void mf_grid_centre(const mf_grid *grid, ptrdiff_t c, double x[MF_AXES])
{
  for (int a = 0; a < MF_AXES; a++) {
    x[a] = a < grid->dim ? mf_grid_coordinate(grid, a, grid->offset[a] + c % grid->n[a]) : 0;
    c /= grid->n[a];
  }
}

ptrdiff_t mf_grid_blocks(const mf_grid *grid, int axis)
{
  return grid->cells / (grid->n[axis] * grid->stride[axis]);
}

mf_faces mf_faces_of(const mf_grid *grid, int axis)
{
  return (mf_faces){.grid = grid, .axis = axis};
}

/* Within a block of whole lines, lower cells run through all layers but the last, then, on a periodic axis,
 * through the last one, whose upper neighbours are in the first. */
bool mf_faces_next(mf_faces *faces)
{
  const mf_grid *grid = faces->grid;
  const ptrdiff_t stride = grid->stride[faces->axis], layers = grid->n[faces->axis];
  const ptrdiff_t inner = (layers - 1) * stride, all = inner + stride;
  const ptrdiff_t end = grid->periodic[faces->axis] && layers > 1 ? all : inner;
  if (faces->done >= end) {
    faces->block++;
    faces->done = 0;
  }
  if (end == 0 || faces->block >= mf_grid_blocks(grid, faces->axis)) return false;
  const bool wraps = faces->done >= inner;
  const ptrdiff_t left = (wraps ? all : inner) - faces->done;
  faces->first = faces->block * all + faces->done;
  faces->count = left < MF_FACES ? left : MF_FACES;
  faces->step = wraps ? -inner : stride;
  faces->done += faces->count;
  return true;
}

/* Runs of a block through all layers but the last, and through the last. */
static ptrdiff_t inner_runs(const mf_grid *grid, int axis)
{
  return ((grid->n[axis] - 1) * grid->stride[axis] + MF_FACES - 1) / MF_FACES;
}

static ptrdiff_t closing_runs(const mf_grid *grid, int axis)
{
  return grid->periodic[axis] && grid->n[axis] > 1 ? (grid->stride[axis] + MF_FACES - 1) / MF_FACES : 0;
}

ptrdiff_t mf_faces_runs(const mf_grid *grid, int axis)
{
  return mf_grid_blocks(grid, axis) * (inner_runs(grid, axis) + closing_runs(grid, axis));
}

mf_faces mf_faces_from(const mf_grid *grid, int axis, ptrdiff_t run)
{
  const ptrdiff_t inner = inner_runs(grid, axis), all = inner + closing_runs(grid, axis), k = run % all;
  const ptrdiff_t last = (grid->n[axis] - 1) * grid->stride[axis];
  return (mf_faces){.grid = grid,
                    .axis = axis,
                    .block = run / all,
                    .done = k < inner ? k * MF_FACES : last + (k - inner) * MF_FACES};
}

typedef struct {
  const mf_grid *grid;
  int axis;
  void (*work)(const void *self, const mf_faces *run);
  const void *self;
} face_operands;

static void do_runs(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const face_operands *j = self;
  mf_faces f = mf_faces_from(j->grid, j->axis, begin);
  for (ptrdiff_t run = begin; run < end && mf_faces_next(&f); run++) j->work(j->self, &f);
}

void mf_faces_share(const mf_grid *grid, int axis, void (*work)(const void *self, const mf_faces *run),
                    const void *self)
{
  const ptrdiff_t runs = mf_faces_runs(grid, axis), cells = runs > 0 ? grid->cells / runs + 1 : 1;
  mf_share(runs, MF_PIECE / 2 / cells + 1, do_runs, &(face_operands){grid, axis, work, self});
}

void mf_grid_sum(const mf_grid *grid, double *values, int count)
{
  (void)grid, (void)values, (void)count; /* one process holds the whole box */
}

double mf_grid_min(const mf_grid *grid, double value)
{
  (void)grid;
  return value;
}
