/* SPDX-License-Identifier: BSD-3-Clause */
/* The slowest modes of a chain on a grid.
 *
 * On a line and on a product of lines they are enclosed with a proof (gap_line.c, gap_product.c).  Elsewhere a block of vectors
 * Y goes through Rayleigh and Ritz in the span of Y, the residuals after a cycle of multigrid for K + s M, and the last
 * changes (LOBPCG, Knyazev 2001), with s a tenth of the largest Ritz value, so that nothing ill-conditioned is solved.  Energies are
 * sums of squares of steps, so that small eigenvalues have their digits.  Then (gap_ritz.c)
 *
 *    rho (nu - rho')/(nu - rho) <= lambda_1 <= rho = E(u)/|u|^2,   rho' = |L u|^2/E(u),
 *
 * if lambda_2 >= nu > rho (Temple), or for the first j as a block (Lehmann), if lambda_{j+1} >= nu.  nu comes from a product that
 * is near enough: then that is proved.  Else it is the next Ritz value, less its residual: an estimate.
 *
 * With `staggered` the same is done with its form, which lies within factors of that of the chain (gap_block.h): the chain's
 * multigrid serves, and nu may be that of the chain times the lower factor.
 *
 * Rounding: a sum is good to 100 ulp (field.h), widened by twice that.  A flux w (u_n - u_c) is good to 2 ulp, and so L u to 8
 * ulp of the sum of |flux| over m; that goes into rho' (`slack`). */
#include "solver/observe/gap_network.h"

#include "grids/base.h"
#include "grids/elementwise.h"
#include "grids/halo.h"
#include "solver/observe/gap_block.h"
#include "solver/observe/gap_line.h"
#include "solver/observe/gap_product.h"
#include "solver/observe/gap_ritz.h"
#include "solver/precondition/multigrid.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MORE = 3, VECTORS = MF_NETWORK_MODES + MORE };

typedef struct {
  const mf_network *net;
  mf_multigrid *multigrid; /* NULL on a line */
  double shift;
  int count;                    /* vectors y */
  double *all[3 * VECTORS + 1]; /* the constant, of norm 1, and the vectors */
  double **vector;              /* y, then corrections, then last changes */
  double *residual, *size;
  long double value[3 * VECTORS];
  double left[VECTORS]; /* |L y - value y| */
  int changes;          /* in use */
} block;

/* ---- a start ---- */

/* Share of the mass below the middle of each layer along an axis. */
static int find_quantiles(const mf_network *net, int axis, double *out)
{
  const mf_grid *g = net->grid;
  double total = 0, below = 0;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    out[c / g->stride[axis] % g->n[axis]] += net->mass[c];
    total += net->mass[c];
  }
  for (ptrdiff_t i = 0; i < g->n[axis]; i++) {
    const double here = out[i] / total;
    out[i] = below + 0.5 * here;
    below += here;
  }
  return MF_OK;
}

/* The k-th of the triples of whole numbers, by their squares' sum, (0, 0, 0) left out; 0 along axes of one cell. */
static void wave(int k, const mf_grid *g, int index[MF_AXES])
{
  int most[MF_AXES] = {0};
  for (int a = 0; a < g->dim; a++) most[a] = g->n[a] > 1 ? VECTORS : 0;
  for (int square = 1;; square++)
    for (int x = 0; x <= most[0]; x++)
      for (int y = 0; y <= most[1]; y++)
        for (int z = 0; z <= most[2]; z++) {
          if (x * x + y * y + z * z != square || k-- > 0) continue;
          index[0] = x, index[1] = y, index[2] = z;
          return;
        }
}

/* Products of cosines in the quantiles of the axes, a little turned, so that no symmetry is missed. */
static int begin(block *b)
{
  const mf_grid *g = b->net->grid;
  double *quantile[MF_AXES] = {NULL};
  int status = MF_OK;
  for (int a = 0; !status && a < g->dim; a++) {
    status = mf_reals_create(&quantile[a], g->n[a]);
    if (!status) status = find_quantiles(b->net, a, quantile[a]);
  }
  for (int k = 0; !status && k < b->count; k++) {
    int index[MF_AXES] = {0};
    wave(k, g, index);
    for (ptrdiff_t c = 0; c < g->cells; c++) {
      double value = 1, turn = 0.1 * k;
      for (int a = 0; a < g->dim; a++) {
        const ptrdiff_t i = c / g->stride[a] % g->n[a];
        turn += (0.3 + 0.2 * a) * (double)i / (double)g->n[a];
        value *= cos(index[a] * 3.141592653589793 * quantile[a][i] + 0.2 * turn);
      }
      b->vector[k][c] = value;
    }
  }
  for (int a = 0; a < MF_AXES; a++) mf_release(quantile[a]);
  return status;
}

