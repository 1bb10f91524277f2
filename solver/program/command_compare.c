/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow compare: distances between two runs, or between a run and an ensemble of particles, at their
 * common times. */
#define _POSIX_C_SOURCE 200809L
#include "solver/program/command_compare.h"

#include "solver/program/command_kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME = 48 };

static const char *const field_names[] = {"l1", "l2",   "kl",  "he2", "mmd", "w1", "w2",
                                          "ks", "mass", "she", "hk",  "shk", NULL};
static const char *const particle_names[] = {"particles",  "mmd2", "mmd2_error", "mmd2_z", "mmd2_v",
                                             "mmd2_floor", "ks",   "ks_z",       "ks_p",   "w1",
                                             "w1_floor",   "w2",   "moment_z",   "mass",   NULL};

/* ---- what is asked ---- */

/* NAME stands for NAME.nc where there is no file NAME. */
static void find_file(const char *given, char path[MF_COMPARISON_PATH])
{
  snprintf(path, MF_COMPARISON_PATH, "%s.nc", given);
  if (!access(given, F_OK) || access(path, F_OK)) snprintf(path, MF_COMPARISON_PATH, "%s", given);
}

static int read_limit(mf_comparison *j, const char *text)
{
  mf_comparison_limit *l = &j->limit[j->limits];
  const char *equals = strchr(text, '=');
  char name[NAME], near[MF_COMPARISON_TEXT], *end;
  snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - text) : 0, text);
  const double value = equals ? strtod(equals + 1, &end) : NAN;
  if (!equals || end == equals + 1 || *end || !(value >= 0))
    return mf_fail(MF_ECASE, "mflow compare: --tolerance takes QUANTITY=VALUE, such as kl=1e-6, not '%s'",
                   text);
  for (int k = 0; k < j->columns; k++)
    if (!strcmp(name, j->names[k]))
      *l = (mf_comparison_limit){.quantity = j->names[k], .allowed = value, .holds = true};
  if (!l->quantity)
    return mf_fail(MF_ECASE, "mflow compare: --tolerance: there is no quantity '%s' here%s", name,
                   mf_suggest(near, sizeof near, name, j->names, j->columns));
  j->limits++;
  return MF_OK;
}

static int check_quantity(const mf_comparison *j, const char *name)
{
  char near[MF_COMPARISON_TEXT];
  for (int k = 0; k < j->columns; k++)
    if (!strcmp(name, j->names[k])) return MF_OK;
  return mf_fail(MF_ECASE, "mflow compare: --quantity: there is no quantity '%s' here%s", name,
                 mf_suggest(near, sizeof near, name, j->names, j->columns));
}

/* By --quantity or --tolerance. */
static bool is_asked(const mf_comparison *j, const char *name)
{
  for (int i = 0; i < j->options->quantities; i++)
    if (!strcmp(name, j->options->quantity[i])) return true;
  for (int i = 0; i < j->limits; i++)
    if (!strcmp(name, j->limit[i].quantity)) return true;
  return false;
}

static int open_files(mf_comparison *j)
{
  const mf_options *o = j->options;
  if (o->case_count != 2)
    return mf_fail(
        MF_ECASE,
        "mflow compare: name two files, A.nc and what to compare it with\nTry 'mflow compare --help'.");
  find_file(o->cases[0], j->path_a);
  find_file(o->cases[1], j->path_b);
  MF_TRY(mf_snapshots_open(&j->a, j->path_a));
  if (mf_is_ensemble(j->path_b))
    MF_TRY(mf_ensemble_read(&j->ensemble, j->path_b));
  else
    MF_TRY(mf_snapshots_open(&j->b, j->path_b));
  j->grid = j->a.grid;
  if (!j->ensemble) MF_TRY(mf_common_grid(&j->a, &j->b, &j->grid));
  j->names = j->ensemble ? particle_names : field_names;
  while (j->names[j->columns]) j->columns++;
  for (int i = 0; i < o->tolerances; i++) MF_TRY(read_limit(j, o->tolerance[i]));
  for (int i = 0; i < o->quantities; i++) MF_TRY(check_quantity(j, o->quantity[i]));
  return MF_OK;
}

/* The two records whose times differ least. */
static void find_nearest(const mf_comparison *j, const double *time, int count, int *a, int *b)
{
  *a = *b = 0;
  for (int i = 0, k = 0; i < j->a.count && k < count; j->a.time[i] < time[k] ? i++ : k++)
    if (fabs(j->a.time[i] - time[k]) < fabs(j->a.time[*a] - time[*b])) *a = i, *b = k;
}

