/* SPDX-License-Identifier: BSD-3-Clause */
/* The slowest modes of a chain on a line or on a ring.
 *
 * On a line with walls lambda_1 comes from the positive inverse and the others from counting (gap_chain.c).  On a ring there is no
 * such order.  There, and for eigenfunctions, a few functions v go through inverse iteration: with F_i the mass of v up to
 * cell i the flux is J_i = J* - F_i, J* = 0 with walls, and on a ring such that the steps d = J/c close it.  F is summed from the
 * lightest joint (or the walls) on both sides towards the heaviest cell, so that what is small beyond a barrier is a sum of
 * small numbers.  The data of a vector are its steps d: quotients are made of J = c d, u = sum of d and L u = (difference of
 * J)/m, whose rounding is relative to fluxes and not to u; with deep wells that is what keeps every digit.  Modes that are faster
 * by so much that rounding would fill them with the slowest one are solved with a shift.
 *
 * Bounds on a ring: Temple and Lehmann (gap_ritz.c).  Taking a joint away lowers every eigenvalue, so the counted lambda_{m+1} of
 * the ring cut at its lightest joint is a proved nu.  Rounding: E and <u, u> are sums of N products of numbers that are good to
 * N u relative to the range of u; 8 N u covers them.  A flux J (1 + theta) in place of J changes <L u_a, L u_b> by the sum of
 * theta J_b times the step of L u_a, and as much with a and b exchanged, and by the product of the norms of both errors. */
#include "solver/observe/gap_line.h"

#include "grids/base.h"
#include "solver/observe/gap_ritz.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const long double unit = LDBL_EPSILON / 2;

typedef struct {
  ptrdiff_t n, first, heavy; /* cells; the chain's cell that is 0 here; the heaviest cell here */
  long double *mass, *joint; /* of the chain, turned on a ring so that its lightest joint closes it */
  long double closing;       /* 0: walls */
  int count;                 /* vectors */
  long double *u[MF_RITZ], *d[MF_RITZ], *v[MF_RITZ], *spare, *room;
  long double value[MF_RITZ];
} line;

/* ---- one vector ---- */

static long double dot(const line *l, const long double *x, const long double *y)
{
  long double sum = 0;
  for (ptrdiff_t i = 0; i < l->n; i++) sum += l->mass[i] * x[i] * y[i];
  return sum;
}

static void remove_mean(const line *l, long double *x)
{
  long double sum = 0, total = 0;
  for (ptrdiff_t i = 0; i < l->n; i++) {
    sum += l->mass[i] * x[i];
    total += l->mass[i];
  }
  for (ptrdiff_t i = 0; i < l->n; i++) x[i] -= sum / total;
}

static void sum_steps(const line *l, const long double *d, long double *u)
{
  u[l->heavy] = 0;
  for (ptrdiff_t i = l->heavy; i < l->n - 1; i++) u[i + 1] = u[i] + d[i];
  for (ptrdiff_t i = l->heavy; i > 0; i--) u[i - 1] = u[i] - d[i - 1];
  remove_mean(l, u);
}

/* d and u of L u = v. */
static void solve(const line *l, const long double *v, long double *d, long double *u)
{
  const ptrdiff_t n = l->n;
  long double sum = 0, drop = 0, resistance = 0;
  for (ptrdiff_t i = 0; i < l->heavy; i++) d[i] = sum += l->mass[i] * v[i];
  sum = 0;
  for (ptrdiff_t i = n - 2; i >= l->heavy; i--) d[i] = sum -= l->mass[i + 1] * v[i + 1];
  for (ptrdiff_t i = 0; l->closing > 0 && i < n - 1; i++) {
    drop += d[i] / l->joint[i];
    resistance += 1 / l->joint[i];
  }
  const long double around = l->closing > 0 ? drop / (resistance + 1 / l->closing) : 0;
  for (ptrdiff_t i = 0; i < n - 1; i++) d[i] = (around - d[i]) / l->joint[i];
  sum_steps(l, d, u);
}

