/* SPDX-License-Identifier: BSD-3-Clause */
/* Integrates a problem and shows every output to observers.
 *
 * How time is integrated is said in march.h.  Outputs by decay, F(t) = F(0)/factor^k, are looked for within each step
 * once it is done, where march.h gives the state at any time: so they do not change the trajectory. */
#include "solver/run/run_parts.h"

#include "grids/profile.h"
#include "grids/stage.h"
#include "grids/team.h"

#include <float.h>
#include <math.h>

/* Statuses that processes need not share, of memory, files and signals, are agreed on before any goes on. */
static int agree(const mf_runner *s, int status)
{
  return mf_team_agree(mf_flow_grid(s->problem->flow)->team, status);
}

/* ---- outputs ---- */

static int check_energy(mf_runner *s, double time, double energy)
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

static int tell(const mf_runner *s, const mf_output *output)
{
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_OUTPUT);
  int status = MF_OK;
  for (int i = 0; i < s->count && !status; i++)
    if (s->observers[i].on_output) status = agree(s, s->observers[i].on_output(s->observers[i].self, output));
  mf_profile_leave(outer);
  return status;
}

static int show(mf_runner *s, const mf_output_time *at)
{
  mf_counters counters;
  const double *y, *ydot, *errors = NULL;
  MF_TRY(mf_march_at(s->march, at->time, &y, &ydot));
  if (mf_flow_target(s->problem->flow)) MF_TRY(mf_march_errors(s->march, &errors));
  mf_march_counters(s->march, &counters);
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_DIAGNOSIS);
  const mf_observation seen = {.time = at->time,
                               .y = y,
                               .ydot = ydot,
                               .errors = errors,
                               .step = mf_march_step_size(s->march),
                               .counters = &counters,
                               .since = at->time - s->problem->start,
                               .initial = at->time == s->problem->start ? s->problem->initial : NULL};
  const int status = mf_diagnosis_row(s->problem->diagnosis, &seen, s->row, &s->report);
  mf_profile_leave(outer);
  MF_TRY(status);
  if (at->time == s->problem->start) s->first_energy = s->last_energy = s->report.energy;
  MF_TRY(check_energy(s, at->time, s->report.energy));
  MF_TRY(agree(s, mf_history_append(s->history, s->row)));
  const mf_output output = {
      .time = at->time, .purpose = at->purpose, .report = &s->report, .history = s->history};
  s->shown = at->time;
  return tell(s, &output);
}

/* ---- outputs by decay ---- */

/* log F is found to this at an output by decay. */
static const double decay_tolerance = 1e-8;

void mf_runner_set_level(mf_runner *s, int i)
{
  s->ladder[i].level = s->first_energy * pow(s->problem->decay[i].factor, -(s->ladder[i].passed + 1));
}

static int start_ladders(mf_runner *s)
{
  s->seen_energy = s->first_energy;
  if (s->problem->decays > 0 && !isfinite(s->first_energy))
    return mf_fail(MF_ENUMERIC, "F is %g at the start: it has no decay to count outputs by", s->first_energy);
  for (int i = 0; i < s->problem->decays; i++) mf_runner_set_level(s, i);
  return MF_OK;
}

static double next_level(const mf_runner *s)
{
  double level = 0;
  for (int i = 0; i < s->problem->decays; i++) level = fmax(level, s->ladder[i].level);
  return level >= DBL_MIN ? level : 0;
}

/* Leaves a level behind; the purposes of its output. */
static unsigned pass_level(mf_runner *s, double level)
{
  unsigned purpose = 0;
  for (int i = 0; i < s->problem->decays; i++) {
    if (s->ladder[i].level < level * (1 - decay_tolerance)) continue;
    s->ladder[i].passed++;
    mf_runner_set_level(s, i);
    purpose |= s->problem->decay[i].purpose;
  }
  return purpose;
}

