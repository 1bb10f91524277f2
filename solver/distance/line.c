/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances of two measures on the line. */
#include "solver/distance/line.h"

#include "grids/base.h"
#include "grids/exact.h"
#include "grids/field.h"

#include <float.h>
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

/* Mean of |x|^p for x that runs evenly from a to b.  With 0 <= s <= l on one side of 0 and e = (l - s)/l it is
 * l^p (1 - (1 - e)^(p+1)) / ((p + 1) e), without cancellation however small e is. */
static double mean_power(double a, double b, double p)
{
  const double s = fmin(fabs(a), fabs(b)), l = fmax(fabs(a), fabs(b));
  if (l == 0) return 0;
  const bool one_side = (a <= 0 && b <= 0) || (a >= 0 && b >= 0);
  if (one_side && p == 1) return 0.5 * (s + l);
  if (one_side && p == 2) return (s * s + s * l + l * l) / 3;
  const double e = (l - s) / l, top = pow(l, p);
  if (one_side) return e == 0 ? top : top * -expm1((p + 1) * log1p(-e)) / ((p + 1) * e);
  return top * (l + s * pow(s / l, p)) / ((p + 1) * (l + s));
}

/* Masses that differ by their rounding are the same: across a gap the difference would be moved. */
static bool same_mass(double a, double b)
{
  return fabs(a - b) <= 8 * DBL_EPSILON;
}

/* A place in a distribution: the piece at which it is, and how many turns of the ring come before. */
typedef struct {
  ptrdiff_t piece;
  double turns;
} place;

/* Q_a(m) - Q_b(m + shift) over [0, 1].  Between two neighbouring masses at which one of the two ends a piece both quantile
 * functions are straight; powers are of differences in units of `unit`. */
typedef struct {
  const distribution *a, *b;
  double p, period, unit;
  double farthest; /* any mass goes, of the last cost */
} transport;

/* The place of mass m >= 0 in b: the first piece that ends beyond it. */
static place find_mass(const distribution *d, double m)
{
  const double turns = floor(m), rest = m - turns;
  ptrdiff_t low = 0, high = d->count - 1;
  while (low < high) {
    const ptrdiff_t middle = low + (high - low) / 2;
    if (d->upto[middle] <= rest)
      low = middle + 1;
    else
      high = middle;
  }
  return (place){low, turns};
}

static void next_piece(const distribution *d, place *at)
{
  if (++at->piece < d->count) return;
  at->piece = 0;
  at->turns++;
}

static double cost(transport *t, double shift)
{
  const distribution *a = t->a, *b = t->b;
  mf_exact sum = {0};
  place j = find_mass(b, shift);
  double m = 0;
  t->farthest = 0;
  for (ptrdiff_t i = 0; i < a->count && m < 1;) {
    const double end_a = a->upto[i], end_b = b->upto[j.piece] + j.turns - shift,
                 next = fmin(fmin(end_a, end_b), 1);
    if (next > m) {
      const double turned = j.turns * t->period, offset = shift - j.turns;
      const double from = quantile(a, i, m) - quantile(b, j.piece, m + offset) - turned,
                   to = quantile(a, i, next) - quantile(b, j.piece, next + offset) - turned;
      mf_exact_add(&sum, (next - m) * mean_power(from / t->unit, to / t->unit, t->p));
      t->farthest = fmax(t->farthest, fmax(fabs(from), fabs(to)) / t->unit);
      m = next;
    }
    if (end_a <= next || same_mass(end_a, next)) i++;
    if (end_b <= next || same_mass(end_b, next)) {
      if (t->period == 0 && j.piece == b->count - 1) break;
      next_piece(b, &j);
    }
  }
  return mf_exact_value(&sum);
}

/* The least cost over all shifts by golden sections, until sections are no longer than the rounding of masses. */
static double least_cost(transport *t)
{
  const double golden = 0.5 * (sqrt(5) - 1);
  double low = -1, high = 1, x[2] = {1 - 2 * golden, 2 * golden - 1}, c[2];
  for (int k = 0; k < 2; k++) c[k] = cost(t, x[k]);
  while (high - low > 4 * DBL_EPSILON && x[0] < x[1]) {
    const int better = c[0] <= c[1] ? 0 : 1, other = 1 - better;
    *(better ? &low : &high) = x[other];
    x[other] = x[better];
    c[other] = c[better];
    x[better] = better ? low + golden * (high - low) : high - golden * (high - low);
    c[better] = cost(t, x[better]);
  }
  const double least = cost(t, c[0] <= c[1] ? x[0] : x[1]), still = cost(t, 0);
  return least < still ? least : still;
}

