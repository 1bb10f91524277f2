/* SPDX-License-Identifier: BSD-3-Clause */
/* A field between the centres of its cells.
 *
 * With s the distance from the centre at or below a point in cells, every interval between two centres has its own six nodes.
 * On a line its polynomial in s is worked out beforehand, so that a point costs a row of a table and a Horner scheme; in two
 * and three dimensions a point costs the six weights of each axis and a sum over the nodes. */
#include "grids/interpolant.h"

#include "grids/field.h"
#include "grids/threads.h"

#include <math.h>
#include <string.h>

enum { NODES = 6, CHUNK = 256 };

/* The nodes of an interval: cells first, ..., first + count - 1, which lie at s = start, start + 1, ... */
typedef struct {
  ptrdiff_t first;
  double start;
} stencil;

struct mf_interpolant {
  const mf_grid *grid;
  int nodes[MF_AXES];
  double *values; /* of the cells, in more than one dimension */
  double *table;  /* NODES coefficients for each interval -1, ..., n - 1 of a line */
};

/* floor x for |x| < 2^51, without a call: adding rounds to a whole number. */
MF_INLINE double floor_of(double x)
{
  const double shift = 0x1.8p52, nearest = (x + shift) - shift;
  return nearest > x ? nearest - 1 : nearest;
}

/* An axis in units of cells. */
typedef struct {
  double lo, scale, last, period; /* period 0: there are walls */
} ruler;

static ruler ruler_of(const mf_grid *grid, int axis)
{
  const double n = (double)grid->n[axis];
  return (ruler){grid->lo[axis], 1 / grid->h[axis], n - 1, grid->periodic[axis] ? n : 0};
}

/* A point in units of cells, from the first centre on. */
MF_INLINE double place_of(ruler r, double x)
{
  const double place = (x - r.lo) * r.scale - 0.5;
  return place - r.period * floor_of((place + 0.5) / (r.last + 1));
}

/* Its interval, by the centre below it. */
MF_INLINE double interval_of(ruler r, double place)
{
  double below = floor_of(place);
  below = below < -1 ? -1 : below;
  return below > r.last ? r.last : below;
}

static stencil stencil_of(const mf_interpolant *f, int axis, ptrdiff_t interval)
{
  const ptrdiff_t nodes = f->nodes[axis], last = f->grid->n[axis] - nodes;
  ptrdiff_t first = interval - (nodes - 1) / 2;
  if (!f->grid->periodic[axis]) first = first < 0 ? 0 : first > last ? last : first;
  return (stencil){first, (double)(first - interval)};
}

/* Weights of the nodes 0, ..., count - 1 for the value and the slope at u: products of u - k over the other nodes, those
 * below and those above, and their derivatives. */
static void find_weights(int count, double u, double weight[NODES], double slope[NODES])
{
  static const double factorial[NODES] = {1, 1, 2, 6, 24, 120};
  double above[NODES] = {0}, change_above[NODES] = {0}, below = 1, change = 0;
  above[count - 1] = 1;
  for (int i = count - 1; i > 0; i--) {
    above[i - 1] = above[i] * (u - i);
    change_above[i - 1] = change_above[i] * (u - i) + above[i];
  }
  for (int i = 0; i < count; i++) {
    const int rest = count - 1 - i;
    const double scale = (rest % 2 ? -1 : 1) / (factorial[i] * factorial[rest]);
    weight[i] = scale * below * above[i];
    slope[i] = scale * (change * above[i] + below * change_above[i]);
    change = change * (u - i) + below;
    below *= u - i;
  }
}

static ptrdiff_t wrapped(ptrdiff_t i, ptrdiff_t n)
{
  return i < 0 ? i + n : i >= n ? i - n : i;
}

/* ---- on a line ---- */

/* Coefficients of the polynomial through `value` at s = start + i, from the highest on, by Newton's divided differences. */
static void find_polynomial(int count, double start, double *value, double coefficient[NODES])
{
  double power[NODES] = {0}; /* power[k] of s^k */
  for (int order = 1; order < count; order++)
    for (int i = count - 1; i >= order; i--) value[i] = (value[i] - value[i - 1]) / order;
  for (int i = count - 1; i >= 0; i--) {
    for (int k = count - 1; k > 0; k--) power[k] = power[k - 1] - (start + i) * power[k];
    power[0] = value[i] - (start + i) * power[0];
  }
  for (int k = 0; k < NODES; k++) coefficient[k] = power[NODES - 1 - k];
}

static int fill_table(mf_interpolant *f, const double *values)
{
  const ptrdiff_t n = f->grid->n[0];
  MF_TRY(mf_reals_create(&f->table, NODES * (n + 1)));
  for (ptrdiff_t i = -1; i < n; i++) {
    const stencil at = stencil_of(f, 0, i);
    double value[NODES];
    for (int k = 0; k < f->nodes[0]; k++) value[k] = values[wrapped(at.first + k, n)];
    find_polynomial(f->nodes[0], at.start, value, f->table + NODES * (i + 1));
  }
  return MF_OK;
}

/* Where points are: the row of the table, and the distance from the centre below. */
MF_CLONES static void mf_find_places(const ruler *r, ptrdiff_t n, const double *restrict x, int *restrict row,
                                     double *restrict s)
{
  const double lo = r->lo, scale = r->scale, last = r->last, period = r->period, whole = r->last + 1;
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) {
    double place = (x[i] - lo) * scale - 0.5;
    place -= period * floor_of((place + 0.5) / whole);
    double below = floor_of(place);
    below = below < -1 ? -1 : below;
    below = below > last ? last : below;
    row[i] = NODES * (int)below + NODES;
    s[i] = place - below;
  }
}