/* u = (path + shift m)^-1 load, by elimination from the left; every number is positive. */
static void eliminate(const line *l, long double shift, const long double *load, long double *pivot,
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
static void solve_shifted(const line *l, long double shift, const long double *v, long double *d,
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
  remove_mean(l, u);
}

static long double closing_step(const line *l, const long double *u)
{
  return u[0] - u[l->n - 1];
}

/* Lu, the difference of fluxes over masses. */
static void apply(const line *l, const long double *d, const long double *u, long double *lu)
{
  const ptrdiff_t n = l->n;
  const long double end = l->closing * closing_step(l, u);
  for (ptrdiff_t i = 0; i < n; i++) {
    const long double in = i > 0 ? l->joint[i - 1] * d[i - 1] : end,
                      out = i < n - 1 ? l->joint[i] * d[i] : end;
    lu[i] = (in - out) / l->mass[i];
  }
}

/* Error of the flux through a joint: its product's, and where it closes a ring that of the step, the sum of all others. */
static long double flux_error(const line *l, int k, ptrdiff_t i, long double range)
{
  if (i < l->n - 1) return 2 * unit * fabsl(l->joint[i] * l->d[k][i]);
  return l->closing * (2 * unit * fabsl(closing_step(l, l->u[k])) + (long double)(2 * l->n) * unit * range);
}

/* share[a*m + b]: what errors of fluxes of b make of <L u_a, L u_b>; size[b]: the norm of the error of L u_b. */
static void find_errors(const line *l, int m, long double *share, long double *size)
{
  const ptrdiff_t n = l->n;
  for (int b = 0; b < m; b++) {
    long double range = 0, square = 0;
    for (ptrdiff_t i = 0; i < n - 1; i++) range += fabsl(l->d[b][i]);
    long double before = flux_error(l, b, n - 1, range);
    for (int a = 0; a < m; a++) share[a * m + b] = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
      const long double here = flux_error(l, b, i, range),
                        both = here + before + unit * l->mass[i] * fabsl(l->v[b][i]);
      square += both * (both / l->mass[i]);
      before = here;
      for (int a = 0; a < m; a++)
        share[a * m + b] += here * fabsl(l->v[a][i + 1 < n ? i + 1 : 0] - l->v[a][i]) +
                            2 * unit * l->mass[i] * fabsl(l->v[a][i]) * fabsl(l->v[b][i]);
    }
    size[b] = sqrtl(square);
  }
}

static long double energy(const line *l, int a, int b)
{
  long double sum = l->closing * closing_step(l, l->u[a]) * closing_step(l, l->u[b]);
  for (ptrdiff_t i = 0; i < l->n - 1; i++) sum += l->joint[i] * l->d[a][i] * l->d[b][i];
  return sum;
}

/* ---- all of them ---- */

static void combine(line *l, int a, long double factor, int b)
{
  for (ptrdiff_t i = 0; i < l->n; i++) {
    l->u[a][i] += factor * l->u[b][i];
    l->d[a][i] += factor * l->d[b][i];
  }
}

static void rescale(line *l, int a, long double factor)
{
  for (ptrdiff_t i = 0; i < l->n; i++) {
    l->u[a][i] *= factor;
    l->d[a][i] *= factor;
  }
}

static void swap(line *l, int a, int b)
{
  long double *u = l->u[a], *d = l->d[a], value = l->value[a];
  l->u[a] = l->u[b], l->d[a] = l->d[b], l->value[a] = l->value[b];
  l->u[b] = u, l->d[b] = d, l->value[b] = value;
}

