/* SPDX-License-Identifier: BSD-3-Clause */
/* The unknown that is integrated, the state it stands for, its norm, and its projection. */
#include "solver/flow/coordinate.h"

#include "grids/base.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"
#include "operators/entropy.h"

#include <float.h>
#include <math.h>

const char *const mf_coordinate_names[] = {"density", "deviation", "log", "power", NULL};

bool mf_coordinate_relative(const mf_coordinate *coordinate)
{
  return coordinate->kind == MF_LOG || coordinate->kind == MF_POWER;
}

double mf_coordinate_slope(const mf_coordinate *coordinate, double l)
{
  return coordinate->exponent == 0 ? 1 : exp(coordinate->exponent * l);
}

/* ---- states ---- */

/* Without a target the "deviation" is the density itself. */
static bool is_unknown(const mf_coordinate *coordinate, const mf_measure *target, unsigned array)
{
  switch (coordinate->kind) {
  case MF_DENSITY:
    return array == MF_NEED_DEVIATION && !target;
  case MF_DEVIATION:
    return array == MF_NEED_DEVIATION;
  case MF_LOG:
    return array == MF_NEED_LOG_RATIO;
  case MF_POWER:
    return false;
  }
  return false;
}

int mf_state_store_init(mf_state_store *s, const mf_grid *grid, const mf_measure *target,
                        const double *inverse_target, const mf_coordinate *coordinate, unsigned needs)
{
  const bool relative = mf_coordinate_relative(coordinate);
  *s = (mf_state_store){.needs = needs};
  s->state = (mf_state){.grid = grid,
                        .target = target,
                        .inverse_target = inverse_target,
                        .form = relative ? MF_RELATIVE : MF_ABSOLUTE};
  if (!target || !inverse_target) s->needs &= ~(unsigned)(MF_NEED_EXCESS | MF_NEED_LOG_RATIO);
  if (relative && s->needs) s->needs |= MF_NEED_LOG_RATIO; /* everything else comes from it */
  if (!relative) s->needs |= MF_NEED_DEVIATION;            /* of the mass */
  double **const array[] = {&s->density, &s->deviation, &s->excess, &s->log_ratio};
  for (int i = 0; i < 4; i++)
    if ((s->needs & (1u << i)) && !is_unknown(coordinate, target, 1u << i))
      MF_TRY(mf_field_create(grid, array[i]));
  return MF_OK;
}

void mf_state_store_clear(mf_state_store *s)
{
  mf_field_free(s->density);
  mf_field_free(s->deviation);
  mf_field_free(s->excess);
  mf_field_free(s->log_ratio);
  *s = (mf_state_store){0};
}

/* u - 1.  Below u = 4 ulp the difference rho - pi knows nothing of u: that is vacuum, and stays vacuum under reaction
 * of KL type, which would let round-off grow. */
static double resolved_excess(double delta, double pi, double inverse)
{
  const double unresolved = 4 * DBL_EPSILON;
  return pi + delta <= unresolved * pi ? fmin(-1, delta * inverse) : delta * inverse;
}

/* One filling of a state: the arrays to be filled, NULL where one is not. */
typedef struct {
  const mf_coordinate *coordinate;
  const double *y, *delta, *pi, *log_pi, *inverse;
  double *density, *deviation, *excess, *log_ratio;
} filling;

static void set_absolute(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const filling *f = self;
  const double *y = f->y, *pi = f->pi, *inverse = f->inverse;
  const bool shifted = f->coordinate->kind == MF_DEVIATION;
  for (ptrdiff_t c = begin; f->deviation && c < end; c++) f->deviation[c] = y[c] - pi[c];
  for (ptrdiff_t c = begin; f->density && c < end; c++)
    f->density[c] = fmax(shifted ? pi[c] + y[c] : y[c], 0);
  for (ptrdiff_t c = begin; f->excess && c < end; c++) f->excess[c] = f->delta[c] * inverse[c];
  for (ptrdiff_t c = begin; f->log_ratio && c < end; c++) {
    const double w = resolved_excess(f->delta[c], pi[c], inverse[c]);
    if (f->excess) f->excess[c] = w;
    f->log_ratio[c] = mf_entropy_log(w);
  }
}

/* Log-ratio of the power coordinate: log(1 + q y)/q, cut so that u^q >= e^MF_LOG_VACUUM. */
static double power_log(double q, double y)
{
  return mf_entropy_log(q * y) / q;
}