/* Records at the same time; an ensemble without times belongs to the last record of A. */
static int find_pairs(mf_comparison *j)
{
  const int count = j->ensemble ? j->ensemble->count : j->b.count;
  const double *time = j->ensemble ? j->ensemble->time : j->b.time;
  MF_TRY(mf_objects_create(&j->pair, j->a.count, sizeof *j->pair));
  for (int i = 0, k = 0; i < j->a.count && k < count;) {
    const bool last = isnan(time[k]) && i == j->a.count - 1;
    if (last || mf_same_time(j->a.time[i], time[k])) {
      j->pair[j->pairs][0] = i++;
      j->pair[j->pairs++][1] = k++;
    } else if (isnan(time[k]) || j->a.time[i] < time[k])
      i++;
    else
      k++;
  }
  if (j->pairs) return MF_OK;
  int a, b;
  find_nearest(j, time, count, &a, &b);
  return mf_fail(MF_ECASE,
                 "%s (t = %g .. %g, %d records) and %s (t = %g .. %g, %d records) have no time in common; "
                 "nearest are %.9g "
                 "and %.9g",
                 j->path_a, j->a.time[0], j->a.time[j->a.count - 1], j->a.count, j->path_b, time[0],
                 time[count - 1], count, j->a.time[a], time[b]);
}

/* ---- the kernel ---- */

/* What is not said is a Gaussian, as wide as A is at the last common time. */
static int choose_kernel(mf_comparison *j)
{
  double *density;
  MF_TRY(mf_reals_create(&density, j->grid.cells));
  int status = mf_snapshots_density(&j->a, j->pair[j->pairs - 1][0], &j->grid, density);
  if (!status) status = mf_kernel_of_options(j->options, &j->grid, density, &j->kernel);
  if (!status) mf_kernel_in_full(&j->kernel, j->kernel_text, sizeof j->kernel_text);
  mf_release(density);
  return status;
}

/* ---- comparing ---- */

/* What takes longer than a sum is computed where it is asked for. */
static int compare_geometries(const mf_comparison *j, int pair, mf_entropic_start *start, double *value)
{
  for (const mf_distance_type *const *t = mf_distance_types; *t; t++)
    for (int k = 0; k < j->columns; k++)
      if (!strcmp(j->names[k], (*t)->column) && isnan(value[k]) && is_asked(j, j->names[k]))
        MF_TRY(mf_compare_geometry(&j->a, j->pair[pair][0], &j->b, j->pair[pair][1], &j->grid, *t, start,
                                   &value[k]));
  return MF_OK;
}

static int compare_fields(mf_comparison *j)
{
  mf_convolution *kernel = NULL;
  mf_entropic_start start = {.cells = 0};
  int status = mf_convolution_create(&kernel, &j->grid, &j->kernel);
  for (int i = 0; i < j->pairs && !status && !mf_stop_signal; i++) {
    mf_field_comparison c;
    status = mf_compare_records(&j->a, j->pair[i][0], &j->b, j->pair[i][1], &j->grid, kernel, &c);
    j->row[i] = (mf_comparison_row){.time = c.time,
                                    .value = {c.l1, c.l2, c.kl, c.he2, c.mmd, c.w1, c.w2, c.ks,
                                              fabs(c.mass_a - c.mass_b), NAN, NAN, NAN}};
    if (!status) status = compare_geometries(j, i, &start, j->row[i].value);
  }
  mf_entropic_start_clear(&start);
  mf_convolution_free(kernel);
  return status;
}

static double worst_moment(const mf_particle_comparison *c)
{
  double worst = 0;
  for (int k = 0; k < c->moments; k++)
    worst = fmax(worst, mf_particle_errors(c->moment[k].particles - c->moment[k].grid, c->moment[k].error));
  return worst;
}

