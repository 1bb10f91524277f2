/* The unknown that is integrated, the state it stands for, its norm, and its projection. */
#include "solver/coordinate.h"

#include "grids/base.h"
#include "grids/field.h"
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

int mf_snapshot_init(mf_snapshot *s, const mf_grid *grid, const mf_measure *target,
                     const double *inverse_target, const mf_coordinate *coordinate, unsigned needs)
{
  const bool relative = mf_coordinate_relative(coordinate);
  *s = (mf_snapshot){.needs = needs};
  s->state = (mf_state){.grid = grid,
                        .target = target,
                        .inverse_target = inverse_target,
                        .form = relative ? MF_RELATIVE : MF_ABSOLUTE};
  if (!target || !inverse_target) s->needs &= ~(unsigned)(MF_NEED_RATIO | MF_NEED_LOG_RATIO);
  if (relative && s->needs) s->needs |= MF_NEED_LOG_RATIO; /* everything else comes from it */
  if (!relative) s->needs |= MF_NEED_DEVIATION;            /* of the mass */
  double **const array[] = {&s->density, &s->deviation, &s->ratio, &s->log_ratio};
  for (int i = 0; i < 4; i++)
    if ((s->needs & (1u << i)) && !is_unknown(coordinate, target, 1u << i))
      MF_TRY(mf_reals_create(array[i], grid->cells));
  return MF_OK;
}

void mf_snapshot_clear(mf_snapshot *s)
{
  mf_release(s->density);
  mf_release(s->deviation);
  mf_release(s->ratio);
  mf_release(s->log_ratio);
  *s = (mf_snapshot){0};
}

/* u - 1.  Below u = 4 ulp the difference rho - pi knows nothing of u: that is vacuum, and stays vacuum under reaction
 * of KL type, which would let round-off grow. */
static double resolved_ratio(double delta, double pi, double inverse)
{
  const double unresolved = 4 * DBL_EPSILON;
  return pi + delta <= unresolved * pi ? fmin(-1, delta * inverse) : delta * inverse;
}

static void set_absolute(mf_snapshot *s, const mf_coordinate *coordinate, const double *y)
{
  const ptrdiff_t cells = s->state.grid->cells;
  const double *pi = s->state.target ? s->state.target->density : NULL, *inverse = s->state.inverse_target;
  const double *delta = s->deviation ? s->deviation : y;
  const bool shifted = coordinate->kind == MF_DEVIATION;
  for (ptrdiff_t c = 0; s->deviation && c < cells; c++) s->deviation[c] = y[c] - pi[c];
  for (ptrdiff_t c = 0; s->density && c < cells; c++) s->density[c] = fmax(shifted ? pi[c] + y[c] : y[c], 0);
  for (ptrdiff_t c = 0; s->ratio && c < cells; c++) s->ratio[c] = delta[c] * inverse[c];
  for (ptrdiff_t c = 0; s->log_ratio && c < cells; c++) {
    const double w = resolved_ratio(delta[c], pi[c], inverse[c]);
    if (s->ratio) s->ratio[c] = w;
    s->log_ratio[c] = mf_entropy_log(w);
  }
  s->state.deviation = delta;
}

/* Log-ratio of the power coordinate: log(1 + q y)/q, cut so that u^q >= e^MF_LOG_VACUUM. */
static double power_log(double q, double y)
{
  return mf_entropy_log(q * y) / q;
}

static void set_relative(mf_snapshot *s, const mf_coordinate *coordinate, const double *y)
{
  const ptrdiff_t cells = s->state.grid->cells;
  const double *pi = s->state.target->density, *l = y;
  if (coordinate->kind == MF_POWER && s->log_ratio) {
    for (ptrdiff_t c = 0; c < cells; c++) s->log_ratio[c] = power_log(coordinate->exponent, y[c]);
    l = s->log_ratio;
  }
  s->state.log_ratio = l;
  for (ptrdiff_t c = 0; s->density && c < cells; c++)
    s->density[c] = exp(l[c] + s->state.target->log_density[c]);
  for (ptrdiff_t c = 0; s->ratio && c < cells; c++) s->ratio[c] = expm1(l[c]);
  for (ptrdiff_t c = 0; s->deviation && c < cells; c++) s->deviation[c] = pi[c] * expm1(l[c]);
}

void mf_snapshot_set(mf_snapshot *s, const mf_coordinate *coordinate, const double *y)
{
  s->unknown = y;
  s->state.density = s->density;
  s->state.deviation = s->deviation;
  s->state.ratio = s->ratio;
  s->state.log_ratio = s->log_ratio;
  if (mf_coordinate_relative(coordinate))
    set_relative(s, coordinate, y);
  else
    set_absolute(s, coordinate, y);
}

int mf_coordinate_start(const mf_coordinate *coordinate, const mf_measure *target, const mf_measure *initial,
                        double *y)
{
  const mf_grid *grid = initial->grid;
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double l = target ? initial->log_density[c] - target->log_density[c] : 0;
    switch (coordinate->kind) {
    case MF_DENSITY:
      y[c] = initial->density[c];
      break;
    case MF_DEVIATION:
      y[c] = initial->density[c] - target->density[c];
      break;
    case MF_LOG:
      y[c] = fmax(l, coordinate->floor);
      break;
    case MF_POWER:
      y[c] = expm1(coordinate->exponent * l) / coordinate->exponent;
      break;
    }
    if (!isfinite(y[c])) {
      double x[MF_AXES];
      mf_grid_centre(grid, c, x);
      return mf_fail(
          MF_ECASE,
          "the %s coordinate cannot hold the initial density %g at (%g, %g, %g), where the target is %g: use "
          "`coordinate: deviation`",
          mf_coordinate_names[coordinate->kind], initial->density[c], x[0], x[1], x[2],
          target ? target->density[c] : 0);
    }
  }
  return MF_OK;
}

