/* SPDX-License-Identifier: BSD-3-Clause */
/** @file grid.h (plug-in)  A box in 1 to 3 dimensions, cut into equal cells; each axis has walls (no flux) or is
 *  periodic.
 *
 *  Cell (i, j, k) has index i + nx*(j + ny*k): x runs fastest.  Axes beyond `dim` have one cell of length 1,
 *  so one loop over three axes serves every dimension.  Along axis `a` the cells of index c and c + stride[a]
 *  are neighbours; a block of n[a]*stride[a] consecutive cells holds whole lines of that axis.
 *
 *  A grid belongs to a team of processes (team.h), each of which has a slab: some layers of the last axis that is used.
 *  Counts are kept twice, of the whole box and of the slab in this process. */
#ifndef MF_GRIDS_GRID_H
#define MF_GRIDS_GRID_H

#include "grids/axes.h"

MF_PUBLIC_BEGIN

typedef struct mf_team mf_team;

struct mf_grid {
  int dim;                   /**< 1, 2 or 3 */
  ptrdiff_t n[MF_AXES];      /**< cells per axis in this process */
  ptrdiff_t offset[MF_AXES]; /**< global index of the first of them */
  ptrdiff_t global[MF_AXES]; /**< cells per axis of the whole box */
  double lo[MF_AXES], hi[MF_AXES];
  double h[MF_AXES]; /**< cell length [L] */
  bool periodic[MF_AXES];
  ptrdiff_t stride[MF_AXES];
  ptrdiff_t cells;        /**< in this process */
  ptrdiff_t global_cells; /**< of the whole box */
  double volume;          /**< of one cell [L^dim] */
  const mf_team *team;    /**< the processes that share it; it outlives the grid */
  ptrdiff_t ghosts;       /**< layers of other slabs that fields have room for, at either end (halo.h) */
};

/** Fills a grid.  Arrays have `dim` entries.  MF_ECASE: dim outside 1..3, no cells, a box upside down or not
 *  finite, more cells than memory can index. */
int mf_grid_init(mf_grid *grid, int dim, const long *cells, const double *lo, const double *hi,
                 const bool *periodic);

/** Index in the whole box of the first cell of this process: cells follow each other there as here. */
ptrdiff_t mf_grid_first(const mf_grid *grid);

/** Layers of the last axis in whose multiples slabs begin: as many as have MF_SUM_BLOCK cells, an even number, or one.
 *  Sums run over blocks of them or of one's cells (field.h), so that a block is never cut. */
enum { MF_SUM_BLOCK = 1024 };
ptrdiff_t mf_grid_grain(const mf_grid *grid);

/** Leaves of a whole grid the slab of this member of a team, with room for ghosts.  MF_ECASE if there are too few layers for
 *  each member to have some, and as many as there are ghosts. */
int mf_grid_take_slab(mf_grid *grid, const mf_team *team, ptrdiff_t ghosts);

/** A point in words, with as many coordinates as the grid has axes: "(0.5)", "(0.5, 1)". */
typedef struct {
  char text[96];
} mf_point_text;
mf_point_text mf_grid_point(const mf_grid *grid, const double *x);

/** The grid of displacements between cells: walls give 2n - 1 cells, from -(n-1)h to (n-1)h; a periodic axis n, from
 *  -(n/2)h on.  Cell j of an axis with m cells stands for the displacement (j - m/2) h (whole division). */
int mf_grid_displacements(mf_grid *out, const mf_grid *grid);

/** The grid on which fields of two can be compared, each averaged over its cells: axis by axis the coarser of both.
 *  MF_ECASE if dimensions, boxes (to 1e-6 cells) or boundaries differ; the message says how, of fields with these names. */
int mf_grid_common(mf_grid *out, const mf_grid *a, const char *name_a, const mf_grid *b, const char *name_b);

/** The grid whose cells are pairs of neighbours along an axis; where their number is odd the last pair is half empty and
 *  reaches beyond the box. */
void mf_grid_pairs(mf_grid *out, const mf_grid *grid, int axis);

/** Number of blocks of whole lines along an axis: cells / (n[axis] * stride[axis]). */
ptrdiff_t mf_grid_blocks(const mf_grid *grid, int axis);

/** Minimum of `value` over all processes; NAN if one has that. */
double mf_grid_min(const mf_grid *grid, double value);

MF_PUBLIC_END

#endif
