/* SPDX-License-Identifier: BSD-3-Clause */
/* Times and memory of the kernel operator against transforms of the whole padded box, a line of JSON each:
 *
 *   explicit_ms   r2c on 2n points per axis with walls, multiplication, c2r, planned by ESTIMATE as ours
 *   measured_ms   the same planned by MEASURE
 *   mflow_ms      mf_convolution_add; or the whole right-hand side of interaction-force transport, beside
 *                 which the explicit transforms stand for its convolution alone
 *   *_bytes       peak resident memory of a process that does it once, less that of one that does nothing
 *
 * Medians of repetitions, each of which runs all of them in turn.  Not a test: nothing is judged.  Arguments
 * select workloads by a word in their names. */
#define _GNU_SOURCE
#include "grids/base.h"
#include "grids/measure.h"
#include "operators/kernels/convolution.h"
#include "operators/registry.h"
#include "solver/flow/flow.h"
#include "tests/bench.h"

#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  const char *workload;
  int dim;
  long cells;
  bool periodic;
  double length;
  const char *kernel;
  double bandwidth;
  bool rate; /* the whole right-hand side of interaction-force transport */
} workload;

static const workload workloads[] = {
    {"gaussian, walls, 128^2", 2, 128, false, 12, "gaussian", 1, false},
    {"gaussian, walls, 256^2", 2, 256, false, 12, "gaussian", 1, false},
    {"gaussian, walls, 512^2", 2, 512, false, 12, "gaussian", 1, false},
    {"wide gaussian, walls, 256^2", 2, 256, false, 20, "gaussian", 3.1622776601683795, false},
    {"narrow gaussian, walls, 256^2", 2, 256, false, 12, "gaussian", 0.05, false},
    {"laplace, walls, 256^2", 2, 256, false, 12, "laplace", 1, false},
    {"laplace, walls, 512^2", 2, 512, false, 12, "laplace", 1, false},
    {"laplace, periodic, 256^2", 2, 256, true, 12, "laplace", 1, false},
    {"laplace, walls, 4096", 1, 4096, false, 12, "laplace", 1, false},
    {"gaussian, walls, 128^3", 3, 128, false, 12, "gaussian", 1, false},
    {"laplace, walls, 128^3", 3, 128, false, 12, "laplace", 1, false},
    {"interaction-force transport, walls, 128^2", 2, 128, false, 12, "gaussian", 1, true},
    {"interaction-force transport, walls, 256^2", 2, 256, false, 12, "gaussian", 1, true},
};

/* What is measured, and what it works on. */
typedef struct {
  mf_grid grid;
  mf_kernel kernel;
  double *f, *out;
  mf_convolution *convolution;
  mf_flow *flow;
  mf_measure *target, *initial;
} bench;

static int create_fields(bench *b, const workload *w)
{
  const long cells[] = {w->cells, w->cells, w->cells};
  const double end = 0.5 * w->length, lo[] = {-end, -end, -end}, hi[] = {end, end, end};
  const bool periodic[] = {w->periodic, w->periodic, w->periodic};
  mf_kernel_options o = {.shape = NAN, .bandwidth = {.count = 1, .value = {w->bandwidth}}};
  while (strcmp(mf_kernel_names[o.name], w->kernel)) o.name++;
  MF_TRY(mf_kernel_init(&b->kernel, &o));
  MF_TRY(mf_grid_init(&b->grid, w->dim, cells, lo, hi, periodic));
  MF_TRY(mf_reals_create(&b->f, b->grid.cells));
  MF_TRY(mf_reals_create(&b->out, b->grid.cells));
  for (ptrdiff_t c = 0; c < b->grid.cells; c++) b->f[c] = sin(0.7 * (double)(c % 1009));
  memset(b->out, 0, (size_t)b->grid.cells * sizeof *b->out);
  return MF_OK;
}

static int gaussian(mf_measure **out, const mf_grid *grid, double mean, double variance)
{
  double centre[MF_AXES], covariance[MF_AXES * MF_AXES] = {0};
  for (int a = 0; a < grid->dim; a++) {
    centre[a] = mean;
    covariance[(grid->dim + 1) * a] = variance;
  }
  MF_TRY(mf_measure_create(out, grid));
  MF_TRY(mf_measure_add_gaussian(*out, 1, centre, covariance));
  return mf_measure_normalise(*out, 1);
}

