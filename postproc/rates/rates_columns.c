/* SPDX-License-Identifier: BSD-3-Clause */
/* Small least squares: Gram and Schmidt, each projection twice (Giraud et al. 2005), which keeps the columns
 * orthogonal to the last bit however near they are; and a damped solution of the triangle that is left. */
#include "postproc/rates/rates_parts.h"

#define DEPENDENT 1e-13 /* part of a column that is not in those before it, at least */

static double dot(const double *a, const double *b, int n)
{
  double sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

void mf_fit_project(const mf_fit_columns *c, double *v, double *along)
{
  for (int j = 0; j < c->count; j++) along[j] = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int j = 0; j < c->count; j++) {
      const double a = dot(c->q[j], v, c->n);
      along[j] += a;
      for (int i = 0; i < c->n; i++) v[i] -= a * c->q[j][i];
    }
}

void mf_fit_add_column(mf_fit_columns *c, double *v)
{
  double along[MF_FIT_COLUMNS];
  const int j = c->count;
  const double size = sqrt(dot(v, v, c->n));
  mf_fit_project(c, v, along);
  const double rest = sqrt(dot(v, v, c->n));
  const bool is_new = rest > DEPENDENT * size && isfinite(size);
  for (int i = 0; i < j; i++) c->r[i][j] = along[i];
  c->r[j][j] = is_new ? rest : 0;
  for (int i = 0; i < c->n; i++) v[i] = is_new ? v[i] / rest : 0;
  c->q[c->count++] = v;
}

/* By substitution; 0 for a column that is none. */
static void solve_triangle(const mf_fit_columns *c, int first, const double *along, double *x)
{
  for (int i = c->count - 1; i >= first; i--) {
    double rest = along[i];
    for (int j = i + 1; j < c->count; j++) rest -= c->r[i][j] * x[j - first];
    x[i - first] = c->r[i][i] > 0 ? rest / c->r[i][i] : 0;
  }
}

/* By normal equations of columns of length 1: lambda bounds their condition. */
static void solve_damped(const mf_fit_columns *c, int first, const double *along, double lambda, double *x)
{
  double a[MF_FIT_COLUMNS][MF_FIT_COLUMNS + 1], size[MF_FIT_COLUMNS];
  const int m = c->count - first;
  for (int i = 0; i < m; i++) {
    double squares = 0;
    for (int k = 0; k <= i; k++) squares += c->r[first + k][first + i] * c->r[first + k][first + i];
    size[i] = squares > 0 ? sqrt(squares) : 1;
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j <= m; j++) {
      a[i][j] = i == j ? lambda : 0;
      for (int k = 0; k <= i && k <= j; k++)
        a[i][j] += c->r[first + k][first + i] / size[i] *
                   (j < m ? c->r[first + k][first + j] / size[j] : along[first + k]);
    }
  for (int i = 0; i < m; i++)
    for (int j = i + 1; j < m; j++)
      for (int k = m; k >= i; k--) a[j][k] -= a[j][i] / a[i][i] * a[i][k];
  for (int i = m - 1; i >= 0; i--) {
    for (int j = i + 1; j < m; j++) a[i][m] -= a[i][j] * x[j] * size[j];
    x[i] = a[i][m] / a[i][i] / size[i];
  }
}

void mf_fit_solve(const mf_fit_columns *c, int first, const double *along, double lambda, double *x)
{
  if (lambda > 0)
    solve_damped(c, first, along, lambda, x);
  else
    solve_triangle(c, first, along, x);
}
