/* Integrates a problem and shows every output to observers.
 *
 * How time is integrated is said in march.h. */
#include "solver/run.h"

#include "grids/profile.h"
#include "grids/stage.h"
#include "solver/march.h"

#include <math.h>

typedef struct {
  mf_problem *problem;
  mf_history *history;
  const mf_observer *observers;
  int count;
  const volatile sig_atomic_t *stop;
  mf_march *march;
  double *y, *ydot, *correction, *row;
  double first_energy, last_energy;
} runner;

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

static int tell(const runner *s, const mf_moment *moment)
{
  const mf_part outer = mf_profile_enter(MF_PART_OUTPUT);
  int status = MF_OK;
  for (int i = 0; i < s->count && !status; i++)
    if (s->observers[i].on_output) status = s->observers[i].on_output(s->observers[i].self, moment);
  mf_profile_leave(outer);
  return status;
}

static int show(runner *s, const mf_output_time *at)
{
  mf_report report;
  mf_counters counters;
  MF_TRY(mf_march_at(s->march, at->time, s->y, s->ydot));
  restore_mass(s);
  mf_march_counters(s->march, &counters);
  const mf_part outer = mf_profile_enter(MF_PART_DIAGNOSIS);
  const int status =
      mf_diagnosis_row(s->problem->diagnosis, at->time, s->y, s->ydot, mf_march_step_size(s->march),
                       &counters, at->time == 0 ? s->problem->initial : NULL, s->row, &report);
  mf_profile_leave(outer);
  MF_TRY(status);
  if (at->time == 0) s->first_energy = s->last_energy = report.energy;
  MF_TRY(check_energy(s, at->time, report.energy));
  MF_TRY(mf_history_append(s->history, s->row));
  const mf_moment moment = {
      .time = at->time, .purpose = at->purpose, .report = &report, .history = s->history};
  return tell(s, &moment);
}

static int step(runner *s, double next)
{
  if (s->stop && *s->stop) return mf_fail(MF_ESTOPPED, "stopped at t = %.6g", mf_march_time(s->march));
  MF_TRY(mf_march_step(s->march, next, s->problem->end));
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].on_step)
      MF_TRY(s->observers[i].on_step(s->observers[i].self, mf_march_time(s->march),
                                     mf_march_step_size(s->march)));
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
  mf_stage("memory of the integrator");
  return mf_march_create(&s->march, p->flow, p->method, &p->tolerances, p->initial, p->series);
}

static int integrate(runner *s)
{
  const mf_problem *p = s->problem;
  for (int k = 0; k < p->outputs; k++) {
    while (mf_march_time(s->march) < p->output[k].time) MF_TRY(step(s, p->output[k].time));
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
  mf_march_free(s.march);
  mf_release(s.y);
  mf_release(s.ydot);
  mf_release(s.correction);
  mf_release(s.row);
  return status;
}