/* Interaction-force transport: energy mmd, geometries wasserstein and mmd. */
static int create_flow(bench *b, const workload *w)
{
  const mf_energy_type *mmd = mf_energy_find("mmd");
  _Alignas(max_align_t) unsigned char options[4096];
  MF_TRY(gaussian(&b->target, &b->grid, 0, 1));
  MF_TRY(gaussian(&b->initial, &b->grid, 1, 0.5));
  MF_TRY(mf_flow_create(&b->flow, &b->grid, b->target));
  mf_param_defaults(&mmd->params, options);
  for (int i = 0; i < mmd->params.count; i++)
    if (!strcmp(mmd->params.rows[i].key, "bandwidth"))
      *(mf_reals *)(void *)(options + mmd->params.rows[i].offset) =
          (mf_reals){.count = 1, .value = {w->bandwidth}};
  MF_TRY(mf_flow_add_energy(b->flow, mmd, options));
  static const char *const geometries[] = {"wasserstein", "mmd"};
  for (int i = 0; i < 2; i++) {
    const mf_geometry_type *type = mf_geometry_find(geometries[i]);
    mf_param_defaults(&type->params, options);
    MF_TRY(mf_flow_add_geometry(b->flow, type, options));
  }
  return mf_flow_finish(b->flow, "deviation", b->initial);
}

/* What is timed and counted: one application of K or of the flow. */
static int apply(bench *b)
{
  if (b->flow) return mf_flow_rate(b->flow, b->f, b->out);
  mf_convolution_add(b->convolution, b->f, 1e-3, b->out);
  return MF_OK;
}

static void release(bench *b)
{
  mf_flow_free(b->flow);
  mf_measure_free(b->target);
  mf_measure_free(b->initial);
  mf_convolution_free(b->convolution);
  mf_release(b->f);
  mf_release(b->out);
}

/* ---- the transforms of the whole box ------------------------------------------------------------------- */

typedef struct {
  const mf_grid *grid;
  ptrdiff_t m[MF_AXES];
  double *real, *eigenvalue;
  fftw_complex *spectrum;
  ptrdiff_t points, modes;
  fftw_plan forward, backward;
} explicit_convolution;

/* Eigenvalues are any numbers: the time does not depend on them. */
static explicit_convolution explicit_create(const mf_grid *grid, unsigned flag)
{
  explicit_convolution e = {.grid = grid, .points = 1};
  for (int a = 0; a < MF_AXES; a++) {
    e.m[a] = grid->periodic[a] || grid->n[a] == 1 ? grid->n[a] : 2 * grid->n[a];
    e.points *= e.m[a];
  }
  e.modes = e.points / e.m[0] * (e.m[0] / 2 + 1);
  e.real = fftw_alloc_real((size_t)e.points);
  e.spectrum = fftw_alloc_complex((size_t)e.modes);
  e.eigenvalue = fftw_alloc_real((size_t)e.modes);
  const int lengths[] = {(int)e.m[2], (int)e.m[1], (int)e.m[0]};
  const int rank = grid->dim, *used = lengths + MF_AXES - rank;
  e.forward = fftw_plan_dft_r2c(rank, used, e.real, e.spectrum, flag);
  e.backward = fftw_plan_dft_c2r(rank, used, e.spectrum, e.real, flag);
  for (ptrdiff_t k = 0; k < e.modes; k++) e.eigenvalue[k] = 1 / (double)(e.points + k);
  return e;
}

static void explicit_free(explicit_convolution *e)
{
  fftw_destroy_plan(e->forward);
  fftw_destroy_plan(e->backward);
  fftw_free(e->real);
  fftw_free(e->spectrum);
  fftw_free(e->eigenvalue);
}

static void explicit_add(const explicit_convolution *e, const double *f, double scale, double *out)
{
  const ptrdiff_t *n = e->grid->n, *m = e->m;
  if (e->points > e->grid->cells) memset(e->real, 0, (size_t)e->points * sizeof *e->real);
  for (ptrdiff_t k = 0; k < n[2]; k++)
    for (ptrdiff_t j = 0; j < n[1]; j++)
      memcpy(e->real + m[0] * (j + m[1] * k), f + n[0] * (j + n[1] * k), (size_t)n[0] * sizeof *f);
  fftw_execute(e->forward);
  double *z = (double *)e->spectrum;
  for (ptrdiff_t k = 0; k < e->modes; k++) {
    z[2 * k] *= scale * e->eigenvalue[k];
    z[2 * k + 1] *= scale * e->eigenvalue[k];
  }
  fftw_execute(e->backward);
  for (ptrdiff_t k = 0; k < n[2]; k++)
    for (ptrdiff_t j = 0; j < n[1]; j++)
      for (ptrdiff_t i = 0; i < n[0]; i++)
        out[i + n[0] * (j + n[1] * k)] += e->real[i + m[0] * (j + m[1] * k)];
}

