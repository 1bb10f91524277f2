/* SPDX-License-Identifier: BSD-3-Clause */
/* The slowest modes of a matrix-free operator: Rayleigh and Ritz in the span of a few vectors, what their residuals say, and the
 * last changes (LOBPCG, Knyazev 2001), all in the inner product <v, H v>.
 *
 * These operators are of order 0: L is like multiplication by pi times a symbol that does not fall (gap_operator.h), so that
 * dividing a residual by pi + what the slowest rates need evens out what a factor of 1e10 between middle and tails would
 * make of the condition.  The spectrum is dense at its bottom in the continuum, on a grid the next value is some h away: the
 * bound from below (gap_ritz.c) takes the first values that stand apart as a block, and its nu is the next Ritz value, an
 * estimate.  Rounding of transforms is that of the largest rate: some ulp of it widen every quotient. */
#include "solver/observe/gap_pencil.h"

#include "grids/base.h"
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "solver/observe/gap_block.h"
#include "solver/observe/gap_ritz.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MORE = 3, VECTORS = MF_NETWORK_MODES + MORE, ALL = 3 * VECTORS };

typedef struct {
  const mf_operator *of;
  const mf_measure *pi;
  const mf_grid *grid;
  int count, changes;
  double *v[ALL], *xi[ALL], *z[ALL], *scratch;
  long double value[ALL];
  double left[VECTORS]; /* |L v - value v| */
  double largest;       /* Ritz value ever seen */
} block;

static long double product(const block *b, const double *x, const double *y)
{
  return (long double)b->grid->volume * mf_field_dot(b->grid, x, y);
}

static void look(const block *b, int k)
{
  mf_operator_remove_mass(b->of, b->v[k]);
  mf_operator_force(b->of, b->v[k], b->xi[k]);
  mf_operator_rate(b->of, b->v[k], b->xi[k], b->z[k]);
}

static void combine_all(const block *b, int rows, const int *row, int columns, const long double *factor)
{
  const mf_network net = {.grid = b->grid};
  double *const *all[] = {b->v, b->xi, b->z};
  for (int part = 0; part < 3; part++) {
    double *y[ALL];
    for (int k = 0; k < rows; k++) y[k] = all[part][row[k]];
    mf_block_combine(&net, rows, y, columns, all[part], factor);
  }
}

/* Makes vector k orthogonal to those before it, of norm 1; false if nothing is left.  Where little is, what was made of the vector
 * is made again. */
static bool orthonormalise(const block *b, int k)
{
  const long double lost = 1e-16L, little = 1e-3L;
  long double factor[ALL];
  const long double first = product(b, b->v[k], b->xi[k]);
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < k; i++) factor[i] = -product(b, b->v[k], b->xi[i]);
    factor[k] = 1;
    combine_all(b, 1, &k, k + 1, factor);
    const long double left = product(b, b->v[k], b->xi[k]);
    if (!(left > lost * first) || !isfinite(left)) return false;
    for (int i = 0; i < k; i++) factor[i] = 0;
    factor[k] = 1 / sqrtl(left);
    combine_all(b, 1, &k, k + 1, factor);
    if (pass == 0 && left < little * first) look(b, k);
  }
  return true;
}

/* The slowest of the span of the first n become v, what they have of the others the changes. */
static void ritz(block *b, int n)
{
  enum { ROOM = ALL * ALL };
  long double h[ROOM], q[ROOM];
  const int m = b->count;
  int row[ALL];
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++)
      h[i * n + j] = h[j * n + i] = (product(b, b->xi[i], b->z[j]) + product(b, b->xi[j], b->z[i])) / 2;
  mf_ritz_rotate(n, h, b->value, q);
  b->largest = fmax(b->largest, (double)b->value[n - 1]);
  b->changes = n > m ? m : 0;
  for (int k = 0; k < b->changes; k++) {
    memcpy(q + (m + k) * n, q + k * n, (size_t)n * sizeof *q);
    for (int i = 0; i < m; i++) q[(m + k) * n + i] = 0;
  }
  for (int k = 0; k < m; k++) {
    row[k] = k;
    row[m + k] = 2 * m + k;
  }
  combine_all(b, m + b->changes, row, n, q);
}