/* Slowest first: what is taken off the faster ones then does not matter to them. */
static void orthonormalise(line *l)
{
  for (int k = 0; k < l->count; k++) l->value[k] = energy(l, k, k) / dot(l, l->u[k], l->u[k]);
  for (int k = 0; k < l->count; k++)
    for (int j = k + 1; j < l->count; j++)
      if (l->value[j] < l->value[k]) swap(l, j, k);
  for (int k = 0; k < l->count; k++)
    for (int pass = 0; pass < 2; pass++) {
      for (int j = 0; j < k; j++) combine(l, k, -dot(l, l->u[j], l->u[k]), j);
      rescale(l, k, 1 / sqrtl(dot(l, l->u[k], l->u[k])));
    }
}

static void rotate(line *l)
{
  const int m = l->count;
  long double h[MF_RITZ * MF_RITZ], q[MF_RITZ * MF_RITZ];
  for (int i = 0; i < m; i++)
    for (int j = 0; j <= i; j++) h[i * m + j] = h[j * m + i] = energy(l, i, j);
  mf_ritz_rotate(m, h, l->value, q);
  for (ptrdiff_t i = 0; i < l->n; i++) {
    long double u[MF_RITZ] = {0}, d[MF_RITZ] = {0};
    for (int k = 0; k < m; k++)
      for (int j = 0; j < m; j++) {
        u[k] += q[k * m + j] * l->u[j][i];
        d[k] += q[k * m + j] * l->d[j][i];
      }
    for (int k = 0; k < m; k++) l->u[k][i] = u[k], l->d[k][i] = d[k];
  }
}

/* Largest |L u - rho u|/rho among the first m. */
static long double residual(line *l, int m)
{
  long double most = 0;
  for (int k = 0; k < m; k++) {
    apply(l, l->d[k], l->u[k], l->v[k]);
    for (ptrdiff_t i = 0; i < l->n; i++) l->v[k][i] -= l->value[k] * l->u[k][i];
    most = fmaxl(most, sqrtl(dot(l, l->v[k], l->v[k])) / l->value[k]);
  }
  return most;
}

/* Until the first m are as good as their bounds need, whose width is the square of this, or no longer get better. */
static void iterate(line *l, int m)
{
  enum { MOST = 300, PATIENCE = 2, MORE_PATIENCE = 30 };
  const long double enough = 1e-9L, apart = 1e6L, fair = 1e-6L;
  long double best = LDBL_MAX;
  int idle = 0;
  for (int k = 0; k < MOST; k++) {
    for (int i = 0; i < l->count; i++)
      if (k == 0 || l->value[i] < apart * l->value[0])
        solve(l, l->v[i], l->d[i], l->u[i]);
      else
        solve_shifted(l, l->value[i] / 1000, l->v[i], l->d[i], l->u[i]);
    orthonormalise(l);
    rotate(l);
    const long double left =
        residual(l, m < l->count ? m + 1 : m); /* a double eigenvalue's other half, too */
    idle = left < 0.9L * best ? 0 : idle + 1;
    best = fminl(best, left);
    if (left < enough || idle == (best < fair ? PATIENCE : MORE_PATIENCE)) return;
    for (int i = 0; i < l->count; i++) memcpy(l->v[i], l->u[i], (size_t)l->n * sizeof(long double));
  }
}

/* ---- bounds on a ring ---- */

/* A nu for the first m Ritz values.  All of them are all there is if they are n - 1. */
static long double separator(const line *l, int m)
{
  const long double close = 1e-4L, beyond = 1e6L;
  const mf_chain cut = {l->n, l->mass, l->joint};
  if (m + 1 >= l->n) return beyond * l->value[m - 1];
  return mf_chain_eigenvalue(&cut, m + 1, l->value[m - 1], close).lower;
}

