/* SPDX-License-Identifier: BSD-3-Clause */
/* Which cell is the neighbour. */
#include "grids/neighbour.h"

ptrdiff_t mf_grid_index(const mf_grid *grid, int axis, ptrdiff_t i)
{
  const ptrdiff_t n = grid->global[axis];
  if (i >= 0 && i < n) return i;
  if (!grid->periodic[axis]) return i < 0 ? 0 : n - 1;
  return i % n + (i % n < 0 ? n : 0);
}

ptrdiff_t mf_grid_beyond(const mf_grid *grid, int axis, ptrdiff_t k)
{
  const bool cut = grid->n[axis] < grid->global[axis];
  if (cut && grid->periodic[axis]) return k;
  return mf_grid_index(grid, axis, grid->offset[axis] + k) - grid->offset[axis];
}

bool mf_grid_closed(const mf_grid *grid, int axis)
{
  return mf_grid_distance(grid, axis, 0, -1) != 0;
}

ptrdiff_t mf_grid_face_below(const mf_grid *grid, int axis, ptrdiff_t k)
{
  const ptrdiff_t down = mf_grid_distance(grid, axis, k, -1);
  return down ? down : -grid->stride[axis];
}

mf_beside mf_grid_beside(const mf_grid *grid, int axis)
{
  const ptrdiff_t last = grid->n[axis] - 1;
  return (mf_beside){.stride = grid->stride[axis],
                     .last = last,
                     .before = mf_grid_distance(grid, axis, 0, -1),
                     .face = mf_grid_face_below(grid, axis, 0),
                     .after = mf_grid_distance(grid, axis, last, 1)};
}

/* ---- runs of cells ---- */

mf_layers mf_layers_in(const mf_grid *grid, int axis, ptrdiff_t down, ptrdiff_t up, ptrdiff_t begin,
                       ptrdiff_t end)
{
  return (mf_layers){.first = begin, .grid = grid, .axis = axis, .down = down, .up = up, .end = end};
}

/* Layers whose neighbours are all inside go together, the others one by one. */
bool mf_layers_next(mf_layers *l)
{
  const ptrdiff_t stride = l->grid->stride[l->axis], n = l->grid->n[l->axis];
  l->first += l->count;
  if (l->first >= l->end) return false;
  const ptrdiff_t within = l->first % (n * stride);
  l->layer = within / stride;
  const bool inside = l->layer >= l->down && l->layer + l->up < n;
  const ptrdiff_t stop = l->first - within + (inside ? n - l->up : l->layer + 1) * stride;
  l->count = (stop < l->end ? stop : l->end) - l->first;
  return true;
}

/* ---- runs of faces ---- */

mf_faces mf_faces_of(const mf_grid *grid, int axis)
{
  return mf_faces_above(grid, axis, 0, grid->cells);
}

mf_faces mf_faces_above(const mf_grid *grid, int axis, ptrdiff_t begin, ptrdiff_t end)
{
  return (mf_faces){.grid = grid, .axis = axis, .next = begin, .end = end};
}

/* Within a block of whole lines, lower cells run through all layers but the last, then through the last one, if there is
 * a layer beyond. */
bool mf_faces_next(mf_faces *faces)
{
  const mf_grid *grid = faces->grid;
  const ptrdiff_t stride = grid->stride[faces->axis], layers = grid->n[faces->axis];
  const ptrdiff_t inner = (layers - 1) * stride, all = inner + stride;
  const ptrdiff_t beyond = mf_grid_distance(grid, faces->axis, layers - 1, 1);
  while (faces->next < faces->end) {
    const ptrdiff_t at = faces->next % all;
    const bool last = at >= inner, there_is = !last || beyond;
    const ptrdiff_t left = (last ? all : inner) - at, there = faces->end - faces->next;
    const ptrdiff_t run = left < there ? left : there;
    faces->first = faces->next;
    faces->count = there_is && run > MF_FACES ? MF_FACES : run;
    faces->step = last ? beyond : stride;
    faces->next += faces->count;
    if (there_is) return true;
  }
  return false;
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
  for (mf_faces f = mf_faces_above(j->grid, j->axis, begin, end); mf_faces_next(&f);) j->work(j->self, &f);
}

void mf_faces_share(const mf_grid *grid, int axis, void (*work)(const void *self, const mf_faces *run),
                    const void *self)
{
  mf_share(grid->cells, MF_PIECE / 2, do_runs, &(face_operands){grid, axis, work, self});
}
