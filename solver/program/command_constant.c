/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow constant: the best constant of a case's energy-dissipation inequality, from above and from below. */
#include "solver/program/command_answer.h"

#include "grids/halo.h"
#include "solver/observe/constant.h"
#include "solver/program/command_json.h"

#include <math.h>
#include <stdio.h>

typedef struct {
  mf_constant found;
  double *density;
} answer;

/* ---- files ---- */

/* The measure as a record `density`, which a case reads as `initial: {file: PATH}`. */
static int write_measure(const mf_options *o, const mf_problem *p, const char *path, const void *found)
{
  const mf_field_info info = {"density", "measure that shows the upper bound", "1", false};
  const double *values[] = {((const answer *)found)->density};
  return mf_answer_write(o, path, &(mf_fields_layout){.grid = &p->grid, .varying = &info, .varying_count = 1},
                         values);
}

/* ---- reports ---- */

static void measure_text(const char *path, char *buffer, size_t size)
{
  if (path[0])
    snprintf(buffer, size, "the measure in %s", path);
  else
    snprintf(buffer, size, "the measure that -o writes");
}

static void print_text(const char *name, const char *path, const void *found)
{
  const mf_constant *c = &((const answer *)found)->found;
  char text[5120], file[4200];
  measure_text(path, file, sizeof file);
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

static int print_json(const mf_job *job, const char *path, const void *found)
{
  static const mf_json_unit units[] = {
      {"above", "1/T"},       {"below", "1/T"},     {"witness", "1/T"}, {"energy", "E"},
      {"dissipation", "E/T"}, {"twice_gap", "1/T"}, {"value", "1/T"},   {0}};
  const mf_constant *c = &((const answer *)found)->found;
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_units(j, units);
  mf_json_number(j, "above", c->above);
  mf_json_number(j, "below", c->below);
  mf_json_number(j, "witness", c->witness);
  mf_json_number(j, "energy", c->energy);
  mf_json_number(j, "dissipation", c->dissipation);
  mf_json_text(j, "file", path[0] ? path : NULL);
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

static int compute(const mf_options *o, mf_problem *p, void *found)
{
  answer *a = found;
  (void)o;
  MF_TRY(mf_field_create(&p->grid, &a->density));
  return mf_constant_compute(p->flow, &a->found, a->density);
}

static int run(const mf_options *o)
{
  static const mf_question question = {"constant",    "constant", compute,
                                       write_measure, print_text, print_json};
  answer a = {.density = NULL};
  const int code = mf_answer(o, &question, &a);
  mf_field_free(a.density);
  return code;
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
