/* Multigrid for diffusion in a measure.
 *
 * A coarser grid joins cells in pairs along one axis.  Between the middles of two pairs v is interpolated
 * such that the flux is constant, with 1/w as resistances: where weights fall steeply, as in the tails of
 * a target, a cell follows its heavier neighbour and not the mean.  Masses and weights across are summed
 * with the transposed interpolation; weights along are resistances in series.  For constant weights that
 * is bilinear interpolation and the same five-point equation on cells twice as long (Wesseling 1992, 5.4;
 * Alcouffe, Brandt, Dendy & Painter 1981).
 *
 * Only the axes with the strongest coupling, of nearly the shortest cells, are coarsened at a time, so
 * that point relaxation is enough: red-black Gauss-Seidel, once on the way down, which may end with any
 * colour, and a few times on the way up.  Levels end where the diagonal dominates, which depends on gamma. */
#include "solver/multigrid.h"

#include "grids/base.h"
#include "grids/threads.h"
#include "grids/wavefront.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Relaxations on the way up, of arrays that are in the cache; in tails, where v follows its heavier
 * neighbours, they do what coarser levels cannot. */
enum { AFTER = 3 };
enum { LEVELS = 3 * 8 * (int)sizeof(ptrdiff_t) };

typedef struct {
  ptrdiff_t n[MF_AXES], cells; /* axes of one cell on the finest level left out */
  double h[MF_AXES];
  bool periodic[MF_AXES];
  bool smooths; /* else it only passes on from one axis to the next */
  int axis;     /* along which the next level is coarser, or -1 */
  double *mass, *decay, *weight[MF_AXES];
  double *toward; /* share of the neighbouring pair in the value of a cell */
  double *diagonal, *inverse;
  double *v, *f, *residual; /* v and f of the finest level are the caller's */
} level;

struct mf_multigrid {
  int dim, levels, deepest;
  int axis_of[MF_AXES]; /* grid's axis -> level's, or -1 */
  level level[LEVELS];
};

static ptrdiff_t stride_of(const level *l, int axis)
{
  ptrdiff_t stride = 1;
  for (int a = 0; a < axis; a++) stride *= l->n[a];
  return stride;
}

/* ---- one axis, from pairs to cells and back ---- */

/* The rows of one block that meet around a pair: its cells and those beside it, NULL if there is none. */
typedef struct {
  const double *before, *first, *second, *after;
} pair_rows;

static pair_rows rows_around(const level *l, const double *x, ptrdiff_t stride, ptrdiff_t pair)
{
  const ptrdiff_t n = l->n[l->axis], low = 2 * pair, high = low + 1;
  const ptrdiff_t next = high < n ? high + 1 : high;
  const bool wraps = l->periodic[l->axis];
  return (pair_rows){.before = low > 0 ? x + (low - 1) * stride
                               : wraps ? x + (n - 1) * stride
                                       : NULL,
                     .first = x + low * stride,
                     .second = high < n ? x + high * stride : NULL,
                     .after = next < n ? x + next * stride
                              : wraps  ? x
                                       : NULL};
}

