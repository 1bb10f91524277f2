/* SPDX-License-Identifier: BSD-3-Clause */
/* Times right-hand sides against what memory allows, and prints a JSON line for each:
 *
 *   bench_rhs [WORD]        only the workloads with the word in their name
 *
 * The yardstick is the STREAM triad a = b + s c on arrays that together hold the bytes the operator cannot do without:
 * the state read, the rate written, and each array of coefficients read, once.  Both are run in turn, on one thread and
 * on two.  `ratio` compares medians, `least_ratio` the shortest times, which a busy machine disturbs less. */
#include "grids/field.h"
#include "grids/measure.h"
#include "grids/threads.h"
#include "io/terminal.h"
#include "operators/registry.h"
#include "solver/flow/flow.h"
#include "tests/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 31 };

typedef struct {
  const char *name;
  int dim;
  long cells[MF_AXES];
  const char *energy;
  bool mmd; /* a reaction in the MMD geometry too: interaction-force transport */
} workload;

static const workload workloads[] = {
    {"fokker-planck rhs 256^2", 2, {256, 256, 1}, "kl", false},
    {"fokker-planck rhs 512^2", 2, {512, 512, 1}, "kl", false},
    {"fokker-planck rhs 1024^2", 2, {1024, 1024, 1}, "kl", false},
    {"fokker-planck rhs 2048^2", 2, {2048, 2048, 1}, "kl", false},
    {"fokker-planck rhs 64^3", 3, {64, 64, 64}, "kl", false},
    {"fokker-planck rhs 128^3", 3, {128, 128, 128}, "kl", false},
    {"ift rhs 128^2", 2, {128, 128, 1}, "mmd", true},
    {"ift rhs 256^2", 2, {256, 256, 1}, "mmd", true},
};

/* ---- what is timed ---- */

typedef struct {
  mf_grid grid;
  mf_measure *target, *initial;
  mf_flow *flow;
  double *y, *rate;
  double *a, *b, *c; /* of the triad */
  ptrdiff_t triad;   /* their length */
} bench;

static void triad(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const bench *s = self;
  double *restrict a = s->a;
  const double *restrict b = s->b, *restrict c = s->c;
  for (ptrdiff_t i = begin; i < end; i++) a[i] = b[i] + 0.5 * c[i];
}

static double time_triad(const bench *s)
{
  const double start = mf_seconds();
  mf_share(s->triad, MF_PIECE, triad, s);
  return mf_seconds() - start;
}

static double time_rate(bench *s)
{
  const double start = mf_seconds();
  if (mf_flow_rate(s->flow, s->y, s->rate)) exit(EXIT_FAILURE);
  return mf_seconds() - start;
}

/* ---- setting up ---- */

static int gaussian(mf_measure **out, const mf_grid *grid, double mean, double spread)
{
  double centre[MF_AXES] = {mean, -mean, 0.5 * mean}, covariance[MF_AXES * MF_AXES] = {0};
  for (int a = 0; a < grid->dim; a++) covariance[(grid->dim + 1) * a] = spread / (1 + a);
  MF_TRY(mf_measure_create(out, grid));
  MF_TRY(mf_measure_add_gaussian(*out, 1, centre, covariance));
  return mf_measure_normalise(*out, 1);
}

static void *member(void *options, const mf_param_table *table, const char *key)
{
  for (int i = 0; i < table->count; i++)
    if (!strcmp(table->rows[i].key, key)) return (char *)options + table->rows[i].offset;
  return NULL;
}

static int add_energy(bench *s, const char *name)
{
  const mf_energy_type *type = mf_energy_find(name);
  _Alignas(max_align_t) unsigned char options[2048];
  mf_param_defaults(&type->params, options);
  mf_reals *bandwidth = member(options, &type->params, "bandwidth");
  if (bandwidth) *bandwidth = (mf_reals){.count = 1, .value = {2}};
  return mf_flow_add_energy(s->flow, type, options);
}

