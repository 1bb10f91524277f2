/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow constant: the best constant of a case's energy-dissipation inequality, from above and from below. */
#include "solver/program/command.h"

#include "grids/halo.h"
#include "grids/stage.h"
#include "io/netcdf/fields.h"
#include "io/terminal.h"
#include "solver/observe/constant.h"
#include "solver/program/command_json.h"

#include <math.h>
#include <stdio.h>

typedef struct {
  mf_constant found;
  double *density;
  char path[4096]; /* of the measure, or "" */
} answer;

/* ---- files ---- */

/* The measure as a record `density`, which a case reads as `initial: {file: PATH}`. */
static int write_measure(const mf_options *o, const mf_problem *p, const answer *a)
{
  const mf_field_info info = {"density", "measure that shows the upper bound", "1", false};
  const mf_fields_layout layout = {.grid = &p->grid, .varying = &info, .varying_count = 1, .force = o->force};
  const double *values[] = {a->density};
  mf_fields *fields;
  MF_TRY(mf_fields_create(&fields, a->path, &layout));
  const int appended = mf_fields_append(fields, 0, values), closed = mf_fields_close(fields);
  return appended ? appended : closed;
}

static int find_path(const mf_options *o, const mf_job *job, const char *name, answer *a)
{
  char *prefix;
  MF_TRY(mf_output_prefix(o, job, name, &prefix));
  snprintf(a->path, sizeof a->path, "%s_constant.nc", prefix);
  mf_release(prefix);
  return MF_OK;
}

/* ---- reports ---- */

static void measure_text(const answer *a, char *buffer, size_t size)
{
  if (a->path[0])
    snprintf(buffer, size, "the measure in %s", a->path);
  else
    snprintf(buffer, size, "the measure that -o writes");
}

static void print_text(const char *name, const answer *a)
{
  const mf_constant *c = &a->found;
  char text[5120], file[4200];
  measure_text(a, file, sizeof file);
  mf_constant_text(c, file, text, sizeof text);
  printf("%s: %s\n", name, text);
  printf("  D/F %.12g, D %.6g, F %.6g: %s; the search began with %s\n", c->witness, c->dissipation, c->energy,
         isnan(c->twice_gap) ? "no gap to compare with"
         : c->near           ? "near equilibrium"
                             : "far from equilibrium",
         c->start);
  if (isnan(c->twice_gap))
    printf("  %s\n", c->no_gap);
  else
    printf("  twice the gap %.12g, %.6f of it\n", c->twice_gap, c->above / c->twice_gap);
  for (int k = 0; k < c->bounds; k++)
    printf("  at least %-12.9g by %s%s%s%s\n", c->bound[k].value, c->bound[k].criterion,
           c->bound[k].reference ? " (" : "", c->bound[k].reference ? c->bound[k].reference : "",
           c->bound[k].reference ? ")" : "");
}

static int print_json(const mf_job *job, const answer *a)
{
  static const mf_json_unit units[] = {
      {"above", "1/T"},       {"below", "1/T"},     {"witness", "1/T"}, {"energy", "E"},
      {"dissipation", "E/T"}, {"twice_gap", "1/T"}, {"value", "1/T"},   {0}};
  const mf_constant *c = &a->found;
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_units(j, units);
  mf_json_number(j, "above", c->above);
  mf_json_number(j, "below", c->below);
  mf_json_number(j, "witness", c->witness);
  mf_json_number(j, "energy", c->energy);
  mf_json_number(j, "dissipation", c->dissipation);
  mf_json_text(j, "file", a->path[0] ? a->path : NULL);
  mf_json_text(j, "start", c->start);
  mf_json_text(j, "attained", isnan(c->twice_gap) ? NULL : c->near ? "near" : "far");
  mf_json_number_or(j, "twice_gap", c->twice_gap, c->no_gap);
  mf_json_list(j, "bounds");
  for (int k = 0; k < c->bounds; k++) {
    mf_json_object(j, NULL);
    mf_json_number(j, "value", c->bound[k].value);
    mf_json_text(j, "criterion", c->bound[k].criterion);
    mf_json_text(j, "reference", c->bound[k].reference);
    mf_json_end(j);
  }
  mf_json_end(j);
  const int printed = mf_json_print(j, stdout);
  return status ? status : printed;
}

/* ---- the job ---- */

static int answer_job(const mf_options *o, const mf_job *job, mf_problem *p, const char *name, answer *a,
                      mf_terminal *terminal)
{
  MF_TRY(mf_field_create(&p->grid, &a->density));
  MF_TRY(mf_constant_compute(p->flow, &a->found, a->density));
  if (o->output) {
    MF_TRY(find_path(o, job, name, a));
    MF_TRY(write_measure(o, p, a));
  }
  mf_terminal_finish(terminal);
  if (o->json) return print_json(job, a);
  print_text(name, a);
  return MF_OK;
}

static int compute(const mf_options *o, const mf_job *job, mf_terminal *terminal)
{
  mf_case *source;
  mf_problem *p;
  char *name = NULL;
  answer a = {.path = ""};
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&p, source));
  int status = mf_job_name(job, &name);
  if (!status) status = answer_job(o, job, p, name, &a, terminal);
  mf_field_free(a.density);
  mf_release(name);
  mf_problem_free(p);
  return status;
}

static int run(const mf_options *o)
{
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow constant: name one case\nTry 'mflow constant --help'."));
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  mf_terminal terminal;
  mf_terminal_init(&terminal, stderr, o->quiet);
  mf_stage_listen(mf_show_stage, &terminal);
  const int status = compute(o, &job, &terminal);
  mf_terminal_finish(&terminal);
  return mf_exit_code(status);
}

const mf_command mf_command_constant = {
    .name = "constant",
    .summary = "the best constant of a flow's energy-dissipation inequality",
    .usage =
        "Usage: mflow constant [OPTION]... CASE\n"
        "Search the best constant c of D >= c (F - inf F) for the flow of CASE on its grid, which gives "
        "F(t) <= e^(-c t) F(0).\n"
        "Printed are the least D/F of a measure that was found, which no c exceeds, twice the gap, and lower "
        "bounds by criteria.\n\n"
        "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
        "      --variant NAME    of a variant of the case\n"
        "  -o, --output PATH     write the measure as `density` to PATH_constant.nc: 'initial: {file: ...}' "
        "starts from it\n"
        "      --force           replace a file that is there\n"
        "      --json            as JSON: above, below, witness, energy, dissipation, start, attained, "
        "twice_gap, bounds\n"
        "      --threads N       threads to use (default: one per processor, or OMP_NUM_THREADS)\n"
        "  -h, --help            this text\n\n"
        "Exit code 3 if the flow has no such inequality, with the reason.\n",
    .accepts = "sovfqNJ",
    .run = run,
};
