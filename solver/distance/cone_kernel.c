/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums with the kernel cos^(2/eps) L over windows that follow the plan.
 *
 * Given x, y has a spread of sqrt(eps/2) about where the plan takes x; a window of WIDE sqrt(eps) to either side leaves out what
 * is below 1e-8 of the sum.  Where potentials span few decades their exponentials are taken once; elsewhere each term has its
 * own. */
#include "solver/distance/cone_kernel.h"

#include "grids/elementary.h"
#include "grids/field.h"
#include "solver/distance/legendre.h"

#include <math.h>
#include <stdatomic.h>

static const double WIDE = 4;

struct mf_cone_kernel {
  const mf_grid *grid;
  ptrdiff_t reach[MF_AXES], radius[MF_AXES]; /* of the kernel, of a window [cells] */
  ptrdiff_t side[MF_AXES];                   /* 2 reach + 1 */
  double *value, *logarithm;                 /* by displacement, x fastest */
  double *power;                             /* e^(l - shift) */
};

/* ---- the kernel ---- */

static void tabulate(mf_cone_kernel *k, double unit, double eps)
{
  const double quarter = acos(0.0);
  ptrdiff_t c = 0;
  double sum = 0;
  for (ptrdiff_t z = -k->reach[2]; z <= k->reach[2]; z++)
    for (ptrdiff_t y = -k->reach[1]; y <= k->reach[1]; y++)
      for (ptrdiff_t x = -k->reach[0]; x <= k->reach[0]; x++, c++) {
        const double *h = k->grid->h, l = unit * sqrt(pow((double)x * h[0], 2) + pow((double)y * h[1], 2) +
                                                      pow((double)z * h[2], 2));
        k->logarithm[c] = l < quarter ? 2 / eps * log(cos(l)) : MF_VACUUM;
        if (k->logarithm[c] < -1e6) k->logarithm[c] = MF_VACUUM;
        sum += k->value[c] = l < quarter ? exp(k->logarithm[c]) : 0;
      }
  for (ptrdiff_t i = 0; i < c; i++) {
    k->value[i] /= sum;
    if (!MF_IS_VACUUM(k->logarithm[i])) k->logarithm[i] -= log(sum);
  }
}

/* No further than cos reaches, nor beyond the box, where the sum of all does not matter: it is 1 with that of the box. */
static int fill(mf_cone_kernel *k, double unit, double eps, bool whole)
{
  ptrdiff_t size = 1;
  for (int a = 0; a < MF_AXES; a++) {
    const bool free = k->grid->n[a] > 1;
    const double cells = acos(0.0) / (unit * k->grid->h[a]), wide = WIDE * sqrt(eps) / (unit * k->grid->h[a]);
    k->reach[a] = free ? (ptrdiff_t)fmin(ceil(cells), (double)k->grid->n[a]) : 0;
    k->radius[a] =
        free ? whole ? 2 * k->reach[a] : (ptrdiff_t)fmin(ceil(wide) + 1, (double)(2 * k->reach[a])) : 0;
    k->side[a] = 2 * k->reach[a] + 1;
    size *= k->side[a];
  }
  MF_TRY(mf_reals_create(&k->value, size));
  MF_TRY(mf_reals_create(&k->logarithm, size));
  MF_TRY(mf_reals_create(&k->power, k->grid->cells));
  tabulate(k, unit, eps);
  return MF_OK;
}

int mf_cone_kernel_create(mf_cone_kernel **out, const mf_grid *grid, double unit, double eps, bool whole)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->grid = grid;
  const int status = fill(*out, unit, eps, whole);
  if (!status) return MF_OK;
  mf_cone_kernel_free(*out);
  *out = NULL;
  return status;
}

void mf_cone_kernel_free(mf_cone_kernel *k)
{
  if (!k) return;
  mf_release(k->value);
  mf_release(k->logarithm);
  mf_release(k->power);
  mf_release(k);
}

/* ---- sums ---- */

typedef struct {
  const mf_cone_kernel *k;
  const double *l, *power; /* power: NULL where each term has its exponential */
  double shift;
  int16_t *offset;
  bool follow;
  double *out;
} task;

/* What is within the window of a cell, the box and the reach: displacements [low, high] along each axis. */
typedef struct {
  ptrdiff_t low[MF_AXES], high[MF_AXES];
} window;

static window window_of(const mf_cone_kernel *k, const ptrdiff_t at[MF_AXES], const int16_t *offset)
{
  window w;
  for (int a = 0; a < MF_AXES; a++) {
    const ptrdiff_t low = offset[a] - k->radius[a], high = offset[a] + k->radius[a],
                    down = at[a] < k->reach[a] ? at[a] : k->reach[a], room = k->grid->n[a] - 1 - at[a],
                    up = room < k->reach[a] ? room : k->reach[a];
    w.low[a] = low > -down ? low : -down;
    w.high[a] = high < up ? high : up;
  }
  return w;
}

enum { LANES = 4 };

