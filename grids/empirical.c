/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures from samples: histogram and kernel density.
 *
 * The kernel is a product, so that a sample takes a table of logarithms for each axis and one sum for each
 * cell.  A table is normalised over the cells of its axis: that keeps the mass of every sample.  Densities
 * are summed around the largest term, found in a first pass, so that the logarithm is known where the density
 * itself underflows. */
#include "grids/empirical.h"

#include "grids/base.h"
#include "grids/halo.h"

#include <math.h>

static double weight_of(const mf_samples *s, ptrdiff_t i)
{
  return s->weight ? s->weight[i] : 1;
}

/* Coordinate within the box of a periodic axis; on another the coordinate itself. */
static double wrapped(const mf_grid *grid, int axis, double x)
{
  const double length = grid->hi[axis] - grid->lo[axis];
  return grid->periodic[axis] ? x - length * floor((x - grid->lo[axis]) / length) : x;
}

static int check(const mf_grid *grid, const mf_samples *s, double *mass)
{
  *mass = 0;
  for (ptrdiff_t i = 0; i < s->count; i++) {
    const double w = weight_of(s, i);
    if (!isfinite(w) || w < 0) return mf_fail(MF_ECASE, "sample %td has the weight %g", i + 1, w);
    *mass += w;
    for (int a = 0; a < grid->dim; a++) {
      const double x = wrapped(grid, a, s->point[grid->dim * i + a]);
      if (!isfinite(x) || x < grid->lo[a] || x > grid->hi[a])
        return mf_fail(MF_ECASE, "sample %td has the coordinate %g, outside the box [%g, %g]", i + 1,
                       s->point[grid->dim * i + a], grid->lo[a], grid->hi[a]);
    }
  }
  return *mass > 0 && isfinite(*mass) ? MF_OK
                                      : mf_fail(MF_ECASE, "the samples have the weight %g in all", *mass);
}

/* ---- histogram ---- */

/* Index of the local cell of a sample; -1: it is in another process. */
static ptrdiff_t cell_of(const mf_grid *grid, const double *point)
{
  ptrdiff_t cell = 0;
  for (int a = 0; a < grid->dim; a++) {
    const double place = floor((wrapped(grid, a, point[a]) - grid->lo[a]) / grid->h[a]);
    const ptrdiff_t i = (ptrdiff_t)fmin(place, (double)(grid->global[a] - 1)) - grid->offset[a];
    if (i < 0 || i >= grid->n[a]) return -1;
    cell += i * grid->stride[a];
  }
  return cell;
}

int mf_empirical_histogram(mf_measure *m, const mf_samples *s)
{
  const mf_grid *grid = m->grid;
  double *density, mass;
  MF_TRY(check(grid, s, &mass));
  MF_TRY(mf_field_create(grid, &density));
  for (ptrdiff_t i = 0; i < s->count; i++) {
    const ptrdiff_t c = cell_of(grid, s->point + grid->dim * i);
    if (c >= 0) density[c] += weight_of(s, i) / (mass * grid->volume);
  }
  const int status = mf_measure_set_density(m, density);
  mf_field_free(density);
  return status;
}

/* ---- kernel density ---- */

typedef struct {
  const mf_grid *grid;
  double *axis[MF_AXES]; /* logarithm of the kernel around one sample, over all cells of an axis */
  double *largest, *sum; /* cells values: the largest term's logarithm, and the sum of terms over it */
} terms;

/* log of the sum of exp(-(x - X)^2/(2 h^2)) over the images X of a point, by wrapping or reflection. */
static double log_images(const mf_grid *grid, int axis, double x, double point, double h)
{
  const double length = grid->hi[axis] - grid->lo[axis], period = grid->periodic[axis] ? length : 2 * length;
  const double mirrored = 2 * grid->lo[axis] - point, nearest = fabs(x - point);
  const int reach = 1 + (int)fmin(1e6, 10 * h / period);
  double sum = 0, least = nearest * nearest;
  if (grid->periodic[axis]) least = pow(fmin(nearest, fabs(length - nearest)), 2);
  for (int k = -reach; k <= reach; k++) {
    const double d = x - point - k * period, r = x - mirrored - k * period;
    sum += exp((least - d * d) / (2 * h * h));
    if (!grid->periodic[axis]) sum += exp((least - r * r) / (2 * h * h));
  }
  return log(sum) - least / (2 * h * h);
}

