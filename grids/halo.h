/* SPDX-License-Identifier: BSD-3-Clause */
/** @file halo.h (plug-in)  Fields, with ghost layers where other processes have the neighbours.
 *
 *  A field is an array of one double per cell of this process, x fastest.  Where the grid asks for ghosts, so many layers of
 *  the last axis lie before the first own cell and behind the last: indices do not change, and cell -1 is the last one of
 *  the slab below.  A grid of one process asks for none. */
#ifndef MF_GRIDS_HALO_H
#define MF_GRIDS_HALO_H

#include "grids/grid.h"

MF_PUBLIC_BEGIN

/** A field of zeros, ghosts too, whose first own cell is at a 64-byte boundary. */
int mf_field_create(const mf_grid *grid, double **out);

/** The same for the faces of an axis, with a layer of zeros before the first cell at least (neighbour.h). */
int mf_face_field_create(const mf_grid *grid, int axis, double **out);

/** Frees either, also when its grid is gone; NULL is fine. */
void mf_field_free(double *f);

/** To be said before the values of cells up to `width` layers beyond a slab's ends are read: brings the ghosts up to date.
 *  Ghosts beyond a wall stay as they are.  They are no part of what a field holds, so that it may be const. */
void mf_halo(const mf_grid *grid, const double *f, ptrdiff_t width);

/** The same in two steps, between which what needs no ghosts can be done. */
void mf_halo_begin(const mf_grid *grid, const double *f, ptrdiff_t width);
void mf_halo_finish(const mf_grid *grid, const double *f, ptrdiff_t width);

MF_PUBLIC_END

#endif