int mf_runner_energy(mf_runner *s, double time, double *energy)
{
  mf_report report;
  const double *y;
  MF_TRY(mf_march_at(s->march, time, &y, NULL));
  const mf_profile_part outer = mf_profile_enter(MF_PROFILE_DIAGNOSIS);
  const int status = mf_flow_report(s->problem->flow, y, &report);
  mf_profile_leave(outer);
  *energy = report.energy;
  return status;
}

/* The time in (a, b] at which F = level, F(a) > level >= F(b): regula falsi for log F, with the Illinois rule (Dowell &
 * Jarratt 1971), and halves where F(b) = 0. */
static int find_level(mf_runner *s, double level, double a, double energy_a, double b, double energy_b,
                      double *time)
{
  double fa = log(energy_a / level), fb = log(energy_b / level);
  int kept = 0; /* the end that stayed in the last round: -1 a, 1 b */
  *time = b;
  for (double last = fb; fabs(last) > decay_tolerance && b - a > 4 * DBL_EPSILON * b;) {
    double energy;
    *time = isfinite(fb) && fa > 0 ? fmin(b, fmax(nextafter(a, b), a + (b - a) * (fa / (fa - fb))))
                                   : 0.5 * (a + b);
    MF_TRY(mf_runner_energy(s, *time, &energy));
    last = log(energy / level);
    if (last > 0) {
      a = *time;
      fa = last;
      if (kept == 1) fb *= 0.5;
      kept = 1;
    } else {
      b = *time;
      fb = last;
      if (kept == -1) fa *= 0.5;
      kept = -1;
    }
  }
  return MF_OK;
}

/* Shows the outputs by decay after `seen` and up to a time when F = energy.  One that falls on the output to come is left
 * to that: its purposes go to `*purpose`. */
static int show_levels(mf_runner *s, double until, double energy, const mf_output_time *to_come,
                       unsigned *purpose)
{
  const double same = 1e-12 * s->problem->end;
  for (double level; (level = next_level(s)) > 0 && level >= energy;) {
    mf_output_time at;
    MF_TRY(find_level(s, level, s->seen, s->seen_energy, until, energy, &at.time));
    at.purpose = pass_level(s, level);
    if (at.time >= to_come->time - same)
      *purpose |= at.purpose;
    else
      MF_TRY(show(s, &at));
    MF_TRY(mf_march_forget(s->march, at.time));
    s->seen = at.time;
    s->seen_energy = level;
  }
  s->seen = until;
  s->seen_energy = energy;
  return MF_OK;
}

/* The same up to a time within the last step, piece by piece: no piece sees F fall by so much that the secant of log F,
 * which may end at log 0, says little. */
static int show_decay(mf_runner *s, double until, const mf_output_time *to_come, unsigned *purpose)
{
  const double far = 1e-12;
  while (s->problem->decays > 0 && s->seen < until) {
    double piece = until, energy;
    MF_TRY(mf_runner_energy(s, piece, &energy));
    while (energy < far * s->seen_energy && energy <= next_level(s) &&
           piece > s->seen * (1 + 4 * DBL_EPSILON)) {
      piece = s->seen + 0.5 * (piece - s->seen);
      MF_TRY(mf_runner_energy(s, piece, &energy));
    }
    MF_TRY(show_levels(s, piece, energy, to_come, purpose));
  }
  return MF_OK;
}

/* ---- steps ---- */

static int tell_place(mf_runner *s, const mf_place *place)
{
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].on_place) MF_TRY(agree(s, s->observers[i].on_place(s->observers[i].self, s, place)));
  return MF_OK;
}

static bool asked_to_stop(const mf_runner *s)
{
  return s->stop && *s->stop;
}

static int tell_step(const mf_runner *s)
{
  for (int i = 0; i < s->count; i++)
    if (s->observers[i].on_step)
      MF_TRY(s->observers[i].on_step(s->observers[i].self, mf_march_time(s->march),
                                     mf_march_step_size(s->march)));
  return MF_OK;
}

