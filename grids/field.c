/* SPDX-License-Identifier: BSD-3-Clause */
/* Every reduction over a field: block sums, compensated between blocks. */
#include "grids/field.h"

#include "grids/elementwise.h"
#include "grids/threads.h"

#include <math.h>

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

double mf_sum_total(const mf_sum *s, const mf_grid *grid)
{
  double total = mf_sum_value(s);
  mf_grid_sum(grid, &total, 1);
  return total;
}

/* ---- sums of blocks ---- */

enum {
  SEGMENTS = 64
}; /* of a sum: each has a compensation of its own, and a thread of its own if there is one */

typedef struct {
  mf_block *block;
  const void *self;
  ptrdiff_t length, segment;
  int count;
  mf_sum (*partial)[MF_SUMS];
} sum_operands;

static void sum_segments(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const sum_operands *j = self;
  for (ptrdiff_t s = begin; s < end; s++) {
    const ptrdiff_t next = (s + 1) * j->segment, last = next < j->length ? next : j->length;
    for (int k = 0; k < j->count; k++) j->partial[s][k] = (mf_sum){0};
    for (ptrdiff_t b = s * j->segment; b < last; b += MF_SUM_BLOCK) {
      double sums[MF_SUMS];
      j->block(j->self, b, b + MF_SUM_BLOCK < last ? b + MF_SUM_BLOCK : last, sums);
      for (int k = 0; k < j->count; k++) mf_sum_add(&j->partial[s][k], sums[k]);
    }
  }
}

void mf_field_sums(const mf_grid *grid, ptrdiff_t length, int count, mf_block *block, const void *self,
                   double *sums)
{
  const ptrdiff_t blocks = (length + MF_SUM_BLOCK - 1) / MF_SUM_BLOCK;
  const ptrdiff_t segment = MF_SUM_BLOCK * (blocks > SEGMENTS ? (blocks + SEGMENTS - 1) / SEGMENTS : 1);
  const ptrdiff_t segments = (length + segment - 1) / segment;
  mf_sum partial[SEGMENTS][MF_SUMS];
  const sum_operands operands = {block, self, length, segment, count, partial};
  mf_share(segments, (MF_PIECE + segment - 1) / segment, sum_segments, &operands);
  for (int k = 0; k < count; k++) {
    mf_sum total = {0};
    for (ptrdiff_t s = 0; s < segments; s++) {
      mf_sum_add(&total, partial[s][k].sum);
      if (!isnan(partial[s][k].carry)) mf_sum_add(&total, partial[s][k].carry);
    }
    sums[k] = mf_sum_value(&total);
  }
  if (grid) mf_grid_sum(grid, sums, count);
}

/* ---- sums of faces ---- */

typedef struct {
  const mf_grid *grid;
  int axis;
  double (*run)(const void *self, const mf_faces *run);
  const void *self;
  ptrdiff_t runs, segment;
  mf_sum *partial;
} face_operands;

static void sum_runs(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const face_operands *j = self;
  for (ptrdiff_t s = begin; s < end; s++) {
    const ptrdiff_t next = (s + 1) * j->segment, last = next < j->runs ? next : j->runs;
    mf_faces f = mf_faces_from(j->grid, j->axis, s * j->segment);
    j->partial[s] = (mf_sum){0};
    for (ptrdiff_t r = s * j->segment; r < last && mf_faces_next(&f); r++)
      mf_sum_add(&j->partial[s], j->run(j->self, &f));
  }
}

double mf_field_sum_faces(const mf_grid *grid, int axis, double (*run)(const void *self, const mf_faces *run),
                          const void *self)
{
  mf_sum partial[SEGMENTS], total = {0};
  const ptrdiff_t runs = mf_faces_runs(grid, axis), segment = (runs + SEGMENTS - 1) / SEGMENTS;
  const ptrdiff_t segments = runs > 0 ? (runs + segment - 1) / segment : 0;
  const face_operands operands = {grid, axis, run, self, runs, segment, partial};
  mf_share(segments, grid->cells < 4 * MF_PIECE ? SEGMENTS : 1, sum_runs, &operands);
  for (ptrdiff_t s = 0; s < segments; s++) {
    mf_sum_add(&total, partial[s].sum);
    if (!isnan(partial[s].carry)) mf_sum_add(&total, partial[s].carry);
  }
  return mf_sum_total(&total, grid);
}

MF_CLONES static void mf_block_sum(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const double *f = ((const mf_operands *)self)->x;
  double lanes[MF_LANES] = {0};
  ptrdiff_t c = begin;
  for (; c + MF_LANES <= end; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] += f[c + k];
  for (int k = 0; c < end; c++, k++) lanes[k] += f[c];
  *sum = mf_lanes_total(lanes);
}

MF_CLONES static void mf_block_sum_abs(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const double *f = ((const mf_operands *)self)->x;
  double lanes[MF_LANES] = {0};
  ptrdiff_t c = begin;
  for (; c + MF_LANES <= end; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] += fabs(f[c + k]);
  for (int k = 0; c < end; c++, k++) lanes[k] += fabs(f[c]);
  *sum = mf_lanes_total(lanes);
}

MF_CLONES static void mf_block_dot(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const double *f = ((const mf_operands *)self)->x, *g = ((const mf_operands *)self)->y;
  double lanes[MF_LANES] = {0};
  ptrdiff_t c = begin;
  for (; c + MF_LANES <= end; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] += f[c + k] * g[c + k];
  for (int k = 0; c < end; c++, k++) lanes[k] += f[c] * g[c];
  *sum = mf_lanes_total(lanes);
}

