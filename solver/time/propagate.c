/* SPDX-License-Identifier: BSD-3-Clause */
/* exp(t A) for linear reversible flows, by Chebyshev series.
 *
 * Where A is a generator, the series is summed for the ratio y/pi, several terms in one pass over memory.  Else the Jacobian
 * is applied as it is.
 * A series is exact to round-off of where it starts; so that this is round-off of where it ends as well, it is cut
 * where the deviation would lose more than a few decades. */
#include "solver/time/propagate.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"
#include "operators/transport/generator.h"

#include <math.h>
#include <string.h>

struct mf_propagator {
  mf_flow *flow;
  const mf_grid *grid;
  mf_generator generator;   /* its grid is NULL: the Jacobian is used */
  double scale;             /* of a level's operator, so that its spectrum is that of A over R */
  double bound;             /* R */
  double longest;           /* step that keeps enough decades */
  double *even, *odd, *sum; /* the last two are lent by the flow */
  double *image;            /* of the Jacobian, if that is used */
  double *coefficient;
  int room;
  long applications;
};

/* ---- the operator ---- */

static void take_generator(mf_propagator *p, double factor)
{
  const double bound = mf_generator_bound(&p->generator);
  p->bound = factor * bound;
  p->scale = bound > 0 ? 1 / bound : 0;
}

typedef struct {
  const double *a, *b, *pi;
} product_operands;

MF_INLINE double product_at(const void *self, ptrdiff_t c)
{
  const product_operands *o = self;
  return o->a[c] * o->b[c] / o->pi[c];
}

MF_CLONES static void mf_sum_products(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, product_at);
}

/* int a b / pi, up to the cells' volume. */
static double product(const mf_propagator *p, const double *a, const double *b)
{
  double sum;
  mf_field_sums(p->grid, 1, mf_sum_products, &(product_operands){a, b, mf_flow_target(p->flow)->density},
                &sum);
  return sum;
}

/* Number of eigenvalues of a symmetric tridiagonal matrix above x, by Sturm's sequence. */
static int eigenvalues_above(int n, const double *diagonal, const double *off, double x)
{
  int count = 0;
  double pivot = 1;
  for (int i = 0; i < n; i++) {
    pivot = diagonal[i] - x - (i ? off[i - 1] * off[i - 1] / pivot : 0);
    if (pivot == 0) pivot = 1e-300;
    count += pivot > 0;
  }
  return count;
}

/* Upper bound of the spectrum of -A: the largest Ritz value of some Lanczos steps and the last residual (Zhou & Li
 * 2011). */
static int estimate_bound(mf_propagator *p)
{
  enum { STEPS = 24 };
  double diagonal[STEPS], off[STEPS];
  double *v = p->even, *before = p->odd;
  const ptrdiff_t first = mf_grid_first(p->grid);
  const double *pi = mf_flow_target(p->flow)->density;
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) {
    const ptrdiff_t i = first + c;
    const double wave = sin(1 + 2.7 * (double)i) + (i % 2 ? 0.5 : -0.5);
    v[c] = sqrt(pi[c]) * wave;
    before[c] = 0;
  }
  int steps = 0;
  double beta = 0, norm = sqrt(product(p, v, v));
  while (steps < STEPS && norm > 0) {
    for (ptrdiff_t c = 0; c < p->grid->cells; c++) v[c] /= norm;
    MF_TRY(mf_flow_jacobian(p->flow, v, p->image));
    const double alpha = -product(p, v, p->image);
    for (ptrdiff_t c = 0; c < p->grid->cells; c++) {
      const double next = -p->image[c] - alpha * v[c] - beta * before[c];
      before[c] = v[c];
      v[c] = next;
    }
    beta = norm = sqrt(product(p, v, v));
    diagonal[steps] = alpha;
    off[steps++] = beta;
  }
  double low = 0, high = 0;
  for (int i = 0; i < steps; i++) high = fmax(high, fabs(diagonal[i]) + off[i] + (i ? off[i - 1] : 0));
  for (int k = 0; k < 60; k++) {
    const double middle = 0.5 * (low + high);
    *(eigenvalues_above(steps, diagonal, off, middle) ? &low : &high) = middle;
  }
  p->bound = high + (steps ? off[steps - 1] : 0);
  p->scale = p->bound > 0 ? 1 / p->bound : 0;
  return MF_OK;
}

