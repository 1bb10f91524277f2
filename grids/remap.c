/* SPDX-License-Identifier: BSD-3-Clause */
/* Cell averages from one set of cells to another, conservatively. */
#include "grids/remap.h"

#include "grids/base.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double mf_remap_face(const mf_grid *grid, int axis, double tolerance, double x)
{
  const double place = round((x - grid->lo[axis]) / grid->h[axis]), n = (double)grid->global[axis];
  const double turns = grid->periodic[axis] && !(place >= 0 && place <= n) ? floor(place / n) : 0;
  const double within = place - turns * n;
  if (!(within >= 0 && within <= n)) return x;
  const double face = mf_grid_edge(grid, axis, (ptrdiff_t)within) + turns * (grid->hi[axis] - grid->lo[axis]);
  return fabs(x - face) <= tolerance ? face : x;
}

/* A cell along one axis, or the part of it on one side of the seam: [lower, upper], with the values of cell `from`. */
typedef struct {
  double lower, upper;
  ptrdiff_t from;
} piece;

/* Pieces in ascending order. */
typedef struct {
  ptrdiff_t count;
  piece *at;
} pieces;

static int by_place(const void *a, const void *b)
{
  const piece *p = a, *q = b;
  return (p->lower > q->lower) - (p->lower < q->lower);
}

/* Moves [lower, upper] by periods to begin in [lo, hi), and cuts it at hi. */
static void wrap(pieces *out, const mf_grid *grid, int axis, double lower, double upper, ptrdiff_t from)
{
  const double lo = grid->lo[axis], hi = grid->hi[axis], period = hi - lo;
  const double rounding = 8 * DBL_EPSILON * fmax(fmax(fabs(lo), fabs(hi)), fmax(fabs(lower), fabs(upper)));
  double turns = floor((lower + rounding - lo) / period);
  if (turns != 0) {
    lower = mf_remap_face(grid, axis, rounding, lower - turns * period);
    upper = mf_remap_face(grid, axis, rounding, upper - turns * period);
  }
  const bool crosses = upper > hi + rounding;
  out->at[out->count++] = (piece){lower, crosses ? hi : upper, from};
  if (crosses) out->at[out->count++] = (piece){lo, upper - period, from};
}

/* The cells of an axis as the grid sees them. */
static int place(pieces *out, const mf_cells *s, const mf_grid *grid, int axis)
{
  const ptrdiff_t n = s->n[axis];
  const double *lower = s->lower[axis], *upper = s->upper[axis];
  const double period = grid->hi[axis] - grid->lo[axis];
  *out = (pieces){0};
  MF_TRY(mf_objects_create(&out->at, 2 * n, sizeof *out->at));
  if (grid->periodic[axis] && n > 0 && upper[n - 1] - lower[0] > period + 0.01 * grid->h[axis])
    return mf_fail(MF_ECASE, "the values reach from %g to %g along %c, which is more than the period %g",
                   lower[0], upper[n - 1], 'x' + axis, period);
  for (ptrdiff_t j = 0; j < n; j++)
    if (grid->periodic[axis])
      wrap(out, grid, axis, lower[j], upper[j], j);
    else
      out->at[out->count++] = (piece){lower[j], upper[j], j};
  qsort(out->at, (size_t)out->count, sizeof *out->at, by_place);
  return MF_OK;
}

/* Mean over [lower, upper] of one axis of `in`, whose lines along that axis are `stride` apart, into `out`;
 * `first` is one of those cells at or below the first that overlaps, and is moved up to it. */
static void average(const pieces *p, double lower, double upper, ptrdiff_t stride, const double *in,
                    double *out, ptrdiff_t *first)
{
  bool empty = true;
  while (*first < p->count && p->at[*first].upper <= lower) ++*first;
  for (ptrdiff_t j = *first; j < p->count && p->at[j].lower < upper; j++) {
    const double weight = (fmin(p->at[j].upper, upper) - fmax(p->at[j].lower, lower)) / (upper - lower);
    const double *line = in + p->at[j].from * stride;
    if (empty) /* no sum with 0 here: it would lose the sign of -0 */
      for (ptrdiff_t k = 0; k < stride; k++) out[k] = weight * line[k];
    else
      for (ptrdiff_t k = 0; k < stride; k++) out[k] += weight * line[k];
    empty = false;
  }
  if (empty) memset(out, 0, (size_t)stride * sizeof *out);
}

