/* SPDX-License-Identifier: BSD-3-Clause */
/** @file neighbour.h (plug-in)  Which cell is the neighbour: around a periodic axis; a cell at a wall is its own.
 *
 *  Who looks from a cell to those beside it asks here, once for a line or a layer of cells, and adds the distance in an
 *  array in its loops.  Beyond a wall a difference is so 0 without a branch.  Sums over faces that are not of
 *  differences have weights: an array of faces keeps the value of the face above cell c at c and zeros where there is no
 *  such face, at the upper walls and, before its first cell, at the lower ones.
 *
 *  `mf_grid_index` alone knows boundaries, and `mf_grid_beyond` slabs: layers of another process are -1, -2, .. and n[axis], ..,
 *  the ghosts before and after a field. */
#ifndef MF_GRIDS_NEIGHBOUR_H
#define MF_GRIDS_NEIGHBOUR_H

#include "grids/grid.h"
#include "grids/threads.h"

MF_PUBLIC_BEGIN

/** The layer of the whole box that stands for layer i of an axis: around a periodic one, else at most that at a wall. */
ptrdiff_t mf_grid_index(const mf_grid *grid, int axis, ptrdiff_t i);

/** The layer of this process, or of its ghosts, that stands for its layer k < 0 or k >= n[axis]. */
ptrdiff_t mf_grid_beyond(const mf_grid *grid, int axis, ptrdiff_t k);

/** The layer `steps` on from layer k of an axis. */
MF_INLINE ptrdiff_t mf_grid_layer(const mf_grid *grid, int axis, ptrdiff_t k, ptrdiff_t steps)
{
  const ptrdiff_t there = k + steps;
  return there >= 0 && there < grid->n[axis] ? there : mf_grid_beyond(grid, axis, there);
}

/** How far, in an array, that layer is from layer k. */
MF_INLINE ptrdiff_t mf_grid_distance(const mf_grid *grid, int axis, ptrdiff_t k, ptrdiff_t steps)
{
  return (mf_grid_layer(grid, axis, k, steps) - k) * grid->stride[axis];
}

/** How far, in an array of faces, the value of the face below a cell of layer k is from that of the face above it. */
ptrdiff_t mf_grid_face_below(const mf_grid *grid, int axis, ptrdiff_t k);

/** The distances along an axis from any of its layers, for loops over many of them. */
typedef struct {
  ptrdiff_t stride, last; /**< between layers; the last one */
  ptrdiff_t before, face,
      after; /**< from the first cell down, and from the face above it; from the last cell up */
} mf_beside;
mf_beside mf_grid_beside(const mf_grid *grid, int axis);

/** From a cell of layer k to the one below it, */
MF_INLINE ptrdiff_t mf_below(const mf_beside *axis, ptrdiff_t k)
{
  return k > 0 ? -axis->stride : axis->before;
}

/** to the one above it, */
MF_INLINE ptrdiff_t mf_above(const mf_beside *axis, ptrdiff_t k)
{
  return k < axis->last ? axis->stride : axis->after;
}

/** and from the face above it to that below it. */
MF_INLINE ptrdiff_t mf_face_below(const mf_beside *axis, ptrdiff_t k)
{
  return k > 0 ? -axis->stride : axis->face;
}

/** Whether the first and the last layer of an axis are neighbours. */
bool mf_grid_closed(const mf_grid *grid, int axis);

/* ---- runs of cells and of faces ---- */

/** Cells first .. first + count, in layer `layer` or from there on, that are equally far from the cells up to `down` layers below
 *  and `up` above them: mf_grid_distance(grid, axis, layer, s) is one number for -down <= s <= up. */
typedef struct {
  ptrdiff_t first, count, layer;
  const mf_grid *grid;
  int axis;
  ptrdiff_t down, up, end;
} mf_layers;

/** Iterates over the cells [begin, end): `for (mf_layers l = mf_layers_in(...); mf_layers_next(&l);) ...` */
mf_layers mf_layers_in(const mf_grid *grid, int axis, ptrdiff_t down, ptrdiff_t up, ptrdiff_t begin,
                       ptrdiff_t end);
bool mf_layers_next(mf_layers *l);

/** A run of faces along one axis: face i joins the cells first + i and first + i + step, 0 <= i < count.
 *  Runs are short enough that scratch arrays of MF_FACES doubles fit the first-level cache. */
enum { MF_FACES = 1024 };
typedef struct {
  ptrdiff_t first, count, step;
  const mf_grid *grid;
  int axis;
  ptrdiff_t next, end; /**< lower cells that are left */
} mf_faces;

/** Iterates over all inner and periodic faces of an axis; walls have none:
 *  `for (mf_faces f = mf_faces_of(grid, axis); mf_faces_next(&f);) ...` */
mf_faces mf_faces_of(const mf_grid *grid, int axis);
bool mf_faces_next(mf_faces *faces);

/** Those of them that belong to the cells [begin, end): a face belongs to the cell below it. */
mf_faces mf_faces_above(const mf_grid *grid, int axis, ptrdiff_t begin, ptrdiff_t end);

/** Runs that together are all faces of an axis, shared among threads: work(self, &f) for each.  What work writes must
 *  differ from face to face. */
void mf_faces_share(const mf_grid *grid, int axis, void (*work)(const void *self, const mf_faces *run),
                    const void *self);

MF_PUBLIC_END

#endif