static int add_geometry(bench *s, const char *name)
{
  const mf_geometry_type *type = mf_geometry_find(name);
  _Alignas(max_align_t) unsigned char options[2048];
  mf_param_defaults(&type->params, options);
  return mf_flow_add_geometry(s->flow, type, options);
}

static int build(bench *s, const workload *w, double bytes)
{
  const double lo[MF_AXES] = {-6, -6, -6}, hi[MF_AXES] = {6, 6, 6};
  const bool periodic[MF_AXES] = {false};
  MF_TRY(mf_grid_init(&s->grid, w->dim, w->cells, lo, hi, periodic));
  MF_TRY(gaussian(&s->target, &s->grid, 0, 1));
  MF_TRY(gaussian(&s->initial, &s->grid, 1, 0.5));
  MF_TRY(mf_flow_create(&s->flow, &s->grid, s->target));
  MF_TRY(add_energy(s, w->energy));
  MF_TRY(add_geometry(s, "wasserstein"));
  if (w->mmd) MF_TRY(add_geometry(s, "mmd"));
  MF_TRY(mf_flow_finish(s->flow, NULL, s->initial));
  MF_TRY(mf_reals_create(&s->y, s->grid.cells));
  MF_TRY(mf_reals_create(&s->rate, s->grid.cells));
  MF_TRY(mf_flow_start(s->flow, s->initial, s->y));
  s->triad = (ptrdiff_t)(bytes / (3 * sizeof(double)));
  MF_TRY(mf_reals_create(&s->a, s->triad));
  MF_TRY(mf_reals_create(&s->b, s->triad));
  MF_TRY(mf_reals_create(&s->c, s->triad));
  for (ptrdiff_t i = 0; i < s->triad; i++) s->a[i] = s->b[i] = s->c[i] = 1;
  return MF_OK;
}

static void release(bench *s)
{
  mf_flow_free(s->flow);
  mf_measure_free(s->target);
  mf_measure_free(s->initial);
  mf_release(s->y);
  mf_release(s->rate);
  mf_release(s->a);
  mf_release(s->b);
  mf_release(s->c);
}

/* ---- the comparison ---- */

/* Fokker-Planck: state, rate, 1/pi, and pi_f per axis.  Interaction-force transport: state, rate, pi and the force. */
static double least_bytes(const workload *w)
{
  const double cells = (double)w->cells[0] * (double)w->cells[1] * (double)w->cells[2];
  return (double)sizeof(double) * cells * (w->mmd ? 4 : 3 + w->dim);
}

static void compare(bench *s, const workload *w, double bytes, int threads)
{
  double of_triad[ROUNDS], of_rate[ROUNDS];
  mf_threads_set(threads);
  time_rate(s);
  time_triad(s);
  for (int i = 0; i < ROUNDS; i++) {
    time_rate(s); /* so that the time taken is that of one evaluation after another, */
    of_rate[i] = time_rate(s);
    time_triad(s); /* and the triad's likewise */
    of_triad[i] = time_triad(s);
  }
  const double rate_ms = 1e3 * bench_median(of_rate, ROUNDS),
               triad_ms = 1e3 * bench_median(of_triad, ROUNDS); /* sorted from here on */
  printf("{\"workload\": \"%s\", \"threads\": %d, \"triad_ms\": %.5f, \"mflow_ms\": %.5f, \"ratio\": %.3f, "
         "\"least_ratio\": %.3f, \"bytes\": %.0f}\n",
         w->name, threads, triad_ms, rate_ms, rate_ms / triad_ms, of_rate[0] / of_triad[0], bytes);
  fflush(stdout);
}

int main(int argc, char **argv)
{
  for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
    const workload *w = &workloads[i];
    const double bytes = least_bytes(w);
    if (argc > 1 && !strstr(w->name, argv[1])) continue;
    bench s = {0};
    if (build(&s, w, bytes)) {
      fprintf(stderr, "bench_rhs: %s\n", mf_error());
      return EXIT_FAILURE;
    }
    for (int threads = 1; threads <= 2; threads++) compare(&s, w, bytes, threads);
    release(&s);
  }
  return EXIT_SUCCESS;
}
