/* SPDX-License-Identifier: BSD-3-Clause */
/* Concave hulls of lines, and the hard transform of optimal transport. */
#include "solver/distance/legendre.h"

ptrdiff_t mf_concave_hull(const double *u, ptrdiff_t n, ptrdiff_t *vertex)
{
  ptrdiff_t v = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    if (MF_IS_VACUUM(u[i])) continue;
    while (v > 1) {
      const ptrdiff_t b = vertex[v - 1], c = vertex[v - 2];
      if ((u[i] - u[b]) * (double)(b - c) < (u[b] - u[c]) * (double)(i - b)) break;
      v--;
    }
    vertex[v++] = i;
  }
  return v;
}

/* One line into one across: the tangent that is highest at j touches further on the further j is. */
static void transform_line(const double *f, ptrdiff_t n, double a, double *u, ptrdiff_t *vertex, double *out,
                           ptrdiff_t stride)
{
  for (ptrdiff_t i = 0; i < n; i++) u[i] = f[i] - a * (double)i * (double)i;
  const ptrdiff_t vertices = mf_concave_hull(u, n, vertex);
  for (ptrdiff_t j = 0, top = 0; j < n; j++) {
    const double tilt = 2 * a * (double)j;
    while (top + 1 < vertices &&
           u[vertex[top + 1]] + tilt * (double)vertex[top + 1] >= u[vertex[top]] + tilt * (double)vertex[top])
      top++;
    const double away = (double)(vertex[top] - j);
    out[j * stride] = f[vertex[top]] - a * away * away;
  }
}

static void transform(const mf_grid *grid, const double *f, double *out, double *work, double *u,
                      ptrdiff_t *vertex)
{
  for (ptrdiff_t c = 0; c < grid->cells; c++) work[c] = f[c];
  for (int a = 0; a < MF_AXES; a++) {
    const ptrdiff_t n = grid->n[a], lines = grid->cells / n;
    if (n == 1) continue;
    for (ptrdiff_t line = 0; line < lines; line++)
      transform_line(work + line * n, n, 0.5 * grid->h[a] * grid->h[a], u, vertex, out + line, lines);
    for (ptrdiff_t c = 0; c < grid->cells; c++) work[c] = out[c];
  }
  for (ptrdiff_t c = 0; c < grid->cells; c++) out[c] = work[c];
}

int mf_hard_transform(const mf_grid *grid, const double *f, double *out)
{
  double *work = NULL, *u = NULL;
  ptrdiff_t *vertex = NULL;
  int status = mf_reals_create(&work, grid->cells);
  if (!status) status = mf_reals_create(&u, grid->cells);
  if (!status) status = mf_objects_create(&vertex, grid->cells, sizeof *vertex);
  if (!status) transform(grid, f, out, work, u, vertex);
  mf_release(work);
  mf_release(u);
  mf_release(vertex);
  return status;
}