/* r = L v - value v into scratch; its norm. */
static double find_residual(const block *b, int k, double *force)
{
  mf_each(b->grid->cells, mf_each_sum, 1, b->z[k], -(double)b->value[k], b->v[k], b->scratch);
  mf_operator_force(b->of, b->scratch, force);
  return (double)sqrtl(fmaxl(0, product(b, b->scratch, force)));
}

/* On a line, where the force is a kernel's, L v = div(m grad K v) is like multiplying the flux of v by pi. */
static void precondition(const block *b, double most, double *out)
{
  const double share = fmax(1e-12, (double)b->value[b->count - 1] / b->largest);
  const double *r = b->scratch, *pi = b->pi->density;
  if (!mf_operator_moves(b->of)) {
    for (ptrdiff_t c = 0; c < b->grid->cells; c++) out[c] = r[c] / (pi[c] / most + share);
    return;
  }
  double flux = 0, before = 0;
  for (ptrdiff_t c = 0; c < b->grid->cells; c++) {
    flux += r[c];
    const double up = pi[c + 1 < b->grid->cells ? c + 1 : 0];
    const double here = flux / (0.5 * (pi[c] + up) / most + share);
    out[c] = here - before;
    before = here;
  }
}

static void swap(block *b, int i, int j)
{
  double **const all[] = {b->v, b->xi, b->z};
  for (int part = 0; part < 3; part++) {
    double *x = all[part][i];
    all[part][i] = all[part][j];
    all[part][j] = x;
  }
}

static void step(block *b, double enough)
{
  const int m = b->count;
  const double most = mf_field_max(b->grid, b->pi->density);
  int n = m;
  for (int k = 0; k < m; k++) {
    b->left[k] = find_residual(b, k, b->v[n]);
    if (b->left[k] < enough * (double)b->value[k]) continue;
    precondition(b, most, b->v[n]);
    look(b, n);
    n += orthonormalise(b, n);
  }
  for (int k = 0; k < b->changes; k++) {
    if (2 * m + k != n) swap(b, n, 2 * m + k);
    n += orthonormalise(b, n);
  }
  ritz(b, n);
}

/* ---- bounds ---- */

static void enclose(block *b, int j, int modes, mf_modes *out)
{
  enum { ROOM = VECTORS * VECTORS };
  const double ulps = 50;
  long double g[ROOM], h[ROOM], s[ROOM];
  const double here = (double)b->value[j - 1], next = mf_ritz_next(b->value, b->count, j);
  mf_enclosure bound[VECTORS];
  out->below = j;
  out->kind = MF_BOUND_ASSUMED;
  out->origin = j == b->count ? "all modes of the grid" : "the next Ritz value, an estimate";
  out->nu = next - fmin(b->left[j < b->count ? j : 0], 0.5 * (next - here));
  for (int k = 0; k < j; k++) look(b, k);
  for (int k = 0; k < j; k++) {
    mf_operator_force(b->of, b->z[k], b->scratch);
    for (int i = 0; i < j; i++) {
      g[i * j + k] = product(b, b->v[i], b->xi[k]);
      h[i * j + k] = product(b, b->xi[i], b->z[k]);
      s[i * j + k] = product(b, b->z[i], b->scratch);
    }
  }
  const mf_ritz w = {.mass = g,
                     .energy = h,
                     .square = s,
                     .error = (long double)(ulps * DBL_EPSILON * fmax(1, b->largest / (double)b->value[0]))};
  mf_ritz_enclose(j, &w, out->nu, bound);
  for (int k = 0; k < modes; k++) out->bound[k] = bound[k];
  if (!(bound[0].lower > 0)) out->kind = MF_BOUND_NONE;
}

/* ---- the whole ---- */

static void refresh(block *b)
{
  for (int k = 0; k < b->count; k++) {
    look(b, k);
    orthonormalise(b, k);
  }
  ritz(b, b->count);
}

