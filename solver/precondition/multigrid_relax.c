/* SPDX-License-Identifier: BSD-3-Clause */
/* Relaxation on one grid of multigrid: red-black Gauss-Seidel, and the diagonals it divides by. */
#include "grids/base.h"
#include "grids/wavefront.h"
#include "solver/precondition/multigrid_parts.h"

#include <math.h>
#include <stdatomic.h>

/* Relaxations on the way up, of arrays that are in the cache; in tails, where v follows its heavier
 * neighbours, they do what coarser levels cannot. */
enum { AFTER = 3 };

/* ---- rows ---- */

/* One row of the fastest axis, and the rows beside it.  At a wall that is the row itself, over faces without weight. */
typedef struct {
  ptrdiff_t first, count;
  int parity;
  mf_beside along_it;
  const double *along;
  const double *low_weight[MF_AXES - 1], *high_weight[MF_AXES - 1];
  const double *low_v[MF_AXES - 1], *high_v[MF_AXES - 1];
  double *v;
} row;

/* What a row in layer k of an axis meets along it. */
MF_INLINE void meet(const mf_multigrid_level *l, int axis, ptrdiff_t k, row *r)
{
  const double *weight = l->weight[axis] + r->first;
  r->parity ^= (int)(k & 1);
  r->low_weight[axis - 1] = weight + mf_face_below(&l->beside[axis], k);
  r->high_weight[axis - 1] = weight;
  r->low_v[axis - 1] = r->v + mf_below(&l->beside[axis], k);
  r->high_v[axis - 1] = r->v + mf_above(&l->beside[axis], k);
}

MF_INLINE row row_of(const mf_multigrid_level *l, int dim, ptrdiff_t index, double *v)
{
  row r = {.first = index * l->grid.n[0], .count = l->grid.n[0], .along_it = l->beside[0]};
  r.along_it.stride = 1; /* as it is, known to the compiler */
  r.along = l->weight[0] + r.first;
  r.v = v + r.first;
  meet(l, 1, dim > 2 ? index % l->grid.n[1] : index, &r);
  if (dim > 2) meet(l, 2, index / l->grid.n[1], &r);
  return r;
}

MF_INLINE double beside(const row *r, int axis, ptrdiff_t i)
{
  return r->low_weight[axis][i] * r->low_v[axis][i] + r->high_weight[axis][i] * r->high_v[axis][i];
}

/* sum over faces of w v_neighbour for cell i of a row, whose neighbours along it are `before` and `after`, across the
 * faces `below` and i. */
MF_INLINE double inflow(const row *r, int across, ptrdiff_t i, ptrdiff_t before, ptrdiff_t after,
                        ptrdiff_t below)
{
  const double sum = r->along[below] * r->v[before] + r->along[i] * r->v[after] + beside(r, 0, i);
  return across > 1 ? sum + beside(r, 1, i) : sum;
}

/* The same for a cell at an end of the row. */
MF_INLINE double inflow_at_end(const row *r, int across, ptrdiff_t i)
{
  return inflow(r, across, i, i + mf_below(&r->along_it, i), i + mf_above(&r->along_it, i),
                i + mf_face_below(&r->along_it, i));
}

MF_INLINE void relax_end(const row *r, int across, const double *inverse, const double *f, ptrdiff_t i)
{
  r->v[i] = inverse[i] * (f[i] + inflow_at_end(r, across, i));
}

/* Cells that take the values which satisfy their equations are every other one, and depend on the others alone.  It is
 * quicker to work all of them out, side by side, and to keep half; what is kept is put aside for a while, since cells
 * that were just written are slow to read with others beside them. */
MF_INLINE void relax_inner(const row *r, int across, const double *inverse, const double *f, ptrdiff_t start)
{
  enum { PIECE = 512 };
  const row p = *r;
  double *v = p.v, fresh[PIECE];
  for (ptrdiff_t b = start; b < p.count - 1; b += PIECE) {
    const ptrdiff_t size = b + PIECE < p.count - 1 ? PIECE : p.count - 1 - b;
#pragma omp simd
    for (ptrdiff_t i = 0; i < size; i++)
      fresh[i] = inverse[b + i] * (f[b + i] + inflow(&p, across, b + i, b + i - 1, b + i + 1, b + i - 1));
#pragma omp simd
    for (ptrdiff_t i = 0; i < size; i++) v[b + i] = i % 2 ? v[b + i] : fresh[i];
  }
}

MF_CLONES static void mf_multigrid_relax_row(const mf_multigrid_level *l, int across, const double *f,
                                             double *v, ptrdiff_t index, int colour)
{
  const row r = row_of(l, across + 1, index, v);
  const double *inverse = l->inverse + r.first;
  const ptrdiff_t last = r.count - 1, first = r.parity ^ colour;
  f += r.first;
  if (first == 0) relax_end(&r, across, inverse, f, 0);
  if (across == 1)
    relax_inner(&r, 1, inverse, f, 2 - first);
  else
    relax_inner(&r, 2, inverse, f, 2 - first);
  if (last > 0 && (last - first) % 2 == 0) relax_end(&r, across, inverse, f, last);
}

/* The first colour from v = 0. */
MF_CLONES static void mf_multigrid_start_row(const mf_multigrid_level *l, int across, const double *f,
                                             double *v, ptrdiff_t index)
{
  const row r = row_of(l, across + 1, index, v);
  const double *inverse = l->inverse + r.first;
  f += r.first;
#pragma omp simd
  for (ptrdiff_t i = 0; i < r.count; i++) r.v[i] = (i ^ r.parity) & 1 ? 0 : inverse[i] * f[i];
}

