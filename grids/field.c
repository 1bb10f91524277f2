/* Every reduction over a field: block sums, compensated between blocks. */
#include "grids/field.h"

#include <math.h>
#include <string.h>

void mf_sum_add(mf_sum *s, double value)
{
  const double total = s->sum + value;
  s->carry += fabs(s->sum) >= fabs(value) ? (s->sum - total) + value : (value - total) + s->sum;
  s->sum = total;
}

double mf_sum_value(const mf_sum *s)
{
  const double total = s->sum + s->carry;
  return isnan(total) ? s->sum : total; /* an infinite sum has no carry */
}

static ptrdiff_t block_end(ptrdiff_t start, ptrdiff_t count)
{
  return start + MF_SUM_BLOCK < count ? start + MF_SUM_BLOCK : count;
}

double mf_sum_total(const mf_sum *s, const mf_grid *grid)
{
  double total = mf_sum_value(s);
  mf_grid_sum(grid, &total, 1);
  return total;
}

double mf_field_sum(const mf_grid *grid, const double *f)
{
  mf_sum s = {0};
  for (ptrdiff_t b = 0; b < grid->cells; b += MF_SUM_BLOCK) {
    const ptrdiff_t e = block_end(b, grid->cells);
    double partial = 0;
#pragma omp simd reduction(+ : partial)
    for (ptrdiff_t c = b; c < e; c++) partial += f[c];
    mf_sum_add(&s, partial);
  }
  return mf_sum_total(&s, grid);
}

double mf_field_sum_abs(const mf_grid *grid, const double *f)
{
  mf_sum s = {0};
  for (ptrdiff_t b = 0; b < grid->cells; b += MF_SUM_BLOCK) {
    const ptrdiff_t e = block_end(b, grid->cells);
    double partial = 0;
#pragma omp simd reduction(+ : partial)
    for (ptrdiff_t c = b; c < e; c++) partial += fabs(f[c]);
    mf_sum_add(&s, partial);
  }
  return mf_sum_total(&s, grid);
}

double mf_field_dot(const mf_grid *grid, const double *f, const double *g)
{
  mf_sum s = {0};
  for (ptrdiff_t b = 0; b < grid->cells; b += MF_SUM_BLOCK) {
    const ptrdiff_t e = block_end(b, grid->cells);
    double partial = 0;
#pragma omp simd reduction(+ : partial)
    for (ptrdiff_t c = b; c < e; c++) partial += f[c] * g[c];
    mf_sum_add(&s, partial);
  }
  return mf_sum_total(&s, grid);
}

double mf_field_min(const mf_grid *grid, const double *f)
{
  double least = INFINITY;
  for (ptrdiff_t c = 0; c < grid->cells; c++) least = fmin(least, f[c]);
  return mf_grid_min(grid, least);
}

double mf_field_max(const mf_grid *grid, const double *f)
{
  double least = INFINITY;
  for (ptrdiff_t c = 0; c < grid->cells; c++) least = fmin(least, -f[c]);
  return -mf_grid_min(grid, least);
}

/* The cells whose centres enclose x along an axis, and the weight of the upper one. */
static double enclose(const mf_grid *grid, int axis, double x, ptrdiff_t cell[2])
{
  const ptrdiff_t n = grid->n[axis];
  const double at = (x - grid->lo[axis]) / grid->h[axis] - 0.5, below = floor(at);
  for (int side = 0; side < 2; side++) {
    const ptrdiff_t i = (ptrdiff_t)below + side;
    cell[side] = grid->periodic[axis] ? (i % n + n) % n : i < 0 ? 0 : i < n ? i : n - 1;
  }
  return at - below;
}

double mf_field_at(const mf_grid *grid, const double *f, const double x[MF_AXES])
{
  ptrdiff_t cell[MF_AXES][2] = {{0}};
  double upper[MF_AXES] = {0}, value = 0;
  for (int a = 0; a < grid->dim; a++) upper[a] = enclose(grid, a, x[a], cell[a]);
  for (int corner = 0; corner < 1 << grid->dim; corner++) {
    double weight = 1;
    ptrdiff_t c = 0;
    for (int a = 0; a < grid->dim; a++) {
      const int side = corner >> a & 1;
      weight *= side ? upper[a] : 1 - upper[a];
      c += cell[a][side] * grid->stride[a];
    }
    value += weight * f[c];
  }
  return value;
}

double mf_field_mass(const mf_grid *grid, const double *density)
{
  return grid->volume * mf_field_sum(grid, density);
}

/* Weighted sums of x - shift and of its products: out[0..2] first, out[3..11] second moments. */
static void raw_moments(const mf_grid *grid, const double *density, const double shift[MF_AXES],
                        double out[MF_AXES + MF_AXES * MF_AXES])
{
  mf_sum s[MF_AXES + MF_AXES * MF_AXES];
  memset(s, 0, sizeof s);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(grid, c, x);
    for (int a = 0; a < grid->dim; a++) {
      const double da = x[a] - shift[a];
      mf_sum_add(&s[a], density[c] * da);
      for (int b = a; b < grid->dim; b++)
        mf_sum_add(&s[MF_AXES + MF_AXES * a + b], density[c] * da * (x[b] - shift[b]));
    }
  }
  for (int i = 0; i < MF_AXES + MF_AXES * MF_AXES; i++) out[i] = mf_sum_value(&s[i]);
  mf_grid_sum(grid, out, MF_AXES + MF_AXES * MF_AXES);
}

void mf_field_moments(const mf_grid *grid, const double *density, double mean[MF_AXES],
                      double covariance[MF_AXES * MF_AXES])
{
  const double total = mf_field_sum(grid, density), zero[MF_AXES] = {0};
  double m[MF_AXES + MF_AXES * MF_AXES];
  raw_moments(grid, density, zero, m);
  for (int a = 0; a < MF_AXES; a++) mean[a] = a < grid->dim ? m[a] / total : 0;
  raw_moments(grid, density, mean, m);
  for (int a = 0; a < MF_AXES; a++)
    for (int b = 0; b < MF_AXES; b++) {
      const int lower = a < b ? a : b, upper = a < b ? b : a;
      covariance[MF_AXES * a + b] = upper < grid->dim ? m[MF_AXES + MF_AXES * lower + upper] / total : 0;
    }
}