static void set_relative(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const filling *f = self;
  const double *l = f->log_ratio ? f->log_ratio : f->y;
  for (ptrdiff_t c = begin; f->log_ratio && c < end; c++)
    f->log_ratio[c] = power_log(f->coordinate->exponent, f->y[c]);
  for (ptrdiff_t c = begin; f->density && c < end; c++) f->density[c] = exp(l[c] + f->log_pi[c]);
  for (ptrdiff_t c = begin; f->excess && c < end; c++) f->excess[c] = expm1(l[c]);
  for (ptrdiff_t c = begin; f->deviation && c < end; c++) f->deviation[c] = f->pi[c] * expm1(l[c]);
}

void mf_state_store_set(mf_state_store *s, const mf_coordinate *coordinate, const double *y, unsigned wanted)
{
  const mf_measure *target = s->state.target;
  const bool relative = mf_coordinate_relative(coordinate);
  if (relative) wanted |= MF_NEED_LOG_RATIO;  /* everything else comes from it */
  if (!relative) wanted |= MF_NEED_DEVIATION; /* so do ratios */
  filling f = {.coordinate = coordinate,
               .y = y,
               .pi = target ? target->density : NULL,
               .log_pi = target ? target->log_density : NULL,
               .inverse = s->state.inverse_target,
               .density = wanted & MF_NEED_DENSITY ? s->density : NULL,
               .deviation = wanted & MF_NEED_DEVIATION ? s->deviation : NULL,
               .excess = wanted & MF_NEED_EXCESS ? s->excess : NULL,
               .log_ratio = wanted & MF_NEED_LOG_RATIO && coordinate->kind != MF_LOG ? s->log_ratio : NULL};
  s->unknown = y;
  s->state.density = f.density;
  s->state.excess = f.excess;
  s->state.deviation = relative || f.deviation ? f.deviation : y;
  s->state.log_ratio = relative && !f.log_ratio ? y : f.log_ratio;
  f.delta = s->state.deviation;
  mf_share(s->state.grid->cells, MF_PIECE, relative ? set_relative : set_absolute, &f);
}

typedef struct {
  const mf_coordinate *coordinate;
  const mf_measure *target, *initial;
  double *y;
} start_operands;

static void start(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const start_operands *j = self;
  const mf_measure *target = j->target, *initial = j->initial;
  for (ptrdiff_t c = begin; c < end; c++) {
    const double l = target ? initial->log_density[c] - target->log_density[c] : 0;
    switch (j->coordinate->kind) {
    case MF_DENSITY:
      j->y[c] = initial->density[c];
      break;
    case MF_DEVIATION:
      j->y[c] = initial->density[c] - target->density[c];
      break;
    case MF_LOG:
      j->y[c] = l == -INFINITY ? j->coordinate->vacuum : fmax(l, j->coordinate->floor);
      break;
    case MF_POWER:
      j->y[c] = expm1(j->coordinate->exponent * l) / j->coordinate->exponent;
      break;
    }
  }
}

static int cannot_hold(const start_operands *j)
{
  ptrdiff_t c = 0;
  while (isfinite(j->y[c])) c++;
  double x[MF_AXES];
  mf_grid_centre(j->initial->grid, c, x);
  return mf_fail(MF_ECASE,
                 "the %s coordinate cannot hold the initial density %g at %s, where the target is %g: use "
                 "`coordinate: deviation`",
                 mf_coordinate_names[j->coordinate->kind], j->initial->density[c],
                 mf_grid_point(j->initial->grid, x).text, j->target ? j->target->density[c] : 0);
}

int mf_coordinate_start(const mf_coordinate *coordinate, const mf_measure *target, const mf_measure *initial,
                        double *y)
{
  const start_operands operands = {coordinate, target, initial, y};
  mf_share(initial->grid->cells, MF_PIECE / 2, start, &operands);
  return mf_all_finite(y, initial->grid->cells) ? MF_OK : cannot_hold(&operands);
}

void mf_coordinate_from_log_ratio(const mf_coordinate *coordinate, const mf_measure *target,
                                  const double *log_ratio, double *y)
{
  const bool logarithm = coordinate->kind == MF_LOG;
  for (ptrdiff_t c = 0; c < target->grid->cells; c++)
    y[c] = logarithm ? mf_entropy_finite_log(log_ratio[c]) : target->density[c] * expm1(log_ratio[c]);
}

/* ---- norms ---- */

unsigned mf_coordinate_needs(const mf_coordinate *coordinate)
{
  return mf_coordinate_relative(coordinate) ? MF_NEED_DENSITY : 0;
}

/* What the loops below read and write. */
typedef struct {
  const double *pi, *rho, *y, *l;
  double scale; /* of y in norms */
  double rtol, floor, unit, norm, factor;
  double *weights;
} norm_operands;

