/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wavefront.h  Several passes over the layers of an array while they are in the cache, shared among threads.
 *
 *  A layer is the cells of one index along the slowest axis.  Pass l may do layer k once pass l - 1 has done layers k - 1 to
 *  k + 1.
 *  First every block of layers does all passes, each pass one layer less at either end; then the wedges that are left
 *  between blocks are filled (Wonnacott 2000: time skewing).  Results do not depend on the number of blocks. */
#ifndef MF_GRIDS_WAVEFRONT_H
#define MF_GRIDS_WAVEFRONT_H

#include "grids/grid.h"

typedef struct {
  void (*work)(const void *self, int pass, ptrdiff_t layer);
  const void *self;
  int passes;
  bool in_place; /**< a pass may look at cells of neighbouring layers that the same pass changes */
} mf_wavefront;

/** work(self, pass, layer) for all passes of all layers. */
void mf_wavefront_run(const mf_grid *grid, const mf_wavefront *w);

/** The axis along which layers follow one another: the last, or on a line the one after, so that a line is one layer. */
int mf_wavefront_axis(const mf_grid *grid);

#endif