void mf_coordinate_from_log_ratio(const mf_coordinate *coordinate, const mf_measure *target,
                                  const double *log_ratio, double *y)
{
  const bool logarithm = coordinate->kind == MF_LOG;
  for (ptrdiff_t c = 0; c < target->grid->cells; c++)
    y[c] = logarithm ? fmax(log_ratio[c], MF_LOG_VACUUM) : target->density[c] * expm1(log_ratio[c]);
}

/* ---- norms ---- */

static void even_weights(const mf_grid *grid, const double *y, double rtol, double atol, double *weights)
{
  const double rms = sqrt(mf_field_dot(grid, y, y) / (double)grid->global_cells);
  const double weight = 1 / (rtol * rms + atol);
  for (ptrdiff_t c = 0; c < grid->cells; c++) weights[c] = weight;
}

static void entropic_weights(const mf_grid *grid, const double *pi, const double *y, double rtol, double atol,
                             double *weights)
{
  mf_sum sum = {0};
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    weights[c] = 1 / (pi[c] + fabs(y[c]));
    mf_sum_add(&sum, y[c] * weights[c] * y[c]);
  }
  const double total = mf_sum_total(&sum, grid);
  const double factor = sqrt((double)grid->global_cells) / (rtol * sqrt(total) + atol);
  for (ptrdiff_t c = 0; c < grid->cells; c++) weights[c] = factor * sqrt(weights[c]);
}

static void log_weights(const mf_grid *grid, const double *pi, const double *rho, const double *y,
                        double rtol, double atol, double *weights)
{
  double sums[2] = {0, 0};
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double share = pi[c] + rho[c];
    sums[0] += share * y[c] * y[c];
    sums[1] += share;
  }
  mf_grid_sum(grid, sums, 2);
  const double norm = sqrt(sums[0] / sums[1]), tail_care = 0.1;
  const double bulk = sqrt((double)grid->global_cells / sums[1]) / (rtol * norm + atol);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double own = tail_care / (rtol * (norm + fabs(y[c])) + atol);
    weights[c] = hypot(bulk * sqrt(pi[c] + rho[c]), own);
  }
}

void mf_coordinate_weights(const mf_coordinate *coordinate, const mf_snapshot *at, bool entropic, double rtol,
                           double atol, double *weights)
{
  const mf_grid *grid = at->state.grid;
  const double *y = at->unknown;
  if (mf_coordinate_relative(coordinate))
    log_weights(grid, at->state.target->density, at->state.density, y, rtol, atol, weights);
  else if (coordinate->kind == MF_DEVIATION && entropic)
    entropic_weights(grid, at->state.target->density, y, rtol, atol, weights);
  else
    even_weights(grid, y, rtol, atol, weights);
}

/* ---- conserved mass ---- */

double mf_coordinate_excess(const mf_snapshot *at)
{
  const mf_grid *grid = at->state.grid;
  if (at->state.form == MF_ABSOLUTE) return mf_field_mass(grid, at->state.deviation);
  mf_sum sum = {0};
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    mf_sum_add(&sum, at->state.target->density[c] * expm1(at->state.log_ratio[c]));
  const double total = mf_sum_total(&sum, grid);
  return grid->volume * total;
}

/* Along rho, so that vacuum stays vacuum. */
static void project_absolute(const mf_snapshot *at, double excess, double *corr, double *error)
{
  const mf_grid *grid = at->state.grid;
  const double *along = at->state.density;
  const double mass = mf_field_mass(grid, along);
  const double surplus = (mf_coordinate_excess(at) - excess) / mass;
  const double of_error = error ? mf_field_mass(grid, error) / mass : 0;
  for (ptrdiff_t c = 0; c < grid->cells; c++) corr[c] = -surplus * along[c];
  for (ptrdiff_t c = 0; error && c < grid->cells; c++) error[c] -= of_error * along[c];
}

/* A common factor on rho: d log rho = const. */
static void project_relative(const mf_coordinate *coordinate, const mf_snapshot *at, double excess,
                             double *corr, double *error)
{
  const mf_grid *grid = at->state.grid;
  const double *rho = at->state.density, *l = at->state.log_ratio;
  const double mass = mf_field_mass(grid, rho);
  const double shift = log1p(-(mf_coordinate_excess(at) - excess) / mass);
  mf_sum sum = {0};
  for (ptrdiff_t c = 0; error && c < grid->cells; c++)
    mf_sum_add(&sum, rho[c] * error[c] / mf_coordinate_slope(coordinate, l[c]));
  const double of_error = mf_sum_total(&sum, grid) * grid->volume / mass;
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    const double slope = mf_coordinate_slope(coordinate, l[c]);
    corr[c] = shift * slope;
    if (error) error[c] -= of_error * slope;
  }
}

void mf_coordinate_project(const mf_coordinate *coordinate, const mf_snapshot *at, double excess,
                           double *corr, double *error)
{
  if (mf_coordinate_relative(coordinate))
    project_relative(coordinate, at, excess, corr, error);
  else
    project_absolute(at, excess, corr, error);
}
