/* SPDX-License-Identifier: BSD-3-Clause */
/* The generator of a reversible Markov chain on the cells, and three-term recurrences with it.
 *
 * Levels are passes of a wavefront: level l overwrites what level l - 1 read, and so must not come sooner. */
#include "operators/transport/generator.h"

#include "grids/halo.h"
#include "grids/neighbour.h"
#include "grids/wavefront.h"

#include <math.h>

enum { PARTS = 64 };

typedef struct {
  const mf_generator *generator;
  double *radius; /* of each part */
} bound_operands;

/* What the face between two cells adds to the radius of the first one's disc. */
MF_INLINE double reach(double weight, double here, double there)
{
  return weight * (here + sqrt(here) * sqrt(there));
}

/* The largest of Gershgorin's discs of a line. */
MF_CLONES static double mf_line_bound(const mf_generator *g, ptrdiff_t first)
{
  const mf_grid *grid = g->grid;
  const ptrdiff_t n = grid->n[0];
  const mf_beside along = mf_grid_beside(grid, 0);
  const double *p = g->inverse + first, *w = g->weight[0] + first;
  const double *low[MF_AXES - 1], *high[MF_AXES - 1], *below[MF_AXES - 1], *above[MF_AXES - 1];
  const int pairs = grid->dim - 1;
  for (int k = 0; k < pairs; k++) {
    const ptrdiff_t layer = first / grid->stride[k + 1] % grid->n[k + 1];
    below[k] = g->weight[k + 1] + first + mf_grid_face_below(grid, k + 1, layer);
    above[k] = g->weight[k + 1] + first;
    low[k] = g->inverse + first + mf_grid_distance(grid, k + 1, layer, -1);
    high[k] = g->inverse + first + mf_grid_distance(grid, k + 1, layer, 1);
  }
  double most = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    const ptrdiff_t before = i + mf_below(&along, i), after = i + mf_above(&along, i);
    double radius = reach(w[i + mf_face_below(&along, i)], p[i], p[before]) + reach(w[i], p[i], p[after]);
    for (int k = 0; k < pairs; k++)
      radius += reach(below[k][i], p[i], low[k][i]) + reach(above[k][i], p[i], high[k][i]);
    most = radius > most ? radius : most;
  }
  return most;
}

static void bound_parts(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const bound_operands *j = self;
  const ptrdiff_t n = j->generator->grid->n[0], lines = j->generator->grid->cells / n;
  for (ptrdiff_t p = begin; p < end; p++)
    for (ptrdiff_t k = p * lines / PARTS; k < (p + 1) * lines / PARTS; k++)
      j->radius[p] = fmax(j->radius[p], mf_line_bound(j->generator, k * n));
}

double mf_generator_bound(const mf_generator *g)
{
  double radius[PARTS] = {0}, bound = 0;
  mf_share(PARTS, g->grid->cells < MF_PIECE ? PARTS : 1, bound_parts, &(bound_operands){g, radius});
  for (int p = 0; p < PARTS; p++) bound = fmax(bound, radius[p]);
  return -mf_grid_min(g->grid, -bound);
}

/* ---- one line of cells along axis 0 ---- */

/* Pointers into the arrays at the first cell of a line: its neighbours across the other axes, and the weights between. */
typedef struct {
  const double *inverse, *weight, *x;
  const double *below[MF_AXES - 1], *above[MF_AXES - 1], *low[MF_AXES - 1], *high[MF_AXES - 1];
  double *z, *sum;
} line;

/* Sum over the faces across the other axes. */
MF_INLINE double across(const line *l, int pairs, ptrdiff_t i)
{
  double value = 0;
  for (int k = 0; k < pairs; k++)
    value += l->below[k][i] * (l->low[k][i] - l->x[i]) + l->above[k][i] * (l->high[k][i] - l->x[i]);
  return value;
}

MF_INLINE void put(const line *l, const mf_recurrence *level, ptrdiff_t i, double value)
{
  const double z = level->a * l->inverse[i] * value + level->b * l->x[i] - level->c * l->z[i];
  l->z[i] = z;
  l->sum[i] += level->d * z;
}

MF_INLINE void advance(const line *l, const mf_recurrence *level, int pairs, ptrdiff_t n)
{
  const mf_recurrence q = *level;
  const line p = *l;
#pragma omp simd
  for (ptrdiff_t i = 1; i < n - 1; i++)
    put(&p, &q, i,
        across(&p, pairs, i) + p.weight[i - 1] * (p.x[i - 1] - p.x[i]) + p.weight[i] * (p.x[i + 1] - p.x[i]));
}

