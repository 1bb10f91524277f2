/* SPDX-License-Identifier: BSD-3-Clause */
/* Time integration of a flow, by the integrator that suits it (march_choose.c). */
#include "solver/time/march_parts.h"

#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/profile.h"

#include <math.h>
#include <string.h>

/* Of 1 in the preconditioner of long steps: see `factor`. */
static const double least_share = 0.25;

/* ---- the flow as CVODE sees it ---- */

static void scale(const mf_march *m, double factor, const double *from, double *to)
{
  if (factor != 1 || from != to) mf_each(m->grid->cells, mf_each_scaled, factor, from, 0, NULL, to);
}

/* y of CVODE's z, in a unit. */
static const double *in_flow(const mf_march *m, double unit, const double *z)
{
  if (unit == 1) return z;
  scale(m, unit, z, m->scaled);
  return m->scaled;
}

/* Where a linear flow is looked at does not matter. */
static double unit_of_rate(const mf_march *m, double t)
{
  return mf_flow_linear(m->flow) ? m->rescale.unit : mf_rescale_unit(&m->rescale, t);
}

static int rate(void *self, double t, const double *z, double *zdot)
{
  const mf_march *m = self;
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_RATE);
  const double unit = unit_of_rate(m, t), s = mf_rescale_rate(&m->rescale, t);
  const int status = mf_flow_rate(m->flow, in_flow(m, unit, z), zdot);
  if (s > 0)
    mf_each(m->grid->cells, mf_each_sum, 1 / unit, zdot, s, z, zdot);
  else
    scale(m, 1 / unit, zdot, zdot);
  mf_profile_leave(outer);
  return status;
}

static void linearise(void *self, double t, const double *z)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_JACOBIAN);
  mf_march *m = self;
  mf_flow_linearise(m->flow, in_flow(m, unit_of_rate(m, t), z));
  m->moved = true;
  mf_profile_leave(outer);
}

static int jacobian(void *self, double t, const double *v, double *jv)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_JACOBIAN);
  const mf_march *m = self;
  const double unit = m->rescale.unit, s = mf_rescale_rate(&m->rescale, t);
  const int status = mf_flow_jacobian(m->flow, in_flow(m, unit, v), jv);
  if (s > 0)
    mf_each(m->grid->cells, mf_each_sum, 1 / unit, jv, s, v, jv);
  else
    scale(m, 1 / unit, jv, jv);
  mf_profile_leave(outer);
  return status;
}

/* P = share - gamma J for 1 - gamma s - gamma J.  Long steps make the true share negative, and the matrix would be positive only
 * because no mode of J is slower than s, which multigrid cannot know. */
static int factor(void *self, double t, double gamma)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_PRECONDITIONER);
  mf_march *m = self;
  if (m->moved) mf_preconditioner_linearise(m->preconditioner);
  m->moved = false;
  m->share = fmax(1 - gamma * mf_rescale_rate(&m->rescale, t), least_share);
  const int status = mf_preconditioner_factor(m->preconditioner, gamma / m->share);
  mf_profile_leave(outer);
  return status;
}

static void solve(void *self, const double *r, double *z)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_PRECONDITIONER);
  const mf_march *m = self;
  mf_preconditioner_solve(m->preconditioner, r, z);
  scale(m, 1 / m->share, z, z);
  mf_profile_leave(outer);
}

/* Weights for errors in a unit of y, and the norm of y. */
static double weigh(const mf_march *m, const double *y, double unit, double *w)
{
  /* Down to where round-off of other energies would be resolved, or as far as numbers go. */
  const double smallest_share = mf_flow_vanishes(m->flow) ? 1e-150 : 1e-8;
  return mf_flow_weights(m->flow, y, m->rtol, m->rtol * smallest_share, unit, w);
}

static void weights(void *self, double t, const double *z, double *w)
{
  mf_march *m = self;
  const double unit = mf_rescale_unit(&m->rescale, t);
  mf_rescale_weigh(&m->rescale, t, weigh(m, in_flow(m, unit, z), unit, w));
  if (mf_rescale_rate(&m->rescale, t) > 0) mf_watch_allow(m->watch, z, w);
}

static double watch(const void *self, const double *e)
{
  const mf_march *m = self;
  return mf_rescale_rate(&m->rescale, m->rescale.time) > 0 ? mf_watch_square(m->watch, e) : 0;
}

static void project(void *self, double t, const double *z, double *corr, double *error)
{
  const mf_march *m = self;
  const double unit = mf_rescale_unit(&m->rescale, t);
  if (error) scale(m, unit, error, error);
  mf_flow_project(m->flow, in_flow(m, unit, z), corr, error);
  scale(m, 1 / unit, corr, corr);
  if (error) scale(m, 1 / unit, error, error);
}

