/* SPDX-License-Identifier: BSD-3-Clause */
/* Ritz values of few vectors, and bounds from them.
 *
 * If nu <= lambda_{m+1}, the eigenvalues of the pencil (nu H - S, nu G - H) are lower bounds of lambda_1..lambda_m, in their order
 * (Lehmann 1949; for m = 1 Temple's rho (nu - rho')/(nu - rho), rho = H/G, rho' = S/H), as those of (H, G) are upper bounds.
 * Nothing of the size of nu cancels in them.  After Ritz rotations all these matrices are nearly diagonal, and the k-th
 * eigenvalue of a pencil (X, Y) lies within factors 1 +- eps of the k-th of the quotients X_ii/Y_ii, with eps the largest row sum
 * of |X_ij|/sqrt(X_ii X_jj), j != i, and as much of Y: x* X x is within 1 +- eps of its diagonal part. */
#include "solver/observe/gap_ritz.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static void rotate_rows(int m, long double *a, int stride, int step, int i, int j, long double co,
                        long double si)
{
  for (int k = 0; k < m; k++) {
    long double *x = a + i * stride + k * step, *y = a + j * stride + k * step;
    const long double u = *x, v = *y;
    *x = co * u - si * v;
    *y = si * u + co * v;
  }
}

/* Makes a_ij zero; false if it is already as good as that. */
static bool annihilate(int m, long double *a, long double *q, int i, int j)
{
  const long double off = a[i * m + j], x = a[i * m + i], y = a[j * m + j];
  if (fabsl(off) <= LDBL_EPSILON * sqrtl(fabsl(x)) * sqrtl(fabsl(y))) return false;
  const long double tau = (y - x) / (2 * off);
  const long double t = (tau >= 0 ? 1 : -1) / (fabsl(tau) + hypotl(1, tau)), co = 1 / hypotl(1, t),
                    si = t * co;
  rotate_rows(m, a, m, 1, i, j, co, si);
  rotate_rows(m, a, 1, m, i, j, co, si);
  rotate_rows(m, q, m, 1, i, j, co, si);
  a[i * m + i] = x - t * off;
  a[j * m + j] = y + t * off;
  a[i * m + j] = a[j * m + i] = 0;
  return true;
}

static void swap_rows(int m, long double *q, int i, int j)
{
  for (int k = 0; k < m; k++) {
    const long double x = q[i * m + k];
    q[i * m + k] = q[j * m + k];
    q[j * m + k] = x;
  }
}

void mf_ritz_rotate(int m, long double *a, long double *value, long double *q)
{
  enum { SWEEPS = 40 };
  for (int i = 0; i < m * m; i++) q[i] = i % (m + 1) == 0;
  bool busy = true;
  for (int sweep = 0; busy && sweep < SWEEPS; sweep++) {
    busy = false;
    for (int i = 0; i < m; i++)
      for (int j = i + 1; j < m; j++) busy = annihilate(m, a, q, i, j) || busy;
  }
  for (int i = 0; i < m; i++) value[i] = a[i * m + i];
  for (int i = 0; i < m; i++)
    for (int j = i + 1; j < m; j++) {
      if (!(value[j] < value[i])) continue;
      const long double x = value[i];
      value[i] = value[j];
      value[j] = x;
      swap_rows(m, q, i, j);
    }
}

int mf_ritz_choose(const long double *value, int count, int modes)
{
  const long double apart = 1.2L;
  int best = modes;
  for (int j = modes; j < count; j++) {
    if (value[j] > apart * value[j - 1]) return j;
    if (value[j] * value[best - 1] > value[best] * value[j - 1]) best = j;
  }
  return best;
}

double mf_ritz_next(const long double *value, int count, int j)
{
  const double beyond = 1e6;
  return j < count ? (double)value[j] : beyond * (double)value[j - 1];
}

double mf_ritz_width(const long double *value, const double *left, int count, int j)
{
  double most = 0;
  for (int k = 0; k < j; k++) {
    const double here = (double)value[k];
    most = fmax(most, left[k] * left[k] / (here * (mf_ritz_next(value, count, j) - here)));
  }
  return most;
}

/* ---- bounds ---- */

/* Largest row sum of |A_ij| + error of it, j != i, relative to sqrt(A_ii A_jj). */
static long double spill(int m, const long double *a, const long double *error)
{
  long double most = 0;
  for (int i = 0; i < m; i++) {
    long double sum = 0;
    for (int j = 0; j < m; j++)
      if (j != i)
        sum += (fabsl(a[i * m + j]) + error[i * m + j]) / (sqrtl(a[i * m + i]) * sqrtl(a[j * m + j]));
    most = fmaxl(most, sum);
  }
  return most;
}

static void sort(int m, long double *x)
{
  for (int i = 1; i < m; i++)
    for (int j = i; j > 0 && x[j] < x[j - 1]; j--) {
      const long double y = x[j];
      x[j] = x[j - 1];
      x[j - 1] = y;
    }
}

/* quotient[k] = k-th of (X_ii +- error)/(Y_ii -+ error), times a factor for what is off the diagonals. */
static bool bound_pencil(int m, const long double *x, const long double *dx, const long double *y,
                         const long double *dy, int side, long double *quotient)
{
  for (int i = 0; i < m; i++) {
    const int at = i * (m + 1);
    const long double above = x[at] + (long double)side * dx[at], below = y[at] - (long double)side * dy[at];
    if (!(above > 0) || !(below > 0)) return false;
    quotient[i] = above / below;
  }
  sort(m, quotient);
  const long double off = spill(m, x, dx), under = spill(m, y, dy);
  if (!(off < 1) || !(under < 1)) return false;
  const long double factor = side > 0 ? (1 + off) / (1 - under) : (1 - off) / (1 + under);
  for (int i = 0; i < m; i++) quotient[i] *= factor * (1 + (long double)side * 16 * LDBL_EPSILON);
  return true;
}

void mf_ritz_enclose(int m, const mf_ritz *w, long double nu, mf_enclosure *bound)
{
  enum { ROOM = MF_RITZ * MF_RITZ };
  long double x[ROOM] = {0}, dx[ROOM] = {0}, y[ROOM] = {0}, dy[ROOM] = {0}, out[MF_RITZ];
  const long double *g = w->mass, *h = w->energy, *s = w->square, tiny = 8 * LDBL_EPSILON;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) {
      const int at = i * m + j, ii = i * (m + 1), jj = j * (m + 1);
      dx[at] = w->error * sqrtl(h[ii]) * sqrtl(h[jj]);
      dy[at] = w->error * sqrtl(g[ii]) * sqrtl(g[jj]);
    }
  const bool above = bound_pencil(m, h, dx, g, dy, 1, out);
  for (int i = 0; i < m; i++) bound[i] = (mf_enclosure){0, above ? out[i] : LDBL_MAX};
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) {
      const int at = i * m + j, ii = i * (m + 1), jj = j * (m + 1);
      const long double square = w->error * sqrtl(s[ii]) * sqrtl(s[jj]) + (w->slack ? w->slack[at] : 0);
      x[at] = nu * h[at] - s[at];
      y[at] = nu * g[at] - h[at];
      dy[at] = nu * dy[at] + dx[at] + tiny * (nu * fabsl(g[at]) + fabsl(h[at]));
      dx[at] = nu * dx[at] + square + tiny * (nu * fabsl(h[at]) + fabsl(s[at]));
    }
  if (!bound_pencil(m, x, dx, y, dy, -1, out)) return;
  for (int i = 0; i < m; i++) bound[i].lower = out[i];
}