static int step(mf_runner *s, double next)
{
  const int stop = agree(s, asked_to_stop(s) ? MF_ESTOPPED : MF_OK);
  const mf_place place = {.exact = mf_march_at_place(s->march), .last = stop};
  MF_TRY(tell_place(s, &place));
  if (stop) return mf_fail(stop, "stopped at t = %.6g", mf_march_time(s->march));
  MF_TRY(mf_march_step(s->march, next, s->problem->end));
  return agree(s, tell_step(s));
}

/* An unknown that is absolute holds all of the initial measure that there is to be said; the first report of a relative one
 * is about the measure itself. */
static void leave_start(mf_problem *p)
{
  if (mf_coordinate_relative(mf_flow_coordinate(p->flow))) return;
  mf_measure_free(p->initial);
  p->initial = NULL;
}

static int prepare(mf_runner *s)
{
  mf_problem *p = s->problem;
  int columns;
  if (p->started)
    return mf_fail(MF_ECASE, "this problem was run before, which takes its initial measure: create it anew");
  p->started = true;
  mf_diagnosis_columns(p->diagnosis, &columns);
  MF_TRY(mf_reals_create(&s->row, columns));
  mf_stage("memory of the integrator");
  MF_TRY(mf_march_create(&s->march, p->flow, p->integrator, &p->tolerances, p->initial, p->start, p->series));
  leave_start(p);
  return p->decays > 0 ? mf_march_look_back(s->march) : MF_OK;
}

/* ---- the whole ---- */

int mf_runner_create(mf_runner **out, mf_problem *p, mf_history *history, const mf_observer *observers,
                     int count, const volatile sig_atomic_t *stop)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  **out = (mf_runner){.problem = p,
                      .history = history,
                      .observers = observers,
                      .count = count,
                      .stop = stop,
                      .shown = NAN,
                      .resumed_at = NAN,
                      .coming = {.time = NAN}};
  const int status = agree(*out, prepare(*out));
  if (status) {
    mf_runner_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_runner_free(mf_runner *s)
{
  if (!s) return;
  mf_march_free(s->march);
  mf_release(s->row);
  mf_release(s);
}

int mf_runner_to(mf_runner *s, double time)
{
  if (isnan(s->shown)) MF_TRY(show(s, &(mf_output_time){s->problem->start, MF_AT_HISTORY}));
  if (time == s->shown) return MF_OK;
  while (mf_march_time(s->march) < time) MF_TRY(step(s, time));
  return show(s, &(mf_output_time){time, MF_AT_HISTORY});
}

/* Makes the next output of the problem, and those by decay before it. */
static int go_to(mf_runner *s, const mf_output_time *next)
{
  mf_output_time *at = &s->coming;
  at->purpose = next->purpose | (at->time == next->time ? at->purpose : 0);
  at->time = next->time;
  for (;;) { /* the last step may have gone beyond this output */
    MF_TRY(show_decay(s, fmin(mf_march_time(s->march), at->time), next, &at->purpose));
    if (mf_march_time(s->march) >= at->time) break;
    MF_TRY(step(s, at->time));
  }
  return show(s, at);
}

int mf_runner_finish(mf_runner *s)
{
  const mf_problem *p = s->problem;
  for (int k = 0; k < p->outputs; k++) {
    if (p->output[k].time <= s->resumed_at) continue;
    MF_TRY(go_to(s, &p->output[k]));
    if (k == 0) MF_TRY(start_ladders(s));
  }
  const mf_place end = {.exact = mf_march_at_place(s->march), .last = true, .finished = true};
  return tell_place(s, &end);
}

double mf_runner_reached(const mf_runner *s)
{
  return mf_march_time(s->march);
}

long mf_runner_steps(const mf_runner *s)
{
  mf_counters n;
  mf_march_counters(s->march, &n);
  return n.steps;
}

double mf_runner_time(const mf_runner *s)
{
  return s->shown;
}

const mf_report *mf_runner_report(const mf_runner *s)
{
  return &s->report;
}

int mf_run_history(const mf_problem *p, mf_history **out)
{
  int count;
  const mf_column *columns = mf_diagnosis_columns(p->diagnosis, &count);
  return mf_history_create(out, columns, count);
}
