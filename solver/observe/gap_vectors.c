/* SPDX-License-Identifier: BSD-3-Clause */
/* A few vectors on a line or a ring, and inverse iteration with them.
 *
 * With F_i the mass of v up to cell i, the flux of L u = v is J_i = J* - F_i, J* = 0 with walls, and on a ring such that the steps
 * d = J/c close it.  F is summed from the lightest joint (or the walls) on both sides towards the heaviest cell, so that what is
 * small beyond a barrier is a sum of small numbers.  Modes that are faster by so much that rounding would fill them with the
 * slowest one are solved with a shift.
 *
 * After a solve L u = v - shift u is known as it stands.  So the Gram matrices of u, of its steps and of L u say at once how to
 * rotate the vectors and what their residuals are, and a step of the iteration reads them twice. */
#include "solver/observe/gap_vectors.h"

#include "grids/base.h"
#include "solver/observe/gap_ritz.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const long double unit = LDBL_EPSILON / 2;

/* ---- one vector ---- */

void mf_line_remove_mean(const mf_line *l, long double *x)
{
  long double sum = 0, total = 0;
  for (ptrdiff_t i = 0; i < l->n; i++) {
    sum += l->mass[i] * x[i];
    total += l->mass[i];
  }
  const long double mean = sum / total;
  for (ptrdiff_t i = 0; i < l->n; i++) x[i] -= mean;
}

void mf_line_sum_steps(const mf_line *l, const long double *d, long double *u)
{
  u[l->heavy] = 0;
  for (ptrdiff_t i = l->heavy; i < l->n - 1; i++) u[i + 1] = u[i] + d[i];
  for (ptrdiff_t i = l->heavy; i > 0; i--) u[i - 1] = u[i] - d[i - 1];
  mf_line_remove_mean(l, u);
}

/* d and u of L u = v. */
static void solve(const mf_line *l, const long double *v, long double *d, long double *u)
{
  const ptrdiff_t n = l->n;
  long double sum = 0, drop = 0;
  for (ptrdiff_t i = 0; i < l->heavy; i++) d[i] = sum += l->mass[i] * v[i];
  sum = 0;
  for (ptrdiff_t i = n - 2; i >= l->heavy; i--) d[i] = sum -= l->mass[i + 1] * v[i + 1];
  for (ptrdiff_t i = 0; l->closing > 0 && i < n - 1; i++) drop += d[i] * l->resistance[i];
  const long double around = l->closing > 0 ? drop / l->around : 0;
  for (ptrdiff_t i = 0; i < n - 1; i++) d[i] = (around - d[i]) * l->resistance[i];
  mf_line_sum_steps(l, d, u);
}

/* u = (path + shift m)^-1 load, by elimination from the left; every number is positive. */
static void eliminate(const mf_line *l, long double shift, const long double *load, long double *pivot,
                      long double *u)
{
  const ptrdiff_t n = l->n;
  long double s = shift * l->mass[0], rest = load[0];
  for (ptrdiff_t i = 0; i < n - 1; i++) {
    pivot[i] = l->joint[i] + s;
    u[i] = rest;
    rest = load[i + 1] + l->joint[i] * (rest / pivot[i]);
    s = l->joint[i] * (s / pivot[i]) + shift * l->mass[i + 1];
  }
  u[n - 1] = rest / s;
  for (ptrdiff_t i = n - 2; i >= 0; i--) u[i] = (u[i] + l->joint[i] * u[i + 1]) / pivot[i];
}

