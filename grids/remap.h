/* SPDX-License-Identifier: BSD-3-Clause */
/** @file remap.h  Cell averages from one set of cells to another, conservatively.
 *
 *  Each axis is averaged on its own, x first: the value of a cell is the mean of the given values over the
 *  cell, weighted by overlap.  That is the product of the one-dimensional averages, keeps the integral over
 *  the common box, adds no new extremes, and takes one sweep an axis (first-order conservative remapping,
 * Jones 1999). */
#ifndef MF_GRIDS_REMAP_H
#define MF_GRIDS_REMAP_H

#include "grids/grid.h"

/** A box of cells, not necessarily equal: n[a] along axis a [L], which follow one another without overlap,
 *  lower[a][i] < upper[a][i] <= lower[a][i + 1]. */
typedef struct {
  int dim;
  ptrdiff_t n[MF_AXES];
  const double *lower[MF_AXES], *upper[MF_AXES];
} mf_cells;

/** The face of the grid that x is meant to be, if there is one within the tolerance, else x: faces that agree
 *  to rounding are the same, or slivers of cells would fill vacuum.  A periodic axis has faces beyond its box. */
double mf_remap_face(const mf_grid *grid, int axis, double tolerance, double x);

/** MF_ECASE if more than round-off of the integral of |values| lies beyond walls, which would be lost. */
int mf_remap_check(const mf_cells *from, const mf_grid *grid, const double *values);

/** Replaces `*values`, one for each of the cells with x fastest, by one for each local cell of `grid`, which
 *  has as many axes; 0 where there are no cells.  Along periodic axes cells are moved by periods into the box.
 *  MF_ECASE: the cells are longer than a period.  The array is released, and the new one is the caller's, with mf_release. */
int mf_remap(const mf_cells *from, const mf_grid *grid, double **values);

/** The same of a field of another grid. */
int mf_remap_field(const mf_grid *from, const mf_grid *grid, double **values);

#endif
