/* SPDX-License-Identifier: BSD-3-Clause */
/* A run's checkpoint: when it is written, and what it says of the run. */
#define _XOPEN_SOURCE 700
#include "solver/run/keep.h"

#include "grids/stage.h"
#include "io/terminal.h"
#include "solver/version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct mf_keep {
  mf_keep_options o;
  char path[4096];
  char *case_file;
  double started, seconds, processor; /* the clock: when this process began, and what was spent before */
  double written, cost;               /* when the last one was, and what it took [s] */
  long steps;                         /* the run's at the last one; -1: there was none */
  sig_atomic_t answered;
  bool there;
};

void mf_keep_path(const char *prefix, char *path, size_t size)
{
  snprintf(path, size, "%s_checkpoint.nc", prefix);
}

const char *mf_keep_variant(const mf_case *source, const mf_checkpoint *from)
{
  const char *own = mf_case_variant(source), *kept = from ? mf_checkpoint_text(from, "variant") : "";
  return own ? own : *kept ? kept : NULL;
}

static double processor_seconds(void)
{
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Where the case is, whoever asks from another folder. */
static int find_case(mf_keep *k)
{
  const char *name = mf_case_file(k->o.problem->source);
  char *whole = realpath(name, NULL);
  const int status = mf_text_copy(&k->case_file, whole ? whole : name);
  free(whole);
  return status;
}

static int fill(mf_keep *k)
{
  double clock[2] = {0, 0};
  mf_keep_path(k->o.prefix, k->path, sizeof k->path);
  k->started = mf_seconds();
  k->steps = -1;
  k->answered = k->o.asked ? *k->o.asked : 0;
  k->there = k->o.from;
  if (k->o.from) MF_TRY(mf_checkpoint_get(k->o.from, "clock", clock, 2));
  k->seconds = clock[0];
  k->processor = clock[1];
  return find_case(k);
}

int mf_keep_create(mf_keep **out, const mf_keep_options *options)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->o = *options;
  const int status = fill(*out);
  if (status) {
    mf_keep_free(*out);
    *out = NULL;
  }
  return status;
}

void mf_keep_free(mf_keep *k)
{
  if (!k) return;
  mf_release(k->case_file);
  mf_release(k);
}

bool mf_keep_has(const mf_keep *k)
{
  return k && k->there;
}

/* ---- when ---- */

static bool is_due(mf_keep *k, long steps, const mf_place *place)
{
  const sig_atomic_t asked = k->o.asked ? *k->o.asked : 0;
  if (place->last || asked != k->answered) {
    k->answered = asked;
    return place->last || steps != k->steps;
  }
  if (!place->exact || steps == k->steps) return false;
  if (k->steps < 0 && !k->o.from) return true;
  if (k->o.problem->checkpoint > 0) return steps - k->steps >= k->o.problem->checkpoint;
  const double share = 0.02;
  return share * (mf_seconds() - k->written) > k->cost;
}

/* ---- what ---- */

static int describe(const mf_keep *k, mf_runner *r, const mf_place *place, mf_checkpoint *c)
{
  const mf_problem *p = k->o.problem;
  const char *variant = mf_keep_variant(p->source, k->o.from);
  const double clock[2] = {k->seconds + mf_seconds() - k->started, k->processor + processor_seconds()};
  const double cells[MF_AXES] = {(double)p->grid.global[0], (double)p->grid.global[1],
                                 (double)p->grid.global[2]};
  MF_TRY(mf_checkpoint_put_text(c, "source", "mflow"));
  MF_TRY(mf_checkpoint_put_text(c, "version", mf_version()));
  MF_TRY(mf_checkpoint_put_text(c, "git_commit", mf_git_id()));
  MF_TRY(mf_checkpoint_put_text(c, "title", p->title ? p->title : ""));
  MF_TRY(mf_checkpoint_put_text(c, "history_of_files", k->o.provenance));
  MF_TRY(mf_checkpoint_put_text(c, "case_file", k->case_file));
  MF_TRY(mf_checkpoint_put_text(c, "variant", variant ? variant : ""));
  MF_TRY(mf_checkpoint_put_text(c, "case_yaml", k->o.case_text));
  MF_TRY(mf_checkpoint_put_text(c, "coordinate", mf_coordinate_names[mf_flow_coordinate(p->flow)->kind]));
  MF_TRY(mf_checkpoint_put_text(c, "integrator", mf_integrator_names[p->integrator]));
  MF_TRY(mf_checkpoint_put(c, "cells", cells, MF_AXES));
  MF_TRY(mf_checkpoint_put(c, "clock", clock, 2));
  MF_TRY(mf_checkpoint_put_number(c, "time", mf_runner_reached(r)));
  MF_TRY(mf_checkpoint_put_number(c, "exact", place->exact));
  return mf_checkpoint_put_number(c, "finished", place->finished);
}

static int collect(const mf_keep *k, mf_runner *r, const mf_place *place, const mf_fields *fields,
                   mf_checkpoint *c)
{
  const mf_fields_view files = mf_fields_look(fields);
  MF_TRY(describe(k, r, place, c));
  MF_TRY(mf_checkpoint_put(c, "field_times", files.times, files.records));
  return mf_runner_save(r, c);
}

/* What the files hold is on the disk before a checkpoint says so. */
static int write_checkpoint(const mf_keep *k, mf_runner *r, const mf_place *place, mf_fields *fields)
{
  mf_checkpoint *c;
  MF_TRY(mf_fields_flush(fields));
  MF_TRY(mf_checkpoint_create(&c));
  int status = collect(k, r, place, fields, c);
  if (!status) status = mf_checkpoint_write(c, k->path);
  mf_checkpoint_free(c);
  return status;
}

int mf_keep_place(mf_keep *k, mf_runner *r, const mf_place *place, mf_fields *fields)
{
  const long steps = mf_runner_steps(r);
  if (!is_due(k, steps, place)) return MF_OK;
  const double begun = mf_seconds();
  const int status = write_checkpoint(k, r, place, fields);
  if (status)
    mf_warn("%s: no checkpoint at t = %.6g; %s", mf_error(), mf_runner_reached(r),
            k->there ? "the one before stays" : "there is none to go on from");
  else
    k->there = true;
  k->steps = steps;
  k->written = mf_seconds();
  k->cost = k->written - begun;
  return MF_OK;
}