MF_CLONES static void mf_horner(const double *restrict table, ptrdiff_t n, const int *restrict row,
                                const double *restrict s, double scale, double *restrict value,
                                double *restrict slope)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) {
    const double a = table[row[i]], b = a * s[i] + table[row[i] + 1], c = b * s[i] + table[row[i] + 2],
                 d = c * s[i] + table[row[i] + 3], e = d * s[i] + table[row[i] + 4];
    value[i] = e * s[i] + table[row[i] + 5];
    slope[i] = scale * ((((a * s[i] + b) * s[i] + c) * s[i] + d) * s[i] + e);
  }
}

/* The slope is Horner's scheme of the partial sums; both outputs are formed, and what is not wanted is left. */
static void line_at(const mf_interpolant *f, ptrdiff_t count, const double *x, double *value, double *slope)
{
  const ruler r = ruler_of(f->grid, 0);
  double s[CHUNK], first[CHUNK], second[CHUNK];
  int row[CHUNK];
  for (ptrdiff_t begin = 0; begin < count; begin += CHUNK) {
    const ptrdiff_t n = count - begin < CHUNK ? count - begin : CHUNK;
    mf_find_places(&r, n, x + begin, row, s);
    mf_horner(f->table, n, row, s, r.scale, first, second);
    if (value) memcpy(value + begin, first, (size_t)n * sizeof *value);
    if (slope) memcpy(slope + begin, second, (size_t)n * sizeof *slope);
  }
}

/* ---- on a box ---- */

/* Weights of one point: those of the value and of the slope, and where the nodes are. */
typedef struct {
  double weight[MF_AXES][NODES], slope[MF_AXES][NODES];
  ptrdiff_t offset[MF_AXES][NODES];
} nodes;

static void find_nodes(const mf_interpolant *f, const double *const *x, ptrdiff_t i, nodes *out)
{
  const mf_grid *grid = f->grid;
  for (int a = 0; a < MF_AXES; a++) {
    if (a >= grid->dim || grid->n[a] == 1) {
      out->weight[a][0] = 1;
      out->slope[a][0] = 0;
      out->offset[a][0] = 0;
      continue;
    }
    const ruler r = ruler_of(grid, a);
    const double place = place_of(r, x[a][i]), below = interval_of(r, place);
    const stencil at = stencil_of(f, a, (ptrdiff_t)below);
    find_weights(f->nodes[a], place - below - at.start, out->weight[a], out->slope[a]);
    for (int k = 0; k < f->nodes[a]; k++) {
      out->slope[a][k] /= grid->h[a];
      out->offset[a][k] = wrapped(at.first + k, grid->n[a]) * grid->stride[a];
    }
  }
}

/* Value and gradient: sums along x first. */
static void sum_nodes(const mf_interpolant *f, const nodes *at, double out[1 + MF_AXES])
{
  for (int k = 0; k <= MF_AXES; k++) out[k] = 0;
  for (int r = 0; r < f->nodes[2]; r++)
    for (int q = 0; q < f->nodes[1]; q++) {
      const double *row = f->values + at->offset[2][r] + at->offset[1][q];
      double value = 0, slope = 0;
      for (int p = 0; p < f->nodes[0]; p++) {
        value += at->weight[0][p] * row[at->offset[0][p]];
        slope += at->slope[0][p] * row[at->offset[0][p]];
      }
      out[0] += at->weight[2][r] * at->weight[1][q] * value;
      out[1] += at->weight[2][r] * at->weight[1][q] * slope;
      out[2] += at->weight[2][r] * at->slope[1][q] * value;
      out[3] += at->slope[2][r] * at->weight[1][q] * value;
    }
}

static void box_at(const mf_interpolant *f, ptrdiff_t count, const double *const *x, double *value,
                   double *const *gradient)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    nodes at;
    double out[1 + MF_AXES];
    find_nodes(f, x, i, &at);
    sum_nodes(f, &at, out);
    if (value) value[i] = out[0];
    for (int a = 0; gradient && a < f->grid->dim; a++) gradient[a][i] = out[1 + a];
  }
}

/* ---- either ---- */

void mf_interpolant_at(const mf_interpolant *f, ptrdiff_t count, const double *const *x, double *value,
                       double *const *gradient)
{
  if (!f->table) {
    box_at(f, count, x, value, gradient);
    return;
  }
  line_at(f, count, x[0], value, gradient ? gradient[0] : NULL);
}

static int fill(mf_interpolant *f, const double *values)
{
  for (int a = 0; a < MF_AXES; a++) f->nodes[a] = f->grid->n[a] < NODES ? (int)f->grid->n[a] : NODES;
  if (f->grid->dim == 1) return fill_table(f, values);
  MF_TRY(mf_reals_create(&f->values, f->grid->cells));
  memcpy(f->values, values, (size_t)f->grid->cells * sizeof *values);
  return MF_OK;
}

int mf_interpolant_create(mf_interpolant **out, const mf_grid *grid, const double *values)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->grid = grid;
  const int status = fill(*out, values);
  if (!status) return MF_OK;
  mf_interpolant_free(*out);
  *out = NULL;
  return status;
}

void mf_interpolant_free(mf_interpolant *f)
{
  if (!f) return;
  mf_release(f->values);
  mf_release(f->table);
  mf_release(f);
}
