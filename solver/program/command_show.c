/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow show: the resolved case, and what would be computed. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command.h"

#include "solver/run/keep.h"

#include <unistd.h>

static void print_flow(const mf_flow *flow)
{
  printf("# energy:    ");
  for (int i = 0; i < mf_flow_energies(flow); i++)
    printf("%s%g %s", i ? " + " : " ", mf_flow_energy(flow, i)->weight, mf_flow_energy(flow, i)->type->name);
  printf("\n# geometry:  ");
  for (int i = 0; i < mf_flow_geometries(flow); i++)
    printf("%s%g %s", i ? " + " : " ", mf_flow_geometry(flow, i)->coefficient,
           mf_flow_geometry(flow, i)->type->name);
  putchar('\n');
}

/* What the fields take before they are deflated; the history is small beside them. */
static void print_files(const mf_problem *p)
{
  double bytes = 0;
  int records = 0;
  for (int k = 0; k < p->outputs; k++) records += (p->output[k].purpose & MF_AT_FIELDS) != 0;
  for (int i = 0; i < p->variables; i++)
    bytes += (p->variable[i]->fixed ? 1 : records) * (double)p->grid.cells *
             (double)(p->single && !p->variable[i]->vanishes ? sizeof(float) : sizeof(double));
  printf("# files:      %d records of fields, %.3g MB%s\n", records, 1e-6 * bytes,
         p->deflate ? " before they are deflated" : "");
}

static void print_facts(const mf_problem *p, const mf_claims *claims, double memory)
{
  const mf_coordinate *q = mf_flow_coordinate(p->flow);
  printf("# grid:       %td", p->grid.global[0]);
  for (int a = 1; a < p->grid.dim; a++) printf(" x %td", p->grid.global[a]);
  printf(" = %td cells, h =", p->grid.global_cells);
  for (int a = 0; a < p->grid.dim; a++)
    printf(" %g%s", p->grid.h[a], p->grid.periodic[a] ? " (periodic)" : "");
  printf("\n# memory:     about %.0f MB\n", 1e-6 * memory);
  print_flow(p->flow);
  printf("# coordinate: %s", mf_coordinate_names[q->kind]);
  if (q->kind == MF_POWER) printf(", q = %g", q->exponent);
  printf(": %s\n", q->reason);
  printf("# integrator: %s", mf_integrator_names[p->integrator]);
  if (p->integrator != MF_CHEBYSHEV) printf(", rtol %g", p->tolerances.rtol);
  printf(": %s\n", p->integrator_reason);
  if (p->tolerances.decay > 0)
    printf("# rescaled:   by e^{s t}, s = %.6g, once it decays (time.rescale)\n", p->tolerances.decay);
  if (mf_diagnosis_kernel(p->diagnosis)) {
    char text[512];
    mf_kernel_text(mf_diagnosis_kernel(p->diagnosis), text, sizeof text);
    printf("# mmd column: %s\n", text);
  }
  printf("# mass:       %.9g to start with", p->initial->mass);
  if (p->target) printf(", %.9g of the target", p->target->mass);
  printf("\n# outputs:    %d", p->outputs);
  if (p->start > 0) printf(" from t = %g", p->start);
  printf(" to t = %g", p->end);
  for (int i = 0; i < p->decays; i++)
    printf(", and %s whenever F has fallen by %g", p->decay[i].purpose == MF_AT_FIELDS ? "fields" : "rows",
           p->decay[i].factor);
  printf("; %d claims\n", mf_claims_count(claims));
  print_files(p);
}

/* The integrator is set up as a run does it, so that what it takes is measured and not guessed [bytes]. */
static int measure_memory(mf_problem *p, double *memory)
{
  mf_march *march;
  MF_TRY(mf_march_create(&march, p->flow, p->integrator, &p->tolerances, p->initial, p->start, p->series));
  *memory = mf_peak_memory() + mf_problem_memory(p);
  mf_march_free(march);
  return MF_OK;
}

static int show(const mf_job *job)
{
  mf_case *source;
  mf_problem *p;
  mf_claims *claims;
  char *text;
  MF_TRY(mf_job_open(job, &source));
  MF_TRY(mf_problem_create(&p, source));
  int status = mf_claims_create(&claims, p);
  double memory = 0;
  if (!status) status = measure_memory(p, &memory);
  if (!status) {
    status = mf_case_emit(p->source, &text);
    if (!status) {
      fputs(text, stdout);
      print_facts(p, claims, memory);
      mf_release(text);
    }
    mf_claims_free(claims);
  }
  mf_problem_free(p);
  return status;
}

/* A run by its name, where no case is called so. */
static int find_checkpoint(const char *word, char *path, size_t size, bool *there)
{
  char *name;
  MF_TRY(mf_run_name(word, &name));
  mf_keep_path(name, path, size);
  mf_release(name);
  *there = (access(word, F_OK) != 0 || mf_ends_with(word, ".nc")) && access(path, F_OK) == 0;
  return MF_OK;
}

static int run(const mf_options *o)
{
  char path[4096];
  bool there;
  if (o->case_count != 1)
    return mf_exit_code(mf_fail(MF_ECASE, "mflow show: name one case\nTry 'mflow show --help'."));
  const int status = find_checkpoint(o->cases[0], path, sizeof path, &there);
  if (status || there) return mf_exit_code(status ? status : mf_show_checkpoint(path));
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  return mf_exit_code(show(&job));
}

const mf_command mf_command_show = {
    .name = "show",
    .summary = "the resolved case, and what would be computed; or a checkpoint",
    .usage = "Usage: mflow show [OPTION]... CASE|NAME\n"
             "Print CASE with variant and --set applied, as YAML, followed by comments on grid, memory, "
             "coordinate and\n"
             "integrator.  Everything is checked, nothing is run or written.  Of a run NAME, print what its "
             "checkpoint "
             "holds.\n\n"
             "  -s, --set KEY=VALUE   change a value of the case (repeatable)\n"
             "      --variant NAME    show a variant of the case\n"
             "  -h, --help            this text\n",
    .accepts = "svq",
    .run = run,
};
