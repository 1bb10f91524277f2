/* SPDX-License-Identifier: BSD-3-Clause */
/* Coarser grids of one box, and smooth fields brought from one to the next. */
#include "solver/distance/pyramid.h"

#include "grids/elementwise.h"
#include "grids/field.h"

#include <math.h>

enum { LEAST = 16, POINTS = 4 };

static ptrdiff_t halved(ptrdiff_t n)
{
  return n <= LEAST ? n : n < 2 * LEAST ? LEAST : (n + 1) / 2;
}

static bool coarsen(mf_grid *out, const mf_grid *grid)
{
  long cells[MF_AXES];
  bool fewer = false;
  for (int a = 0; a < grid->dim; a++) {
    cells[a] = (long)halved(grid->n[a]);
    fewer = fewer || cells[a] < grid->n[a];
  }
  return fewer && !mf_grid_init(out, grid->dim, cells, grid->lo, grid->hi, grid->periodic);
}

int mf_pyramid(const mf_grid *grid, mf_grid level[MF_LEVELS])
{
  int count = 1;
  level[0] = *grid;
  while (count < MF_LEVELS && coarsen(&level[count], &level[count - 1])) count++;
  for (int i = 0; i < count / 2; i++) {
    const mf_grid finer = level[i];
    level[i] = level[count - 1 - i];
    level[count - 1 - i] = finer;
  }
  return count;
}

/* Weights of the values at places first .. first + count - 1 in that of the polynomial through them at place x. */
static void interpolate_at(double x, ptrdiff_t n, ptrdiff_t *first, int *count, double weight[POINTS])
{
  *count = n < POINTS ? (int)n : POINTS;
  *first = (ptrdiff_t)floor(x) - (POINTS / 2 - 1);
  if (*first > n - *count) *first = n - *count;
  if (*first < 0) *first = 0;
  for (int i = 0; i < *count; i++) {
    weight[i] = 1;
    for (int k = 0; k < *count; k++)
      if (k != i) weight[i] *= (x - (double)(*first + k)) / (double)(i - k);
  }
}

/* Lines of one axis, one after the other, into lines across. */
static void prolong_axis(const mf_grid *from, const mf_grid *to, int axis, ptrdiff_t lines, const double *in,
                         double *out)
{
  const ptrdiff_t n = from->n[axis], m = to->n[axis];
  const double start = to->lo[axis] + 0.5 * to->h[axis] - from->lo[axis];
  for (ptrdiff_t j = 0; j < m; j++) {
    ptrdiff_t first;
    int count;
    double weight[POINTS];
    interpolate_at((start + to->h[axis] * (double)j) / from->h[axis] - 0.5, n, &first, &count, weight);
    for (ptrdiff_t line = 0; line < lines; line++) {
      double sum = 0;
      for (int i = 0; i < count; i++) sum += weight[i] * in[line * n + first + i];
      out[j * lines + line] = sum;
    }
  }
}

int mf_prolong(const mf_grid *from, const double *in, const mf_grid *to, double scale, double *out)
{
  ptrdiff_t cells = from->cells, most = cells;
  double *work[2] = {NULL, NULL};
  for (int a = 0; a < MF_AXES; a++) {
    cells = cells / from->n[a] * to->n[a];
    most = cells > most ? cells : most;
  }
  int status = mf_reals_create(&work[0], most);
  if (!status) status = mf_reals_create(&work[1], most);
  cells = from->cells;
  for (ptrdiff_t c = 0; !status && c < cells; c++) work[0][c] = scale * in[c];
  for (int a = 0; !status && a < MF_AXES; a++) {
    const ptrdiff_t lines = cells / from->n[a];
    prolong_axis(from, to, a, lines, work[a % 2], work[1 - a % 2]);
    cells = lines * to->n[a];
  }
  for (ptrdiff_t c = 0; !status && c < cells; c++) out[c] = work[1][c];
  mf_release(work[0]);
  mf_release(work[1]);
  return status;
}

int mf_sample_mass(const mf_grid *from, const double *in, const mf_grid *to, double *out)
{
  MF_TRY(mf_prolong(from, in, to, 1, out));
  for (ptrdiff_t c = 0; c < to->cells; c++) out[c] = fmax(out[c], 0);
  mf_each(to->cells, mf_each_scaled, 1 / mf_field_sum(to, out), out, 0, NULL, out);
  return MF_OK;
}
