/* SPDX-License-Identifier: BSD-3-Clause */
/* Several passes over the layers of an array while they are in the cache.
 *
 * Pass l of a block [begin, end) does the layers [begin + l, end - l); what looks at its own pass next door leaves out
 * begin + l as well, which no other block then reads while it is written. */
#include "grids/wavefront.h"

#include "grids/neighbour.h"

typedef struct {
  const mf_wavefront *wave;
  ptrdiff_t layers, blocks;
  bool around; /* the first layer is the last one's neighbour */
} plan;

int mf_wavefront_axis(const mf_grid *grid)
{
  return grid->dim > 2 ? 2 : 1;
}

static ptrdiff_t first_layer(const plan *p, ptrdiff_t block)
{
  return block * p->layers / p->blocks;
}

/* All passes of the layers [begin, end), each pass one layer less at an end that is open. */
static void do_block(const mf_wavefront *w, ptrdiff_t begin, ptrdiff_t end, bool open_begin, bool open_end)
{
  for (ptrdiff_t front = begin; front < end + w->passes - 1; front++)
    for (int l = 0; l < w->passes; l++) {
      const ptrdiff_t layer = front - l, low = open_begin ? l + w->in_place : 0, high = open_end ? l : 0;
      if (layer >= begin + low && layer < end - high) w->work(w->self, l, layer);
    }
}

/* What the blocks on either side of layer `at` have left. */
static void do_wedge(const plan *p, ptrdiff_t at)
{
  const mf_wavefront *w = p->wave;
  for (int l = 0; l < w->passes; l++)
    for (ptrdiff_t layer = at - l; layer < at + l + w->in_place; layer++)
      w->work(w->self, l, layer < 0 ? layer + p->layers : layer);
}

static void do_blocks(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const plan *p = self;
  for (ptrdiff_t b = begin; b < end; b++)
    do_block(p->wave, first_layer(p, b), first_layer(p, b + 1), b > 0 || p->around,
             b < p->blocks - 1 || p->around);
}

static void do_wedges(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const plan *p = self;
  for (ptrdiff_t b = begin; b < end; b++)
    if (b > 0 || p->around) do_wedge(p, first_layer(p, b));
}

/* Slabs that a block needs so that the wedges at its ends do not meet. */
static ptrdiff_t least_layers(const mf_wavefront *w)
{
  return 2 * w->passes + 1;
}

/* A few blocks per thread, so that none waits for long, if each has work enough and layers for two wedges. */
static ptrdiff_t block_count(const mf_grid *grid, ptrdiff_t layers, const mf_wavefront *w)
{
  const ptrdiff_t threads = mf_threads(), work = grid->cells * w->passes;
  for (ptrdiff_t wanted = 4 * threads; threads > 1 && wanted >= 2 * threads; wanted /= 2)
    if (work >= wanted * MF_PIECE && layers >= wanted * least_layers(w)) return wanted;
  return 1;
}

void mf_wavefront_run(const mf_grid *grid, const mf_wavefront *w)
{
  const int axis = mf_wavefront_axis(grid);
  const ptrdiff_t layers = grid->n[axis];
  const bool around = mf_grid_closed(grid, axis);
  if (around && layers < least_layers(w)) {
    for (int l = 0; l < w->passes; l++)
      for (ptrdiff_t layer = 0; layer < layers; layer++) w->work(w->self, l, layer);
    return;
  }
  const plan p = {w, layers, block_count(grid, layers, w), around};
  mf_share(p.blocks, 1, do_blocks, &p);
  mf_share(p.blocks, 1, do_wedges, &p);
}
