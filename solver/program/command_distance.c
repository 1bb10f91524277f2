/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow distance: how far two measures are from each other in a geometry. */
#include "grids/field.h"
#include "grids/remap.h"
#include "io/language/section.h"
#include "io/terminal.h"
#include "solver/distance/distance.h"
#include "solver/problem/named.h"
#include "solver/program/command_answer.h"
#include "solver/program/command_json.h"
#include "solver/program/command_kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { KERNEL_TEXT = 512, FIELDS = 4 + MF_AXES };

/* What is asked, and what was found. */
typedef struct {
  const mf_options *options;
  const mf_distance_type *type;
  mf_distance_options how;
  mf_named named[2];
  mf_distance_measure measure[2];
  mf_kernel kernel;
  char kernel_text[KERNEL_TEXT];
  mf_distance_fields fields;
  mf_distance found;
  double seconds;
} question;

/* ---- what is asked ---- */

typedef struct {
  double alpha, beta, p;
  int geometry;
} numbers;

static const mf_param rows[] = {
    {.key = "geometry",
     .kind = MF_CHOICE,
     .offset = offsetof(numbers, geometry),
     .required = true,
     .choices = mf_distance_names,
     .doc = "whose distance it is"},
    {.key = "alpha",
     .kind = MF_REAL,
     .offset = offsetof(numbers, alpha),
     .fallback = 1,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "mobility of transport"},
    {.key = "beta",
     .kind = MF_REAL,
     .offset = offsetof(numbers, beta),
     .fallback = 1,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "rate of reaction"},
    {.key = "p",
     .kind = MF_REAL,
     .offset = offsetof(numbers, p),
     .fallback = 2,
     .min = 1,
     .max = 1e6,
     .doc = "exponent"},
};
static const mf_param_table table = MF_PARAM_TABLE(rows, numbers);

/* The options as a section of a case, so that they are written, checked and complained about like one. */
static int read_numbers(const mf_options *o, numbers *out)
{
  char text[4096];
  size_t used = 0;
  const char *const key[] = {"geometry", "alpha", "beta", "p"}, *const value[] = {o->geometry, o->alpha,
                                                                                  o->beta, o->exponent};
  mf_case *source;
  mf_scope *scope = NULL;
  for (int i = 0; i < 4; i++)
    if (value[i] && used < sizeof text)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s: %s\n", key[i], value[i]);
  MF_TRY(mf_case_parse(&source, "--geometry, --alpha, --beta, --p", text));
  int status = mf_scope_create(&scope);
  if (!status) status = mf_section_read(mf_case_root(source), "the distance", &table, scope, out);
  mf_scope_free(scope);
  mf_case_free(source);
  return status;
}

static int refuse_option(const question *q, const char *given, const char *name, unsigned trait)
{
  if (!given || q->type->traits & trait) return MF_OK;
  return mf_fail(MF_ECASE, "mflow distance: the geometry %s has no --%s", q->type->name, name);
}

static int read_options(question *q)
{
  const mf_options *o = q->options;
  numbers n;
  if (o->case_count != 2)
    return mf_fail(MF_ECASE, "mflow distance: name two measures\nTry 'mflow distance --help'.");
  if (!o->geometry)
    return mf_fail(MF_ECASE, "mflow distance: say which with --geometry\nTry 'mflow distance --help'.");
  MF_TRY(read_numbers(o, &n));
  q->type = mf_distance_types[n.geometry];
  q->how = (mf_distance_options){.alpha = n.alpha, .beta = n.beta, .p = n.p};
  MF_TRY(refuse_option(q, o->alpha, "alpha", MF_DISTANCE_ALPHA));
  MF_TRY(refuse_option(q, o->beta, "beta", MF_DISTANCE_BETA));
  MF_TRY(refuse_option(q, o->exponent, "p", MF_DISTANCE_POWER));
  MF_TRY(refuse_option(q, o->kernel, "kernel", MF_DISTANCE_KERNEL));
  MF_TRY(refuse_option(q, o->bandwidth, "bandwidth", MF_DISTANCE_KERNEL));
  return refuse_option(q, o->shape, "shape", MF_DISTANCE_KERNEL);
}

/* ---- the measures ---- */

/* What has no grid of its own takes that of the other one, or that of --grid. */
static int read_measures(question *q)
{
  const mf_options *o = q->options;
  const mf_job job = {.variant = o->variant, .set = o->set, .set_count = o->sets};
  const char *const *word = o->cases;
  const int first = mf_named_needs_grid(word[0]) && !mf_named_needs_grid(word[1]) ? 1 : 0;
  mf_grid grid;
  if (o->grid)
    MF_TRY(mf_named_grid(&grid, o->grid, &job));
  else if (mf_named_needs_grid(word[first]))
    return mf_fail(MF_ECASE, "mflow distance: neither measure has a grid: give one, --grid CASE or --grid "
                             "'{cells: [64], box: [[0, 1]]}'");
  MF_TRY(mf_named_read(&q->named[first], word[first], &grid, &job));
  if (!o->grid) grid = q->named[first].grid;
  return mf_named_read(&q->named[1 - first], word[1 - first], &grid, &job);
}