static void fill_table(const terms *t, int axis, double point, double h)
{
  const mf_grid *grid = t->grid;
  const ptrdiff_t n = grid->global[axis];
  double *table = t->axis[axis], largest = -INFINITY, sum = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    table[i] = log_images(grid, axis, mf_grid_coordinate(grid, axis, i), point, h);
    largest = fmax(largest, table[i]);
  }
  for (ptrdiff_t i = 0; i < n; i++) sum += exp(table[i] - largest);
  const double scale = log(sum * grid->h[axis]);
  for (ptrdiff_t i = 0; i < n; i++) table[i] = table[i] - largest - scale;
}

/* Terms of one sample along a line of cells in x, whose other tables and weight give `rest`. */
static void see_line(const double *table, double rest, ptrdiff_t n, double *largest)
{
  for (ptrdiff_t i = 0; i < n; i++) {
    const double term = rest + table[i];
    largest[i] = term > largest[i] ? term : largest[i];
  }
}

static void add_line(const double *table, double rest, ptrdiff_t n, const double *largest, double *sum)
{
  const double negligible = -50; /* e^-50 is 1e-6 ulp */
  for (ptrdiff_t i = 0; i < n; i++) {
    const double term = rest + table[i] - largest[i];
    if (term > negligible) sum[i] += exp(term);
  }
}

static void take_sample(const terms *t, double log_weight, bool add)
{
  const mf_grid *grid = t->grid;
  const double *x = t->axis[0] + grid->offset[0];
  for (ptrdiff_t k = 0; k < grid->n[2]; k++)
    for (ptrdiff_t j = 0; j < grid->n[1]; j++) {
      const ptrdiff_t line = grid->n[0] * (j + grid->n[1] * k);
      double rest = log_weight;
      if (grid->dim > 1) rest += t->axis[1][grid->offset[1] + j];
      if (grid->dim > 2) rest += t->axis[2][grid->offset[2] + k];
      if (add)
        add_line(x, rest, grid->n[0], t->largest + line, t->sum + line);
      else
        see_line(x, rest, grid->n[0], t->largest + line);
    }
}

static int sum_terms(terms *t, const mf_samples *s, const double *bandwidth, double mass)
{
  const mf_grid *grid = t->grid;
  for (int a = 0; a < grid->dim; a++) MF_TRY(mf_reals_create(&t->axis[a], grid->global[a]));
  MF_TRY(mf_field_create(grid, &t->largest));
  MF_TRY(mf_field_create(grid, &t->sum));
  for (ptrdiff_t c = 0; c < grid->cells; c++) t->largest[c] = -INFINITY;
  for (int pass = 0; pass < 2; pass++)
    for (ptrdiff_t i = 0; i < s->count; i++) {
      if (!(weight_of(s, i) > 0)) continue;
      for (int a = 0; a < grid->dim; a++)
        fill_table(t, a, wrapped(grid, a, s->point[grid->dim * i + a]), bandwidth[a]);
      take_sample(t, log(weight_of(s, i) / mass), pass);
    }
  for (ptrdiff_t c = 0; c < grid->cells; c++) t->sum[c] = t->largest[c] + log(t->sum[c]);
  return MF_OK;
}

int mf_empirical_kernel_density(mf_measure *m, const mf_samples *s, const double *bandwidth)
{
  double mass;
  for (int a = 0; a < m->grid->dim; a++)
    if (!(bandwidth[a] > 0) || !isfinite(bandwidth[a]))
      return mf_fail(MF_ECASE, "a bandwidth is a positive length, not %g", bandwidth[a]);
  MF_TRY(check(m->grid, s, &mass));
  terms t = {.grid = m->grid};
  int status = sum_terms(&t, s, bandwidth, mass);
  if (!status) status = mf_measure_set_log_density(m, t.sum);
  for (int a = 0; a < MF_AXES; a++) mf_release(t.axis[a]);
  mf_field_free(t.largest);
  mf_field_free(t.sum);
  return status;
}

void mf_empirical_bandwidth(int dim, const mf_samples *s, double *bandwidth)
{
  double mass = 0, squares = 0;
  for (ptrdiff_t i = 0; i < s->count; i++) {
    mass += weight_of(s, i);
    squares += weight_of(s, i) * weight_of(s, i);
  }
  for (int a = 0; a < dim; a++) {
    double mean = 0, variance = 0;
    for (ptrdiff_t i = 0; i < s->count; i++) mean += weight_of(s, i) / mass * s->point[dim * i + a];
    for (ptrdiff_t i = 0; i < s->count; i++)
      variance += weight_of(s, i) / mass * pow(s->point[dim * i + a] - mean, 2);
    bandwidth[a] = sqrt(variance) * pow(4 * squares / ((dim + 2) * mass * mass), 1.0 / (dim + 4));
  }
}
