/* exp(t A) for linear reversible flows, by Chebyshev series.
 *
 * Where the flow couples neighbours only, A is taken to the half density v = y/sqrt(pi), in which it is a symmetric
 * stencil, and several terms of the series are done in one pass over memory.  Else the Jacobian is applied as it is.
 * A series is exact to round-off of where it starts; so that this is round-off of where it ends as well, it is cut
 * where the deviation would lose more than a few decades. */
#include "solver/propagate.h"

#include "grids/field.h"
#include "grids/threads.h"
#include "operators/stencil.h"

#include <math.h>
#include <string.h>

struct mf_propagator {
  mf_flow *flow;
  const mf_grid *grid;
  mf_stencil *stencil; /* of the half density, or NULL: the Jacobian is used */
  double bound;        /* R */
  double longest;      /* step that keeps enough decades */
  double *even, *odd, *sum; /* the last two are lent by the flow */
  double *image;            /* of the Jacobian, if that is used */
  double *coefficient;
  int room;
  long applications;
};

/* ---- the operator ---- */

typedef struct {
  const double *lower, *diagonal, *upper;
  double *sum, *off;
} bands;

static void add_diagonal(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const bands *b = self;
  for (ptrdiff_t c = begin; c < end; c++) b->sum[c] += b->diagonal[c];
}

static void couple(const void *self, const mf_faces *f)
{
  const bands *b = self;
  for (ptrdiff_t low = f->first; low < f->first + f->count; low++)
    b->off[low] = sqrt(b->upper[low] * b->lower[low + f->step]);
}

/* Couplings of the half density: geometric mean of the two entries, which differ by pi alone. */
static int fill_stencil(mf_propagator *p)
{
  const mf_grid *grid = p->grid;
  double *lower = p->even, *diagonal = p->odd, *upper = p->sum;
  MF_TRY(mf_stencil_create(&p->stencil, grid));
  for (int a = 0; a < grid->dim; a++) {
    mf_flow_bands(p->flow, a, lower, diagonal, upper);
    const bands b = {lower, diagonal, upper, p->stencil->diagonal, p->stencil->off[a]};
    mf_share(grid->cells, MF_PIECE, add_diagonal, &b);
    mf_faces_share(grid, a, couple, &b);
  }
  p->bound = mf_stencil_bound(p->stencil);
  return MF_OK;
}

/* int a b / pi, up to the cells' volume. */
static double product(const mf_propagator *p, const double *a, const double *b)
{
  const double *pi = mf_flow_target(p->flow)->density;
  mf_sum sum = {0};
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) mf_sum_add(&sum, a[c] * b[c] / pi[c]);
  return mf_sum_total(&sum, p->grid);
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
  const double *pi = mf_flow_target(p->flow)->density;
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) {
    const double wave = sin(1 + 2.7 * (double)c) + (c % 2 ? 0.5 : -0.5);
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
  return MF_OK;
}

static int fill(mf_propagator *p, mf_flow *flow)
{
  p->flow = flow;
  p->grid = mf_flow_grid(flow);
  p->longest = INFINITY;
  MF_TRY(mf_reals_create(&p->even, p->grid->cells));
  p->odd = mf_flow_lend(flow, 0);
  p->sum = mf_flow_lend(flow, 1);
  mf_flow_linearise(flow, p->even); /* anywhere: the flow is linear */
  if (mf_flow_local(flow)) return fill_stencil(p);
  MF_TRY(mf_reals_create(&p->image, p->grid->cells));
  return estimate_bound(p);
}

int mf_propagator_create(mf_propagator **out, mf_flow *flow)
{
  if (!mf_flow_linear(flow))
    return mf_fail(MF_ECASE,
                   "a Chebyshev series is for linear flows: diffusion of kl in the deviation coordinate");
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, flow);
  if (status) {
    mf_propagator_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_propagator_free(mf_propagator *p)
{
  if (!p) return;
  mf_stencil_free(p->stencil);
  mf_release(p->even);
  mf_release(p->image);
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
static int apply_jacobian(mf_propagator *p, const mf_level *q, const double *x, double *z)
{
  MF_TRY(mf_flow_jacobian(p->flow, x, p->image));
  for (ptrdiff_t c = 0; c < p->grid->cells; c++) {
    z[c] = q->a * p->image[c] + q->b * x[c] - q->c * z[c];
    p->sum[c] += q->d * z[c];
  }
  return MF_OK;
}

static void begin_series(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const mf_propagator *p = self;
  for (ptrdiff_t c = begin; c < end; c++) {
    p->sum[c] = p->coefficient[0] * p->even[c];
    p->odd[c] = 0;
  }
}

/* p->sum = series applied to p->even. */
static int sum_series(mf_propagator *p, double t)
{
  enum { PASS = 64 };
  int count;
  MF_TRY(find_coefficients(p, 0.5 * t * p->bound, &count));
  const int most = p->stencil ? mf_stencil_levels(p->grid) : 1;
  mf_share(p->grid->cells, MF_PIECE, begin_series, p);
  double *x = p->even, *z = p->odd;
  for (int k = 1; k < count;) {
    mf_level level[PASS];
    int levels = 0;
    for (; levels < most && k < count; levels++, k++)
      level[levels] =
          (mf_level){(k == 1 ? 2 : 4) / p->bound, k == 1 ? 1 : 2, k == 1 ? 0 : 1, p->coefficient[k]};
    if (p->stencil)
      mf_stencil_advance(p->stencil, level, levels, x, z, p->sum);
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

/* Between y and the half density, of which the stencil is the operator. */
typedef struct {
  const double *pi; /* NULL: they are the same */
  const double *in;
  double *out;
} exchange;

MF_CLONES static void mf_halve(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const exchange j = *(const exchange *)self;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) j.out[c] = j.pi ? j.in[c] / sqrt(j.pi[c]) : j.in[c];
}

MF_CLONES static void mf_make_whole(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const exchange j = *(const exchange *)self;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) j.out[c] = j.pi ? sqrt(j.pi[c]) * j.in[c] : j.in[c];
}

static const double *half_density(const mf_propagator *p)
{
  return p->stencil ? mf_flow_target(p->flow)->density : NULL;
}

/* One series over a time t; *kept is the part of the deviation's size that is left. */
static int advance_once(mf_propagator *p, double t, double *y, double *kept)
{
  mf_share(p->grid->cells, MF_PIECE, mf_halve, &(exchange){half_density(p), y, p->even});
  const double before = mf_field_sum_abs(p->grid, p->even);
  MF_TRY(sum_series(p, t));
  const double after = mf_field_sum_abs(p->grid, p->sum);
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
    mf_share(p->grid->cells, MF_PIECE, mf_make_whole, &(exchange){half_density(p), p->sum, y});
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
