/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounds on a ring, from a few vectors: Temple and Lehmann (gap_ritz.c).
 *
 * Taking a joint away lowers every eigenvalue, so the counted lambda_{m+1} of the ring cut at its lightest joint is a proved nu.
 * Rounding: E and <u, u> are sums of N products of numbers that are good to N u relative to the range of u; 8 N u covers them.  A
 * flux J (1 + theta) in place of J changes <L u_a, L u_b> by the sum of theta J_b times the step of L u_a, and as much with a and
 * b exchanged, and by the product of the norms of both errors. */
#include "solver/observe/gap_ring.h"

#include <float.h>
#include <math.h>

static const long double unit = LDBL_EPSILON / 2;

/* Error of the flux through a joint: its product's, and where it closes a ring that of the step, the sum of all others. */
static long double flux_error(const mf_line *l, int k, ptrdiff_t i, long double range)
{
  if (i < l->n - 1) return 2 * unit * fabsl(l->joint[i] * l->d[k][i]);
  return l->closing *
         (2 * unit * fabsl(mf_line_closing_step(l, l->u[k])) + (long double)(2 * l->n) * unit * range);
}

/* share[a*m + b]: what errors of fluxes of b make of <L u_a, L u_b>; size[b]: the norm of the error of L u_b. */
static void find_errors(const mf_line *l, int m, long double *share, long double *size)
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

/* A nu for the first m Ritz values.  All of them are all there is if they are n - 1. */
static long double separator(const mf_line *l, int m)
{
  const long double close = 1e-3L, beyond = 1e6L;
  const mf_chain cut = {l->n, l->mass, l->joint};
  if (m + 1 >= l->n) return beyond * l->value[m - 1];
  return mf_chain_eigenvalue(&cut, m + 1, m < l->count ? l->value[m] : l->value[m - 1], close).lower;
}

static void enclose_with(mf_line *l, int m, mf_enclosure *bound)
{
  enum { ROOM = MF_RITZ * MF_RITZ };
  long double g[ROOM], h[ROOM], s[ROOM], share[ROOM], slack[ROOM], size[MF_RITZ];
  const long double nu = separator(l, m);
  for (int i = 0; i < m; i++) mf_line_apply(l, l->d[i], l->u[i], l->v[i]);
  find_errors(l, m, share, size);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) {
      g[i * m + j] = mf_line_dot(l, l->u[i], l->u[j]);
      h[i * m + j] = mf_line_energy(l, i, j);
      s[i * m + j] = mf_line_dot(l, l->v[i], l->v[j]);
      slack[i * m + j] = share[i * m + j] + share[j * m + i] + size[i] * size[j];
    }
  const mf_ritz w = {
      .mass = g, .energy = h, .square = s, .error = 8 * (long double)l->n * unit, .slack = slack};
  mf_ritz_enclose(m, &w, nu, bound);
}

/* The block of vectors that stands apart from the others; and if that says too little, every m from 1 on. */
void mf_ring_enclose(mf_line *l, int modes, mf_enclosure *bound)
{
  const int best = mf_ritz_choose(l->value, l->count, modes);
  const long double enough = 200 * (long double)l->n * unit;
  mf_enclosure here[MF_RITZ];
  for (int k = 0; k < modes; k++) bound[k] = (mf_enclosure){0, LDBL_MAX};
  for (int i = 0; i < l->count; i++) mf_line_sum_steps(l, l->d[i], l->u[i]);
  for (int i = 0; i <= l->count; i++) {
    const int m = i == 0 ? best : i;
    long double widest = 0;
    enclose_with(l, m, here);
    for (int k = 0; k < modes; k++) {
      if (k < m) bound[k].lower = fmaxl(bound[k].lower, here[k].lower);
      if (k < m) bound[k].upper = fminl(bound[k].upper, here[k].upper);
      widest = fmaxl(widest, 1 - bound[k].lower / bound[k].upper);
    }
    if (widest < enough) return;
  }
}