/* sum[i] += share x of a neighbour; own cells keep the rest. */
static inline void add_share(const double *x, const double *toward, ptrdiff_t stride, double *restrict sum)
{
  if (!x) return;
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
static void gather_line(const level *l, const double *x, const double *toward, double *restrict out)
{
  const ptrdiff_t n = l->n[l->axis], pairs = (n + 1) / 2;
  for (ptrdiff_t i = 0; i < n / 2; i++)
    out[i] = x[2 * i] - toward[2 * i] * x[2 * i] + x[2 * i + 1] - toward[2 * i + 1] * x[2 * i + 1];
  if (n % 2) out[pairs - 1] = x[n - 1];
  for (ptrdiff_t i = 0; i < (n - 1) / 2; i++) {
    out[i] += toward[2 * i + 2] * x[2 * i + 2];
    out[i + 1] += toward[2 * i + 1] * x[2 * i + 1];
  }
  if (!l->periodic[l->axis]) return;
  if (n % 2 == 0) out[0] += toward[n - 1] * x[n - 1];
  out[pairs - 1] += toward[0] * x[0];
}

/* Moves between a level and the next: rows of `stride` cells or, along the first axis, lines. */
typedef struct {
  const level *l;
  ptrdiff_t stride, n, pairs;
  const double *in;
  double *out;
} passage;

static passage passage_of(const level *l, const double *in, double *out)
{
  const ptrdiff_t n = l->n[l->axis];
  return (passage){l, stride_of(l, l->axis), n, (n + 1) / 2, in, out};
}

/* Shares `rows` rows of a block and as many of every other one; a line is one of its rows. */
static void pass_rows(const passage *p, ptrdiff_t rows,
                      void (*work)(const void *self, ptrdiff_t begin, ptrdiff_t end))
{
  const ptrdiff_t blocks = p->l->cells / (p->n * p->stride), size = p->stride == 1 ? p->n : p->stride;
  mf_share(p->stride == 1 ? blocks : blocks * rows, (MF_PIECE / 2 + size - 1) / size, work, p);
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

/* out = P^T x on the next level. */
static void gather(const level *l, const double *x, double *out)
{
  const passage p = passage_of(l, x, out);
  pass_rows(&p, p.pairs, p.stride == 1 ? gather_lines : mf_multigrid_gather_pairs);
}

static inline void spread_row(const double *own, const double *other, const double *toward, ptrdiff_t count,
                              double *restrict v)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < count; i++) v[i] += own[i] + toward[i] * (other[i] - own[i]);
}

static void spread_line(const level *l, const double *coarse, const double *toward, double *restrict v)
{
  const ptrdiff_t n = l->n[l->axis], pairs = (n + 1) / 2;
  const double before = coarse[l->periodic[l->axis] ? pairs - 1 : 0];
  const double after = coarse[l->periodic[l->axis] ? 0 : pairs - 1];
  for (ptrdiff_t i = 1; i < n / 2; i++) v[2 * i] += coarse[i] + toward[2 * i] * (coarse[i - 1] - coarse[i]);
  for (ptrdiff_t i = 0; i < (n - 1) / 2; i++)
    v[2 * i + 1] += coarse[i] + toward[2 * i + 1] * (coarse[i + 1] - coarse[i]);
  v[0] += coarse[0] + toward[0] * (before - coarse[0]);
  if (n % 2 == 0)
    v[n - 1] += coarse[pairs - 1] + toward[n - 1] * (after - coarse[pairs - 1]);
  else if (n > 1)
    v[n - 1] += coarse[pairs - 1] + toward[n - 1] * (coarse[pairs - 2] - coarse[pairs - 1]);
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
    const ptrdiff_t c = k % p->n, own = c / 2, other = (own + (c % 2 ? 1 : p->pairs - 1)) % p->pairs;
    const double *coarse = p->in + k / p->n * p->pairs * p->stride;
    spread_row(coarse + own * p->stride, coarse + other * p->stride, p->l->toward + k * p->stride, p->stride,
               p->out + k * p->stride);
  }
}

/* v += P coarse. */
static void spread(const level *l, const double *coarse, double *v)
{
  const passage p = passage_of(l, coarse, v);
  pass_rows(&p, p.n, p.stride == 1 ? spread_lines : mf_multigrid_spread_rows);
}

/* ---- coarsening ---- */

/* Resistance of a face; none is infinite. */
static double resistance(double weight)
{
  const double least = 1e-300;
  return 1 / (weight > least ? weight : least);
}

/* Weight between the pairs I and I + 1 of a line, and the share of each in the two cells that meet between
 * them.  Weights are in series where they vary slowly.  Where they fall steeply a cell follows the heavier
 * pair, and only the weight between it and the other cell of its pair is left, of which half a cell's
 * resistance would be twice as much; P^T L P has it once. */