static void enclose_with(line *l, int m, mf_enclosure *bound)
{
  enum { ROOM = MF_RITZ * MF_RITZ };
  long double g[ROOM], h[ROOM], s[ROOM], share[ROOM], slack[ROOM], size[MF_RITZ];
  const long double nu = separator(l, m);
  for (int i = 0; i < m; i++) apply(l, l->d[i], l->u[i], l->v[i]);
  find_errors(l, m, share, size);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) {
      g[i * m + j] = dot(l, l->u[i], l->u[j]);
      h[i * m + j] = energy(l, i, j);
      s[i * m + j] = dot(l, l->v[i], l->v[j]);
      slack[i * m + j] = share[i * m + j] + share[j * m + i] + size[i] * size[j];
    }
  const mf_ritz w = {
      .mass = g, .energy = h, .square = s, .error = 8 * (long double)l->n * unit, .slack = slack};
  mf_ritz_enclose(m, &w, nu, bound);
}

/* Every m from 1 on that may help; what all of them say. */
static void enclose_ring(line *l, int modes, mf_enclosure *bound)
{
  for (int k = 0; k < modes; k++) bound[k] = (mf_enclosure){0, LDBL_MAX};
  for (int i = 0; i < l->count; i++) sum_steps(l, l->d[i], l->u[i]);
  for (int m = 1; m <= l->count; m++) {
    mf_enclosure here[MF_RITZ];
    enclose_with(l, m, here);
    for (int k = 0; k < m && k < modes; k++) {
      bound[k].lower = fmaxl(bound[k].lower, here[k].lower);
      bound[k].upper = fminl(bound[k].upper, here[k].upper);
    }
  }
}

/* ---- the whole ---- */

static int allocate(line *l, ptrdiff_t n)
{
  l->n = n;
  MF_TRY(mf_objects_create(&l->room, (5 + 3 * l->count) * n, sizeof *l->room));
  l->mass = l->room;
  l->joint = l->room + n;
  l->spare = l->room + 2 * n;
  for (int k = 0; k < l->count; k++) {
    l->u[k] = l->room + (5 + 3 * k) * n;
    l->d[k] = l->u[k] + n;
    l->v[k] = l->d[k] + n;
  }
  return MF_OK;
}

static void find_heaviest(line *l)
{
  for (ptrdiff_t i = 0; i < l->n; i++)
    if (l->mass[i] > l->mass[l->heavy]) l->heavy = i;
}

static int prepare(line *l, const mf_chain *c, long double closing)
{
  const ptrdiff_t n = c->n;
  long double lightest = closing;
  for (ptrdiff_t i = 0; closing > 0 && i < n - 1; i++)
    if (c->joint[i] < lightest) {
      lightest = c->joint[i];
      l->first = i + 1;
    }
  MF_TRY(allocate(l, n));
  for (ptrdiff_t i = 0; i < n; i++) {
    const ptrdiff_t at = (i + l->first) % n;
    l->mass[i] = c->mass[at];
    l->joint[i] = at < n - 1 ? c->joint[at] : closing;
  }
  l->closing = l->joint[n - 1];
  find_heaviest(l);
  return MF_OK;
}

/* Cosines and sines in the quantiles: no symmetry is missed, and every well is seen in proportion to its mass. */
static void begin_with_waves(line *l)
{
  const long double pi = acosl(-1);
  long double total = 0, sum = 0;
  for (ptrdiff_t i = 0; i < l->n; i++) total += l->mass[i];
  for (ptrdiff_t i = 0; i < l->n; i++) {
    const long double at = pi * (sum + l->mass[i] / 2) / total + (long double)i / (long double)l->n;
    sum += l->mass[i];
    for (int k = 0; k < l->count; k++) {
      const long double phase = (long double)(k + 1) * at;
      l->v[k][i] = k % 2 ? sinl(phase) : cosl(phase);
    }
  }
}

enum { COARSE = 512, JOINED = 8 };