/* ---- steps ---- */

/* Makes vector k orthogonal to those before it and to the constant, of norm 1; false if nothing is left. */
static bool orthonormalise(const block *b, int k)
{
  const int n = k + 1; /* in `all`, where the constant comes first */
  const long double lost = 1e-10L, little = 0.1L;
  long double share[3 * VECTORS + 1];
  double *const *x = b->all + n;
  for (int pass = 0; pass < 3; pass++) {
    mf_block_mass(b->net, 1, x, n + 1, b->all, share);
    const long double before = share[n];
    long double left = before;
    for (int i = 0; i < n; i++) left -= share[i] * share[i];
    if (!(left > lost * lost * before)) left = lost * before; /* a few digits at a time */
    if (!(before > 0) || !isfinite(before)) return false;
    const long double factor = 1 / sqrtl(left);
    for (int i = 0; i < n; i++) share[i] *= -factor;
    share[n] = factor;
    mf_block_combine(b->net, 1, x, n + 1, b->all, share);
    if (left > little * before) return true;
  }
  return false;
}

static void swap(block *b, int i, int j)
{
  double *x = b->vector[i];
  b->vector[i] = b->vector[j];
  b->vector[j] = x;
}

/* Rayleigh and Ritz in the span of the first n vectors: the slowest become y, what they have of the others the changes. */
static void ritz(block *b, int n)
{
  enum { ROOM = 9 * VECTORS * VECTORS };
  long double h[ROOM], q[ROOM], value[3 * VECTORS];
  const int m = b->count;
  double *result[2 * VECTORS];
  mf_block_energy(b->net, n, b->vector, h);
  mf_ritz_rotate(n, h, value, q);
  memcpy(b->value, value, (size_t)m * sizeof *value);
  b->changes = n > m ? m : 0;
  for (int k = 0; k < b->changes; k++) {
    memcpy(q + (m + k) * n, q + k * n, (size_t)n * sizeof *q);
    for (int i = 0; i < m; i++) q[(m + k) * n + i] = 0;
  }
  for (int k = 0; k < m; k++) {
    result[k] = b->vector[k];
    result[m + k] = b->vector[2 * m + k];
  }
  mf_block_combine(b->net, m + b->changes, result, n, b->vector, q);
}

/* |r|: the residual r = K y - value M y as a vector of the dual norm. */
static double norm_of(const block *b, double *r)
{
  long double square;
  mf_block_square(b->net, 1, &r, &square);
  return (double)sqrtl(square);
}

/* (K + shift M) v = f on a line, by elimination; what closes a ring is left out. */
static void solve_line(const block *b, int axis, const double *f, double *v)
{
  const double *mass = b->net->mass, *joint = b->net->weight[axis];
  double *pivot = b->size, rest = f[0], s = b->shift * mass[0];
  const ptrdiff_t n = b->net->grid->cells;
  for (ptrdiff_t i = 0; i < n - 1; i++) {
    pivot[i] = joint[i] + s;
    v[i] = rest;
    rest = f[i + 1] + joint[i] * (rest / pivot[i]);
    s = joint[i] * (s / pivot[i]) + b->shift * mass[i + 1];
  }
  v[n - 1] = rest / s;
  for (ptrdiff_t i = n - 2; i >= 0; i--) v[i] = (v[i] + joint[i] * v[i + 1]) / pivot[i];
}

static int long_axes(const mf_grid *g, int *last)
{
  int count = 0;
  for (int a = 0; a < g->dim; a++)
    if (g->n[a] > 1) *last = a, count++;
  return count;
}

static void precondition(const block *b, const double *f, double *v)
{
  int axis = 0;
  if (b->multigrid) {
    mf_multigrid_solve(b->multigrid, f, v);
  } else {
    long_axes(b->net->grid, &axis);
    solve_line(b, axis, f, v);
  }
}

static int set_shift(block *b, double shift)
{
  b->shift = shift;
  return !b->multigrid ? MF_OK : mf_multigrid_factor(b->multigrid, 1 / shift);
}