static double couple(const level *l, ptrdiff_t line, ptrdiff_t stride, ptrdiff_t pair)
{
  const ptrdiff_t n = l->n[l->axis], pairs = (n + 1) / 2, next = (pair + 1) % pairs;
  const ptrdiff_t end = 2 * pair + 1 < n ? 2 * pair + 1 : n - 1, start = 2 * next;
  const double *w = l->weight[l->axis] + line;
  if (pairs == 1 || w[end * stride] <= 0) return 0;
  const double left = end > 2 * pair ? 0.5 * resistance(w[2 * pair * stride]) : 0;
  const double right = start + 1 < n ? 0.5 * resistance(w[start * stride]) : 0;
  const double whole = left + resistance(w[end * stride]) + right, skew = (left - right) / whole;
  if (end > 2 * pair) l->toward[line + end * stride] = left / whole;
  if (start + 1 < n) l->toward[line + start * stride] = right / whole;
  return (1 - 0.5 * skew * skew) / whole;
}

static void couple_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const passage *p = self;
  for (ptrdiff_t k = begin; k < end; k++) {
    const ptrdiff_t line = k / p->pairs * p->n * p->stride;
    for (ptrdiff_t i = 0; i < p->stride; i++)
      p->out[k * p->stride + i] = couple(p->l, line + i, p->stride, k % p->pairs);
  }
}

static void couple_pairs(const level *l, double *weight)
{
  const passage p = passage_of(l, NULL, weight);
  memset(l->toward, 0, (size_t)l->cells * sizeof *l->toward);
  mf_share(l->cells / p.n / p.stride * p.pairs, (MF_PIECE / 8 + p.stride - 1) / p.stride, couple_rows, &p);
}

void mf_multigrid_coarsen(mf_multigrid *m)
{
  for (int k = 0; k + 1 < m->levels; k++) {
    const level *fine = &m->level[k];
    level *coarse = &m->level[k + 1];
    couple_pairs(fine, coarse->weight[fine->axis]);
    gather(fine, fine->mass, coarse->mass);
    gather(fine, fine->decay, coarse->decay);
    for (int a = 0; a < m->dim; a++)
      if (a != fine->axis) gather(fine, fine->weight[a], coarse->weight[a]);
  }
}

/* ---- levels ---- */

/* Axes to coarsen: those with cells not much longer than the shortest. */
static bool strong(const level *l, int dim, int axis)
{
  const double nearly = 1.5;
  double shortest = INFINITY;
  for (int a = 0; a < dim; a++)
    if (l->n[a] > 1) shortest = fmin(shortest, l->h[a]);
  return l->n[axis] > 1 && l->h[axis] < nearly * shortest;
}

static int allocate(level *l, int dim, bool finest)
{
  MF_TRY(mf_reals_create(&l->mass, l->cells));
  MF_TRY(mf_reals_create(&l->decay, l->cells));
  for (int a = 0; a < dim; a++) MF_TRY(mf_reals_create(&l->weight[a], l->cells));
  if (l->axis >= 0) MF_TRY(mf_reals_create(&l->toward, l->cells));
  if (!finest) {
    MF_TRY(mf_reals_create(&l->v, l->cells));
    MF_TRY(mf_reals_create(&l->f, l->cells));
  }
  if (!l->smooths) return MF_OK;
  MF_TRY(mf_reals_create(&l->diagonal, l->cells));
  MF_TRY(mf_reals_create(&l->inverse, l->cells));
  return mf_reals_create(&l->residual, l->cells);
}

static level coarser(const level *l)
{
  const int axis = l->axis;
  level out = {.cells = l->cells / l->n[axis] * ((l->n[axis] + 1) / 2)};
  memcpy(out.n, l->n, sizeof out.n);
  memcpy(out.h, l->h, sizeof out.h);
  memcpy(out.periodic, l->periodic, sizeof out.periodic);
  out.n[axis] = (l->n[axis] + 1) / 2;
  out.h[axis] *= 2;
  return out;
}