/* One sweep: `in` has the grid's cells along the axes before `axis` and the given ones from it on. */
static void sweep(const mf_cells *s, const pieces *p, const mf_grid *grid, int axis, const double *in,
                  double *out)
{
  ptrdiff_t stride = 1, blocks = 1;
  for (int a = 0; a < axis; a++) stride *= grid->n[a];
  for (int a = axis + 1; a < s->dim; a++) blocks *= s->n[a];
  for (ptrdiff_t b = 0; b < blocks; b++) {
    ptrdiff_t first = 0;
    for (ptrdiff_t i = 0; i < grid->n[axis]; i++) {
      const ptrdiff_t cell = grid->offset[axis] + i;
      average(p, mf_grid_edge(grid, axis, cell), mf_grid_edge(grid, axis, cell + 1), stride,
              in + b * s->n[axis] * stride, out + (b * grid->n[axis] + i) * stride, &first);
    }
  }
}

/* Replaces `*values` by one axis more on the grid. */
static int remap_axis(const mf_cells *s, const mf_grid *grid, int axis, double **values)
{
  ptrdiff_t size = 1;
  pieces p;
  double *out = NULL;
  for (int a = 0; a < s->dim; a++) size *= a <= axis ? grid->n[a] : s->n[a];
  int status = place(&p, s, grid, axis);
  if (!status) status = mf_reals_create(&out, size);
  if (!status) {
    sweep(s, &p, grid, axis, *values, out);
    mf_release(*values);
    *values = out;
  }
  mf_release(p.at);
  return status;
}

/* The shares of |values| d x inside walls and everywhere: products of lengths, cell by cell. */
static void measure_inside(const mf_cells *s, const mf_grid *grid, const double *values, double *inside,
                           double *all)
{
  ptrdiff_t cells = 1;
  for (int a = 0; a < s->dim; a++) cells *= s->n[a];
  *inside = *all = 0;
  for (ptrdiff_t c = 0; c < cells; c++) {
    double whole = fabs(values[c]), part = whole;
    ptrdiff_t rest = c;
    for (int a = 0; a < s->dim; rest /= s->n[a], a++) {
      const double lower = s->lower[a][rest % s->n[a]], upper = s->upper[a][rest % s->n[a]];
      const double seen = fmax(0, fmin(upper, grid->hi[a]) - fmax(lower, grid->lo[a]));
      whole *= upper - lower;
      part *= grid->periodic[a] ? upper - lower : seen;
    }
    *inside += part;
    *all += whole;
  }
}

int mf_remap_check(const mf_cells *s, const mf_grid *grid, const double *values)
{
  const double round_off =
      1e-12; /* of the sums of some million cells, and of faces that are the box's to rounding */
  double inside, all;
  measure_inside(s, grid, values, &inside, &all);
  if (!(all - inside > round_off * all)) return MF_OK;
  for (int a = 0; a < s->dim; a++) {
    const double lower = s->lower[a][0], upper = s->upper[a][s->n[a] - 1];
    if (grid->periodic[a] || (lower >= grid->lo[a] && upper <= grid->hi[a])) continue;
    return mf_fail(
        MF_ECASE,
        "%.3g of the mass lies outside the box: along %c the values reach from %g to %g, the walls are at %g "
        "and %g",
        (all - inside) / all, 'x' + a, lower, upper, grid->lo[a], grid->hi[a]);
  }
  return MF_OK;
}

int mf_remap(const mf_cells *from, const mf_grid *grid, double **values)
{
  for (int a = 0; a < from->dim; a++) MF_TRY(remap_axis(from, grid, a, values));
  return MF_OK;
}

/* Faces of both that agree to rounding are one. */
static void place_faces(const mf_grid *from, const mf_grid *grid, int axis, double *lower, double *upper)
{
  const double tolerance = 1e-6 * fmin(from->h[axis], grid->h[axis]);
  for (ptrdiff_t i = 0; i < from->n[axis]; i++) {
    lower[i] = mf_remap_face(grid, axis, tolerance, mf_grid_edge(from, axis, i));
    upper[i] = mf_remap_face(grid, axis, tolerance, mf_grid_edge(from, axis, i + 1));
  }
}

int mf_remap_field(const mf_grid *from, const mf_grid *grid, double **values)
{
  mf_cells cells = {.dim = from->dim};
  double *faces;
  MF_TRY(mf_reals_create(&faces, 2 * (from->n[0] + from->n[1] + from->n[2])));
  double *next = faces;
  for (int a = 0; a < from->dim; a++) {
    double *lower = next, *upper = next + from->n[a];
    place_faces(from, grid, a, lower, upper);
    cells.n[a] = from->n[a];
    cells.lower[a] = lower;
    cells.upper[a] = upper;
    next += 2 * from->n[a];
  }
  const int status = mf_remap(&cells, grid, values);
  mf_release(faces);
  return status;
}