MF_INLINE void residual_inner(const row *r, int across, const double *diagonal, const double *f,
                              double *restrict out)
{
  const row p = *r;
#pragma omp simd
  for (ptrdiff_t i = 1; i < p.count - 1; i++)
    out[i] = f[i] - diagonal[i] * p.v[i] + inflow(&p, across, i, i - 1, i + 1, i - 1);
}

MF_CLONES static void mf_multigrid_residual_row(const mf_multigrid_level *l, int across, const double *f,
                                                double *v, ptrdiff_t index)
{
  const row r = row_of(l, across + 1, index, v);
  const double *diagonal = l->diagonal + r.first;
  const ptrdiff_t last = r.count - 1;
  double *out = l->residual + r.first;
  f += r.first;
  out[0] = f[0] - diagonal[0] * r.v[0] + inflow_at_end(&r, across, 0);
  if (last > 0) out[last] = f[last] - diagonal[last] * r.v[last] + inflow_at_end(&r, across, last);
  if (across == 1)
    residual_inner(&r, 1, diagonal, f, out);
  else
    residual_inner(&r, 2, diagonal, f, out);
}

/* ---- sweeps ---- */

/* A layer, the cells of one index along the last axis, is done row by row.  Cells of a colour depend on those of the other alone, so
 * that the order of layers and rows is free. */
typedef struct {
  const mf_multigrid_level *l;
  const double *f;
  double *v;
  ptrdiff_t rows; /* of a layer */
} relaxation;

static relaxation relaxation_of(const mf_multigrid_level *l, const double *f, double *v)
{
  return (relaxation){l, f, v, l->grid.dim > 2 ? l->grid.n[1] : 1};
}

static void sweep(const relaxation *r, int passes, void (*work)(const void *self, int pass, ptrdiff_t layer))
{
  mf_wavefront_run(&r->l->grid, &(mf_wavefront){.work = work, .self = r, .passes = passes, .in_place = true});
}

/* Both colours from 0, in this order, and the residual. */
static void go_down(const void *self, int pass, ptrdiff_t layer)
{
  const relaxation *r = self;
  for (ptrdiff_t k = layer * r->rows; k < (layer + 1) * r->rows; k++)
    if (pass == 0)
      mf_multigrid_start_row(r->l, r->l->grid.dim - 1, r->f, r->v, k);
    else if (pass == 1)
      mf_multigrid_relax_row(r->l, r->l->grid.dim - 1, r->f, r->v, k, 1);
    else
      mf_multigrid_residual_row(r->l, r->l->grid.dim - 1, r->f, r->v, k);
}

void mf_multigrid_relax_down(const mf_multigrid_level *l, const double *f, double *v, bool residuals)
{
  const relaxation r = relaxation_of(l, f, v);
  sweep(&r, residuals ? 3 : 2, go_down);
}

/* One colour and the other, in the same order, again and again. */
static void go_up(const void *self, int pass, ptrdiff_t layer)
{
  const relaxation *r = self;
  for (ptrdiff_t k = layer * r->rows; k < (layer + 1) * r->rows; k++)
    mf_multigrid_relax_row(r->l, r->l->grid.dim - 1, r->f, r->v, k, pass % 2);
}

/* As many sweeps at once as there is room for in the cache. */
void mf_multigrid_relax_up(const mf_multigrid_level *l, const double *f, double *v)
{
  const relaxation r = relaxation_of(l, f, v);
  const double cache = 1 << 20, layer = 8.0 * (3 + l->grid.dim) * (double)(r.rows * l->grid.n[0]);
  const bool fits = (2 * AFTER + 2) * layer < cache;
  for (int done = 0; done < AFTER; done += fits ? AFTER : 1) sweep(&r, fits ? 2 * AFTER : 2, go_up);
}

/* ---- diagonals ---- */

typedef struct {
  mf_multigrid_level *l;
  double gamma, dominant;
  atomic_bool *dominates, *finite;
} factoring;

MF_CLONES static void mf_multigrid_factor_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const factoring *j = self;
  const double safe = 0.1;
  mf_multigrid_level *l = j->l;
  double check = 0;
  bool dominates = true;
  for (ptrdiff_t k = begin; k < end; k++) {
    const row r = row_of(l, l->grid.dim, k, l->inverse);
    for (ptrdiff_t i = 0; i < r.count; i++) {
      const ptrdiff_t c = r.first + i;
      const double own = l->mass[c] / j->gamma, whole = own + l->decay[c];
      const double mass = whole > safe * own ? whole : safe * own;
      double sum = mass + r.along[i + mf_face_below(&r.along_it, i)] + r.along[i];
      for (int a = 0; a < l->grid.dim - 1; a++) sum += r.low_weight[a][i] + r.high_weight[a][i];
      l->diagonal[c] = sum;
      l->inverse[c] = 1 / sum;
      dominates = dominates && mass * l->inverse[c] > j->dominant;
      check += l->inverse[c];
    }
  }
  if (!dominates) atomic_store(j->dominates, false);
  if (!isfinite(check)) atomic_store(j->finite, false);
}

/* Masses do not dominate where a pair has given all it has to those beside it. */
int mf_multigrid_factor_level(mf_multigrid_level *l, double gamma, bool *enough)
{
  const double dominant = 0.6; /* one relaxation each way leaves less than (1 - this)^4 of any error */
  atomic_bool dominates = true, finite = true;
  const factoring all = {l, gamma, dominant, &dominates, &finite};
  const ptrdiff_t n = l->grid.n[0];
  mf_share(l->grid.cells / n, (MF_PIECE / 4 + n - 1) / n, mf_multigrid_factor_rows, &all);
  *enough = atomic_load(&dominates);
  return atomic_load(&finite) ? MF_OK : mf_fail(MF_RETRY, "the preconditioner has a zero pivot");
}