/* Slowest axis first: it leaves less to the fast one, whose pairs are neighbours in memory. */
static int fill(mf_multigrid *m, const mf_grid *grid)
{
  level next = {.cells = grid->cells, .n = {1, 1, 1}};
  for (int a = 0; a < MF_AXES; a++) {
    m->axis_of[a] = grid->n[a] > 1 ? m->dim : -1;
    if (grid->n[a] == 1) continue;
    next.n[m->dim] = grid->n[a];
    next.h[m->dim] = grid->h[a];
    next.periodic[m->dim++] = grid->periodic[a];
  }
  bool wanted[MF_AXES] = {false};
  int left = 0;
  for (;;) {
    level *l = &m->level[m->levels];
    *l = next;
    l->axis = -1;
    l->smooths = left == 0;
    for (int a = 0; left == 0 && a < m->dim; a++) wanted[a] = strong(l, m->dim, a);
    left = 0;
    for (int a = 0; a < m->dim; a++) {
      if (wanted[a]) l->axis = a;
      left += wanted[a];
    }
    m->levels++;
    MF_TRY(allocate(l, m->dim, m->levels == 1));
    if (l->axis < 0) return MF_OK;
    wanted[l->axis] = false;
    left--;
    next = coarser(l);
  }
}

int mf_multigrid_create(mf_multigrid **out, const mf_grid *grid)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, grid);
  if (status) {
    mf_multigrid_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_multigrid_free(mf_multigrid *m)
{
  if (!m) return;
  for (int k = 0; k < m->levels; k++) {
    level *l = &m->level[k];
    double *const arrays[] = {l->mass,     l->decay,   l->weight[0], l->weight[1], l->weight[2], l->toward,
                              l->diagonal, l->inverse, l->v,         l->f,         l->residual};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) mf_release(arrays[i]);
  }
  mf_release(m);
}

double *mf_multigrid_mass(mf_multigrid *m)
{
  return m->level[0].mass;
}

double *mf_multigrid_decay(mf_multigrid *m)
{
  return m->level[0].decay;
}

double *mf_multigrid_weight(mf_multigrid *m, int axis)
{
  return m->level[0].weight[m->axis_of[axis]];
}

/* ---- rows ---- */

/* One row of the fastest axis, and the rows beside it.  Lines close on themselves: a wall's weight is 0. */
typedef struct {
  ptrdiff_t first, count;
  int parity;
  const double *along;
  ptrdiff_t low[MF_AXES - 1], high[MF_AXES - 1]; /* first cells of the rows beside */
  const double *low_weight[MF_AXES - 1], *high_weight[MF_AXES - 1];
  const double *low_v[MF_AXES - 1], *high_v[MF_AXES - 1];
  double *v;
} row;

MF_INLINE row row_of(const level *l, int dim, ptrdiff_t index, double *v)
{
  row r = {.first = index * l->n[0], .count = l->n[0]};
  r.along = l->weight[0] + r.first;
  r.v = v + r.first;
  ptrdiff_t rest = index, stride = l->n[0];
  for (int a = 1; a < dim; a++) {
    const ptrdiff_t n = l->n[a], i = a + 1 < dim ? rest % n : rest, k = a - 1;
    r.parity ^= (int)(i & 1);
    r.low[k] = r.first + (i > 0 ? -1 : n - 1) * stride;
    r.high[k] = r.first + (i + 1 < n ? 1 : 1 - n) * stride;
    r.low_weight[k] = l->weight[a] + r.low[k];
    r.high_weight[k] = l->weight[a] + r.first;
    r.low_v[k] = v + r.low[k];
    r.high_v[k] = v + r.high[k];
    if (a + 1 < dim) rest /= n;
    stride *= n;
  }
  return r;
}

MF_INLINE double beside(const row *r, int axis, ptrdiff_t i)
{
  return r->low_weight[axis][i] * r->low_v[axis][i] + r->high_weight[axis][i] * r->high_v[axis][i];
}

