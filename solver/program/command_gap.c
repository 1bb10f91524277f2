/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow gap: the spectral gap of a case's flow at its target, on its grid. */
#include "solver/program/command_answer.h"

#include "grids/halo.h"
#include "grids/stage.h"
#include "solver/observe/gap.h"
#include "solver/program/command_json.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = MF_NETWORK_MODES };

/* A job's gap and, if they are wanted, the eigenfunctions. */
typedef struct {
  mf_gap gap;
  double *function[NAMES];
} answer;

/* ---- files ---- */

/* Fields mode_1, mode_2, ... of one record. */
static int write_modes(const mf_options *o, const mf_problem *p, const char *path, const void *found)
{
  const answer *a = found;
  char name[NAMES][16], text[NAMES][96];
  mf_field_info info[NAMES];
  const double *values[NAMES];
  const int count = a->gap.modes < NAMES ? a->gap.modes : NAMES;
  for (int k = 0; k < count; k++) {
    snprintf(name[k], sizeof name[k], "mode_%d", k + 1);
    snprintf(text[k], sizeof text[k], "eigenfunction of rate %.12g, as a ratio dmu/dpi",
             a->gap.mode[k].value);
    info[k] = (mf_field_info){name[k], text[k], "1", false};
    values[k] = a->function[k];
  }
  return mf_answer_write(
      o, path, &(mf_fields_layout){.grid = &p->grid, .varying = info, .varying_count = count}, values);
}

/* ---- reports ---- */

static void print_text(const char *name, const char *path, const void *found)
{
  const mf_gap *g = &((const answer *)found)->gap;
  char text[512];
  mf_gap_text(g, text, sizeof text);
  printf("%s: gap %.12g\n  %s\n", name, g->gap.value, text);
  if (g->mass) printf("  it is that of the mass; the next rate is that of deviations without mass\n");
  printf("  %s falls at least like e^(-%.12g t), twice the gap, at every time, if the flow is linear; "
         "other entropies in the end\n",
         g->square, 2 * g->gap.value);
  if (g->iterations) printf("  residual %.1e after %d iterations\n", g->residual, g->iterations);
  for (int k = 0; g->modes > 1 && k < g->modes; k++)
    printf("  %3d  %.15g  [%.15g, %.15g]\n", k + 1, g->mode[k].value, g->mode[k].lower, g->mode[k].upper);
  if (path[0]) printf("  eigenfunctions in %s\n", path);
}

static int print_json(const mf_job *job, const char *path, const void *found)
{
  static const mf_json_unit units[] = {{"gap", "1/T"}, {"lo", "1/T"},     {"hi", "1/T"},
                                       {"nu", "1/T"},  {"residual", "1"}, {0}};
  const mf_gap *g = &((const answer *)found)->gap;
  char text[512];
  mf_json *j;
  (void)path;
  mf_gap_text(g, text, sizeof text);
  MF_TRY(mf_json_begin(&j));
  const int status = mf_json_job(j, job);
  mf_json_units(j, units);
  mf_json_number(j, "gap", g->gap.value);
  mf_json_number(j, "lo", g->gap.lower);
  mf_json_number(j, "hi", g->gap.upper);
  mf_json_text(j, "proof", g->kind == MF_BOUND_PROVED ? "proved" : "conditional");
  mf_json_text(j, "assumption", g->kind == MF_BOUND_PROVED ? NULL : text);
  mf_json_number_or(j, "nu", g->nu, "no second eigenvalue was needed");
  mf_json_text(j, "origin", g->origin);
  mf_json_number(j, "residual", g->residual);
  mf_json_count(j, "iterations", g->iterations);
  mf_json_flag(j, "mass", g->mass);
  mf_json_list(j, "modes");
  for (int k = 0; k < g->modes; k++) {
    mf_json_object(j, NULL);
    mf_json_number(j, "gap", g->mode[k].value);
    mf_json_number(j, "lo", g->mode[k].lower);
    mf_json_number(j, "hi", g->mode[k].upper);
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
  const int modes = o->modes ? o->modes : 1;
  for (int k = 0; o->output && k < modes; k++) MF_TRY(mf_field_create(&p->grid, &a->function[k]));
  mf_stage("spectral gap");
  return mf_gap_compute(p->flow, modes, &a->gap, o->output ? a->function : NULL);
}

static int run(const mf_options *o)
{
  static const mf_question question = {"gap", "modes", compute, write_modes, print_text, print_json};
  answer a = {.function = {NULL}};
  if (o->modes > MF_NETWORK_MODES)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow gap: at most %d modes, not %d", MF_NETWORK_MODES, o->modes));
  const int code = mf_answer(o, &question, &a);
  for (int k = 0; k < NAMES; k++) mf_field_free(a.function[k]);
  return code;
}

const mf_command mf_command_gap = {
    .name = "gap",
    .summary = "the spectral gap of a flow at its target, on its grid",
    .usage =
        "Usage: mflow gap [OPTION]... CASE\n"
        "Print the spectral gap of the flow of CASE, linearised at its target, on its grid: an interval that "
        "holds it, with\n"
        "what was proved, or what was assumed.  On a line, and where the target is a product, it is proved, "
        "rounding included.\n"
        "Stein, kernelised and MMD flows have one where the kernel leaves it on finer grids too, as measured "
        "on short waves.\n\n"
        "  -m, --modes K         the K slowest rates, at most 16 (default: 1)\n"
        "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
        "      --variant NAME    of a variant of the case\n"
        "  -o, --output PATH     write the eigenfunctions mode_1, ... to PATH_modes.nc\n"
        "      --force           replace a file that is there\n"
        "      --json            as JSON: gap, lo, hi, proof, assumption, nu, origin, residual, modes\n"
        "      --threads N       threads to use (default: one per processor, or OMP_NUM_THREADS)\n"
        "  -h, --help            this text\n\n"
        "Exit code 3 if the flow has no gap, with the reason.\n",
    .accepts = "sovfqNmJ",
    .run = run,
};