/* ---- measurements -------------------------------------------------------------------------------------- */

enum { REPETITIONS = 41 };

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Peak of a process that sets up and applies one of the two once. */
enum { NEITHER, EXPLICIT, MFLOW };
static int use(const workload *w, int which)
{
  bench b = {.f = NULL};
  MF_TRY(create_fields(&b, w));
  if (which == EXPLICIT) {
    const explicit_convolution e = explicit_create(&b.grid, FFTW_ESTIMATE);
    explicit_add(&e, b.f, 1, b.out);
  } else if (which == MFLOW) {
    MF_TRY(mf_convolution_create(&b.convolution, &b.grid, &b.kernel));
    MF_TRY(apply(&b));
  }
  return MF_OK;
}

static double resident(const workload *w, int which)
{
  const pid_t child = fork();
  if (child == 0) _exit(use(w, which) ? 1 : 0);
  int status;
  struct rusage usage;
  wait4(child, &status, 0, &usage);
  return status ? NAN : 1024 * (double)usage.ru_maxrss;
}

static int measure(const workload *w)
{
  const double nothing = resident(w, NEITHER), explicit_bytes = resident(w, EXPLICIT) - nothing,
               mflow_bytes = resident(w, MFLOW) - nothing;
  bench b = {.f = NULL};
  MF_TRY(create_fields(&b, w));
  explicit_convolution measured = explicit_create(&b.grid, FFTW_MEASURE);
  fftw_forget_wisdom(); /* so that estimates are estimates */
  explicit_convolution plain = explicit_create(&b.grid, FFTW_ESTIMATE);
  MF_TRY(mf_convolution_create(&b.convolution, &b.grid, &b.kernel));
  if (w->rate) MF_TRY(create_flow(&b, w));
  const int count = b.grid.cells > 1000000 ? REPETITIONS / 4 : REPETITIONS;
  const int each = b.grid.cells < 20000 ? 10 : 1;
  double times[3][REPETITIONS];
  for (int r = 0; r < count; r++) {
    double t[4] = {now()};
    for (int i = 0; i < each; i++) explicit_add(&plain, b.f, 1e-3, b.out);
    t[1] = now();
    for (int i = 0; i < each; i++) explicit_add(&measured, b.f, 1e-3, b.out);
    t[2] = now();
    for (int i = 0; i < each; i++) MF_TRY(apply(&b));
    t[3] = now();
    for (int i = 0; i < 3; i++) times[i][r] = (t[i + 1] - t[i]) / each;
  }
  const double explicit_ms = bench_median(times[0], count), mflow_ms = bench_median(times[2], count);
  printf("{\"workload\": \"%s\", \"explicit_ms\": %.4g, \"measured_ms\": %.4g, \"mflow_ms\": %.4g, "
         "\"ratio\": %.3f, \"explicit_bytes\": %.0f, \"mflow_bytes\": %.0f}\n",
         w->workload, explicit_ms, bench_median(times[1], count), mflow_ms, mflow_ms / explicit_ms,
         explicit_bytes, mflow_bytes);
  explicit_free(&plain);
  explicit_free(&measured);
  release(&b);
  return MF_OK;
}

/* Each workload in a process of its own, which starts with the memory that this one has: next to none. */
int main(int argc, char **argv)
{
  for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
    bool selected = argc < 2;
    for (int a = 1; a < argc; a++) selected = selected || strstr(workloads[i].workload, argv[a]);
    if (!selected) continue;
    const pid_t child = fork();
    if (child == 0) {
      const int failed = measure(&workloads[i]);
      if (failed) fprintf(stderr, "%s: %s\n", workloads[i].workload, mf_error());
      fflush(stdout);
      _exit(failed ? 1 : 0);
    }
    int status;
    waitpid(child, &status, 0);
    if (status) return 1;
  }
  return 0;
}