/* Densities on different grids are averaged over the cells of the coarser one; on the line each stays where it is, if
 * nothing is to be written. */
static int bring_together(question *q)
{
  mf_grid common;
  mf_named *a = &q->named[0], *b = &q->named[1];
  const bool lines = q->type->traits & MF_DISTANCE_POWER && a->grid.dim == 1 && b->grid.dim == 1 &&
                     !a->grid.periodic[0] && !b->grid.periodic[0] && !q->options->potentials;
  if (!lines) {
    MF_TRY(mf_grid_common(&common, &a->grid, a->word, &b->grid, b->word));
    for (int i = 0; i < 2; i++) {
      MF_TRY(mf_remap_field(&q->named[i].grid, &common, &q->named[i].density));
      q->named[i].grid = common;
    }
  }
  for (int i = 0; i < 2; i++) q->measure[i] = (mf_distance_measure){&q->named[i].grid, q->named[i].density};
  return MF_OK;
}

static int choose_kernel(question *q)
{
  if (!(q->type->traits & MF_DISTANCE_KERNEL)) return MF_OK;
  MF_TRY(mf_kernel_of_options(q->options, q->measure[0].grid, q->measure[0].density, &q->kernel));
  mf_kernel_in_full(&q->kernel, q->kernel_text, sizeof q->kernel_text);
  q->how.kernel = &q->kernel;
  return MF_OK;
}

/* ---- potentials ---- */

static int make_room(question *q)
{
  const mf_grid *grid = q->measure[0].grid;
  if (!q->options->potentials) return MF_OK;
  for (int i = 0; i < 2; i++) MF_TRY(mf_reals_create(&q->fields.potential[i], grid->cells));
  for (int a = 0; a < grid->dim && q->type->traits & MF_DISTANCE_POWER; a++)
    MF_TRY(mf_reals_create(&q->fields.map[a], grid->cells));
  return MF_OK;
}

static int write_fields(const question *q)
{
  static const mf_field_info all[] = {
      {"density_a", "density of the first measure", "1", true},
      {"density_b", "density of the second measure", "1", true},
      {"potential_a", "first variation of half the squared distance in the first measure", "1", false},
      {"potential_b", "first variation of half the squared distance in the second measure", "1", false},
      {"map_x", "where the first measure goes, along x", "1", false},
      {"map_y", "where the first measure goes, along y", "1", false},
      {"map_z", "where the first measure goes, along z", "1", false},
  };
  const double *values[FIELDS] = {q->measure[0].density, q->measure[1].density, q->fields.potential[0],
                                  q->fields.potential[1]};
  int count = 4;
  for (int a = 0; a < MF_AXES && q->fields.map[a]; a++) values[count++] = q->fields.map[a];
  const mf_fields_layout layout = {.grid = q->measure[0].grid, .varying = all, .varying_count = count};
  return mf_answer_write(q->options, q->options->potentials, &layout, values);
}

/* ---- reports ---- */

static void print_grid(const mf_grid *grid)
{
  for (int a = 0; a < grid->dim; a++) printf("%s%td", a ? " x " : "", grid->n[a]);
}

static void print_text(const question *q)
{
  const mf_distance *d = &q->found;
  printf("%s and %s: %s %.12g\n", q->named[0].word, q->named[1].word, q->type->name, d->value);
  printf("  error about %.1e", d->error);
  if (!isnan(d->lower)) printf("; certainly in [%.12g, %.12g]: %s", d->lower, d->upper, d->encloses);
  printf("\n  masses %.9g and %.9g on ", mf_field_mass(q->measure[0].grid, q->measure[0].density),
         mf_field_mass(q->measure[1].grid, q->measure[1].density));
  print_grid(q->measure[0].grid);
  if (q->measure[0].grid->cells != q->measure[1].grid->cells) {
    printf(" and ");
    print_grid(q->measure[1].grid);
  }
  printf(" cells\n  ");
  if (q->type->traits & MF_DISTANCE_ALPHA) printf("alpha %g, ", q->how.alpha);
  if (q->type->traits & MF_DISTANCE_BETA) printf("beta %g, ", q->how.beta);
  if (q->type->traits & MF_DISTANCE_POWER) printf("p %g, ", q->how.p);
  if (q->how.kernel) printf("kernel %s, ", q->kernel_text);
  printf("by %s", d->algorithm);
  if (d->iterations) printf(": %d iterations, residual %.1e", d->iterations, d->residual);
  printf(", %.3g s\n", q->seconds);
  if (q->options->potentials) printf("  potentials in %s\n", q->options->potentials);
}