mf_block *const mf_block_sizes = mf_block_sum_abs;
mf_block *const mf_block_products = mf_block_dot;

static double one_sum(const mf_grid *grid, const double *f, const double *g, mf_block *block)
{
  double sum;
  mf_field_sums(grid, grid->cells, 1, block, &(mf_operands){.x = f, .y = g}, &sum);
  return sum;
}

double mf_field_sum(const mf_grid *grid, const double *f)
{
  return one_sum(grid, f, NULL, mf_block_sum);
}

double mf_field_sum_abs(const mf_grid *grid, const double *f)
{
  return one_sum(grid, f, NULL, mf_block_sizes);
}

double mf_field_dot(const mf_grid *grid, const double *f, const double *g)
{
  return one_sum(grid, f, g, mf_block_products);
}

/* ---- extremes ---- */

MF_CLONES static double mf_least(const double *f, ptrdiff_t count, double sign)
{
  double lanes[MF_LANES], least = INFINITY;
  for (int k = 0; k < MF_LANES; k++) lanes[k] = INFINITY;
  ptrdiff_t c = 0;
  for (; c + MF_LANES <= count; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] = sign * f[c + k] < lanes[k] ? sign * f[c + k] : lanes[k];
  for (; c < count; c++) least = fmin(least, sign * f[c]);
  for (int k = 0; k < MF_LANES; k++) least = fmin(least, lanes[k]);
  return least;
}

bool mf_square_is_exact(double sum)
{
  const double least = 1e-270, most = 1e290; /* an ulp of the least is a square of normal numbers */
  return sum >= least && sum <= most;
}

double mf_field_unit(const mf_grid *grid, const double *f)
{
  const double largest = fmax(mf_field_max(grid, f), -mf_field_min(grid, f));
  int exponent;
  if (!(largest > 0) || isinf(largest)) return largest > 0 ? 1 : 0;
  frexp(largest, &exponent);
  return ldexp(1, exponent < -1020 ? -1020 : exponent > 1020 ? 1020 : exponent);
}

double mf_field_min(const mf_grid *grid, const double *f)
{
  return mf_grid_min(grid, mf_least(f, grid->cells, 1));
}

double mf_field_max(const mf_grid *grid, const double *f)
{
  return -mf_grid_min(grid, mf_least(f, grid->cells, -1));
}

MF_CLONES static double mf_sum_of_nothings(const double *f, ptrdiff_t count)
{
  double lanes[MF_LANES] = {0};
  ptrdiff_t c = 0;
  for (; c + MF_LANES <= count; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) lanes[k] += 0 * f[c + k];
  for (int k = 0; c < count; c++, k++) lanes[k] += 0 * f[c];
  return mf_lanes_total(lanes);
}

bool mf_all_finite(const double *f, ptrdiff_t count)
{
  return mf_sum_of_nothings(f, count) == 0; /* 0 times infinity is not a number */
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
enum { MOMENTS = MF_AXES + MF_AXES * MF_AXES };
typedef struct {
  const mf_grid *grid;
  const double *density, *shift;
} moment_operands;

/* Part of a row along x: along it the sums of 1, x, x^2 are enough. */
static void add_row_moments(const moment_operands *j, ptrdiff_t begin, ptrdiff_t end, double *out)
{
  double x[MF_AXES], sums[3] = {0};
  mf_grid_centre(j->grid, begin, x);
  for (int a = 0; a < MF_AXES; a++) x[a] = a < j->grid->dim ? x[a] - j->shift[a] : 0;
  for (ptrdiff_t c = begin; c < end; c++) {
    const double dx = x[0] + (double)(c - begin) * j->grid->h[0], first = j->density[c] * dx;
    sums[0] += j->density[c];
    sums[1] += first;
    sums[2] += first * dx;
  }
  out[0] += sums[1];
  out[MF_AXES] += sums[2];
  for (int a = 1; a < MF_AXES; a++) {
    out[a] += sums[0] * x[a];
    out[MF_AXES + a] += sums[1] * x[a];
    for (int b = a; b < MF_AXES; b++) out[MF_AXES + MF_AXES * a + b] += sums[0] * x[a] * x[b];
  }
}

static void sum_moments(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const moment_operands *j = self;
  const ptrdiff_t n = j->grid->n[0];
  for (int k = 0; k < MOMENTS; k++) sums[k] = 0;
  for (ptrdiff_t c = begin; c < end;) {
    const ptrdiff_t next = (c / n + 1) * n, last = next < end ? next : end;
    add_row_moments(j, c, last, sums);
    c = last;
  }
}

static void raw_moments(const mf_grid *grid, const double *density, const double shift[MF_AXES],
                        double out[MOMENTS])
{
  const moment_operands j = {grid, density, shift};
  mf_field_sums(grid, grid->cells, MOMENTS, sum_moments, &j, out);
}

void mf_field_moments(const mf_grid *grid, const double *density, double mean[MF_AXES],
                      double covariance[MF_AXES * MF_AXES])
{
  const double total = mf_field_sum(grid, density), zero[MF_AXES] = {0};
  double m[MOMENTS];
  raw_moments(grid, density, zero, m);
  for (int a = 0; a < MF_AXES; a++) mean[a] = a < grid->dim ? m[a] / total : 0;
  raw_moments(grid, density, mean, m);
  for (int a = 0; a < MF_AXES; a++)
    for (int b = 0; b < MF_AXES; b++) {
      const int lower = a < b ? a : b, upper = a < b ? b : a;
      covariance[MF_AXES * a + b] = upper < grid->dim ? m[MF_AXES + MF_AXES * lower + upper] / total : 0;
    }
}