/* d and u of (L + shift) u = v; the joint that closes a ring by Sherman and Morrison. */
static void solve_shifted(const mf_line *l, long double shift, const long double *v, long double *d,
                          long double *u)
{
  const ptrdiff_t n = l->n;
  long double *load = l->spare, *pivot = l->spare + n, *around = l->spare + 2 * n;
  for (ptrdiff_t i = 0; i < n; i++) load[i] = l->mass[i] * v[i];
  eliminate(l, shift, load, pivot, u);
  if (l->closing > 0) {
    memset(load, 0, (size_t)n * sizeof *load);
    load[0] = 1;
    load[n - 1] = -1;
    eliminate(l, shift, load, pivot, around);
    const long double factor =
        l->closing * (u[0] - u[n - 1]) / (1 + l->closing * (around[0] - around[n - 1]));
    for (ptrdiff_t i = 0; i < n; i++) u[i] -= factor * around[i];
  }
  for (ptrdiff_t i = 0; i < n - 1; i++) d[i] = u[i + 1] - u[i];
  mf_line_remove_mean(l, u);
}

long double mf_line_closing_step(const mf_line *l, const long double *u)
{
  return u[0] - u[l->n - 1];
}

/* Lu, the difference of fluxes over masses. */
void mf_line_apply(const mf_line *l, const long double *d, const long double *u, long double *lu)
{
  const ptrdiff_t n = l->n;
  const long double end = l->closing * mf_line_closing_step(l, u);
  for (ptrdiff_t i = 0; i < n; i++) {
    const long double in = i > 0 ? l->joint[i - 1] * d[i - 1] : end,
                      out = i < n - 1 ? l->joint[i] * d[i] : end;
    lu[i] = (in - out) / l->mass[i];
  }
}

/* ---- all of them ---- */

enum { BLOCK = 128 };

/* Sum of w x y, in blocks. */
static long double dot(ptrdiff_t n, const long double *w, const long double *x, const long double *y)
{
  long double sum = 0;
  for (ptrdiff_t b = 0; b < n; b += BLOCK) {
    long double here = 0;
    for (ptrdiff_t i = b; i < b + BLOCK && i < n; i++) here += w[i] * x[i] * y[i];
    sum += here;
  }
  return sum;
}

long double mf_line_dot(const mf_line *l, const long double *x, const long double *y)
{
  return dot(l->n, l->mass, x, y);
}

long double mf_line_energy(const mf_line *l, int a, int b)
{
  return l->closing * mf_line_closing_step(l, l->u[a]) * mf_line_closing_step(l, l->u[b]) +
         dot(l->n - 1, l->joint, l->d[a], l->d[b]);
}

typedef struct {
  long double mass[MF_RITZ * MF_RITZ], energy[MF_RITZ * MF_RITZ], square[MF_RITZ * MF_RITZ];
} grams;

/* Those of u, of its steps, and of L u = v - shift u. */
static void find_grams(const mf_line *l, grams *g)
{
  const int m = l->count;
  memset(g, 0, sizeof *g);
  for (ptrdiff_t b = 0; b < l->n; b += BLOCK) {
    const ptrdiff_t n = l->n - b < BLOCK ? l->n - b : BLOCK, joints = b + n < l->n ? n : n - 1;
    long double image[MF_RITZ][BLOCK];
    for (int i = 0; i < m; i++)
      for (ptrdiff_t k = 0; k < n; k++) image[i][k] = l->v[i][b + k] - l->shift[i] * l->u[i][b + k];
    for (int i = 0; i < m; i++)
      for (int j = 0; j <= i; j++) {
        g->mass[i * m + j] += dot(n, l->mass + b, l->u[i] + b, l->u[j] + b);
        g->energy[i * m + j] += dot(joints, l->joint + b, l->d[i] + b, l->d[j] + b);
        g->square[i * m + j] += dot(n, l->mass + b, image[i], image[j]);
      }
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j <= i; j++) {
      const int at = i * m + j, mirror = j * m + i;
      g->energy[at] += l->closing * mf_line_closing_step(l, l->u[i]) * mf_line_closing_step(l, l->u[j]);
      g->mass[mirror] = g->mass[at];
      g->energy[mirror] = g->energy[at];
      g->square[mirror] = g->square[at];
    }
}