/* All cells of a line but the two at its ends. */
MF_CLONES static void mf_generator_inner(const line *l, const mf_recurrence *level, int pairs, ptrdiff_t n)
{
  if (pairs == 0)
    advance(l, level, 0, n);
  else if (pairs == 1)
    advance(l, level, 1, n);
  else
    advance(l, level, 2, n);
}

/* A cell at an end of a line. */
MF_INLINE void do_end(const line *l, const mf_recurrence *level, int pairs, const mf_beside *along,
                      ptrdiff_t i)
{
  const ptrdiff_t low = i + mf_below(along, i), high = i + mf_above(along, i);
  put(l, level, i,
      across(l, pairs, i) + l->weight[i + mf_face_below(along, i)] * (l->x[low] - l->x[i]) +
          l->weight[i] * (l->x[high] - l->x[i]));
}

static void do_line(const line *l, const mf_recurrence *level, int pairs, const mf_beside *ends)
{
  mf_beside along = *ends;
  along.stride = 1; /* as it is, known to the compiler */
  do_end(l, level, pairs, &along, 0);
  if (along.last == 0) return;
  do_end(l, level, pairs, &along, along.last);
  mf_generator_inner(l, level, pairs, along.last + 1);
}

/* ---- layers ---- */

typedef struct {
  const mf_generator *generator;
  const mf_recurrence *level;
  double *array[2], *sum;
  mf_beside beside[MF_AXES];
} recurrence;

/* What a line whose first cell is c, in layer k of an axis, meets along it. */
MF_INLINE void meet(const recurrence *r, int axis, ptrdiff_t k, ptrdiff_t c, const double *x, line *l)
{
  const mf_beside *beside = &r->beside[axis];
  const double *weight = r->generator->weight[axis] + c;
  l->below[axis - 1] = weight + mf_face_below(beside, k);
  l->above[axis - 1] = weight;
  l->low[axis - 1] = x + c + mf_below(beside, k);
  l->high[axis - 1] = x + c + mf_above(beside, k);
}

static void do_layer(const void *self, int level, ptrdiff_t layer)
{
  const recurrence *r = self;
  const mf_generator *g = r->generator;
  const mf_grid *grid = g->grid;
  const int dim = grid->dim;
  const ptrdiff_t n = grid->n[0], lines = dim > 2 ? grid->n[1] : 1;
  const double *x = r->array[level % 2];
  for (ptrdiff_t k = 0; k < lines; k++) {
    const ptrdiff_t c = (layer * lines + k) * n;
    line l = {.inverse = g->inverse + c,
              .weight = g->weight[0] + c,
              .x = x + c,
              .z = r->array[1 - level % 2] + c,
              .sum = r->sum + c};
    if (dim > 2) meet(r, 1, k, c, x, &l);
    if (dim > 1) meet(r, dim - 1, layer, c, x, &l);
    do_line(&l, &r->level[level], dim - 1, &r->beside[0]);
  }
}

/* Levels whose layers fit in a cache. */
static ptrdiff_t levels_in(const mf_grid *grid, double cache)
{
  const double layer = 8.0 * (4 + grid->dim) * (double)grid->stride[mf_wavefront_axis(grid)];
  return (ptrdiff_t)(cache / layer) - 2;
}

/* In the second cache, or where that has no room for three, as with layers of three dimensions, in the third. */
int mf_generator_levels(const mf_grid *grid)
{
  enum { MOST = 8 };
  const ptrdiff_t near = levels_in(grid, 1 << 20), room = near < 3 ? levels_in(grid, 1 << 23) : near;
  const ptrdiff_t half =
      (ptrdiff_t)mf_grid_min(grid, (double)(grid->n[mf_wavefront_axis(grid)] / 2)); /* of the thinnest slab */
  const ptrdiff_t levels = room < half ? room : half;
  return levels < 1 ? 1 : levels > MOST ? MOST : (int)levels;
}

void mf_generator_advance(const mf_generator *g, const mf_recurrence *level, int count, double *even,
                          double *odd, double *sum)
{
  mf_halo(g->grid, even, count); /* each level sees one layer less */
  mf_halo(g->grid, odd, count - 1);
  recurrence r = {.generator = g, .level = level, .array = {even, odd}, .sum = sum};
  for (int a = 0; a < MF_AXES; a++) r.beside[a] = mf_grid_beside(g->grid, a);
  mf_wavefront_run(g->grid, &(mf_wavefront){.work = do_layer, .self = &r, .passes = count});
}