/* The unit of densities that would take CVODE's weights to the ends of numbers; logarithms need none. */
static double choose_unit(const mf_march *m, const mf_measure *initial)
{
  const double far = 0x1p300, unit = mf_field_unit(m->grid, initial->density);
  return mf_coordinate_relative(mf_flow_coordinate(m->flow)) || (unit < far && unit > 1 / far) ? 1 : unit;
}

/* Does it decay from the start?  The norm of y + tau dy/dt tells, tau so small that stiff modes fall as well. */
static int try_decay(mf_march *m)
{
  const double tau = 1e-7 / m->rescale.rate;
  double *weights, *change;
  MF_TRY(mf_field_create(m->grid, &weights));
  int status = mf_field_create(m->grid, &change);
  if (!status) status = mf_flow_rate(m->flow, m->seen, change);
  if (!status) {
    mf_rescale_weigh(&m->rescale, m->time, weigh(m, m->seen, 1, weights));
    mf_each(m->grid->cells, mf_each_sum, 1, m->seen, tau, change, change);
    mf_rescale_weigh(&m->rescale, m->time + tau, weigh(m, change, 1, weights));
    mf_rescale_step(&m->rescale, m->time);
    m->rescale.jumps = 0;
    m->rescale.time = m->time;
  }
  mf_field_free(weights);
  mf_field_free(change);
  return status == MF_RETRY ? MF_OK : status;
}

static int start_cvode(mf_march *m, bool stiff, const mf_tolerances *tolerances, const mf_measure *initial)
{
  m->rescale = mf_rescale_start(choose_unit(m, initial), tolerances->decay);
  if (m->rescale.unit != 1 || m->rescale.rate > 0) MF_TRY(mf_field_create(m->grid, &m->scaled));
  if (m->rescale.rate > 0) {
    MF_TRY(mf_watch_create(&m->watch, m->flow, m->rtol));
    MF_TRY(try_decay(m));
  }
  if (stiff) MF_TRY(mf_preconditioner_create(&m->preconditioner, m->flow));
  const mf_system system = {.self = m,
                            .grid = m->grid,
                            .length = m->grid->cells,
                            .stiff = stiff,
                            .linear = mf_flow_linear(m->flow),
                            .rate = rate,
                            .linearise = linearise,
                            .jacobian = jacobian,
                            .factor = factor,
                            .solve = solve,
                            .weights = weights,
                            .watch = m->watch ? watch : NULL,
                            .project = stiff && mf_flow_conserves_mass(m->flow) ? project : NULL};
  scale(m, 1 / m->rescale.unit, m->seen, m->seen);
  return mf_cvode_create(&m->cvode, &system, tolerances, m->time, m->seen);
}

/* ---- series ---- */

static int start_series(mf_march *m, mf_propagator *series)
{
  m->now = m->seen;
  m->seen = NULL;
  m->propagator = series;
  m->borrowed = series;
  return series ? MF_OK : mf_propagator_create(&m->propagator, m->flow);
}

static int step_series(mf_march *m, double next)
{
  if (m->before) memcpy(m->before, m->now, (size_t)m->grid->cells * sizeof *m->now);
  MF_TRY(mf_propagator_advance(m->propagator, next - m->time, m->now));
  m->step = next - m->time;
  m->from = m->before ? m->time : next;
  m->time = next;
  m->steps++;
  return MF_OK;
}

static int series_at(mf_march *m, double t, const double **y)
{
  *y = m->now;
  if (t == m->time) return MF_OK;
  *y = m->seen;
  memcpy(m->seen, m->before, (size_t)m->grid->cells * sizeof *m->seen);
  return mf_propagator_advance(m->propagator, t - m->from, m->seen);
}

/* ---- splitting ---- */

static int start_splitting(mf_march *m, const mf_tolerances *tolerances, const mf_measure *initial)
{
  const mf_measure *target = mf_flow_target(m->flow);
  MF_TRY(mf_objects_create(&m->splitting, 1, sizeof *m->splitting));
  mf_splitting *s = m->splitting;
  s->trial = tolerances->max_step > 0 ? tolerances->max_step : INFINITY;
  MF_TRY(mf_split_create(&s->split, m->flow, initial));
  double **const arrays[] = {&s->log_ratio, &s->before, &s->whole, &s->halves};
  for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) MF_TRY(mf_field_create(m->grid, arrays[k]));
  for (ptrdiff_t c = 0; c < m->grid->cells; c++)
    s->log_ratio[c] = initial->log_density[c] - target->log_density[c];
  return MF_OK;
}

static void free_splitting(mf_splitting *s)
{
  if (!s) return;
  mf_split_free(s->split);
  double *const arrays[] = {s->log_ratio, s->before, s->whole, s->halves};
  for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) mf_field_free(arrays[k]);
  mf_release(s);
}