/* The vectors by their quotients, slowest first. */
static void sort(int m, const grams *g, int *order)
{
  for (int i = 0; i < m; i++) {
    int at = i;
    const long double here = g->energy[i * (m + 1)] / g->mass[i * (m + 1)];
    for (; at > 0; at--) {
      const int j = order[at - 1] * (m + 1);
      if (g->energy[j] / g->mass[j] <= here) break;
      order[at] = order[at - 1];
    }
    order[at] = i;
  }
}

/* Rows x with x G x^T = 1 by Gram and Schmidt, in that order: what is taken off the faster ones does not matter to them.
 * False if that leaves less than `apart` of the square of one. */
static bool orthonormalise(int m, const grams *g, const int *order, long double apart, long double *x)
{
  memset(x, 0, (size_t)(m * m) * sizeof *x);
  for (int k = 0; k < m; k++) {
    const int own = order[k];
    long double *row = x + k * m, share[MF_RITZ], left = g->mass[own * (m + 1)];
    const long double before = left;
    for (int j = 0; j < k; j++) {
      share[j] = 0;
      for (int i = 0; i < m; i++) share[j] += x[j * m + i] * g->mass[i * m + own];
      left -= share[j] * share[j];
    }
    if (!(left > apart * before)) return false;
    row[own] = 1;
    for (int j = 0; j < k; j++)
      for (int i = 0; i < m; i++) row[i] -= share[j] * x[j * m + i];
    for (int i = 0; i < m; i++) row[i] /= sqrtl(left);
  }
  return true;
}

static void add(mf_line *l, int a, long double factor, int b)
{
  for (ptrdiff_t i = 0; i < l->n; i++) {
    l->u[a][i] += factor * l->u[b][i];
    l->d[a][i] += factor * l->d[b][i];
  }
}

static void rescale(mf_line *l, int a, long double factor)
{
  for (ptrdiff_t i = 0; i < l->n; i++) {
    l->u[a][i] *= factor;
    l->d[a][i] *= factor;
  }
}

/* The same one after the other, where they are near to one another; L u is then made of the steps. */
static void separate(mf_line *l, const int *order)
{
  for (int k = 0; k < l->count; k++)
    for (int pass = 0; pass < 2; pass++) {
      const int own = order[k];
      for (int j = 0; j < k; j++) add(l, own, -mf_line_dot(l, l->u[order[j]], l->u[own]), order[j]);
      rescale(l, own, 1 / sqrtl(mf_line_dot(l, l->u[own], l->u[own])));
    }
  for (int k = 0; k < l->count; k++) {
    mf_line_apply(l, l->d[k], l->u[k], l->v[k]);
    l->shift[k] = 0;
  }
}

/* u and d become rows x of themselves. */
static void combine(const mf_line *l, const long double *x)
{
  const int m = l->count;
  long double out[MF_RITZ][BLOCK];
  for (int part = 0; part < 2; part++) {
    long double *const *of = part ? l->d : l->u;
    for (ptrdiff_t b = 0; b < l->n; b += BLOCK) {
      const ptrdiff_t n = l->n - b < BLOCK ? l->n - b : BLOCK;
      for (int k = 0; k < m; k++) {
        for (ptrdiff_t i = 0; i < n; i++) out[k][i] = 0;
        for (int j = 0; j < m; j++)
          for (ptrdiff_t i = 0; i < n; i++) out[k][i] += x[k * m + j] * of[j][b + i];
      }
      for (int k = 0; k < m; k++) memcpy(of[k] + b, out[k], (size_t)n * sizeof **out);
    }
  }
}

static void multiply(int m, const long double *x, const long double *y, bool transposed, long double *out)
{
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) {
      long double sum = 0;
      for (int k = 0; k < m; k++) sum += x[i * m + k] * (transposed ? y[j * m + k] : y[k * m + j]);
      out[i * m + j] = sum;
    }
}

/* a <- x a x^T. */
static void turn(int m, const long double *x, long double *a)
{
  long double half[MF_RITZ * MF_RITZ];
  multiply(m, x, a, false, half);
  multiply(m, half, x, true, a);
}

