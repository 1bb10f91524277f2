/* SPDX-License-Identifier: BSD-3-Clause */
/* One job from case to history and files, with progress on stderr. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command.h"

#include "grids/stage.h"
#include "io/lock.h"
#include "io/terminal.h"
#include "solver/run/keep.h"
#include "solver/run/record.h"
#include "solver/run/resume.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

volatile sig_atomic_t mf_stop_signal;
volatile sig_atomic_t mf_checkpoint_signals;

/* ---- progress ---- */

typedef struct {
  mf_terminal terminal;
  double start, end, energy, rate;
} display;

static int on_step(void *self, double time, double step)
{
  display *d = self;
  const mf_progress p = {.fraction = (time - d->start) / (d->end - d->start),
                         .time = time,
                         .step = step,
                         .energy = d->energy,
                         .rate = d->rate};
  mf_terminal_progress(&d->terminal, &p);
  return MF_OK;
}

static int on_output(void *self, const mf_output *m)
{
  display *d = self;
  d->energy = m->report->energy;
  d->rate = m->report->dissipation / m->report->energy;
  const mf_progress p = {.fraction = (m->time - d->start) / (d->end - d->start),
                         .time = m->time,
                         .step = NAN,
                         .energy = d->energy,
                         .rate = d->rate,
                         .record = true};
  mf_terminal_progress(&d->terminal, &p);
  return MF_OK;
}

void mf_show_stage(void *self, const char *what)
{
  char line[128];
  snprintf(line, sizeof line, "%s ...", what);
  mf_terminal_note(self, line);
}

/* ---- where files go ---- */

static int joined(char **out, const char *folder, size_t length, const char *name)
{
  char path[8192];
  const char *slash = length && folder[length - 1] != '/' ? "/" : "";
  snprintf(path, sizeof path, "%.*s%s%s", (int)length, folder, slash, name);
  return mf_text_copy(out, path);
}

static int beside_case(const char *path, const char *name, char **prefix)
{
  if (mf_is_folder(path)) return joined(prefix, path, strlen(path), name);
  const char *slash = strrchr(path, '/');
  return joined(prefix, path, slash ? (size_t)(slash - path) + 1 : 0, name);
}

/* The name given, with the variant after a dot. */
static int named(char **out, const char *name, size_t length, const char *variant)
{
  char path[8192];
  snprintf(path, sizeof path, "%.*s%s%s", (int)length, name, variant ? "." : "", variant ? variant : "");
  return mf_text_copy(out, path);
}

int mf_output_prefix(const mf_options *o, const mf_job *job, const char *name, char **prefix)
{
  if (!o->output) return beside_case(job->path, name, prefix);
  size_t length = strlen(o->output);
  if (mf_is_folder(o->output) || (length && o->output[length - 1] == '/')) {
    if (!mf_is_folder(o->output) && mkdir(o->output, 0777))
      return mf_fail(MF_EFILE, "cannot make the folder %s: %s", o->output, strerror(errno));
    return joined(prefix, o->output, length, name);
  }
  if (mf_ends_with(o->output, ".nc")) length -= 3;
  if (length == 0) return mf_fail(MF_ECASE, "-o needs a name");
  return named(prefix, o->output, length, job->variant);
}

/* ---- one job ---- */

static int build(const mf_job *job, mf_result *r)
{
  mf_case *source;
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&r->problem, source));
  MF_TRY(mf_claims_create(&r->claims, r->problem));
  return mf_run_history(r->problem, &r->history);
}

static int run_recorded(const mf_options *o, const char *prefix, display *d, mf_result *r)
{
  mf_record *record = NULL;
  mf_observer observers[3] = {{.self = d, .on_output = on_output, .on_step = on_step},
                              mf_claims_observer(r->claims)};
  int count = 2;
  if (prefix && !r->idle) {
    const mf_record_options options = {.prefix = prefix,
                                       .command_line = o->command_line,
                                       .force = o->force || (o->resume && !r->from),
                                       .from = r->from,
                                       .asked = &mf_checkpoint_signals};
    MF_TRY(mf_claims_record(r->claims, r->history));
    MF_TRY(mf_record_create(&record, r->problem, r->history, &options));
    observers[count++] = mf_record_observer(record);
  }
  const int status = mf_run_on(r->problem, r->history, observers, count, &mf_stop_signal, r->from);
  return mf_record_close(record, status);
}

/* ---- going on ---- */

static int tell_place(const char *prefix, const mf_result *r)
{
  double time, exact;
  MF_TRY(mf_checkpoint_get_number(r->from, "time", &time));
  MF_TRY(mf_checkpoint_get_number(r->from, "exact", &exact));
  if (r->idle)
    fprintf(stderr, "%s was finished at t = %g: there is nothing to do\n", prefix, time);
  else
    fprintf(stderr, "%s goes on from t = %g%s\n", prefix, time,
            exact != 0 ? "" : ", where CVODE begins anew: the same to its tolerances, not to the last bit");
  return MF_OK;
}

/* The lock of a run that was killed when it had finished. */
static int tidy_up(const char *prefix)
{
  mf_lock lock;
  MF_TRY(mf_lock_take(&lock, prefix));
  mf_lock_release(&lock);
  return MF_OK;
}

/* The checkpoint of the files, or none if they can be begun anew. */
static int find_place(const mf_options *o, const char *prefix, mf_result *r)
{
  char path[4096];
  mf_keep_path(prefix, path, sizeof path);
  if (access(path, F_OK) != 0) {
    MF_TRY(mf_resume_anew(r->problem, prefix));
    if (!o->quiet) fprintf(stderr, "%s has no checkpoint: it begins at the start\n", prefix);
    return MF_OK;
  }
  MF_TRY(mf_checkpoint_read(&r->from, path));
  MF_TRY(mf_resume_check(r->problem, r->from));
  r->idle = mf_resume_finished(r->problem, r->from);
  MF_TRY(r->idle ? tidy_up(prefix) : mf_resume_check_fields(r->problem, prefix));
  return o->quiet ? MF_OK : tell_place(prefix, r);
}

/* What the case has taken by now, and what its integrator and reports will: as `mflow show` measures it. */
static int check_memory(const mf_problem *p)
{
  const double needed = mf_peak_memory() + mf_problem_memory(p);
  const double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  if (needed < there) return MF_OK;
  return mf_fail(MF_EMEMORY, "this run needs about %.1f GB, and the machine has %.1f: take fewer cells",
                 1e-9 * needed, 1e-9 * there);
}

int mf_execute(const mf_options *o, const mf_job *job, const char *prefix, mf_result *r)
{
  display d = {.energy = NAN, .rate = NAN};
  mf_terminal_init(&d.terminal, stderr, o->quiet);
  mf_stage_listen(mf_show_stage, &d.terminal);
  int status = build(job, r);
  if (!status) status = check_memory(r->problem);
  if (!status && o->resume && prefix) status = find_place(o, prefix, r);
  if (!status) {
    d.start = r->problem->start;
    d.end = r->problem->end;
    d.terminal.started = mf_seconds();
    status = run_recorded(o, prefix, &d, r);
  }
  mf_stage_listen(NULL, NULL);
  mf_terminal_finish(&d.terminal);
  return status;
}

void mf_result_clear(mf_result *r)
{
  mf_claims_free(r->claims);
  mf_history_free(r->history);
  mf_problem_free(r->problem);
  mf_checkpoint_free(r->from);
  mf_release(r->name);
  *r = (mf_result){0};
}