/* Two half steps from `start`. */
static int halve(mf_march *m, double step, const double *start, double *log_ratio)
{
  memcpy(log_ratio, start, (size_t)m->grid->cells * sizeof *log_ratio);
  for (int half = 0; half < 2; half++) MF_TRY(mf_split_step(m->splitting->split, 0.5 * step, log_ratio));
  return MF_OK;
}

/* One step and two half steps; the error of the latter is a third of what they differ by. */
static int try_splitting(mf_march *m, double step, double *error)
{
  mf_splitting *s = m->splitting;
  memcpy(s->whole, s->log_ratio, (size_t)m->grid->cells * sizeof *s->whole);
  MF_TRY(mf_split_step(s->split, step, s->whole));
  MF_TRY(halve(m, step, s->log_ratio, s->halves));
  *error = mf_split_difference(s->split, s->whole, s->halves, m->rtol) / 3;
  return MF_OK;
}

/* One step that is good enough, towards `next`. */
static int step_splitting(mf_march *m, double next)
{
  mf_splitting *s = m->splitting;
  for (;;) {
    double error;
    const double step = fmin(s->trial, next - m->time);
    MF_TRY(try_splitting(m, step, &error));
    const double factor = fmin(4, fmax(0.1, 0.9 / cbrt(error)));
    if (error <= 1) {
      m->from = m->time;
      m->time = step < next - m->time ? m->time + step : next;
      m->step = step;
      m->steps++;
      s->trial = fmax(step * factor, step < s->trial ? s->trial : 0);
      double *const free_now = s->before;
      s->before = s->log_ratio;
      s->log_ratio = s->halves;
      s->halves = free_now;
      return MF_OK;
    }
    m->failures++;
    s->trial = step * factor;
    if (!(s->trial > 1e-14 * next))
      return mf_fail(MF_ENUMERIC, "the splitting's steps became too small at t = %.6g: raise time.rtol",
                     m->time);
  }
}

static int splitting_at(mf_march *m, double t)
{
  const mf_splitting *s = m->splitting;
  if (t < m->time) MF_TRY(halve(m, t - m->from, s->before, s->whole));
  mf_coordinate_from_log_ratio(mf_flow_coordinate(m->flow), mf_flow_target(m->flow),
                               t < m->time ? s->whole : s->log_ratio, m->seen);
  return MF_OK;
}

/* ---- life ---- */

static int start(mf_march *m, mf_integrator integrator, const mf_tolerances *tolerances,
                 const mf_measure *initial, mf_propagator *series)
{
  MF_TRY(mf_field_create(m->grid, &m->seen));
  MF_TRY(mf_flow_start(m->flow, initial, m->seen));
  if (integrator == MF_CHEBYSHEV) return start_series(m, series);
  if (integrator == MF_SPLITTING) return start_splitting(m, tolerances, initial);
  return start_cvode(m, integrator == MF_BDF, tolerances, initial);
}

int mf_march_create(mf_march **out, mf_flow *flow, mf_integrator integrator, const mf_tolerances *tolerances,
                    const mf_measure *initial, double time, mf_propagator *series)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  mf_march *m = *out;
  m->time = m->from = time;
  m->flow = flow;
  m->grid = mf_flow_grid(flow);
  m->rtol = tolerances->rtol;
  m->renewal = tolerances->renewal;
  const int status = start(m, integrator, tolerances, initial, series);
  if (status) {
    mf_march_free(m);
    *out = NULL;
  }
  return status;
}

void mf_march_free(mf_march *m)
{
  if (!m) return;
  mf_cvode_free(m->cvode);
  mf_preconditioner_free(m->preconditioner);
  if (!m->borrowed) mf_propagator_free(m->propagator);
  free_splitting(m->splitting);
  mf_field_free(m->now);
  mf_field_free(m->before);
  mf_field_free(m->seen);
  mf_field_free(m->ydot);
  mf_field_free(m->errors);
  mf_field_free(m->scaled);
  mf_watch_free(m->watch);
  mf_release(m);
}

/* ---- steps ---- */

static long steps_of_cvode(const mf_march *m)
{
  mf_counters n;
  mf_cvode_counters(m->cvode, &n);
  return n.steps;
}

bool mf_march_at_place(const mf_march *m)
{
  const long since = m->cvode ? steps_of_cvode(m) - m->renewed : 0;
  return since == 0 || m->rescale.jumps > 0 || (m->renewal > 0 && since >= m->renewal);
}

/* CVODE's memory of steps cannot be had, so it is given up at every place, whether or not anybody takes the run up there; and it is
 * worth nothing where the unknown's rate has a jump. */