/* Rayleigh and Ritz in the span of u, with the residuals of the new vectors, relative to their values. */
static void rotate(mf_line *l)
{
  enum { ROOM = MF_RITZ * MF_RITZ };
  const int m = l->count;
  const long double apart = 0.3L;
  grams g;
  int order[MF_RITZ] = {0};
  long double x[ROOM], q[ROOM], both[ROOM] = {0};
  find_grams(l, &g);
  sort(m, &g, order);
  if (!orthonormalise(m, &g, order, apart, x)) {
    separate(l, order);
    find_grams(l, &g);
    sort(m, &g, order);
    orthonormalise(m, &g, order, 0, x);
  }
  turn(m, x, g.energy);
  mf_ritz_rotate(m, g.energy, l->value, q);
  multiply(m, q, x, false, both);
  turn(m, both, g.square);
  for (int k = 0; k < m; k++)
    l->left[k] = sqrtl(fmaxl(0, g.square[k * (m + 1)] - l->value[k] * l->value[k])) / l->value[k];
  combine(l, both);
}

/* ---- the iteration ---- */

static void exchange(mf_line *l)
{
  for (int k = 0; k < l->count; k++) {
    long double *u = l->u[k];
    l->u[k] = l->v[k];
    l->v[k] = u;
  }
}

/* Of the enclosure that the first `block` residuals promise, relative. */
static long double width(const mf_line *l, int block)
{
  const long double beyond = 1e6L;
  const long double next = block < l->count ? l->value[block] : beyond * l->value[block - 1];
  long double most = 0;
  for (int k = 0; k < block; k++)
    most = fmaxl(most, l->left[k] * l->left[k] * l->value[k] / (next - l->value[k]));
  return most;
}

void mf_line_iterate(mf_line *l, int modes)
{
  enum { MOST = 300, PATIENCE = 3, MORE_PATIENCE = 40 };
  const long double enough = fmaxl(1e-18L, (long double)l->n * unit / 8), apart = 1e6L, fair = 1e-12L;
  long double best = LDBL_MAX;
  int idle = 0;
  for (int k = 0; k < MOST; k++) {
    if (k > 0) exchange(l);
    for (int i = 0; i < l->count; i++) {
      l->shift[i] = l->value[i] < apart * l->value[0] ? 0 : l->value[i] / 1000;
      if (l->shift[i] == 0)
        solve(l, l->v[i], l->d[i], l->u[i]);
      else
        solve_shifted(l, l->shift[i], l->v[i], l->d[i], l->u[i]);
    }
    rotate(l);
    const long double now = width(l, mf_ritz_choose(l->value, l->count, modes));
    idle = now < 0.8L * best ? 0 : idle + 1;
    best = fminl(best, now);
    if (now < enough || idle == (best < fair ? PATIENCE : MORE_PATIENCE)) return;
  }
}

/* ---- memory ---- */

int mf_line_create(mf_line *l, ptrdiff_t n, int count)
{
  long double **const fixed[] = {&l->mass, &l->joint, &l->resistance, &l->spare};
  l->n = n;
  l->count = count;
  MF_TRY(mf_objects_create(&l->room, (6 + 3 * count) * n, sizeof *l->room));
  for (int k = 0; k < 4; k++) *fixed[k] = l->room + k * n; /* spare has three times n */
  for (int k = 0; k < count; k++) {
    l->u[k] = l->room + (6 + 3 * k) * n;
    l->d[k] = l->u[k] + n;
    l->v[k] = l->d[k] + n;
  }
  return MF_OK;
}

void mf_line_prepare(mf_line *l)
{
  l->closing = l->joint[l->n - 1];
  l->around = l->closing > 0 ? 1 / l->closing : 0;
  l->heavy = 0;
  for (ptrdiff_t i = 0; i < l->n; i++)
    if (l->mass[i] > l->mass[l->heavy]) l->heavy = i;
  for (ptrdiff_t i = 0; i < l->n - 1; i++) l->around += l->resistance[i] = 1 / l->joint[i];
}