/* Cells joined by eights: their masses, and the resistance from middle to middle. */
static void join(const line *l, line *coarse)
{
  for (ptrdiff_t k = 0; k < coarse->n; k++) {
    const ptrdiff_t begin = k * JOINED, end = k + 1 < coarse->n ? begin + JOINED : l->n;
    const ptrdiff_t next = k + 2 < coarse->n ? end + JOINED : l->n, middle = (begin + end) / 2;
    const ptrdiff_t after = k + 1 < coarse->n ? (end + next) / 2 : l->n;
    long double resistance = 0;
    for (ptrdiff_t i = begin; i < end; i++) coarse->mass[k] += l->mass[i];
    for (ptrdiff_t i = middle; i < after; i++)
      if (l->joint[i] > 0) resistance += 1 / l->joint[i];
    coarse->joint[k] = 1 / resistance;
  }
  if (l->closing == 0) coarse->joint[coarse->n - 1] = 0;
  coarse->closing = coarse->joint[coarse->n - 1];
  find_heaviest(coarse);
}

static int begin(line *l, int modes);

/* From the modes of a line of fewer cells, found in the same way. */
static int begin_coarse(line *l, int modes)
{
  line coarse = {.count = l->count};
  int status = allocate(&coarse, l->n / JOINED);
  if (!status) join(l, &coarse);
  if (!status) status = begin(&coarse, modes);
  if (!status) iterate(&coarse, modes);
  for (ptrdiff_t i = 0; !status && i < l->n; i++) {
    const ptrdiff_t k = i / JOINED < coarse.n ? i / JOINED : coarse.n - 1;
    for (int j = 0; j < l->count; j++) l->v[j][i] = coarse.u[j][k];
  }
  mf_release(coarse.room);
  return status;
}

static int begin(line *l, int modes)
{
  if (l->n > COARSE)
    MF_TRY(begin_coarse(l, modes));
  else
    begin_with_waves(l);
  for (int k = 0; k < l->count; k++) remove_mean(l, l->v[k]);
  return MF_OK;
}

static void hand_out(const line *l, int modes, double *const *function)
{
  for (int k = 0; function && k < modes; k++)
    for (ptrdiff_t i = 0; i < l->n; i++) function[k][(i + l->first) % l->n] = (double)l->u[k][i];
}

/* The others of a chain. */
static void count_others(const mf_chain *chain, const line *l, int modes, mf_enclosure *bound)
{
  for (int k = 1; k < modes; k++) bound[k] = mf_chain_eigenvalue(chain, k + 1, l->value[k], 0);
}

static int enclose(line *l, const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                   double *const *function)
{
  MF_TRY(prepare(l, chain, closing));
  MF_TRY(begin(l, modes));
  iterate(l, modes);
  if (closing > 0)
    enclose_ring(l, modes, bound);
  else
    count_others(chain, l, modes, bound);
  hand_out(l, modes, function);
  return MF_OK;
}

static int enclose_line(const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                        double *const *function)
{
  enum { MORE = 3 };
  line l = {.count = modes + MORE < chain->n - 1 ? modes + MORE : (int)(chain->n - 1)};
  if (closing == 0) {
    long double *step;
    MF_TRY(mf_objects_create(&step, chain->n, sizeof *step));
    const int status = mf_chain_gap(chain, bound, step);
    mf_release(step);
    if (status || (modes == 1 && !function)) return status;
  }
  const int status = enclose(&l, chain, closing, modes, bound, function);
  mf_release(l.room);
  return status;
}

/* Two cells on a ring are joined twice. */
int mf_line_modes(const mf_chain *chain, long double closing, int modes, mf_enclosure *bound,
                  double *const *function)
{
  if (chain->n > 2 || closing == 0) return enclose_line(chain, closing, modes, bound, function);
  const long double both = chain->joint[0] + closing;
  MF_TRY(enclose_line(&(mf_chain){2, chain->mass, &both}, 0, modes, bound, function));
  *bound = (mf_enclosure){bound->lower * (1 - 2 * unit), bound->upper * (1 + 2 * unit)};
  return MF_OK;
}