/* Sum of the terms of one row. */
MF_INLINE double row_of_products(const double *kernel, const double *power, ptrdiff_t count)
{
  double sum[LANES] = {0};
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int k = 0; k < LANES; k++) sum[k] += kernel[i + k] * power[i + k];
  for (; i < count; i++) sum[0] += kernel[i] * power[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

MF_INLINE double row_of_exponentials(const double *logarithm, const double *l, double top, ptrdiff_t count)
{
  double sum[LANES] = {0};
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int k = 0; k < LANES; k++) sum[k] += mf_fast_weight(logarithm[i + k] + l[i + k] - top);
  for (; i < count; i++) sum[0] += mf_fast_weight(logarithm[i] + l[i] - top);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

MF_INLINE double greatest_of_row(const double *logarithm, const double *l, ptrdiff_t count)
{
  double top = MF_VACUUM;
  for (ptrdiff_t i = 0; i < count; i++) top = fmax(top, logarithm[i] + l[i]);
  return top;
}

/* The rows of a window, one after the other: where they begin in the kernel and in the field. */
typedef struct {
  const mf_cone_kernel *k;
  const window *w;
  ptrdiff_t cell, y, z, in_kernel, in_field;
} rows;

MF_INLINE rows rows_of(const mf_cone_kernel *k, const window *w, ptrdiff_t cell)
{
  return (rows){.k = k, .w = w, .cell = cell, .y = w->low[1] - 1, .z = w->low[2]};
}

MF_INLINE bool rows_next(rows *r)
{
  const mf_cone_kernel *k = r->k;
  const window *w = r->w;
  if (++r->y > w->high[1]) {
    r->y = w->low[1];
    r->z++;
  }
  r->in_kernel =
      w->low[0] + k->reach[0] + k->side[0] * (r->y + k->reach[1] + k->side[1] * (r->z + k->reach[2]));
  r->in_field = r->cell + w->low[0] + k->grid->stride[1] * r->y + k->grid->stride[2] * r->z;
  return r->y <= w->high[1] && r->z <= w->high[2];
}

MF_INLINE double sum_window(const task *t, const window *w, ptrdiff_t c)
{
  const mf_cone_kernel *k = t->k;
  const ptrdiff_t count = w->high[0] - w->low[0] + 1;
  double sum = 0, top = MF_VACUUM;
  if (count < 1) return MF_VACUUM;
  if (t->power) {
    for (rows r = rows_of(k, w, c); rows_next(&r);)
      sum += row_of_products(k->value + r.in_kernel, t->power + r.in_field, count);
    return sum > 0 ? log(sum) + t->shift : MF_VACUUM;
  }
  for (rows r = rows_of(k, w, c); rows_next(&r);)
    top = fmax(top, greatest_of_row(k->logarithm + r.in_kernel, t->l + r.in_field, count));
  if (MF_IS_VACUUM(top)) return MF_VACUUM;
  for (rows r = rows_of(k, w, c); rows_next(&r);)
    sum += row_of_exponentials(k->logarithm + r.in_kernel, t->l + r.in_field, top, count);
  return top + log(sum);
}

/* Sum of terms of one row by their place in it, and of all. */
MF_INLINE void row_moments(const task *t, ptrdiff_t i, ptrdiff_t j, ptrdiff_t count, double top, double *sum,
                           double *moment)
{
  const double *kernel = t->power ? t->k->value + i : t->k->logarithm + i,
               *other = t->power ? t->power + j : t->l + j;
  for (ptrdiff_t x = 0; x < count; x++) {
    const double term = t->power ? kernel[x] * other[x] : mf_fast_weight(kernel[x] + other[x] - top);
    *sum += term;
    *moment += (double)x * term;
  }
}

/* Where the terms of a window are on average, rounded; `total` is the logarithm of their sum. */
MF_INLINE void follow_terms(const task *t, const window *w, ptrdiff_t c, double total, int16_t *offset)
{
  const mf_cone_kernel *k = t->k;
  double all = 0, mean[MF_AXES] = {0, 0, 0};
  for (rows r = rows_of(k, w, c); rows_next(&r);) {
    double sum = 0, moment = 0;
    row_moments(t, r.in_kernel, r.in_field, w->high[0] - w->low[0] + 1, total, &sum, &moment);
    mean[0] += moment + (double)w->low[0] * sum;
    mean[1] += sum * (double)r.y;
    mean[2] += sum * (double)r.z;
    all += sum;
  }
  for (int a = 0; a < MF_AXES; a++) offset[a] = (int16_t)floor(mean[a] / all + 0.5);
}

MF_CLONES static void mf_cone_cells(const task *t, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_grid *grid = t->k->grid;
  for (ptrdiff_t c = begin; c < end; c++) {
    const ptrdiff_t at[MF_AXES] = {c % grid->n[0], c / grid->stride[1] % grid->n[1], c / grid->stride[2]};
    int16_t *offset = t->offset + MF_AXES * c;
    const window w = window_of(t->k, at, offset);
    t->out[c] = sum_window(t, &w, c);
    if (t->follow && !MF_IS_VACUUM(t->out[c])) follow_terms(t, &w, c, t->out[c], offset);
  }
}

static void sum_cells(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  mf_cone_cells(self, begin, end);
}

int mf_cone_kernel_apply(const mf_cone_kernel *k, const double *l, int16_t *offset, bool follow, double *out)
{
  const double decades = 600; /* of e, that doubles hold with the kernel's own */
  double low = INFINITY, high = -INFINITY;
  for (ptrdiff_t c = 0; c < k->grid->cells; c++)
    if (!MF_IS_VACUUM(l[c])) low = fmin(low, l[c]), high = fmax(high, l[c]);
  const bool narrow = high - low < decades;
  for (ptrdiff_t c = 0; narrow && c < k->grid->cells; c++)
    k->power[c] = MF_IS_VACUUM(l[c]) ? 0 : exp(l[c] - high + 0.5 * decades);
  const task t = {.k = k,
                  .l = l,
                  .power = narrow ? k->power : NULL,
                  .shift = high - 0.5 * decades,
                  .offset = offset,
                  .follow = follow,
                  .out = out};
  mf_share(k->grid->cells, 256, sum_cells, &t);
  return MF_OK;
}