/* sum over faces of w v_neighbour for cell i of a row, whose neighbours along it are `before` and `after`. */
MF_INLINE double inflow(const row *r, int across, ptrdiff_t i, ptrdiff_t before, ptrdiff_t after)
{
  const double sum = r->along[before] * r->v[before] + r->along[i] * r->v[after] + beside(r, 0, i);
  return across > 1 ? sum + beside(r, 1, i) : sum;
}

MF_INLINE void relax_end(const row *r, int across, const double *inverse, const double *f, ptrdiff_t i)
{
  const ptrdiff_t before = i > 0 ? i - 1 : r->count - 1, after = i + 1 < r->count ? i + 1 : 0;
  r->v[i] = inverse[i] * (f[i] + inflow(r, across, i, before, after));
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
      fresh[i] = inverse[b + i] * (f[b + i] + inflow(&p, across, b + i, b + i - 1, b + i + 1));
#pragma omp simd
    for (ptrdiff_t i = 0; i < size; i++) v[b + i] = i % 2 ? v[b + i] : fresh[i];
  }
}

MF_CLONES static void mf_multigrid_relax_row(const level *l, int across, const double *f, double *v,
                                             ptrdiff_t index, int colour)
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
MF_CLONES static void mf_multigrid_start_row(const level *l, int across, const double *f, double *v,
                                             ptrdiff_t index)
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
    out[i] = f[i] - diagonal[i] * p.v[i] + inflow(&p, across, i, i - 1, i + 1);
}

MF_CLONES static void mf_multigrid_residual_row(const level *l, int across, const double *f, double *v,
                                                ptrdiff_t index)
{
  const row r = row_of(l, across + 1, index, v);
  const double *diagonal = l->diagonal + r.first;
  const ptrdiff_t last = r.count - 1;
  double *out = l->residual + r.first;
  f += r.first;
  out[0] = f[0] - diagonal[0] * r.v[0] + inflow(&r, across, 0, last, last > 0);
  if (last > 0) out[last] = f[last] - diagonal[last] * r.v[last] + inflow(&r, across, last, last - 1, 0);
  if (across == 1)
    residual_inner(&r, 1, diagonal, f, out);
  else
    residual_inner(&r, 2, diagonal, f, out);
}

/* ---- relaxation ---- */

/* A slab is made of the rows of a layer along the last axis.  Cells of a colour depend on those of the other alone, so
 * that the order of slabs and rows is free. */
typedef struct {
  const mf_multigrid *m;
  const level *l;
  const double *f;
  double *v;
  ptrdiff_t rows; /* of a slab */
} relaxation;

static relaxation relaxation_of(const mf_multigrid *m, const level *l, const double *f, double *v)
{
  return (relaxation){m, l, f, v, l->cells / l->n[0] / l->n[m->dim - 1]};
}

static void sweep(const relaxation *r, int passes, void (*work)(const void *self, int pass, ptrdiff_t slab))
{
  mf_wavefront_run(&(mf_wavefront){.work = work,
                                   .self = r,
                                   .passes = passes,
                                   .slabs = r->l->n[r->m->dim - 1],
                                   .cells = r->rows * r->l->n[0],
                                   .around = true,
                                   .in_place = true});
}

/* Both colours from 0, in this order, and the residual. */
static void go_down(const void *self, int pass, ptrdiff_t slab)
{
  const relaxation *r = self;
  for (ptrdiff_t k = slab * r->rows; k < (slab + 1) * r->rows; k++)
    if (pass == 0)
      mf_multigrid_start_row(r->l, r->m->dim - 1, r->f, r->v, k);
    else if (pass == 1)
      mf_multigrid_relax_row(r->l, r->m->dim - 1, r->f, r->v, k, 1);
    else
      mf_multigrid_residual_row(r->l, r->m->dim - 1, r->f, r->v, k);
}

static void relax_down(const mf_multigrid *m, const level *l, const double *f, double *v, bool residuals)
{
  const relaxation r = relaxation_of(m, l, f, v);
  sweep(&r, residuals ? 3 : 2, go_down);
}

