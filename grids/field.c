/* SPDX-License-Identifier: BSD-3-Clause */
/* Every reduction over a field: plain sums of blocks, added exactly. */
#include "grids/field.h"

#include "grids/elementwise.h"
#include "grids/exact.h"
#include "grids/team.h"
#include "grids/threads.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* ---- blocks ---- */

/* Cells come in groups, each of them a block, or cut into blocks of about one size. */
typedef struct {
  ptrdiff_t length, group, size; /* cells of all, of a group and of a block */
  ptrdiff_t per_group, count;    /* blocks */
} blocks;

static ptrdiff_t quotient(ptrdiff_t a, ptrdiff_t b) /* rounded up */
{
  return (a + b - 1) / b;
}

static blocks blocks_of(ptrdiff_t length, ptrdiff_t group)
{
  blocks b = {.length = length, .group = group, .size = group, .per_group = 1, .count = 1};
  if (group > MF_SUM_BLOCK) {
    b.size = MF_LANES * quotient(group, MF_LANES * quotient(group, MF_SUM_BLOCK));
    b.per_group = quotient(group, b.size);
  }
  if (length > b.size) b.count = b.per_group * quotient(length, group);
  return b;
}

static ptrdiff_t lesser(ptrdiff_t a, ptrdiff_t b)
{
  return a < b ? a : b;
}

/* ---- sums ---- */

typedef struct {
  blocks blocks;
  mf_block *block;
  const void *self;
  int count;
  mf_exact *total;
  pthread_mutex_t *lock; /* of the total */
} sum_operands;

static void add_blocks(const sum_operands *j, ptrdiff_t begin, ptrdiff_t end, mf_exact *total)
{
  const blocks *b = &j->blocks;
  ptrdiff_t group = begin / b->per_group * b->group, first = group + begin % b->per_group * b->size;
  for (ptrdiff_t i = begin; i < end; i++) {
    double sums[MF_SUMS];
    const ptrdiff_t next = lesser(group + b->group, b->length), last = lesser(first + b->size, next);
    j->block(j->self, first, last, sums);
    for (int k = 0; k < j->count; k++) mf_exact_add(&total[k], sums[k]);
    if (last == next) group = next;
    first = last;
  }
}

/* In whatever order threads come: no addition rounds. */
static void share_blocks(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const sum_operands *j = self;
  mf_exact part[MF_SUMS];
  for (int k = 0; k < j->count; k++) mf_exact_start(&part[k]);
  add_blocks(j, begin, end, part);
  pthread_mutex_lock(j->lock);
  for (int k = 0; k < j->count; k++) mf_exact_merge(&j->total[k], &part[k]);
  pthread_mutex_unlock(j->lock);
}

static void sum_all(const blocks *b, int count, mf_block *block, const void *self, mf_exact *total)
{
  enum { SHARES = 64 };
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  const sum_operands operands = {*b, block, self, count, total, &lock};
  for (int k = 0; k < count; k++) mf_exact_start(&total[k]);
  if (b->length <= 4 * MF_PIECE)
    add_blocks(&operands, 0, b->count, total);
  else
    mf_share(b->count, MF_PIECE / b->size + b->count / SHARES, share_blocks, &operands);
}

void mf_field_sums(const mf_grid *grid, int count, mf_block *block, const void *self, double *sums)
{
  const blocks b = blocks_of(grid->cells, mf_grid_grain(grid) * grid->stride[grid->dim - 1]);
  if (b.count == 1 && grid->team->members == 1) { /* what it says is exact, and rounded */
    block(self, 0, b.length, sums);
    return;
  }
  mf_exact total[MF_SUMS];
  sum_all(&b, count, block, self, total);
  mf_team_sum(grid->team, total, count);
  for (int k = 0; k < count; k++) sums[k] = mf_exact_value(&total[k]);
}

void mf_array_sums(ptrdiff_t length, int count, mf_block *block, const void *self, double *sums)
{
  const blocks b = blocks_of(length, MF_SUM_BLOCK);
  mf_exact total[MF_SUMS];
  sum_all(&b, count, block, self, total);
  for (int k = 0; k < count; k++) sums[k] = mf_exact_value(&total[k]);
}

