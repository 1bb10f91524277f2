/* SPDX-License-Identifier: BSD-3-Clause */
/* Cell averages from one set of cells to another, conservatively. */
#include "grids/remap.h"

#include "grids/base.h"

#include <math.h>
#include <string.h>

double mf_remap_face(const mf_grid *grid, int axis, double tolerance, double x)
{
  const double place = round((x - grid->lo[axis]) / grid->h[axis]);
  if (!(place >= 0 && place <= (double)grid->global[axis])) return x;
  const double face = mf_grid_edge(grid, axis, (ptrdiff_t)place);
  return fabs(x - face) <= tolerance ? face : x;
}

/* Mean over [lower, upper] of one axis of `in`, whose lines along that axis are `stride` apart, into `out`;
 * `first` is one of those cells at or below the first that overlaps, and is moved up to it. */
static void average(const mf_cells *s, int axis, double lower, double upper, ptrdiff_t stride,
                    const double *in, double *out, ptrdiff_t *first)
{
  const double *from = s->lower[axis], *to = s->upper[axis];
  const ptrdiff_t n = s->n[axis];
  bool empty = true;
  while (*first < n && to[*first] <= lower) ++*first;
  for (ptrdiff_t j = *first; j < n && from[j] < upper; j++) {
    const double weight = (fmin(to[j], upper) - fmax(from[j], lower)) / (upper - lower);
    const double *line = in + j * stride;
    if (empty) /* no sum with 0 here: it would lose the sign of -0 */
      for (ptrdiff_t k = 0; k < stride; k++) out[k] = weight * line[k];
    else
      for (ptrdiff_t k = 0; k < stride; k++) out[k] += weight * line[k];
    empty = false;
  }
  if (empty) memset(out, 0, (size_t)stride * sizeof *out);
}

/* One sweep: `in` has the grid's cells along the axes before `axis` and the given ones from it on. */
static void sweep(const mf_cells *s, const mf_grid *grid, int axis, const double *in, double *out)
{
  ptrdiff_t stride = 1, blocks = 1;
  for (int a = 0; a < axis; a++) stride *= grid->n[a];
  for (int a = axis + 1; a < s->dim; a++) blocks *= s->n[a];
  for (ptrdiff_t b = 0; b < blocks; b++) {
    ptrdiff_t first = 0;
    for (ptrdiff_t i = 0; i < grid->n[axis]; i++) {
      const ptrdiff_t cell = grid->offset[axis] + i;
      average(s, axis, mf_grid_edge(grid, axis, cell), mf_grid_edge(grid, axis, cell + 1), stride,
              in + b * s->n[axis] * stride, out + (b * grid->n[axis] + i) * stride, &first);
    }
  }
}

/* Replaces `*values` by one axis more on the grid. */
static int remap_axis(const mf_cells *s, const mf_grid *grid, int axis, double **values)
{
  ptrdiff_t size = 1;
  for (int a = 0; a < s->dim; a++) size *= a <= axis ? grid->n[a] : s->n[a];
  double *out;
  MF_TRY(mf_reals_create(&out, size));
  sweep(s, grid, axis, *values, out);
  mf_release(*values);
  *values = out;
  return MF_OK;
}

int mf_remap(const mf_cells *from, const mf_grid *grid, double **values)
{
  for (int a = 0; a < from->dim; a++) MF_TRY(remap_axis(from, grid, a, values));
  return MF_OK;
}
