/* A symmetric operator that couples neighbouring cells, and three-term recurrences with it.
 *
 * Levels are passes of a wavefront: level l overwrites what level l - 1 read, and so must not come sooner. */
#include "operators/stencil.h"

#include "grids/base.h"
#include "grids/threads.h"
#include "grids/wavefront.h"

#include <math.h>

int mf_stencil_create(mf_stencil **out, const mf_grid *grid)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->grid = grid;
  int status = mf_reals_create(&(*out)->diagonal, grid->cells);
  for (int a = 0; !status && a < grid->dim; a++) status = mf_reals_create(&(*out)->off[a], grid->cells);
  if (!status) return MF_OK;
  mf_stencil_free(*out);
  *out = NULL;
  return status;
}

void mf_stencil_free(mf_stencil *s)
{
  if (!s) return;
  for (int a = 0; a < MF_AXES; a++) mf_release(s->off[a]);
  mf_release(s->diagonal);
  mf_release(s);
}

/* Index of the neighbour below or above cell c along an axis, around the end of a line. */
static ptrdiff_t neighbour(const mf_grid *grid, int axis, ptrdiff_t c, bool above)
{
  const ptrdiff_t stride = grid->stride[axis], n = grid->n[axis], k = c / stride % n;
  if (above) return k + 1 < n ? c + stride : c - (n - 1) * stride;
  return k > 0 ? c - stride : c + (n - 1) * stride;
}

enum { PARTS = 64 };

typedef struct {
  const mf_stencil *stencil;
  double *radius; /* of each part */
} bound_job;

/* The largest of Gershgorin's discs of a line. */
static double line_bound(const mf_stencil *s, ptrdiff_t first)
{
  const double *low[MF_AXES] = {NULL};
  for (int a = 1; a < s->grid->dim; a++) low[a] = s->off[a] + neighbour(s->grid, a, first, false);
  double most = 0, before = s->off[0][first + s->grid->n[0] - 1];
  for (ptrdiff_t i = 0, c = first; i < s->grid->n[0]; i++, c++) {
    double radius = fabs(s->diagonal[c]) + fabs(s->off[0][c]) + fabs(before);
    for (int a = 1; a < s->grid->dim; a++) radius += fabs(s->off[a][c]) + fabs(low[a][i]);
    before = s->off[0][c];
    most = radius > most ? radius : most;
  }
  return most;
}

static void bound_parts(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const bound_job *j = self;
  const ptrdiff_t n = j->stencil->grid->n[0], lines = j->stencil->grid->cells / n;
  for (ptrdiff_t p = begin; p < end; p++)
    for (ptrdiff_t k = p * lines / PARTS; k < (p + 1) * lines / PARTS; k++)
      j->radius[p] = fmax(j->radius[p], line_bound(j->stencil, k * n));
}

double mf_stencil_bound(const mf_stencil *s)
{
  double radius[PARTS] = {0}, bound = 0;
  mf_share(PARTS, s->grid->cells < MF_PIECE ? PARTS : 1, bound_parts, &(bound_job){s, radius});
  for (int p = 0; p < PARTS; p++) bound = fmax(bound, radius[p]);
  return -mf_grid_min(s->grid, -bound);
}

/* ---- one line of cells along axis 0 ---- */

/* Pointers into the arrays at the first cell of a line: its neighbours across the other axes, and their couplings. */
typedef struct {
  const double *diagonal, *off, *x;
  const double *low_off[MF_AXES - 1], *high_off[MF_AXES - 1], *low[MF_AXES - 1], *high[MF_AXES - 1];
  double *z, *sum;
} line;

static inline double across(const line *l, int pairs, ptrdiff_t i)
{
  double value = l->diagonal[i] * l->x[i];
  for (int k = 0; k < pairs; k++)
    value += l->low_off[k][i] * l->low[k][i] + l->high_off[k][i] * l->high[k][i];
  return value;
}

static inline void put(const line *l, const mf_level *level, ptrdiff_t i, double value)
{
  const double z = level->a * value + level->b * l->x[i] - level->c * l->z[i];
  l->z[i] = z;
  l->sum[i] += level->d * z;
}

