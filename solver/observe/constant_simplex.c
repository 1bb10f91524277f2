/* SPDX-License-Identifier: BSD-3-Clause */
/* The simplex of Nelder and Mead (1965) in the factors theta of l = l_0 + sum_k theta_k psi_k, psi_k the slowest cosines of the box. */
#include "solver/observe/constant_simplex.h"

#include "grids/field.h"
#include "grids/halo.h"

#include <math.h>
#include <string.h>

enum { DIRECTIONS = 7, LOOKS = 400 };

typedef struct {
  mf_trial *trial;
  const mf_grid *grid;
  const double *origin;
  double *l, *direction[DIRECTIONS];
  int count, looks;
  double point[DIRECTIONS + 1][DIRECTIONS], value[DIRECTIONS + 1];
} simplex;

static double look(simplex *s, const double *theta)
{
  const ptrdiff_t cells = s->grid->cells;
  memcpy(s->l, s->origin, (size_t)cells * sizeof *s->l);
  for (int k = 0; k < s->count; k++)
    for (ptrdiff_t c = 0; c < cells; c++) s->l[c] += theta[k] * s->direction[k][c];
  s->looks++;
  return mf_trial_ratio(s->trial, s->l, NULL, NULL);
}

static int add_direction(simplex *s, int axis, int wave)
{
  const mf_grid *g = s->grid;
  if (s->count == DIRECTIONS || (axis >= 0 && g->n[axis] == 1)) return MF_OK;
  double **psi = &s->direction[s->count];
  MF_TRY(mf_field_create(g, psi));
  s->count++;
  for (ptrdiff_t c = 0; c < g->cells; c++) {
    const ptrdiff_t i = axis < 0 ? 0 : c / g->stride[axis] % g->n[axis];
    (*psi)[c] = axis < 0 ? 1 : cos(wave * 3.141592653589793 * ((double)i + 0.5) / (double)g->n[axis]);
  }
  return MF_OK;
}

static void sort(simplex *s)
{
  for (int i = 1; i <= s->count; i++)
    for (int j = i; j > 0 && s->value[j] < s->value[j - 1]; j--) {
      double swap[DIRECTIONS];
      const double value = s->value[j];
      memcpy(swap, s->point[j], sizeof swap);
      memcpy(s->point[j], s->point[j - 1], sizeof swap);
      memcpy(s->point[j - 1], swap, sizeof swap);
      s->value[j] = s->value[j - 1];
      s->value[j - 1] = value;
    }
}

/* The point at `factor` from the middle of the others to the worst, and its value. */
static double reflect(simplex *s, double factor, double *theta)
{
  for (int k = 0; k < s->count; k++) {
    double middle = 0;
    for (int i = 0; i < s->count; i++) middle += s->point[i][k] / s->count;
    theta[k] = middle + factor * (s->point[s->count][k] - middle);
  }
  return look(s, theta);
}

static void replace(simplex *s, const double *theta, double value)
{
  memcpy(s->point[s->count], theta, sizeof s->point[0]);
  s->value[s->count] = value;
}

static void shrink(simplex *s)
{
  for (int i = 1; i <= s->count; i++) {
    for (int k = 0; k < s->count; k++) s->point[i][k] = 0.5 * (s->point[i][k] + s->point[0][k]);
    s->value[i] = look(s, s->point[i]);
  }
}

static void step(simplex *s)
{
  double theta[DIRECTIONS] = {0}, other[DIRECTIONS] = {0};
  const double value = reflect(s, -1, theta);
  if (value < s->value[0]) {
    const double farther = reflect(s, -2, other);
    replace(s, farther < value ? other : theta, fmin(farther, value));
  } else if (value < s->value[s->count - 1]) {
    replace(s, theta, value);
  } else {
    const double nearer = reflect(s, value < s->value[s->count] ? -0.5 : 0.5, other);
    if (nearer < fmin(value, s->value[s->count]))
      replace(s, other, nearer);
    else
      shrink(s);
  }
  sort(s);
}

static int run(simplex *s, bool conserves)
{
  MF_TRY(mf_field_create(s->grid, &s->l));
  if (!conserves) MF_TRY(add_direction(s, -1, 0));
  for (int wave = 1; wave <= 3; wave++)
    for (int a = 0; a < s->grid->dim; a++) MF_TRY(add_direction(s, a, wave));
  for (int i = 0; i <= s->count; i++) {
    if (i > 0) s->point[i][i - 1] = 0.3;
    s->value[i] = look(s, s->point[i]);
  }
  sort(s);
  while (s->count > 0 && s->looks < LOOKS && s->value[s->count] > s->value[0] * (1 + 1e-9)) step(s);
  return MF_OK;
}

int mf_simplex_run(mf_trial *trial, const mf_grid *grid, bool conserves, double *l, double *value)
{
  simplex s = {.trial = trial, .grid = grid, .origin = l};
  const int status = run(&s, conserves);
  if (!status && s.value[0] < *value) {
    *value = look(&s, s.point[0]);
    memcpy(l, s.l, (size_t)grid->cells * sizeof *l);
  }
  mf_field_free(s.l);
  for (int k = 0; k < s.count; k++) mf_field_free(s.direction[k]);
  return status;
}