static int renew(mf_march *m)
{
  mf_counters n;
  mf_cvode_counters(m->cvode, &n);
  if (n.steps == m->renewed || !mf_march_at_place(m)) return MF_OK;
  m->renewed = n.steps;
  return mf_cvode_renew(m->cvode, mf_cvode_time(m->cvode), mf_cvode_state(m->cvode), &n);
}

static int step_cvode(mf_march *m, double end)
{
  const double most = 300; /* of the logarithm of the factor within a step, while it grows */
  MF_TRY(renew(m));
  const double t = mf_cvode_time(m->cvode);
  MF_TRY(mf_cvode_step(m->cvode, fmin(end, t + most / mf_rescale_rate(&m->rescale, t))));
  mf_rescale_step(&m->rescale, mf_cvode_time(m->cvode));
  return MF_OK;
}

int mf_march_step(mf_march *m, double next, double end)
{
  const mf_profile_part outer = mf_profile_enter(m->propagator ? MF_PROFILE_SERIES : MF_PROFILE_INTEGRATOR);
  const int status = m->cvode       ? step_cvode(m, end)
                     : m->splitting ? step_splitting(m, next)
                                    : step_series(m, next);
  mf_profile_leave(outer);
  return status;
}

double mf_march_time(const mf_march *m)
{
  return m->cvode ? mf_cvode_time(m->cvode) : m->time;
}

double mf_march_step_size(const mf_march *m)
{
  return m->cvode ? mf_cvode_step_size(m->cvode) : m->step;
}

static int look_at_cvode(mf_march *m, double t, double *ydot)
{
  MF_TRY(mf_cvode_at(m->cvode, t, m->seen, ydot));
  const double unit = mf_rescale_unit(&m->rescale, t), s = mf_rescale_rate(&m->rescale, t);
  if (ydot) mf_each(m->grid->cells, mf_each_sum, unit, ydot, -s * unit, m->seen, ydot);
  scale(m, unit, m->seen, m->seen);
  return MF_OK;
}

/* Leaves y in `seen`: interpolated or integrated, and so of nearly the right mass. */
static int look(mf_march *m, double t, double *ydot)
{
  if (m->cvode)
    MF_TRY(look_at_cvode(m, t, ydot));
  else
    MF_TRY(splitting_at(m, t));
  mf_flow_restore_mass(m->flow, m->seen);
  return MF_OK;
}

/* Memory for dy/dt: the series has some to spare. */
static int make_room(mf_march *m, double **ydot)
{
  if (!m->propagator && !m->ydot) MF_TRY(mf_field_create(m->grid, &m->ydot));
  *ydot = m->propagator ? mf_propagator_spare(m->propagator) : m->ydot;
  return MF_OK;
}

int mf_march_at(mf_march *m, double t, const double **y, const double **ydot)
{
  double *change = NULL;
  if (!m->cvode && !(t >= m->from && t <= m->time))
    return mf_fail(MF_ENUMERIC, "t = %.17g is not within what can be seen, from %.17g to %.17g", t, m->from,
                   m->time);
  if (ydot) MF_TRY(make_room(m, &change));
  *y = m->seen;
  MF_TRY(m->propagator ? series_at(m, t, y) : look(m, t, change));
  if (!ydot) return MF_OK;
  *ydot = change;
  return m->cvode ? MF_OK : mf_flow_rate(m->flow, *y, change);
}

int mf_march_errors(mf_march *m, const double **errors)
{
  *errors = NULL;
  if (!m->cvode) return MF_OK;
  if (!m->errors) MF_TRY(mf_field_create(m->grid, &m->errors));
  mf_cvode_errors(m->cvode, m->errors);
  scale(m, mf_rescale_unit(&m->rescale, mf_cvode_time(m->cvode)), m->errors, m->errors);
  *errors = m->errors;
  return MF_OK;
}

int mf_march_look_back(mf_march *m)
{
  if (!m->propagator || m->before) return MF_OK;
  MF_TRY(mf_field_create(m->grid, &m->before));
  return mf_field_create(m->grid, &m->seen);
}

int mf_march_forget(mf_march *m, double t)
{
  if (!m->propagator || !(t > m->from && t < m->time)) return MF_OK;
  MF_TRY(mf_propagator_advance(m->propagator, t - m->from, m->before));
  m->from = t;
  return MF_OK;
}

mf_propagator *mf_march_series(const mf_march *m)
{
  return m->splitting ? mf_split_series(m->splitting->split) : m->propagator;
}

void mf_march_counters(const mf_march *m, mf_counters *counters)
{
  if (m->cvode) {
    mf_cvode_counters(m->cvode, counters);
    return;
  }
  *counters = (mf_counters){.steps = m->steps,
                            .rates = mf_propagator_applications(mf_march_series(m)),
                            .error_failures = m->failures};
}
