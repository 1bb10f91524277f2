/* SPDX-License-Identifier: BSD-3-Clause */
/* Transfer between a grid of multigrid and the next, whose cells are pairs of its cells along one axis.
 *
 * Between the middles of two pairs v is interpolated such that the flux is constant, with 1/w as resistances: where
 * weights fall steeply, as in the tails of a target, a cell follows its heavier neighbour and not the mean.  Masses and
 * weights across are summed with the transposed interpolation; weights along are resistances in series.  For constant
 * weights that is bilinear interpolation and the same five-point equation on cells twice as long (Wesseling 1992, 5.4;
 * Alcouffe, Brandt, Dendy & Painter 1981). */
#include "solver/precondition/multigrid_parts.h"

#include <string.h>

/* Moves between a level and the next: rows of `stride` cells or, along the first axis, lines. */
typedef struct {
  const mf_multigrid_level *l;
  ptrdiff_t stride, n, pairs;
  const double *in;
  double *out;
} passage;

static passage passage_of(const mf_multigrid_level *l, const double *in, double *out)
{
  const ptrdiff_t n = l->grid.n[l->axis];
  return (passage){l, l->grid.stride[l->axis], n, (n + 1) / 2, in, out};
}

/* Shares `rows` rows of a block and as many of every other one; a line is one of its rows. */
static void pass_rows(const passage *p, ptrdiff_t rows,
                      void (*work)(const void *self, ptrdiff_t begin, ptrdiff_t end))
{
  const ptrdiff_t blocks = mf_grid_blocks(&p->l->grid, p->l->axis), size = p->stride == 1 ? p->n : p->stride;
  mf_share(p->stride == 1 ? blocks : blocks * rows, (MF_PIECE / 2 + size - 1) / size, work, p);
}

/* ---- shares of pairs in the cells between them ---- */

/* Resistance of a face; none is infinite. */
static double resistance(double weight)
{
  const double least = 1e-300;
  return 1 / (weight > least ? weight : least);
}

/* Weight between the pair of a line that ends in layer `end` and the next, which starts in layer `start`, and the share of
 * each in the two cells that meet between them.  Weights are in series where they vary slowly.  Where they fall steeply a cell follows the heavier
 * pair, and only the weight between it and the other cell of its pair is left, of which half a cell's
 * resistance would be twice as much; P^T L P has it once.  At a wall the next cell is of the same pair. */
static double couple(const mf_multigrid_level *l, ptrdiff_t line, ptrdiff_t stride, ptrdiff_t end,
                     ptrdiff_t start)
{
  const ptrdiff_t n = l->grid.n[l->axis], first = end / 2 * 2;
  const double *w = l->weight[l->axis] + line;
  if (start / 2 == end / 2 || w[end * stride] <= 0) return 0;
  const double left = end > first ? 0.5 * resistance(w[first * stride]) : 0;
  const double right = start + 1 < n ? 0.5 * resistance(w[start * stride]) : 0;
  const double whole = left + resistance(w[end * stride]) + right, skew = (left - right) / whole;
  if (end > first) l->toward[line + end * stride] = left / whole;
  if (start + 1 < n) l->toward[line + start * stride] = right / whole;
  return (1 - 0.5 * skew * skew) / whole;
}

static void couple_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const passage *p = self;
  for (ptrdiff_t k = begin; k < end; k++) {
    const ptrdiff_t line = k / p->pairs * p->n * p->stride, pair = k % p->pairs;
    const ptrdiff_t last = 2 * pair + 1 < p->n ? 2 * pair + 1 : 2 * pair;
    const ptrdiff_t next = mf_grid_layer(&p->l->grid, p->l->axis, last, 1);
    for (ptrdiff_t i = 0; i < p->stride; i++)
      p->out[k * p->stride + i] = couple(p->l, line + i, p->stride, last, next);
  }
}

void mf_multigrid_couple(const mf_multigrid_level *l, double *weight)
{
  const passage p = passage_of(l, NULL, weight);
  memset(l->toward, 0, (size_t)l->grid.cells * sizeof *l->toward);
  mf_share(mf_grid_blocks(&l->grid, l->axis) * p.pairs, (MF_PIECE / 8 + p.stride - 1) / p.stride, couple_rows,
           &p);
}

/* ---- from cells to pairs ---- */

/* The rows of one block that meet around a pair: its cells, the second NULL if there is none, and those beside it.  At a
 * wall that is a cell of the pair, which has no share of another. */
typedef struct {
  const double *before, *first, *second, *after;
} pair_rows;

static pair_rows rows_around(const mf_multigrid_level *l, const double *x, ptrdiff_t stride, ptrdiff_t pair)
{
  const ptrdiff_t low = 2 * pair, high = low + 1 < l->grid.n[l->axis] ? low + 1 : low;
  return (pair_rows){.before = x + mf_grid_layer(&l->grid, l->axis, low, -1) * stride,
                     .first = x + low * stride,
                     .second = high > low ? x + high * stride : NULL,
                     .after = x + mf_grid_layer(&l->grid, l->axis, high, 1) * stride};
}

