/* SPDX-License-Identifier: BSD-3-Clause */
/* What mflow compare finds, as JSON. */
#include "solver/program/command_compare.h"

#include "solver/program/command_json.h"

#include <string.h>

/* d is the dimension; distances of two runs are those of measures with their masses, those of particles are per mass. */
static const mf_json_unit field_units[] = {
    {"time", "T"},      {"l1", "M"},       {"l2", "M/L^(d/2)"}, {"kl", "M"}, {"he2", "M"},
    {"mmd", "M"},       {"w1", "L"},       {"w2", "L"},         {"ks", "1"}, {"mass", "M"},
    {"she", "M^(1/2)"}, {"hk", "M^(1/2)"}, {"shk", "M^(1/2)"},  {0}};
static const mf_json_unit particle_units[] = {{"time", "T"},       {"particles", "1"}, {"mmd2", "1"},
                                              {"mmd2_error", "1"}, {"mmd2_z", "1"},    {"mmd2_v", "1"},
                                              {"mmd2_floor", "1"}, {"ks", "1"},        {"ks_z", "1"},
                                              {"ks_p", "1"},       {"w1", "L"},        {"w1_floor", "L"},
                                              {"w2", "L"},         {"moment_z", "1"},  {"mass", "M"},
                                              {"effective", "1"},  {"mass_a", "M"},    {"mass_b", "M"},
                                              {"mean", "L"},       {"cov", "L^2"},     {0}};

/* Why a column may have no value. */
static const char no_value[] =
    "only in one dimension with walls or where it is asked for, and of weighted particles";

static void put_moments(mf_json *j, const mf_particle_comparison *c)
{
  mf_json_number(j, "effective", c->effective);
  mf_json_number(j, "mass_a", c->mass_a);
  mf_json_number_or(j, "mass_b", c->mass_b, "the particles have no weights");
  mf_json_count(j, "outside", c->outside);
  mf_json_list(j, "moments");
  for (const mf_moment_comparison *m = c->moment; m < c->moment + c->moments; m++) {
    mf_json_object(j, NULL);
    mf_json_text(j, "name", m->name);
    mf_json_number(j, "density", m->grid);
    mf_json_number(j, "particles", m->particles);
    mf_json_number(j, "error", m->error);
    mf_json_end(j);
  }
  mf_json_end(j);
}

static void put_time(mf_json *j, const mf_comparison *c, const mf_comparison_row *row)
{
  mf_json_object(j, NULL);
  mf_json_number(j, "time", row->time);
  for (int k = 0; k < c->columns; k++) {
    if (!strcmp(c->names[k], "particles"))
      mf_json_count(j, c->names[k], row->particles.particles);
    else
      mf_json_number_or(j, c->names[k], row->value[k], no_value);
  }
  if (c->ensemble) put_moments(j, &row->particles);
  mf_json_end(j);
}

static void put_limit(mf_json *j, const mf_comparison_limit *l)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "quantity", l->quantity);
  mf_json_number_or(j, "worst", l->worst, no_value);
  mf_json_number(j, "allowed", l->allowed);
  mf_json_number(j, "time", l->time);
  mf_json_flag(j, "holds", l->holds);
  mf_json_end(j);
}

static int put_run(mf_json *j, const char *key, const char *path)
{
  mf_json_object(j, key);
  const int status = mf_json_run(j, path);
  mf_json_end(j);
  return status;
}

/* Which runs: B has a case only if it is one. */
static int put_runs(mf_json *j, const mf_comparison *c)
{
  mf_json_text(j, "a", c->path_a);
  mf_json_text(j, "b", c->path_b);
  MF_TRY(put_run(j, "run_a", c->path_a));
  return c->ensemble ? MF_OK : put_run(j, "run_b", c->path_b);
}

static void put_results(mf_json *j, const mf_comparison *c)
{
  mf_json_text(j, "kind", c->ensemble ? "particles" : "fields");
  mf_json_text(j, "kernel", c->kernel_text);
  mf_json_units(j, c->ensemble ? particle_units : field_units);
  mf_json_list(j, "cells");
  for (int a = 0; a < c->grid.dim; a++) mf_json_count(j, NULL, c->grid.global[a]);
  mf_json_end(j);
  mf_json_list(j, "times");
  for (int i = 0; i < c->pairs; i++) put_time(j, c, &c->row[i]);
  mf_json_end(j);
  mf_json_list(j, "tolerances");
  for (int i = 0; i < c->limits; i++) put_limit(j, &c->limit[i]);
  mf_json_end(j);
  mf_json_text(j, "verdict", c->holds ? "holds" : "fails");
}

int mf_comparison_print_json(const mf_comparison *c)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = put_runs(j, c);
  put_results(j, c);
  if (!status) return mf_json_print(j, stdout);
  mf_json_free(j);
  return status;
}