static double best_cost(transport *t)
{
  return t->period > 0 ? least_cost(t) : cost(t, 0);
}

/* The greatest length of W_1's way is the unit of the others, so that powers neither overflow nor vanish.  Masses are known to
 * a few ulp, and so much may lie on the other side of a gap. */
static mf_line_value wasserstein(const distribution *a, const distribution *b, double p, double period)
{
  transport t = {.a = a, .b = b, .p = 1, .period = period, .unit = 1};
  double least = best_cost(&t);
  if (t.farthest == 0) return (mf_line_value){0, 0};
  const double unit = t.farthest;
  t.unit = unit;
  t.p = p;
  least = p == 1 ? least / unit : best_cost(&t);
  const double doubt = 8 * DBL_EPSILON * (least + pow(t.farthest, p)), value = pow(least, 1 / p);
  return (mf_line_value){unit * value, unit * (pow(least + doubt, 1 / p) - value)};
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

/* ---- two measures ---- */

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

typedef struct {
  distribution a, b;
  double *upto;
} two;

static int two_create(two *t, const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb)
{
  *t = (two){.upto = NULL};
  MF_TRY(mf_reals_create(&t->upto, na + nb));
  t->a = (distribution){a, t->upto, na};
  t->b = (distribution){b, t->upto + na, nb};
  MF_TRY(accumulate(a, na, t->upto));
  return accumulate(b, nb, t->upto + na);
}

int mf_line_compare(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb,
                    mf_line_distances *out)
{
  two t;
  const int status = two_create(&t, a, na, b, nb);
  if (!status) {
    out->w1 = wasserstein(&t.a, &t.b, 1, 0).distance;
    out->w2 = wasserstein(&t.a, &t.b, 2, 0).distance;
    out->ks = fmax(largest_difference(&t.a, &t.b), largest_difference(&t.b, &t.a));
  }
  mf_release(t.upto);
  return status;
}

/* ---- map ---- */

/* Averages over a piece of a of T and of a primitive of x - T, which is `*start` where the piece begins and `*start` where it
 * ends.  Between the ends of pieces of b, from `*j` on, T is straight. */
static void average_piece(const two *t, ptrdiff_t i, ptrdiff_t *j, double *start, double *potential,
                          double *image)
{
  const mf_line_piece *p = &t->a.piece[i];
  const double from = i ? t->a.upto[i - 1] : 0, mass = t->a.upto[i] - from, length = p->hi - p->lo;
  double m = from, x = p->lo, sum_potential = 0, sum_image = 0;
  for (bool more = true; more;) {
    while (*j + 1 < t->b.count && t->b.upto[*j] <= m) ++*j;
    more = mass > 0 && t->b.upto[*j] < t->a.upto[i];
    const double next = more ? t->b.upto[*j] : t->a.upto[i],
                 end = more ? fmin(p->lo + length * (next - from) / mass, p->hi) : p->hi, w = end - x,
                 to[2] = {quantile(&t->b, *j, m), quantile(&t->b, *j, next)}, d[2] = {x - to[0], end - to[1]};
    sum_image += 0.5 * w * (to[0] + to[1]);
    sum_potential += w * *start + w * w * (2 * d[0] + d[1]) / 6;
    *start += 0.5 * w * (d[0] + d[1]);
    m = next;
    x = end;
  }
  potential[i] = sum_potential / length;
  image[i] = sum_image / length;
}

int mf_line_map(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb, double *potential,
                double *image)
{
  two t;
  double start = 0;
  const int status = two_create(&t, a, na, b, nb);
  for (ptrdiff_t i = 0, j = 0; !status && i < na; i++) average_piece(&t, i, &j, &start, potential, image);
  mf_release(t.upto);
  return status;
}

int mf_line_wasserstein(const mf_line_piece *a, ptrdiff_t na, const mf_line_piece *b, ptrdiff_t nb, double p,
                        double period, mf_line_value *out)
{
  two t;
  const int status = two_create(&t, a, na, b, nb);
  if (!status) *out = wasserstein(&t.a, &t.b, p, period);
  mf_release(t.upto);
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
