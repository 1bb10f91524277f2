/* SPDX-License-Identifier: BSD-3-Clause */
/** @file scene.h  Every kind of grid in turn, with measures on it, for laws and identities that hold on all of them:
 *
 *    for (scene s = scenes(11); next_scene(&s);) ...
 *
 *  Measures are random cell by cell: the laws are algebraic and hold for rough data, and rough data leaves no term
 *  small.  Their ratio u stays within e^-2 and e^2, so rounding is felt as it stands. */
#ifndef MF_TESTS_SCENE_H
#define MF_TESTS_SCENE_H

#include "tests/flows.h"

typedef struct {
  const char *name; /* of the grid's shape */
  mf_grid grid;
  mf_measure *pi, *mu, *even,
      *holed;                    /* even: of the target's mass; holed: mu with one empty cell, where two are
                                         left to play with, or NULL */
  const char *energy, *geometry; /* of the flow that is looked at, if a test says so */
  unsigned long long seed;
  int next; /* in `shapes` */
} scene;

/** What comes before the first scene; the seed is that of the target, those after it of the other measures. */
static inline scene scenes(unsigned long long seed)
{
  return (scene){.seed = seed};
}

/** Frees whatever was made in this scene and sets the next one; false after the last. */
static inline bool next_scene(scene *s)
{
  release_all();
  if (s->next == SHAPES) return false;
  const shape *of = &shapes[s->next++];
  s->name = of->name;
  s->grid = shape_grid(of);
  s->pi = random_measure(&s->grid, 1, 0.8, s->seed);
  s->mu = random_measure(&s->grid, 1.3, 1, s->seed + 1);
  s->even = random_measure(&s->grid, 1, 1, s->seed + 2);
  s->holed = s->grid.cells > 2 ? with_vacuum(s->mu, s->grid.cells / 2) : NULL;
  s->energy = s->geometry = "";
  return true;
}

/** Rounding of a rate: an ulp of the terms of which it is the sum, at most 6 faces and a mean, times u^p < e^6.  Measures
 *  and forces here are of order 1; where all terms cancel, as a single cell's do, some ulp of that are left. */
static inline double rounding(const double *rate, ptrdiff_t cells)
{
  return 1e-12 * (largest(rate, cells) + 0.01);
}

#endif