static int fill(mf_propagator *p, mf_flow *flow)
{
  p->flow = flow;
  p->grid = mf_flow_grid(flow);
  p->longest = INFINITY;
  MF_TRY(mf_field_create(p->grid, &p->even));
  p->odd = mf_flow_lend(flow, 0);
  p->sum = mf_flow_lend(flow, 1);
  double factor;
  if (mf_flow_generator(flow, &p->generator, &factor)) {
    take_generator(p, factor);
    return MF_OK;
  }
  mf_flow_linearise(flow, p->even); /* anywhere: the flow is linear */
  MF_TRY(mf_field_create(p->grid, &p->image));
  return estimate_bound(p);
}

int mf_propagator_check(const mf_flow *flow)
{
  if (mf_flow_linear(flow)) return MF_OK;
  return mf_fail(MF_ECASE,
                 "a Chebyshev series is for linear reversible flows, kl in transport geometries as a "
                 "deviation; leave the choice to 'auto'");
}

int mf_propagator_create(mf_propagator **out, mf_flow *flow)
{
  MF_TRY(mf_propagator_check(flow));
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  int status = fill(*out, flow);
  if (!status && !isfinite((*out)->bound))
    status = mf_fail(MF_ENUMERIC, "the flow's rates are not bounded: a Chebyshev series cannot be used");
  if (status) {
    mf_propagator_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_propagator_free(mf_propagator *p)
{
  if (!p) return;
  mf_field_free(p->even);
  mf_field_free(p->image);
  mf_release(p->coefficient);
  mf_release(p);
}

/* ---- the series ---- */

/* Terms after which c_k < 1e-17: c_k falls like e^(-k^2/(2z)), and faster from k = z on. */
static int terms(double z)
{
  return (int)sqrt(80 * z) + 30;
}

double mf_propagator_cost(const mf_propagator *p, double t)
{
  return terms(0.5 * t * p->bound);
}

/* c_0 to c_(n-1), by Miller's backward recurrence, normalised by sum_k c_k = 1; returns n. */
static int find_coefficients(mf_propagator *p, double z, int *count)
{
  const int n = terms(z), from = n + 20;
  if (p->room < n) {
    mf_release(p->coefficient);
    p->coefficient = NULL;
    MF_TRY(mf_reals_create(&p->coefficient, n));
    p->room = n;
  }
  double *c = p->coefficient, after = 0, here = 1e-290, sum = 0;
  for (int k = from; k >= 0; k--) {
    const double term = (k ? 2 : 1) * here, before = after + 2 * k / z * here;
    if (k < n) c[k] = term;
    sum += term;
    after = here;
    here = before;
    if (here < 1e250) continue;
    for (int j = k; j < n; j++) c[j] *= 1e-250;
    sum *= 1e-250;
    after *= 1e-250;
    here *= 1e-250;
  }
  *count = 1;
  for (int k = 0; k < n; k++) {
    c[k] /= sum;
    if (c[k] > 1e-17) *count = k + 1;
  }
  return MF_OK;
}

/* One level with the Jacobian as it is. */
static int apply_jacobian(mf_propagator *p, const mf_recurrence *q, const double *x, double *z)
{
  MF_TRY(mf_flow_jacobian(p->flow, x, p->image));
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) {
    z[c] = q->a * p->image[c] + q->b * x[c] - q->c * z[c];
    p->sum[c] += q->d * z[c];
  }
  return MF_OK;
}

/* p->sum = series applied to p->even. */
static int sum_series(mf_propagator *p, double t)
{
  enum { PASS = 64 };
  int count;
  MF_TRY(find_coefficients(p, 0.5 * t * p->bound, &count));
  const int most = p->generator.grid ? mf_generator_levels(p->grid) : 1;
  mf_each(p->grid->cells, mf_each_scaled, p->coefficient[0], p->even, 0, NULL, p->sum);
  mf_each(p->grid->cells, mf_each_constant, 0, NULL, 0, NULL, p->odd);
  double *x = p->even, *z = p->odd;
  for (int k = 1; k < count;) {
    mf_recurrence level[PASS];
    int levels = 0;
    for (; levels < most && k < count; levels++, k++)
      level[levels] =
          (mf_recurrence){(k == 1 ? 2 : 4) * p->scale, k == 1 ? 1 : 2, k == 1 ? 0 : 1, p->coefficient[k]};
    if (p->generator.grid)
      mf_generator_advance(&p->generator, level, levels, x, z, p->sum);
    else
      MF_TRY(apply_jacobian(p, level, x, z));
    p->applications += levels;
    if (levels % 2 == 0) continue;
    double *swap = x;
    x = z;
    z = swap;
  }
  return MF_OK;
}

/* out = in times an array; where there is no generator, in itself. */
static void rescale(const mf_propagator *p, const double *in, const double *factor, double *out)
{
  mf_each(p->grid->cells, p->generator.grid ? mf_each_product : mf_each_scaled, 1, in, 0, factor, out);
}

typedef struct {
  const double *pi; /* NULL: the values are not ratios */
  const double *values;
} size_operands;

MF_INLINE double size_of(const void *self, ptrdiff_t c)
{
  const size_operands *j = self;
  return fabs(j->values[c]) * (j->pi ? sqrt(j->pi[c]) : 1);
}

MF_CLONES static void mf_sum_sizes(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, size_of);
}