static void iterate(block *b, int modes, mf_modes *out)
{
  enum { MOST = 2000, PATIENCE = 20, OFTEN = 40 };
  const double enough = 1e-12, fair = 1e-3;
  double best = INFINITY;
  int idle = 0;
  for (out->iterations = 1; out->iterations <= MOST; out->iterations++) {
    if (out->iterations % OFTEN == 0) refresh(b); /* sums of sums collect rounding */
    step(b, 1e-8);
    const double now = mf_ritz_width(b->value, b->left, b->count, mf_ritz_choose(b->value, b->count, modes));
    idle = now < 0.5 * best ? 0 : idle + 1;
    best = fmin(best, now);
    if (now < enough || (best < fair && idle == PATIENCE)) break;
  }
  refresh(b);
  for (int k = 0; k < b->count; k++) b->left[k] = find_residual(b, k, b->v[b->count]);
}

/* Noise, most of it where pi is small: nothing is orthogonal to it. */
static void begin(block *b)
{
  const double most = mf_field_max(b->grid, b->pi->density), little = 1e-3;
  unsigned long long state = 1;
  for (int k = 0; k < b->count; k++)
    for (ptrdiff_t c = 0; c < b->grid->cells; c++) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      const double noise = (double)(state >> 11) * 0x1p-53 - 0.5, at = b->pi->density[c] / most;
      b->v[k][c] = noise * b->pi->density[c] / (at + little);
    }
  refresh(b);
}

static int allocate(block *b)
{
  double **const all[] = {b->v, b->xi, b->z};
  for (int part = 0; part < 3; part++)
    for (int k = 0; k < 3 * b->count; k++) MF_TRY(mf_field_create(b->grid, &all[part][k]));
  return mf_field_create(b->grid, &b->scratch);
}

static void release(block *b)
{
  double **const all[] = {b->v, b->xi, b->z};
  for (int part = 0; part < 3; part++)
    for (int k = 0; k < 3 * b->count; k++) mf_field_free(all[part][k]);
  mf_field_free(b->scratch);
}

static void run(block *b, int modes, mf_modes *out, double *const *function)
{
  begin(b);
  iterate(b, modes, out);
  enclose(b, mf_ritz_choose(b->value, b->count, modes), modes, out);
  for (int k = 0; k < modes; k++) out->residual = fmax(out->residual, b->left[k] / (double)b->value[k]);
  for (int k = 0; function && k < modes; k++)
    mf_each(b->grid->cells, mf_each_quotient, 0, b->v[k], 0, b->pi->density, function[k]);
}

int mf_pencil_modes(const mf_operator *o, const mf_measure *pi, int modes, mf_modes *out,
                    double *const *function)
{
  const ptrdiff_t all = pi->grid->cells - 1;
  block b = {.of = o, .pi = pi, .grid = pi->grid, .count = modes + MORE < all ? modes + MORE : (int)all};
  *out = (mf_modes){.modes = modes};
  const int status = allocate(&b);
  if (!status) run(&b, modes, out, function);
  release(&b);
  return status;
}

/* <Hv, L v>/<v, H v>; infinite where a kernel leaves so little of v, against what it leaves of |v|, that rounding may be all. */
static double quotient_of(const mf_operator *o, const mf_grid *grid, double *v, double *xi, double *z)
{
  const double resolved = 1e-9;
  mf_operator_remove_mass(o, v);
  mf_each(grid->cells, mf_each_absolute, 0, v, 0, NULL, z);
  mf_operator_force(o, z, xi);
  const double size = fabs(mf_field_dot(grid, z, xi));
  mf_operator_force(o, v, xi);
  mf_operator_rate(o, v, xi, z);
  const double square = mf_field_dot(grid, v, xi);
  return square > resolved * size ? fabs(mf_field_dot(grid, xi, z)) / square : INFINITY;
}

int mf_pencil_quotient(const mf_operator *o, const mf_grid *grid, double *v, double *quotient)
{
  double *xi = NULL, *z = NULL;
  int status = mf_field_create(grid, &xi);
  if (!status) status = mf_field_create(grid, &z);
  if (!status) *quotient = quotient_of(o, grid, v, xi, z);
  mf_field_free(xi);
  mf_field_free(z);
  return status;
}
