/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow sample: points of a measure, for particle methods of other programs. */
#include "grids/sampler.h"
#include "io/data/npy.h"
#include "io/fresh.h"
#include "solver/particles/plan.h"
#include "solver/problem/named.h"
#include "solver/program/command.h"

#include <stdio.h>
#include <string.h>

/* ---- files ---- */

typedef struct {
  int dim;
  ptrdiff_t count;
  const double *const *x;
} table;

/* A line that names the columns, then one a point. */
static bool put_rows(const void *self, FILE *file)
{
  const table *t = self;
  for (int a = 0; a < t->dim; a++) fprintf(file, "%s%c", a ? "," : "", 'x' + a);
  for (ptrdiff_t i = 0; i < t->count; i++)
    for (int a = 0; a < t->dim; a++) fprintf(file, "%s%.17g", a ? "," : "\n", t->x[a][i]);
  return fputc('\n', file) != EOF;
}

/* ---- the command ---- */

/* What is asked. */
typedef struct {
  mf_start method;
  ptrdiff_t count;
  uint64_t seed;
} request;

static int read_request(const mf_options *o, request *r)
{
  *r = (request){.count = o->count ? o->count : 1000, .seed = (uint64_t)(o->seed ? o->seed : 1)};
  if (o->case_count != 1)
    return mf_fail(MF_ECASE, "mflow sample: name one measure\nTry 'mflow sample --help'.");
  if (!o->output || !(mf_ends_with(o->output, ".npy") || mf_ends_with(o->output, ".csv")))
    return mf_fail(MF_ECASE, "mflow sample: -o takes a name that ends in .npy or .csv");
  while (o->method && mf_start_names[r->method] && strcmp(o->method, mf_start_names[r->method]) != 0)
    r->method++;
  if (mf_start_names[r->method]) return MF_OK;
  return mf_fail(MF_ECASE, "mflow sample: --method is random, quantile or sobol, not '%s'", o->method);
}

static int sample(const mf_options *o, const request *r, const mf_named *m, double *memory)
{
  mf_sampler *sampler;
  const int dim = m->grid.dim;
  double *const x[MF_AXES] = {memory, memory + r->count, memory + 2 * r->count};
  const double *const u[MF_AXES] = {x[0], x[1], x[2]};
  if (r->method == MF_START_QUANTILE && dim > 1)
    return mf_fail(MF_ECASE, "mflow sample: quantiles are for a line; in %d dimensions take sobol", dim);
  MF_TRY(mf_sampler_create(&sampler, &m->grid, m->density, mf_named_needs_grid(m->word)));
  mf_start_points(r->method, r->seed, dim, r->count, x);
  mf_sampler_at(sampler, r->count, u, x);
  mf_sampler_free(sampler);
  MF_TRY(mf_ends_with(o->output, ".npy")
             ? mf_npy_write(o->output, r->count, dim, u, o->force)
             : mf_fresh_write(o->output, o->force, put_rows, &(table){dim, r->count, u}));
  if (!o->quiet) printf("%s: %td points of %s\n", o->output, r->count, m->word);
  return MF_OK;
}

static int answer(const mf_options *o)
{
  request r;
  mf_named m = {0};
  mf_grid grid;
  double *memory = NULL;
  MF_TRY(read_request(o, &r));
  const mf_job job = {.path = o->cases[0], .variant = o->variant, .set = o->set, .set_count = o->sets};
  if (o->grid) MF_TRY(mf_named_grid(&grid, o->grid, &job));
  int status = mf_named_read(&m, o->cases[0], o->grid ? &grid : NULL, &job);
  if (!status) status = mf_reals_create(&memory, MF_AXES * r.count);
  if (!status) status = sample(o, &r, &m, memory);
  mf_release(memory);
  mf_named_clear(&m);
  return status;
}

static int run(const mf_options *o)
{
  return mf_exit_code(answer(o));
}

const mf_command mf_command_sample = {
    .name = "sample",
    .summary = "points of a measure, for particle methods",
    .usage = "Usage: mflow sample [OPTION]... MEASURE -o FILE\n"
             "Write points of a measure, a record of a run (NAME.nc@t), a case's (CASE:target, "
             "CASE:initial), or any that "
             "'mflow\n"
             "distance' takes, as an array of NumPy (.npy) or a table (.csv).\n\n"
             "  -o, --output FILE         FILE.npy or FILE.csv\n"
             "  -n, --count N             points (default 1000)\n"
             "      --method NAME         random, quantile (on a line) or sobol (default random)\n"
             "      --seed N              of random points (default 1)\n"
             "      --grid SECTION        what a measure without a grid is on: a case, or '{cells: ..., box: "
             "...}'\n"
             "  -s, --set KEY=VALUE       change a value of the case (repeatable)\n"
             "      --variant NAME        of a variant of the case\n"
             "      --force               replace a file that is there\n"
             "  -q, --quiet               say nothing\n"
             "  -h, --help                this text\n",
    .accepts = "sovqfDnMz",
    .run = run,
};