/* Size of a deviation as round-off sees it: the sum of |y|/sqrt(pi) where `values` are y/pi, else that of |y|. */
static double deviation_size(const mf_propagator *p, const double *values)
{
  const size_operands operands = {p->generator.grid ? mf_flow_target(p->flow)->density : NULL, values};
  double size;
  mf_field_sums(p->grid, 1, mf_sum_sizes, &operands, &size);
  return size;
}

/* One series over a time t; *kept is the part of the deviation's size that is left. */
static int advance_once(mf_propagator *p, double t, double *y, double *kept)
{
  rescale(p, y, p->generator.inverse, p->even);
  const double before = deviation_size(p, p->even);
  MF_TRY(sum_series(p, t));
  const double after = deviation_size(p, p->sum);
  if (!isfinite(after)) return mf_fail(MF_ENUMERIC, "the Chebyshev series grew without bound");
  *kept = before > 0 ? after / before : 1;
  return MF_OK;
}

int mf_propagator_advance(mf_propagator *p, double t, double *y)
{
  const double least = 1e-3; /* round-off of the start is then 1e-13 of the end */
  double done = 0, kept = 1;
  while (done < t && p->bound > 0) {
    const double step = fmin(p->longest, t - done);
    MF_TRY(advance_once(p, step, y, &kept));
    if (kept < least && step * p->bound > 1) {
      p->longest = 0.5 * step;
      continue;
    }
    rescale(p, p->sum, mf_flow_target(p->flow)->density, y);
    if (mf_flow_conserves_mass(p->flow)) mf_flow_restore_mass(p->flow, y); /* that round-off took */
    done = step < t - done ? done + step : t;
  }
  return MF_OK;
}

double *mf_propagator_spare(const mf_propagator *p)
{
  return p->even;
}

long mf_propagator_applications(const mf_propagator *p)
{
  return p->applications;
}

mf_propagator_past mf_propagator_remember(const mf_propagator *p)
{
  return (mf_propagator_past){p->longest, p->applications};
}

void mf_propagator_recall(mf_propagator *p, mf_propagator_past past)
{
  p->longest = past.longest;
  p->applications = past.applications;
}