/* One step; the residuals of all y become known.  What the first `needed` need for bounds is not what the others need, whose values
 * are to be known. */
static int step(block *b, int needed)
{
  const double enough = 1e-9, roughly = 0.05;
  const int m = b->count;
  bool busy[VECTORS];
  int n = m;
  if (b->shift > b->value[m - 1] || b->shift < 0.01 * b->value[m - 1])
    MF_TRY(set_shift(b, 0.1 * (double)b->value[m - 1]));
  for (int k = 0; k < m; k++) {
    mf_block_residual(b->net, b->vector[k], (double)b->value[k], b->residual, NULL);
    b->left[k] = norm_of(b, b->residual);
    busy[k] = b->left[k] >= (k < needed ? enough : roughly) * (double)b->value[k];
    if (!busy[k]) continue;
    precondition(b, b->residual, b->vector[n]);
    n += orthonormalise(b, n);
  }
  for (int k = 0; k < b->changes; k++) {
    if (!busy[k]) continue;
    if (2 * m + k != n) swap(b, n, 2 * m + k);
    n += orthonormalise(b, n);
  }
  ritz(b, n);
  return MF_OK;
}

/* ---- bounds ---- */

/* The nu for the first j, by the product or by the next Ritz value. */
static double separate(const block *b, int j, const mf_product *product, mf_modes *out)
{
  const double beyond = 1.05, here = (double)b->value[j - 1], next = mf_ritz_next(b->value, b->count, j);
  const double compared = product->count > j ? mf_block_floor(b->net) * (double)product->bound[j].lower : 0;
  out->below = j;
  out->kind = MF_BOUND_PROVED;
  if (j == b->count) {
    out->origin = "all modes of the grid";
    return next;
  }
  if (compared > beyond * here) {
    out->origin = "comparison with a product of lines";
    return compared * (1 - DBL_EPSILON);
  }
  out->kind = MF_BOUND_ASSUMED;
  out->origin = "the next Ritz value, an estimate";
  return next - fmin(b->left[j], 0.5 * (next - here));
}

static void enclose(block *b, int j, const mf_product *product, int modes, mf_modes *out)
{
  enum { ROOM = VECTORS * VECTORS };
  long double g[ROOM], h[ROOM], s[ROOM], slack[ROOM], error[VECTORS];
  mf_enclosure bound[VECTORS];
  double *image[VECTORS], spread = 1;
  out->nu = separate(b, j, product, out);
  for (int k = 0; k < j; k++) {
    spread = fmax(spread, mf_block_spread(b->net, b->vector[k]));
    image[k] = b->vector[b->count + k];
    mf_block_residual(b->net, b->vector[k], 0, image[k], b->size);
    error[k] = 8 * DBL_EPSILON * norm_of(b, b->size);
  }
  mf_block_mass(b->net, j, b->vector, j, b->vector, g);
  mf_block_energy(b->net, j, b->vector, h);
  mf_block_square(b->net, j, image, s);
  for (int i = 0; i < j; i++)
    for (int k = 0; k < j; k++)
      slack[i * j + k] =
          sqrtl(s[i * j + i]) * error[k] + error[i] * sqrtl(s[k * j + k]) + error[i] * error[k];
  /* Without mean only to round-off: taking it away changes g by its square. */
  const mf_ritz w = {
      .mass = g, .energy = h, .square = s, .error = 200 * spread * DBL_EPSILON, .slack = slack};
  mf_ritz_enclose(j, &w, out->nu, bound);
  for (int k = 0; k < modes; k++) out->bound[k] = bound[k];
  if (!(bound[0].lower > 0)) out->kind = MF_BOUND_NONE;
}

/* ---- the whole ---- */

static int iterate(block *b, int modes, mf_modes *out)
{
  enum { MOST = 200, PATIENCE = 8 };
  const double enough = 1e-12, fair = 1e-3;
  double best = INFINITY;
  int idle = 0;
  for (out->iterations = 1; out->iterations <= MOST; out->iterations++) {
    MF_TRY(step(b, mf_ritz_choose(b->value, b->count, modes)));
    const double now = mf_ritz_width(b->value, b->left, b->count, mf_ritz_choose(b->value, b->count, modes));
    idle = now < 0.5 * best ? 0 : idle + 1;
    best = fmin(best, now);
    if (now < enough || (best < fair && idle == PATIENCE)) break;
  }
  return MF_OK;
}