/* One colour and the other, in the same order, again and again. */
static void go_up(const void *self, int pass, ptrdiff_t slab)
{
  const relaxation *r = self;
  for (ptrdiff_t k = slab * r->rows; k < (slab + 1) * r->rows; k++)
    mf_multigrid_relax_row(r->l, r->m->dim - 1, r->f, r->v, k, pass % 2);
}

/* As many sweeps at once as there is room for in the cache. */
static void relax_up(const mf_multigrid *m, const level *l, const double *f, double *v)
{
  const relaxation r = relaxation_of(m, l, f, v);
  const double cache = 1 << 20, slab = 8.0 * (3 + m->dim) * (double)(r.rows * l->n[0]);
  const bool fits = (2 * AFTER + 2) * slab < cache;
  for (int done = 0; done < AFTER; done += fits ? AFTER : 1) sweep(&r, fits ? 2 * AFTER : 2, go_up);
}

/* ---- factors and cycle ---- */

typedef struct {
  const mf_multigrid *m;
  level *l;
  double gamma, dominant;
  atomic_bool *dominates, *finite;
} factoring;

MF_CLONES static void mf_multigrid_factor_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const factoring *j = self;
  const double safe = 0.1;
  level *l = j->l;
  double check = 0;
  bool dominates = true;
  for (ptrdiff_t k = begin; k < end; k++) {
    const row r = row_of(l, j->m->dim, k, l->inverse);
    for (ptrdiff_t i = 0; i < r.count; i++) {
      const ptrdiff_t c = r.first + i;
      const double own = l->mass[c] / j->gamma, whole = own + l->decay[c];
      const double mass = whole > safe * own ? whole : safe * own;
      double sum = mass + r.along[i > 0 ? i - 1 : r.count - 1] + r.along[i];
      for (int a = 0; a < j->m->dim - 1; a++) sum += r.low_weight[a][i] + r.high_weight[a][i];
      l->diagonal[c] = sum;
      l->inverse[c] = 1 / sum;
      dominates = dominates && mass * l->inverse[c] > j->dominant;
      check += l->inverse[c];
    }
  }
  if (!dominates) atomic_store(j->dominates, false);
  if (!isfinite(check)) atomic_store(j->finite, false);
}

/* Diagonals of a level, and whether the masses dominate them; they do not where a pair has given all it has to those
 * beside it. */
static int factor_level(const mf_multigrid *m, level *l, double gamma, bool *enough)
{
  const double dominant = 0.6; /* one relaxation each way leaves less than (1 - this)^4 of any error */
  atomic_bool dominates = true, finite = true;
  const factoring job = {m, l, gamma, dominant, &dominates, &finite};
  mf_share(l->cells / l->n[0], (MF_PIECE / 4 + l->n[0] - 1) / l->n[0], mf_multigrid_factor_rows, &job);
  *enough = atomic_load(&dominates);
  return atomic_load(&finite) ? MF_OK : mf_fail(MF_RETRY, "the preconditioner has a zero pivot");
}

int mf_multigrid_factor(mf_multigrid *m, double gamma)
{
  for (m->deepest = 0; m->deepest < m->levels; m->deepest++) {
    level *l = &m->level[m->deepest];
    if (!l->smooths) continue;
    bool enough;
    MF_TRY(factor_level(m, l, gamma, &enough));
    if (enough || l->axis < 0) return MF_OK;
  }
  return MF_OK;
}

static void cycle(const mf_multigrid *m, int k, const double *f, double *v)
{
  const level *l = &m->level[k], *next = l + 1;
  if (l->smooths)
    relax_down(m, l, f, v, k < m->deepest);
  else
    memset(v, 0, (size_t)l->cells * sizeof *v);
  if (k < m->deepest) {
    gather(l, l->smooths ? l->residual : f, next->f);
    cycle(m, k + 1, next->f, next->v);
    spread(l, next->v, v);
  }
  if (l->smooths) relax_up(m, l, f, v);
}

void mf_multigrid_solve(const mf_multigrid *m, const double *f, double *v)
{
  cycle(m, 0, f, v);
}