/* sqrt of a sum of squares: y is taken in units of its largest value where they would not be numbers. */
static double root(const mf_grid *grid, norm_operands *j, mf_block *squares)
{
  double total, unit;
  j->scale = 1;
  mf_field_sums(grid, 1, squares, j, &total);
  if (mf_square_is_exact(total) || (unit = mf_field_unit(grid, j->y)) == 0) return sqrt(total);
  j->scale = 1 / unit;
  mf_field_sums(grid, 1, squares, j, &total);
  return unit * sqrt(total);
}

/* What a norm is compared with: rtol times itself, but no less than a share of the measure's own size, and than what keeps
 * weights numbers. */
static double allowed(const norm_operands *j, double norm, double size)
{
  const double least = 1e-305 * j->unit;
  return fmax(j->rtol * norm + j->floor * size, least);
}

/* Mean density of the target. */
static double mean_density(const mf_state_store *at)
{
  const mf_grid *grid = at->state.grid;
  return at->state.target ? at->state.target->mass / (grid->volume * (double)grid->global_cells) : 0;
}

static void fill_even(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const norm_operands *j = self;
  for (ptrdiff_t c = begin; c < end; c++) j->weights[c] = j->factor;
}

MF_INLINE double even_square(const void *self, ptrdiff_t c)
{
  const norm_operands *j = self;
  return (j->scale * j->y[c]) * (j->scale * j->y[c]);
}

MF_CLONES static void mf_even_norm(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, even_square);
}

static double even_weights(const mf_state_store *at, norm_operands *j)
{
  const mf_grid *grid = at->state.grid;
  const double rms = root(grid, j, mf_even_norm) / sqrt((double)grid->global_cells);
  j->factor = j->unit / allowed(j, rms, at->state.target ? mean_density(at) : rms);
  mf_share(grid->cells, MF_PIECE, fill_even, j);
  return rms;
}

MF_INLINE double entropic_square(const void *self, ptrdiff_t c)
{
  const norm_operands *j = self;
  return j->scale * j->y[c] / (j->pi[c] + fabs(j->y[c])) * (j->scale * j->y[c]);
}

MF_CLONES static void mf_entropic_norm(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, entropic_square);
}

MF_CLONES static void mf_fill_entropic(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const norm_operands *j = self;
  const double *pi = j->pi, *y = j->y, factor = j->factor;
  double *restrict weights = j->weights;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) weights[c] = factor * sqrt(1 / (pi[c] + fabs(y[c])));
}

static double entropic_weights(const mf_state_store *at, norm_operands *j)
{
  const mf_grid *grid = at->state.grid;
  const double cells = (double)grid->global_cells, norm = root(grid, j, mf_entropic_norm) / sqrt(cells);
  j->factor = j->unit / allowed(j, norm, sqrt(mean_density(at)));
  mf_share(grid->cells, MF_PIECE, mf_fill_entropic, j);
  return norm;
}

MF_INLINE double share_at(const void *self, ptrdiff_t c)
{
  const norm_operands *j = self;
  return j->scale * (j->pi[c] + j->rho[c]);
}

MF_INLINE double log_square(const void *self, ptrdiff_t c)
{
  const norm_operands *j = self;
  return share_at(self, c) * j->y[c] * j->y[c];
}

MF_CLONES static void mf_log_norm(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  sums[0] = mf_lanes_sum(self, begin, end, log_square);
  sums[1] = mf_lanes_sum(self, begin, end, share_at);
}

MF_CLONES static void mf_fill_log(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const norm_operands *j = self;
  const double tail_care = 0.1, *pi = j->pi, *rho = j->rho, *y = j->y;
  const double rtol = j->rtol, floor = j->floor, norm = j->norm, bulk = j->factor, unit = j->unit;
  double *restrict weights = j->weights;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) {
    const double own = tail_care / (rtol * (norm + fabs(y[c])) + floor), all = bulk * sqrt(pi[c] + rho[c]);
    const double more = own > all ? own : all, less = own > all ? all / own : own / all;
    weights[c] = unit * more * sqrt(1 + less * less); /* their squares may be no numbers */
  }
}

static double log_weights(const mf_state_store *at, norm_operands *j)
{
  const mf_grid *grid = at->state.grid;
  double sums[2];
  j->scale = 1 / mean_density(at);
  mf_field_sums(grid, 2, mf_log_norm, j, sums);
  j->norm = sqrt(sums[0] / sums[1]);
  j->factor = sqrt((double)grid->global_cells / sums[1]) * sqrt(j->scale) / (j->rtol * j->norm + j->floor);
  mf_share(grid->cells, MF_PIECE, mf_fill_log, j);
  return j->norm;
}

