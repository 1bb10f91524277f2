/* Integrates a problem and shows every output to observers.
 *
 * CVODE takes its own steps; outputs are interpolated within the last one, so the trajectory is the same
 * however often one looks. */
#include "solver/run.h"

#include "solver/precondition.h"

#include <math.h>

typedef struct {
  mf_problem *problem;
  mf_history *history;
  const mf_observer *observers;
  int count;
  const volatile sig_atomic_t *stop;
  mf_preconditioner *preconditioner;
  mf_integrator *integrator;
  double *y, *ydot, *correction, *row;
  double first_energy, last_energy;
} runner;

/* ---- the flow as a system ---- */

static mf_flow *flow_of(void *self)
{
  return ((runner *)self)->problem->flow;
}

static int rate(void *self, double t, const double *y, double *ydot)
{
  (void)t;
  return mf_flow_rate(flow_of(self), y, ydot);
}

static void linearise(void *self, const double *y)
{
  mf_flow_linearise(flow_of(self), y);
}

static int jacobian(void *self, const double *v, double *jv)
{
  return mf_flow_jacobian(flow_of(self), v, jv);
}

static int factor(void *self, double gamma)
{
  return mf_preconditioner_factor(((runner *)self)->preconditioner, gamma);
}

static void solve(void *self, const double *r, double *z)
{
  mf_preconditioner_solve(((runner *)self)->preconditioner, r, z);
}

static void weights(void *self, const double *y, double *w)
{
  /* Down to where squares are still numbers, or to where other energies' round-off would be resolved. */
  const double smallest_norm = mf_flow_vanishes(flow_of(self)) ? 1e-150 : 1e-8;
  const double rtol = ((runner *)self)->problem->tolerances.rtol;
  mf_flow_weights(flow_of(self), y, rtol, rtol * smallest_norm, w);
}

static void project(void *self, const double *y, double *corr, double *error)
{
  mf_flow_project(flow_of(self), y, corr, error);
}

static mf_system system_of(runner *s)
{
  const bool conserves = mf_flow_conserves_mass(s->problem->flow);
  return (mf_system){.self = s,
                     .grid = &s->problem->grid,
                     .length = s->problem->grid.cells,
                     .stiff = s->problem->stiff,
                     .rate = rate,
                     .linearise = linearise,
                     .jacobian = jacobian,
                     .factor = factor,
                     .solve = solve,
                     .weights = weights,
                     .project = conserves && s->problem->stiff ? project : NULL};
}

/* ---- outputs ---- */

static int check_energy(runner *s, double time, double energy)
{
  const double rtol = s->problem->tolerances.rtol;
  const double allowed = fmax(1e-3, 100 * rtol) * fabs(s->last_energy) + 1e-12 * fabs(s->first_energy);
  if (energy > s->last_energy + allowed)
    return mf_fail(
        MF_ENUMERIC,
        "the energy rose from %.6g to %.6g before t = %.6g, which a gradient flow cannot do: the tolerance "
        "(time.rtol = %g) or the coordinate (%s) does not suit this flow",
        s->last_energy, energy, time, rtol, mf_coordinate_names[mf_flow_coordinate(s->problem->flow)->kind]);
  s->last_energy = energy;
  return MF_OK;
}

/* Interpolation is linear and mass may not be (log, power): two Newton steps bring it back to the last bit.
 * */
static void restore_mass(runner *s)
{
  if (!mf_flow_conserves_mass(s->problem->flow)) return;
  for (int pass = 0; pass < 2; pass++) {
    mf_flow_project(s->problem->flow, s->y, s->correction, NULL);
    for (ptrdiff_t c = 0; c < s->problem->grid.cells; c++) s->y[c] += s->correction[c];
  }
}

static int show(runner *s, const mf_output_time *at)
{
  mf_report report;
  mf_counters counters;
  MF_TRY(mf_integrator_at(s->integrator, at->time, s->y, s->ydot));
  restore_mass(s);
  mf_integrator_counters(s->integrator, &counters);
  MF_TRY(mf_diagnosis_row(s->problem->diagnosis, at->time, s->y, s->ydot,
                          mf_integrator_step_size(s->integrator), &counters,
                          at->time == 0 ? s->problem->initial : NULL, s->row, &report));
  if (at->time == 0) s->first_energy = s->last_energy = report.energy;
  MF_TRY(check_energy(s, at->time, report.energy));
  MF_TRY(mf_history_append(s->history, s->row));
  const mf_moment moment = {
      .time = at->time, .purpose = at->purpose, .report = &report, .history = s->history};
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].on_output) MF_TRY(s->observers[i].on_output(s->observers[i].self, &moment));
  return MF_OK;
}

static int step(runner *s)
{
  if (s->stop && *s->stop)
    return mf_fail(MF_ESTOPPED, "stopped at t = %.6g", mf_integrator_time(s->integrator));
  MF_TRY(mf_integrator_step(s->integrator, s->problem->end));
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].on_step)
      MF_TRY(s->observers[i].on_step(s->observers[i].self, mf_integrator_time(s->integrator),
                                     mf_integrator_step_size(s->integrator)));
  return MF_OK;
}

static int prepare(runner *s)
{
  mf_problem *p = s->problem;
  int columns;
  mf_diagnosis_columns(p->diagnosis, &columns);
  MF_TRY(mf_reals_create(&s->y, p->grid.cells));
  MF_TRY(mf_reals_create(&s->ydot, p->grid.cells));
  MF_TRY(mf_reals_create(&s->correction, p->grid.cells));
  MF_TRY(mf_reals_create(&s->row, columns));
  if (p->stiff) MF_TRY(mf_preconditioner_create(&s->preconditioner, p->flow));
  MF_TRY(mf_flow_start(p->flow, p->initial, s->y));
  const mf_system system = system_of(s);
  return mf_integrator_create(&s->integrator, &system, &p->tolerances, 0, s->y);
}

static int integrate(runner *s)
{
  const mf_problem *p = s->problem;
  for (int k = 0; k < p->outputs; k++) {
    while (mf_integrator_time(s->integrator) < p->output[k].time) MF_TRY(step(s));
    MF_TRY(show(s, &p->output[k]));
  }
  return MF_OK;
}

int mf_run_history(const mf_problem *p, mf_history **out)
{
  int count;
  const mf_column *columns = mf_diagnosis_columns(p->diagnosis, &count);
  return mf_history_create(out, columns, count);
}

int mf_run(mf_problem *p, mf_history *history, const mf_observer *observers, int count,
           const volatile sig_atomic_t *stop)
{
  runner s = {.problem = p, .history = history, .observers = observers, .count = count, .stop = stop};
  int status = prepare(&s);
  if (!status) status = integrate(&s);
  mf_integrator_free(s.integrator);
  mf_preconditioner_free(s.preconditioner);
  mf_release(s.y);
  mf_release(s.ydot);
  mf_release(s.correction);
  mf_release(s.row);
  return status;
}