static int allocate(block *b)
{
  const mf_grid *g = b->net->grid;
  long double total;
  b->vector = b->all + 1;
  for (int k = 0; k <= 3 * b->count; k++) MF_TRY(mf_field_create(g, &b->all[k]));
  mf_each(g->cells, mf_each_constant, 1, NULL, 0, NULL, b->all[0]);
  mf_block_mass(b->net, 1, b->all, 1, b->all, &total);
  mf_each(g->cells, mf_each_scaled, (double)(1 / sqrtl(total)), b->all[0], 0, NULL, b->all[0]);
  MF_TRY(mf_field_create(g, &b->residual));
  MF_TRY(mf_field_create(g, &b->size));
  int axis = 0;
  if (long_axes(g, &axis) < 2) return MF_OK;
  MF_TRY(mf_multigrid_create(&b->multigrid, g));
  memcpy(mf_multigrid_mass(b->multigrid), b->net->mass, (size_t)g->cells * sizeof(double));
  memset(mf_multigrid_decay(b->multigrid), 0, (size_t)g->cells * sizeof(double));
  for (int a = 0; a < g->dim; a++)
    if (g->n[a] > 1)
      memcpy(mf_multigrid_weight(b->multigrid, a), b->net->weight[a], (size_t)g->cells * sizeof(double));
  mf_multigrid_coarsen(b->multigrid);
  return MF_OK;
}

static void release(block *b)
{
  for (int k = 0; k <= 3 * b->count; k++) mf_field_free(b->all[k]);
  mf_field_free(b->residual);
  mf_field_free(b->size);
  mf_multigrid_free(b->multigrid);
}

static int run(block *b, int modes, const mf_product *product, mf_modes *out, double *const *function)
{
  MF_TRY(allocate(b));
  MF_TRY(begin(b));
  for (int k = 0; k < b->count; k++)
    if (!orthonormalise(b, k)) return mf_fail(MF_ENUMERIC, "the target is too concentrated for this grid");
  ritz(b, b->count);
  MF_TRY(iterate(b, modes, out));
  const int j = mf_ritz_choose(b->value, b->count, modes);
  enclose(b, j, product, modes, out);
  for (int k = 0; k < modes; k++) out->residual = fmax(out->residual, b->left[k] / (double)b->value[k]);
  for (int k = 0; function && k < modes; k++)
    memcpy(function[k], b->vector[k], (size_t)b->net->grid->cells * sizeof(double));
  return MF_OK;
}

static int on_block(const mf_network *net, int modes, const mf_product *product, mf_modes *out,
                    double *const *function)
{
  const ptrdiff_t all = net->grid->cells - 1;
  block b = {.net = net, .count = modes + MORE < all ? modes + MORE : (int)all};
  const int status = run(&b, modes, product, out, function);
  release(&b);
  return status;
}

static int on_line(const mf_network *net, int axis, int modes, mf_modes *out, double *const *function)
{
  const ptrdiff_t n = net->grid->n[axis];
  long double *room;
  MF_TRY(mf_objects_create(&room, 2 * n, sizeof *room));
  for (ptrdiff_t i = 0; i < n; i++) {
    room[i] = net->mass[i];
    room[n + i] = net->weight[axis][i];
  }
  const mf_chain chain = {n, room, room + n};
  const int status =
      mf_line_modes(&chain, net->grid->periodic[axis] ? room[2 * n - 1] : 0, modes, out->bound, function);
  mf_release(room);
  out->kind = MF_BOUND_PROVED;
  out->origin = "on a line";
  return status;
}

int mf_network_modes(const mf_network *net, int modes, mf_modes *out, double *const *function)
{
  const long double close = 1e-10L;
  int axis = 0;
  mf_product product;
  *out = (mf_modes){.modes = modes};
  if (long_axes(net->grid, &axis) < 2 && !net->staggered) return on_line(net, axis, modes, out, function);
  MF_TRY(mf_product_compare(net, modes, close, &product, net->staggered ? NULL : function));
  if (net->staggered || product.count < modes || product.distance > close)
    return on_block(net, modes, &product, out, function);
  memcpy(out->bound, product.bound, (size_t)modes * sizeof *out->bound);
  out->kind = MF_BOUND_PROVED;
  out->origin = "a product of lines";
  return MF_OK;
}