MF_INLINE double value_at(const void *self, ptrdiff_t c)
{
  return ((const mf_operands *)self)->x[c];
}

MF_INLINE double size_at(const void *self, ptrdiff_t c)
{
  return fabs(((const mf_operands *)self)->x[c]);
}

MF_INLINE double product_at(const void *self, ptrdiff_t c)
{
  const mf_operands *o = self;
  return o->x[c] * o->y[c];
}

MF_CLONES static void mf_block_sum(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, value_at);
}

MF_CLONES static void mf_block_sum_abs(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, size_at);
}

MF_CLONES static void mf_block_dot(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, product_at);
}

mf_block *const mf_block_sizes = mf_block_sum_abs;
mf_block *const mf_block_products = mf_block_dot;

static double one_sum(const mf_grid *grid, const double *f, const double *g, mf_block *block)
{
  double sum;
  mf_field_sums(grid, 1, block, &(mf_operands){.x = f, .y = g}, &sum);
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

/* Comparisons pass over NANs, which are counted. */
MF_CLONES static double mf_least(const double *f, ptrdiff_t count, double sign)
{
  double lanes[MF_LANES], strange[MF_LANES] = {0}, least = INFINITY;
  for (int k = 0; k < MF_LANES; k++) lanes[k] = INFINITY;
  ptrdiff_t c = 0;
  for (; c + MF_LANES <= count; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) {
      const double value = sign * f[c + k];
      lanes[k] = value < lanes[k] ? value : lanes[k];
      strange[k] = value != value ? 1 : strange[k];
    }
  for (; c < count; c++) {
    least = fmin(least, sign * f[c]);
    strange[0] += isnan(f[c]);
  }
  for (int k = 0; k < MF_LANES; k++) least = fmin(least, lanes[k]);
  return mf_lanes_total(strange) > 0 ? NAN : least;
}

double mf_array_min(ptrdiff_t length, const double *f)
{
  return mf_least(f, length, 1);
}

double mf_array_max(ptrdiff_t length, const double *f)
{
  return -mf_least(f, length, -1);
}

typedef struct {
  const double *f, *g;
  double f_scale, g_scale;
} scaled_operands;

MF_INLINE double scaled_product(const void *self, ptrdiff_t c)
{
  const scaled_operands *o = self;
  return o->f_scale * o->f[c] * (o->g_scale * o->g[c]);
}

static void sum_scaled(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, scaled_product);
}

double mf_field_weighted_dot(const mf_grid *grid, double weight, const double *f, const double *g)
{
  double sum = mf_field_dot(grid, f, g);
  if (mf_square_is_exact(fabs(sum))) return weight * sum;
  const double f_unit = mf_field_unit(grid, f), g_unit = mf_field_unit(grid, g);
  if (f_unit == 0 || g_unit == 0) return 0;
  mf_field_sums(grid, 1, sum_scaled, &(scaled_operands){f, g, 1 / f_unit, 1 / g_unit}, &sum);
  return sum * (weight * f_unit) * g_unit;
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
  return mf_grid_min(grid, mf_array_min(grid->cells, f));
}

