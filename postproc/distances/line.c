/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances of two measures on the line. */
#include "postproc/distances/line.h"

#include "grids/base.h"
#include "grids/exact.h"
#include "grids/field.h"

#include <math.h>

/* A measure and the mass up to the end of each piece, in units of all of it. */
typedef struct {
  const mf_line_piece *piece;
  const double *upto;
  ptrdiff_t count;
} distribution;

/* ---- Wasserstein ---- */

/* Q(m) in piece i. */
static double quantile(const distribution *d, ptrdiff_t i, double m)
{
  const double before = i ? d->upto[i - 1] : 0, mass = d->upto[i] - before;
  const mf_line_piece *p = &d->piece[i];
  if (!(mass > 0)) return p->hi;
  return p->lo + (p->hi - p->lo) * fmin(fmax((m - before) / mass, 0), 1);
}

/* Mean of |x| for x that runs evenly from a to b, and of x^2. */
static double mean_size(double a, double b)
{
  if ((a < 0) == (b < 0) || a == 0 || b == 0) return 0.5 * fabs(a + b);
  return 0.5 * (a * a + b * b) / (fabs(a) + fabs(b));
}

static double mean_square(double a, double b)
{
  return (a * a + a * b + b * b) / 3;
}

/* Between two neighbouring masses at which one of the two ends a piece, both quantile functions are
 * straight. */
static void integrate_quantiles(const distribution *a, const distribution *b, mf_line_distances *out)
{
  mf_exact first = {0}, second = {0};
  double m = 0;
  for (ptrdiff_t i = 0, j = 0; i < a->count && j < b->count;) {
    const double next = fmin(a->upto[i], b->upto[j]);
    if (next > m) {
      const double from = quantile(a, i, m) - quantile(b, j, m),
                   to = quantile(a, i, next) - quantile(b, j, next);
      mf_exact_add(&first, (next - m) * mean_size(from, to));
      mf_exact_add(&second, (next - m) * mean_square(from, to));
      m = next;
    }
    if (a->upto[i] <= next)
      i++;
    else
      j++;
  }
  out->w1 = mf_exact_value(&first);
  out->w2 = sqrt(mf_exact_value(&second));
}

/* ---- Kolmogorov-Smirnov ---- */

/* F(x), or F(x-) without the atoms at x. */
static double distribution_at(const distribution *d, double x, bool with_atoms)
{
  ptrdiff_t low = 0,
            high = d->count; /* the first piece that ends beyond x, or at x where that is not counted yet */
  while (low < high) {
    const ptrdiff_t middle = low + (high - low) / 2;
    if (with_atoms ? d->piece[middle].hi <= x : d->piece[middle].hi < x)
      low = middle + 1;
    else
      high = middle;
  }
  const double before = low ? d->upto[low - 1] : 0;
  if (low == d->count) return before;
  const mf_line_piece *p = &d->piece[low];
  if (!(p->lo < x)) return before;
  return before + (d->upto[low] - before) * (x - p->lo) / (p->hi - p->lo);
}

/* Distribution functions are straight between the ends of pieces, so the largest difference is at one of
 * those. */
static double largest_difference(const distribution *a, const distribution *b)
{
  double largest = 0;
  for (ptrdiff_t i = 0; i < a->count; i++)
    for (int end = 0; end < 2; end++)
      for (int with_atoms = 0; with_atoms < 2; with_atoms++) {
        const double x = end ? a->piece[i].hi : a->piece[i].lo;
        largest = fmax(largest, fabs(distribution_at(a, x, with_atoms) - distribution_at(b, x, with_atoms)));
      }
  return largest;
}

/* ---- both ---- */

static int accumulate(const mf_line_piece *p, ptrdiff_t n, double *upto)
{
  mf_exact sum = {0};
  for (ptrdiff_t i = 0; i < n; i++) {
    mf_exact_add(&sum, p[i].mass);
    upto[i] = mf_exact_value(&sum);
  }
  const double total = mf_exact_value(&sum);
  if (!(total > 0)) return mf_fail(MF_ENUMERIC, "a measure without mass is at no distance from another");
  for (ptrdiff_t i = 0; i < n; i++) upto[i] /= total;
  return MF_OK;
}

static int compare(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb, double *upto,
                   mf_line_distances *out)
{
  MF_TRY(accumulate(a, na, upto));
  MF_TRY(accumulate(b, nb, upto + na));
  const distribution one = {a, upto, na}, other = {b, upto + na, nb};
  integrate_quantiles(&one, &other, out);
  out->ks = fmax(largest_difference(&one, &other), largest_difference(&other, &one));
  return MF_OK;
}

int mf_line_compare(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb,
                    mf_line_distances *out)
{
  double *upto;
  MF_TRY(mf_reals_create(&upto, na + nb));
  const int status = compare(a, na, b, nb, upto, out);
  mf_release(upto);
  return status;
}

void mf_line_of_density(const mf_grid *grid, const double *density, mf_line_piece *out)
{
  for (ptrdiff_t i = 0; i < grid->cells; i++) {
    const double x = mf_grid_coordinate(grid, 0, grid->offset[0] + i);
    out[i] = (mf_line_piece){
        .lo = x - 0.5 * grid->h[0], .hi = x + 0.5 * grid->h[0], .mass = fmax(density[i], 0) * grid->volume};
  }
}