static void put_options(mf_json *j, const question *q)
{
  if (q->type->traits & MF_DISTANCE_ALPHA) mf_json_number(j, "alpha", q->how.alpha);
  if (q->type->traits & MF_DISTANCE_BETA) mf_json_number(j, "beta", q->how.beta);
  if (q->type->traits & MF_DISTANCE_POWER) mf_json_number(j, "p", q->how.p);
  if (q->how.kernel) mf_json_text(j, "kernel", q->kernel_text);
}

static int print_json(const question *q)
{
  const mf_distance *d = &q->found;
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  mf_json_text(j, "a", q->named[0].word);
  mf_json_text(j, "b", q->named[1].word);
  mf_json_text(j, "geometry", q->type->name);
  put_options(j, q);
  mf_json_number(j, "distance", d->value);
  mf_json_number(j, "error", d->error);
  mf_json_number_or(j, "lo", d->lower, "this algorithm encloses nothing");
  mf_json_number_or(j, "hi", d->upper, "this algorithm encloses nothing");
  mf_json_text(j, "encloses", d->encloses);
  mf_json_text(j, "algorithm", d->algorithm);
  mf_json_count(j, "iterations", d->iterations);
  mf_json_number_or(j, "residual", d->residual, "nothing is iterated");
  mf_json_number(j, "mass_a", mf_field_mass(q->measure[0].grid, q->measure[0].density));
  mf_json_number(j, "mass_b", mf_field_mass(q->measure[1].grid, q->measure[1].density));
  mf_json_list(j, "cells");
  for (int a = 0; a < q->measure[0].grid->dim; a++) mf_json_count(j, NULL, q->measure[0].grid->n[a]);
  mf_json_end(j);
  mf_json_number(j, "seconds", q->seconds);
  return mf_json_print(j, stdout);
}

/* ---- the command ---- */

static int answer(question *q)
{
  MF_TRY(read_options(q));
  MF_TRY(read_measures(q));
  MF_TRY(bring_together(q));
  MF_TRY(choose_kernel(q));
  MF_TRY(make_room(q));
  const double start = mf_seconds();
  MF_TRY(mf_distance_compute(q->type, q->measure, &q->how, &q->fields, &q->found));
  q->seconds = mf_seconds() - start;
  if (q->options->potentials) MF_TRY(write_fields(q));
  if (q->options->json) return print_json(q);
  print_text(q);
  return MF_OK;
}

static int run(const mf_options *o)
{
  question q = {.options = o};
  const int status = answer(&q);
  for (int i = 0; i < 2; i++) {
    mf_named_clear(&q.named[i]);
    mf_release(q.fields.potential[i]);
  }
  for (int a = 0; a < MF_AXES; a++) mf_release(q.fields.map[a]);
  return mf_exit_code(status);
}

static void print_geometries(void)
{
  printf("\nGeometries\n");
  for (const mf_distance_type *const *t = mf_distance_types; *t; t++)
    printf("  %-20s %s\n", (*t)->name, (*t)->summary);
}

const mf_command mf_command_distance = {
    .name = "distance",
    .summary = "how far two measures are from each other in a geometry",
    .usage = "Usage: mflow distance --geometry NAME [OPTION]... A B\n"
             "Print the distance between two measures, an estimate of its error, an interval that certainly "
             "holds it where "
             "there is one,\n"
             "and what it holds.  A measure is CASE:target or CASE:initial, NAME.nc@TIME (NAME.nc: the last "
             "record), "
             "FILE.nc:VARIABLE,\n"
             "an image (FILE.png, FILE.pgm), samples (FILE.csv, FILE.txt), or a section as in a case: "
             "'{gaussian: {mean: [0], "
             "covariance: 1}}'.\n"
             "What has no grid is read on that of the other one.\n\n"
             "      --geometry NAME       whose distance, see below\n"
             "      --alpha VALUE         mobility of transport (default: 1)\n"
             "      --beta VALUE          rate of reaction (default: 1)\n"
             "      --p VALUE             exponent of W_p (default: 2)\n"
             "      --kernel NAME         of the MMD (default gaussian; 'mflow list' names all)\n"
             "      --bandwidth LENGTH    or a list of lengths (default: the standard deviation of A)\n"
             "      --shape VALUE         of kernels that have one\n"
             "      --grid GRID           of a case, or '{cells: [64], box: [[0, 1]]}', for what has none\n"
             "  -s, --set KEY=VALUE       change a value of the cases (repeatable)\n"
             "      --variant NAME        of the cases\n"
             "      --potentials FILE.nc  write both densities, the first variations of half the square and, "
             "in the Wasserstein "
             "geometry, the map\n"
             "      --force               replace a file that is there\n"
             "      --json                as JSON: distance, error, lo, hi, encloses, iterations, residual, "
             "seconds\n"
             "      --threads N           threads to use (default: one per processor, or OMP_NUM_THREADS)\n"
             "  -h, --help                this text\n",
    .more = print_geometries,
    .accepts = "YaePkbSDsvVfJN",
    .run = run,
};