static int compare_snapshot(const mf_comparison *j, int index, double *density, mf_comparison_row *out)
{
  const mf_ensemble *e = j->ensemble;
  const int record = j->pair[index][0];
  const ptrdiff_t first = e->first[j->pair[index][1]];
  const mf_particles p = {.dim = e->dim,
                          .count = e->first[j->pair[index][1] + 1] - first,
                          .position = e->position + first * e->dim,
                          .weight = e->weight ? e->weight + first : NULL};
  mf_particle_comparison *c = &out->particles;
  MF_TRY(mf_snapshots_density(&j->a, record, &j->grid, density));
  const int status = mf_particles_compare(&j->grid, density, &j->kernel, &p, MF_PARTICLES_TRANSPORT, c);
  if (status) return mf_blame(status, "%s at t = %g", j->path_b, j->a.time[record]);
  out->time = c->time = j->a.time[record];
  const double value[] = {(double)c->particles,
                          c->mmd2,
                          c->mmd2_error,
                          mf_particle_errors(c->mmd2, c->mmd2_error),
                          c->mmd2_v,
                          c->mmd2_floor,
                          c->ks,
                          c->ks * sqrt(c->effective),
                          c->ks_p,
                          c->w1,
                          c->w1_floor,
                          c->w2,
                          worst_moment(c),
                          fabs(c->mass_a - c->mass_b)};
  memcpy(out->value, value, sizeof value);
  return MF_OK;
}

static int compare_particles(mf_comparison *j)
{
  double *density;
  MF_TRY(mf_reals_create(&density, j->grid.cells));
  int status = MF_OK;
  for (int i = 0; i < j->pairs && !status && !mf_stop_signal; i++)
    status = compare_snapshot(j, i, density, &j->row[i]);
  mf_release(density);
  return status;
}

/* A quantity that has no value here is not within its tolerance. */
static void judge(mf_comparison *j, mf_comparison_limit *l)
{
  int k = 0;
  while (strcmp(j->names[k], l->quantity) != 0) k++;
  for (int i = 0; i < j->pairs; i++) {
    const double size = fabs(j->row[i].value[k]);
    if (!(size <= l->allowed)) l->holds = false;
    if (i > 0 && !(isnan(size) || size > l->worst)) continue;
    l->worst = size;
    l->time = j->row[i].time;
  }
}

/* ---- all of it ---- */

static int compare(mf_comparison *j)
{
  MF_TRY(open_files(j));
  MF_TRY(find_pairs(j));
  MF_TRY(choose_kernel(j));
  MF_TRY(mf_objects_create(&j->row, j->pairs, sizeof *j->row));
  MF_TRY(j->ensemble ? compare_particles(j) : compare_fields(j));
  if (mf_stop_signal) return mf_fail(MF_ESTOPPED, "mflow compare: stopped");
  j->holds = true;
  for (int i = 0; i < j->limits; i++) {
    judge(j, &j->limit[i]);
    j->holds = j->holds && j->limit[i].holds;
  }
  return j->options->json ? mf_comparison_print_json(j) : mf_comparison_print(j);
}

static int run(const mf_options *o)
{
  mf_comparison *j;
  int code = mf_exit_code(mf_objects_create(&j, 1, sizeof *j));
  if (code) return code;
  j->options = o;
  code = mf_exit_code(compare(j));
  if (!code && !j->holds) code = EXIT_FAILS;
  mf_snapshots_clear(&j->a);
  mf_snapshots_clear(&j->b);
  mf_ensemble_free(j->ensemble);
  mf_release(j->pair);
  mf_release(j->row);
  mf_release(j);
  return code;
}

const mf_command mf_command_compare = {
    .name = "compare",
    .summary = "distances between two runs, or a run and particles",
    .usage = "Usage: mflow compare [OPTION]... A.nc B\n"
             "Print the distances between the densities of two runs at every time that both have: L1, L2, "
             "KL(A|B), He2, MMD\n"
             "and, in one dimension, W1, W2 and Kolmogorov-Smirnov.  Different grids of one box are compared "
             "on the coarser\n"
             "one, by cell averages.  B may also be particles (netCDF or CSV; the formats are in mflow(1)): "
             "then MMD^2, unbiased\n"
             "and as V-statistic, beside what independent samples of A would give, moments with standard "
             "errors and, in one\n"
             "dimension, Kolmogorov-Smirnov, W1 and W2.\n"
             "Exit code 0, or 1 if a quantity is beyond its tolerance.\n\n"
             "      --tolerance QUANTITY=VALUE  at every time |QUANTITY| <= VALUE, such as l1=1e-3, mmd2_z=4 "
             "(repeatable)\n"
             "      --quantity NAME             also w2 in two and three dimensions, she, hk, shk "
             "(repeatable; a tolerance asks too)\n"
             "      --kernel NAME               of the MMD (default gaussian; 'mflow list' names all)\n"
             "      --bandwidth LENGTH          or a list of lengths (default: the standard deviation of A)\n"
             "      --shape VALUE               of kernels that have one\n"
             "      --json                      print one JSON object\n"
             "  -h, --help                      this text\n",
    .accepts = "TQkbSJ",
    .run = run,
};