double mf_coordinate_weights(const mf_coordinate *coordinate, const mf_state_store *at, bool entropic,
                             double rtol, double floor, double unit, double *weights)
{
  norm_operands operands = {.pi = at->state.target ? at->state.target->density : NULL,
                            .rho = at->state.density,
                            .y = at->unknown,
                            .rtol = rtol,
                            .floor = floor,
                            .unit = unit,
                            .weights = weights};
  if (mf_coordinate_relative(coordinate)) return log_weights(at, &operands);
  return coordinate->kind == MF_DEVIATION && entropic ? entropic_weights(at, &operands)
                                                      : even_weights(at, &operands);
}

/* ---- conserved mass ---- */

MF_INLINE double mass_excess_at(const void *self, ptrdiff_t c)
{
  const norm_operands *j = self;
  return j->pi[c] * expm1(j->l[c]);
}

static void sum_mass_excess(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, mass_excess_at);
}

double mf_coordinate_mass_excess(const mf_state_store *at)
{
  const mf_grid *grid = at->state.grid;
  if (at->state.form == MF_ABSOLUTE) return mf_field_mass(grid, at->state.deviation);
  double total;
  mf_field_sums(grid, 1, sum_mass_excess,
                &(norm_operands){.pi = at->state.target->density, .l = at->state.log_ratio}, &total);
  return grid->volume * total;
}

/* A projection of y and of an error along rho, which is y itself or, given pi, pi + y. */
typedef struct {
  const double *y, *pi;
  double surplus, of_error;
  double *corr, *error;
} projection;

/* rho of a run of cells, without what round-off may have left below 0: vacuum stays vacuum. */
MF_INLINE double along(const void *self, ptrdiff_t c)
{
  const projection *p = self;
  const double rho = p->pi ? p->pi[c] + p->y[c] : p->y[c];
  return rho > 0 ? rho : 0;
}

MF_CLONES static void mf_sum_along(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, along);
}

MF_CLONES static void mf_fill_projection(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const projection p = *(const projection *)self;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) p.corr[c] = -p.surplus * along(&p, c);
  if (!p.error) return;
#pragma omp simd
  for (ptrdiff_t c = begin; c < end; c++) p.error[c] -= p.of_error * along(&p, c);
}

static void project_absolute(const mf_coordinate *coordinate, const mf_state_store *at, double mass_excess,
                             double *corr, double *error)
{
  const mf_grid *grid = at->state.grid;
  projection p = {.y = at->unknown, .corr = corr, .error = error};
  if (coordinate->kind == MF_DEVIATION) p.pi = at->state.target->density;
  double sum;
  mf_field_sums(grid, 1, mf_sum_along, &p, &sum);
  const double mass = grid->volume * sum;
  p.surplus = (mf_coordinate_mass_excess(at) - mass_excess) / mass;
  p.of_error = error ? mf_field_mass(grid, error) / mass : 0;
  mf_share(grid->cells, MF_PIECE, mf_fill_projection, &p);
}

typedef struct {
  const mf_coordinate *coordinate;
  const double *rho, *l, *change;
} change_operands;

MF_INLINE double density_change(const void *self, ptrdiff_t c)
{
  const change_operands *o = self;
  return o->rho[c] * o->change[c] / mf_coordinate_slope(o->coordinate, o->l[c]);
}

static void sum_change(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, density_change);
}

/* A common factor on rho: d log rho = const. */
static void project_relative(const mf_coordinate *coordinate, const mf_state_store *at, double mass_excess,
                             double *corr, double *error)
{
  const mf_grid *grid = at->state.grid;
  const double *rho = at->state.density, *l = at->state.log_ratio;
  const double mass = mf_field_mass(grid, rho);
  const double shift = log1p(-(mf_coordinate_mass_excess(at) - mass_excess) / mass);
  double sum = 0;
  if (error) mf_field_sums(grid, 1, sum_change, &(change_operands){coordinate, rho, l, error}, &sum);
  const double of_error = sum * grid->volume / mass;
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double slope = mf_coordinate_slope(coordinate, l[c]);
    corr[c] = shift * slope;
    if (error) error[c] -= of_error * slope;
  }
}

void mf_coordinate_project(const mf_coordinate *coordinate, const mf_state_store *at, double mass_excess,
                           double *corr, double *error)
{
  if (mf_coordinate_relative(coordinate))
    project_relative(coordinate, at, mass_excess, corr, error);
  else
    project_absolute(coordinate, at, mass_excess, corr, error);
}