static inline void advance(const line *l, const mf_level *level, int pairs, ptrdiff_t n)
{
  const mf_level q = *level;
  const line p = *l;
  const double *x = p.x, *off = p.off;
  double *z = p.z, *sum = p.sum;
#pragma omp simd
  for (ptrdiff_t i = 1; i < n - 1; i++) {
    const double value = across(&p, pairs, i) + off[i - 1] * x[i - 1] + off[i] * x[i + 1];
    const double next = q.a * value + q.b * x[i] - q.c * z[i];
    z[i] = next;
    sum[i] += q.d * next;
  }
}

/* All cells of a line but the two at its ends. */
MF_CLONES static void mf_stencil_inner(const line *l, const mf_level *level, int pairs, ptrdiff_t n)
{
  if (pairs == 0)
    advance(l, level, 0, n);
  else if (pairs == 1)
    advance(l, level, 1, n);
  else
    advance(l, level, 2, n);
}

static void do_line(const line *l, const mf_level *level, int pairs, ptrdiff_t n)
{
  const ptrdiff_t last = n - 1, second = n > 1 ? 1 : 0, before_last = n > 1 ? n - 2 : 0;
  put(l, level, 0, across(l, pairs, 0) + l->off[last] * l->x[last] + l->off[0] * l->x[second]);
  if (n == 1) return;
  put(l, level, last,
      across(l, pairs, last) + l->off[before_last] * l->x[before_last] + l->off[last] * l->x[0]);
  mf_stencil_inner(l, level, pairs, n);
}

/* ---- slabs ---- */

typedef struct {
  const mf_stencil *stencil;
  const mf_level *level;
  double *array[2], *sum;
} recurrence;

static ptrdiff_t slabs(const mf_grid *grid)
{
  return grid->dim > 1 ? grid->n[grid->dim - 1] : 1;
}

static void do_slab(const void *self, int level, ptrdiff_t slab)
{
  const recurrence *r = self;
  const mf_stencil *s = r->stencil;
  const mf_grid *grid = s->grid;
  const ptrdiff_t n = grid->n[0], size = grid->cells / slabs(grid);
  const double *x = r->array[level % 2];
  for (ptrdiff_t c = slab * size; c < (slab + 1) * size; c += n) {
    line l = {.diagonal = s->diagonal + c,
              .off = s->off[0] + c,
              .x = x + c,
              .z = r->array[1 - level % 2] + c,
              .sum = r->sum + c};
    for (int a = 1; a < grid->dim; a++) {
      const ptrdiff_t stride = grid->stride[a], last = (grid->n[a] - 1) * stride;
      const ptrdiff_t at = a == 1 && grid->dim > 2 ? c - slab * size : slab * size;
      const ptrdiff_t low = c + (at > 0 ? -stride : last), high = c + (at < last ? stride : -last);
      l.low_off[a - 1] = s->off[a] + low;
      l.high_off[a - 1] = s->off[a] + c;
      l.low[a - 1] = x + low;
      l.high[a - 1] = x + high;
    }
    do_line(&l, &r->level[level], grid->dim - 1, n);
  }
}

/* Levels whose slabs fit in a cache. */
static ptrdiff_t levels_in(const mf_grid *grid, double cache)
{
  const double slab = 8.0 * (4 + grid->dim) * (double)grid->cells / (double)slabs(grid);
  return (ptrdiff_t)(cache / slab) - 2;
}

/* In the second cache, or where that has no room for three, as with layers of three dimensions, in the third. */
int mf_stencil_levels(const mf_grid *grid)
{
  enum { MOST = 8 };
  const ptrdiff_t near = levels_in(grid, 1 << 20), room = near < 3 ? levels_in(grid, 1 << 23) : near;
  const ptrdiff_t half = slabs(grid) / 2, levels = room < half ? room : half;
  return levels < 1 ? 1 : levels > MOST ? MOST : (int)levels;
}

void mf_stencil_advance(const mf_stencil *s, const mf_level *level, int count, double *even, double *odd,
                        double *sum)
{
  const mf_grid *grid = s->grid;
  const recurrence r = {.stencil = s, .level = level, .array = {even, odd}, .sum = sum};
  mf_wavefront_run(&(mf_wavefront){.work = do_slab,
                                   .self = &r,
                                   .passes = count,
                                   .slabs = slabs(grid),
                                   .cells = grid->cells / slabs(grid),
                                   .around = grid->dim > 1 && grid->periodic[grid->dim - 1]});
}