double mf_field_max(const mf_grid *grid, const double *f)
{
  return -mf_grid_min(grid, -mf_array_max(grid->cells, f));
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

/* Distances from layer 0 of the whole box to the layers whose centres enclose x along an axis, and the weight of the
 * upper one. */
static double enclose(const mf_grid *grid, int axis, double x, ptrdiff_t distance[2])
{
  const double at = (x - grid->lo[axis]) / grid->h[axis] - 0.5, below = floor(at);
  for (int side = 0; side < 2; side++)
    distance[side] = mf_grid_index(grid, axis, (ptrdiff_t)below + side) * grid->stride[axis];
  return at - below;
}

double mf_field_at(const mf_grid *grid, const double *f, const double x[MF_AXES])
{
  ptrdiff_t distance[MF_AXES][2] = {{0}};
  double upper[MF_AXES] = {0};
  mf_exact value = {0}; /* of parts that slabs may have */
  for (int a = 0; a < grid->dim; a++) upper[a] = enclose(grid, a, x[a], distance[a]);
  for (int corner = 0; corner < 1 << grid->dim; corner++) {
    double weight = 1;
    ptrdiff_t c = -mf_grid_first(grid);
    for (int a = 0; a < grid->dim; a++) {
      const int side = corner >> a & 1;
      weight *= side ? upper[a] : 1 - upper[a];
      c += distance[a][side];
    }
    if (c >= 0 && c < grid->cells) mf_exact_add(&value, weight * f[c]);
  }
  mf_team_sum(grid->team, &value, 1);
  return mf_exact_value(&value);
}

double mf_field_mass(const mf_grid *grid, const double *density)
{
  return grid->volume * mf_field_sum(grid, density);
}

typedef struct {
  const mf_grid *grid;
  const double *f, *factor, *centre;
} moment_operands;

/* Part of a row along x: along it the sums of 1, x, x^2 are enough. */
MF_INLINE void add_cell(const moment_operands *j, ptrdiff_t c, double x, int k, double lanes[3][MF_LANES])
{
  const double value = j->factor ? j->f[c] * j->factor[c] : j->f[c], first = value * x;
  lanes[0][k] += value;
  lanes[1][k] += first;
  lanes[2][k] += first * x;
}

MF_CLONES static void mf_row_moments(const moment_operands *j, ptrdiff_t begin, ptrdiff_t end, double x,
                                     double *sum)
{
  const moment_operands o = *j;
  const double h = j->grid->h[0];
  double lanes[3][MF_LANES] = {0};
  ptrdiff_t c = begin;
  for (; c + MF_LANES <= end; c += MF_LANES)
    for (int k = 0; k < MF_LANES; k++) add_cell(&o, c + k, x + (double)(c - begin + k) * h, k, lanes);
  for (int k = 0; c < end; c++, k++) add_cell(&o, c, x + (double)(c - begin) * h, k, lanes);
  for (int p = 0; p < 3; p++) sum[p] = mf_lanes_total(lanes[p]);
}

enum { MOMENTS = sizeof(mf_moments) / sizeof(double) };

static void add_row(const moment_operands *j, ptrdiff_t begin, ptrdiff_t end, mf_moments *out)
{
  double x[MF_AXES], row[3];
  mf_grid_centre(j->grid, begin, x);
  for (int a = 0; a < MF_AXES; a++) x[a] = a < j->grid->dim ? x[a] - j->centre[a] : 0;
  mf_row_moments(j, begin, end, x[0], row);
  out->sum += row[0];
  out->first[0] += row[1];
  out->second[0] += row[2];
  for (int a = 1; a < MF_AXES; a++) {
    out->first[a] += row[0] * x[a];
    out->second[a] += row[1] * x[a];
    for (int b = a; b < MF_AXES; b++) out->second[MF_AXES * a + b] += row[0] * x[a] * x[b];
  }
}

static void sum_moments(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const moment_operands *j = self;
  const ptrdiff_t n = j->grid->n[0];
  mf_moments total = {0};
  for (ptrdiff_t c = begin; c < end;) {
    const ptrdiff_t next = (c / n + 1) * n, last = next < end ? next : end;
    add_row(j, c, last, &total);
    c = last;
  }
  memcpy(sums, &total, sizeof total);
}

void mf_field_raw_moments(const mf_grid *grid, const double *f, const double *factor,
                          const double centre[MF_AXES], mf_moments *out)
{
  double sums[MOMENTS];
  mf_field_sums(grid, MOMENTS, sum_moments, &(moment_operands){grid, f, factor, centre}, sums);
  memcpy(out, sums, sizeof *out);
}

void mf_field_moments(const mf_grid *grid, const double *density, double mean[MF_AXES],
                      double covariance[MF_AXES * MF_AXES])
{
  const double zero[MF_AXES] = {0};
  mf_moments m;
  mf_field_raw_moments(grid, density, NULL, zero, &m);
  for (int a = 0; a < MF_AXES; a++) mean[a] = a < grid->dim ? m.first[a] / m.sum : 0;
  mf_field_raw_moments(grid, density, NULL, mean, &m);
  for (int a = 0; a < MF_AXES; a++)
    for (int b = 0; b < MF_AXES; b++) {
      const int lower = a < b ? a : b, upper = a < b ? b : a;
      covariance[MF_AXES * a + b] = upper < grid->dim ? m.second[MF_AXES * lower + upper] / m.sum : 0;
    }
}
