/* SPDX-License-Identifier: BSD-3-Clause */
/* The solution of a case: a problem, the run that integrates it, and its history, behind one handle. */
#include "solver/run/solution.h"

#include "grids/halo.h"
#include "solver/problem/job.h"
#include "solver/run/record.h"
#include "solver/run/run.h"

#include <math.h>

struct mf_solution {
  mf_problem *problem;
  mf_history *history;
  mf_runner *runner;          /* NULL before the first look */
  mf_observer writer;         /* of files, while it runs */
  double *room[MF_VARIABLES]; /* of the fields that are computed, in the order of mf_variables */
};

/* What a program has to hand over. */
static int given(const void *argument, const char *what)
{
  return argument ? MF_OK : mf_fail(MF_ECASE, "%s is NULL", what);
}

/* ---- life ---- */

static int build(mf_solution *s, const mf_job *job)
{
  mf_case *source;
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&s->problem, source));
  return mf_run_history(s->problem, &s->history);
}

static int check_job(const mf_job *job)
{
  MF_TRY(given(job->path, "the case's path or name"));
  if (job->set_count > 0) MF_TRY(given(job->set, "the list of assignments"));
  for (int k = 0; k < job->set_count; k++) MF_TRY(given(job->set[k], "an assignment"));
  return MF_OK;
}

static int create(mf_solution **out, const mf_job *job)
{
  MF_TRY(given(out, "where the solution goes"));
  *out = NULL;
  MF_TRY(check_job(job));
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = build(*out, job);
  if (status) {
    mf_solution_free(*out);
    *out = NULL;
  }
  return status;
}

int mf_solution_open(mf_solution **out, const char *path, const char *variant, const char *const *set,
                     int set_count)
{
  return create(out, &(mf_job){.path = path, .variant = variant, .set = set, .set_count = set_count});
}

int mf_solution_parse(mf_solution **out, const char *name, const char *text, const char *variant,
                      const char *const *set, int set_count)
{
  MF_TRY(given(text, "the case's text"));
  return create(
      out, &(mf_job){.path = name, .text = text, .variant = variant, .set = set, .set_count = set_count});
}

void mf_solution_free(mf_solution *s)
{
  if (!s) return;
  mf_runner_free(s->runner);
  for (int i = 0; i < MF_VARIABLES; i++) mf_field_free(s->room[i]);
  mf_history_free(s->history);
  mf_problem_free(s->problem);
  mf_release(s);
}

/* ---- time ---- */

int mf_solution_to(mf_solution *s, double t)
{
  MF_TRY(given(s, "the solution"));
  const double now = mf_solution_time(s), start = s->problem->start, end = s->problem->end;
  if (!(t >= start && t <= end))
    return mf_fail(MF_ECASE, "t = %.17g is not between %.17g and the end, time.end = %.17g", t, start, end);
  if (t < now) return mf_fail(MF_ECASE, "t = %.17g is before the present time, %.17g", t, now);
  if (!s->runner) MF_TRY(mf_runner_create(&s->runner, s->problem, s->history, NULL, 0, NULL));
  return mf_runner_to(s->runner, t);
}

int mf_solution_run(mf_solution *s, const char *prefix, bool replace)
{
  mf_record *record = NULL;
  MF_TRY(given(s, "the solution"));
  if (s->runner) return mf_fail(MF_ECASE, "the solution has left its start: open it anew to run it");
  if (prefix) {
    const mf_record_options options = {.prefix = prefix, .command_line = "libmflow", .force = replace};
    MF_TRY(mf_record_create(&record, s->problem, s->history, &options));
    s->writer = mf_record_observer(record);
  }
  int status = mf_runner_create(&s->runner, s->problem, s->history, &s->writer, 1, NULL);
  if (!status) status = mf_runner_finish(s->runner);
  s->writer = (mf_observer){0};
  return mf_record_close(record, status);
}

double mf_solution_time(const mf_solution *s)
{
  return s && s->runner ? mf_runner_time(s->runner) : NAN;
}

double mf_solution_end(const mf_solution *s)
{
  return s ? s->problem->end : NAN;
}

/* ---- fields ---- */

const mf_grid *mf_solution_grid(const mf_solution *s)
{
  return s ? &s->problem->grid : NULL;
}

int mf_solution_field(mf_solution *s, const char *name, const double **values)
{
  const mf_variable *v;
  MF_TRY(given(s, "the solution"));
  MF_TRY(given(name, "the field's name"));
  MF_TRY(given(values, "where the field goes"));
  MF_TRY(mf_variable_choose(&v, name, s->problem->flow));
  if (isnan(mf_solution_time(s))) return mf_fail(MF_ECASE, "go to a time first, such as 0: mf_solution_to");
  double **room = &s->room[v - mf_variables];
  if (v->computed && !*room) MF_TRY(mf_field_create(&s->problem->grid, room));
  *values = v->values(mf_runner_report(s->runner), *room);
  return MF_OK;
}

/* ---- history ---- */

static int find_column(const mf_solution *s, const char *name, const double *values, int *index)
{
  MF_TRY(given(s, "the solution"));
  MF_TRY(given(name, "the column's name"));
  MF_TRY(given(values, "where the numbers go"));
  *index = mf_history_find(s->history, name);
  return *index >= 0 ? MF_OK : mf_fail(MF_ECASE, "there is no column '%s' in this history", name);
}

const char *mf_solution_column(const mf_solution *s, int index)
{
  const bool there_is = s && index >= 0 && index < mf_history_columns(s->history);
  return there_is ? mf_history_column(s->history, index)->name : NULL;
}

int mf_solution_value(const mf_solution *s, const char *column, double *value)
{
  int index;
  MF_TRY(find_column(s, column, value, &index));
  const int rows = mf_history_rows(s->history);
  if (rows == 0) return mf_fail(MF_ECASE, "go to a time first, such as 0: mf_solution_to");
  *value = mf_history_value(s->history, rows - 1, index);
  return MF_OK;
}

int mf_solution_rows(const mf_solution *s)
{
  return s ? mf_history_rows(s->history) : 0;
}

int mf_solution_series(const mf_solution *s, const char *column, double *values)
{
  int index;
  MF_TRY(find_column(s, column, values, &index));
  for (int k = 0; k < mf_history_rows(s->history); k++) values[k] = mf_history_value(s->history, k, index);
  return MF_OK;
}