/* sum[i] += share x of a neighbour; own cells keep the rest. */
static inline void add_share(const double *x, const double *toward, ptrdiff_t stride, double *restrict sum)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < stride; i++) sum[i] += toward[i] * x[i];
}

static inline void add_rest(const double *x, const double *toward, ptrdiff_t stride, double *restrict sum)
{
  if (!x) return;
#pragma omp simd
  for (ptrdiff_t i = 0; i < stride; i++) sum[i] += (1 - toward[i]) * x[i];
}

/* Pairs of neighbours in memory. */
static void gather_line(const mf_multigrid_level *l, const double *x, const double *toward,
                        double *restrict out)
{
  const ptrdiff_t n = l->grid.n[l->axis], pairs = (n + 1) / 2;
  for (ptrdiff_t i = 0; i < n / 2; i++)
    out[i] = x[2 * i] - toward[2 * i] * x[2 * i] + x[2 * i + 1] - toward[2 * i + 1] * x[2 * i + 1];
  if (n % 2) out[pairs - 1] = x[n - 1];
  for (ptrdiff_t i = 0; i < (n - 1) / 2; i++) {
    out[i] += toward[2 * i + 2] * x[2 * i + 2];
    out[i + 1] += toward[2 * i + 1] * x[2 * i + 1];
  }
  const ptrdiff_t before = mf_grid_layer(&l->grid, l->axis, 0, -1),
                  after = mf_grid_layer(&l->grid, l->axis, n - 1, 1);
  out[0] += toward[before] * x[before];
  out[pairs - 1] += toward[after] * x[after];
}

static void gather_lines(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const passage *p = self;
  for (ptrdiff_t b = begin; b < end; b++)
    gather_line(p->l, p->in + b * p->n, p->l->toward + b * p->n, p->out + b * p->pairs);
}

MF_CLONES static void mf_multigrid_gather_pairs(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const passage *p = self;
  for (ptrdiff_t k = begin; k < end; k++) {
    const ptrdiff_t block = k / p->pairs * p->n * p->stride, i = k % p->pairs;
    const pair_rows r = rows_around(p->l, p->in + block, p->stride, i);
    const pair_rows t = rows_around(p->l, p->l->toward + block, p->stride, i);
    double *sum = p->out + k * p->stride;
    memset(sum, 0, (size_t)p->stride * sizeof *sum);
    add_rest(r.first, t.first, p->stride, sum);
    add_rest(r.second, t.second, p->stride, sum);
    add_share(r.before, t.before, p->stride, sum);
    add_share(r.after, t.after, p->stride, sum);
  }
}

void mf_multigrid_gather(const mf_multigrid_level *l, const double *x, double *out)
{
  const passage p = passage_of(l, x, out);
  pass_rows(&p, p.pairs, p.stride == 1 ? gather_lines : mf_multigrid_gather_pairs);
}

/* ---- from pairs to cells ---- */

static inline void spread_row(const double *own, const double *other, const double *toward, ptrdiff_t count,
                              double *restrict v)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < count; i++) v[i] += own[i] + toward[i] * (other[i] - own[i]);
}

static void spread_line(const mf_multigrid_level *l, const double *coarse, const double *toward,
                        double *restrict v)
{
  const ptrdiff_t n = l->grid.n[l->axis], last = (n - 1) / 2;
  const double before = coarse[mf_grid_layer(&l->grid, l->axis, 0, -1) / 2];
  const double after = coarse[mf_grid_layer(&l->grid, l->axis, n - 1, n % 2 ? -1 : 1) / 2];
  for (ptrdiff_t i = 1; i < n / 2; i++) v[2 * i] += coarse[i] + toward[2 * i] * (coarse[i - 1] - coarse[i]);
  for (ptrdiff_t i = 0; i < last; i++)
    v[2 * i + 1] += coarse[i] + toward[2 * i + 1] * (coarse[i + 1] - coarse[i]);
  v[0] += coarse[0] + toward[0] * (before - coarse[0]);
  v[n - 1] += coarse[last] + toward[n - 1] * (after - coarse[last]);
}

static void spread_lines(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const passage *p = self;
  for (ptrdiff_t b = begin; b < end; b++)
    spread_line(p->l, p->in + b * p->pairs, p->l->toward + b * p->n, p->out + b * p->n);
}

MF_CLONES static void mf_multigrid_spread_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const passage *p = self;
  for (ptrdiff_t k = begin; k < end; k++) {
    const ptrdiff_t c = k % p->n, own = c / 2,
                    other = mf_grid_layer(&p->l->grid, p->l->axis, c, c % 2 ? 1 : -1) / 2;
    const double *coarse = p->in + k / p->n * p->pairs * p->stride;
    spread_row(coarse + own * p->stride, coarse + other * p->stride, p->l->toward + k * p->stride, p->stride,
               p->out + k * p->stride);
  }
}

void mf_multigrid_spread(const mf_multigrid_level *l, const double *coarse, double *v)
{
  const passage p = passage_of(l, coarse, v);
  pass_rows(&p, p.n, p.stride == 1 ? spread_lines : mf_multigrid_spread_rows);
}
