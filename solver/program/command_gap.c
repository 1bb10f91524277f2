/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow gap: the spectral gap of a case's flow at its target, on its grid. */
#include "solver/program/command.h"

#include "grids/stage.h"
#include "io/netcdf/fields.h"
#include "io/terminal.h"
#include "solver/observe/gap.h"

#include <string.h>

static int write_function(const mf_options *o, const mf_job *job, const char *name, const mf_problem *p,
                          const double *function)
{
  static const mf_field_info info[] = {
      {"eigenfunction", "eigenfunction of the gap, as a ratio dmu/dpi", "1", false}};
  const mf_fields_layout layout = {.grid = &p->grid, .varying = info, .varying_count = 1, .force = o->force};
  char *prefix, path[4096];
  mf_fields *fields;
  MF_TRY(mf_output_prefix(o, job, name, &prefix));
  snprintf(path, sizeof path, "%s.nc", prefix);
  mf_release(prefix);
  MF_TRY(mf_fields_create(&fields, path, &layout));
  const int status = mf_fields_append(fields, 0, &function), closed = mf_fields_close(fields);
  if (!status && !closed) printf("  eigenfunction in %s\n", path);
  return status ? status : closed;
}

static int report(const mf_options *o, const mf_job *job, mf_problem *p, char *name, double *function,
                  mf_terminal *terminal)
{
  mf_gap gap;
  mf_stage("spectral gap");
  const int status = mf_gap_compute(p->flow, &gap, function);
  mf_terminal_finish(terminal);
  MF_TRY(status);
  printf("%s: gap %.12g, entropies decay at twice that, %.12g (residual %.1e, %d iterations)\n", name,
         gap.value, 2 * gap.value, gap.residual, gap.iterations);
  return o->output ? write_function(o, job, name, p, function) : MF_OK;
}

static int compute(const mf_options *o, const mf_job *job, mf_terminal *terminal)
{
  mf_case *source;
  mf_problem *p;
  char *name = NULL;
  double *function = NULL;
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&p, source));
  int status = mf_job_name(job, &name);
  if (!status) status = mf_reals_create(&function, p->grid.cells);
  if (!status) status = report(o, job, p, name, function, terminal);
  mf_release(name);
  mf_release(function);
  mf_problem_free(p);
  return status;
}

static int run(const mf_options *o)
{
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow gap: name one case\nTry 'mflow gap --help'."));
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  mf_terminal terminal;
  mf_terminal_init(&terminal, stderr, o->quiet);
  mf_stage_listen(mf_show_stage, &terminal);
  const int status = compute(o, &job, &terminal);
  mf_terminal_finish(&terminal);
  return mf_exit_code(status);
}

const mf_command mf_command_gap = {
    .name = "gap",
    .summary = "the spectral gap of a flow at its target, on its grid",
    .usage = "Usage: mflow gap [OPTION]... CASE\n"
             "Print the discrete spectral gap lambda_h of the flow of CASE, linearised at its target: chi^2 "
             "and every\n"
             "entropy decay like e^(-2 lambda_h t).\n\n"
             "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
             "      --variant NAME    of a variant of the case\n"
             "  -o, --output PATH     write the eigenfunction to PATH.nc\n"
             "      --force           replace a file that is there\n"
             "      --threads N       threads to use (default: one per processor, or OMP_NUM_THREADS)\n"
             "  -h, --help            this text\n",
    .accepts = "sovfqN",
    .run = run,
};
