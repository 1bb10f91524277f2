/* SPDX-License-Identifier: BSD-3-Clause */
/* Times what is fast against the plainer way of doing the same, and prints a JSON line for each:
 *
 *   products   a scalar product of fields: blocks whose sums are added with Neumaier's compensation, and exactly
 *   vectors    a BDF step's linear combination, scalar products and norm: SUNDIALS' own serial vector and ours
 *   transport  the rate of Fokker-Planck: the plain operator of transport.c and the fused one
 *
 * Both are run in turn on one thread; times are medians. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/threads.h"
#include "io/terminal.h"
#include "operators/registry.h"
#include "solver/flow/flow.h"
#include "solver/time/vector.h"
#include "tests/bench.h"

#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 31, HISTORY = 6 };

static void report(const char *what, long n, int dim, double *plain, double *ours)
{
  const double p = bench_median(plain, ROUNDS), m = bench_median(ours, ROUNDS);
  printf("{\"workload\": \"%s %ld^%d\", \"plain_ms\": %.4g, \"mflow_ms\": %.4g, \"ratio\": %.3f}\n", what, n,
         dim, 1e3 * p, 1e3 * m, m / p);
}

/* ---- scalar products ---- */

/* What a sum costs without exactness: the same blocks, compensated (Neumaier 1974). */
static double compensated_dot(ptrdiff_t length, const double *x, const double *y)
{
  const mf_operands o = {.x = x, .y = y};
  double sum = 0, lost = 0;
  for (ptrdiff_t b = 0; b < length; b += MF_SUM_BLOCK) {
    double term;
    mf_block_products(&o, b, b + MF_SUM_BLOCK < length ? b + MF_SUM_BLOCK : length, &term);
    const double total = sum + term;
    lost += fabs(sum) >= fabs(term) ? (sum - total) + term : (term - total) + sum;
    sum = total;
  }
  return sum + lost;
}

static double time_compensated(const mf_grid *grid, const double *x, const double *y, int repeats)
{
  volatile double sum;
  const double start = mf_seconds();
  for (int i = 0; i < repeats; i++) sum = compensated_dot(grid->cells, x, y);
  (void)sum;
  return (mf_seconds() - start) / repeats;
}

static double time_exact(const mf_grid *grid, const double *x, const double *y, int repeats)
{
  volatile double sum;
  const double start = mf_seconds();
  for (int i = 0; i < repeats; i++) sum = mf_field_dot(grid, x, y);
  (void)sum;
  return (mf_seconds() - start) / repeats;
}

static int bench_products(int dim, long n)
{
  const long cells[] = {n, n, n};
  const double lo[] = {0, 0, 0}, hi[] = {1, 1, 1};
  const bool periodic[] = {false, false, false};
  mf_grid grid;
  double *x, *y, plain[ROUNDS], ours[ROUNDS];
  MF_TRY(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  MF_TRY(mf_reals_create(&x, 2 * grid.cells));
  y = x + grid.cells;
  for (ptrdiff_t c = 0; c < grid.cells; c++) x[c] = sin(1.7 * (double)c), y[c] = cos(0.3 * (double)c);
  const int repeats = 1 + (int)(1000000 / grid.cells);
  for (int i = 0; i < ROUNDS; i++) {
    plain[i] = time_compensated(&grid, x, y, repeats);
    ours[i] = time_exact(&grid, x, y, repeats);
  }
  report("products", n, dim, plain, ours);
  mf_release(x);
  return MF_OK;
}

/* ---- vectors ---- */

static double time_vectors(N_Vector *v, N_Vector out)
{
  double factor[HISTORY], products[HISTORY];
  for (int k = 0; k < HISTORY; k++) factor[k] = 1.0 / (k + 1);
  const double start = mf_seconds();
  N_VLinearCombination(HISTORY, factor, v, out);
  N_VDotProdMulti(HISTORY, out, v, products);
  N_VLinearSum(1, out, -0.5, v[0], out);
  if (N_VWrmsNorm(out, v[1]) < 0 || products[0] < 0) exit(EXIT_FAILURE);
  return mf_seconds() - start;
}

static int make_vectors(N_Vector first, N_Vector *v, N_Vector *out)
{
  v[0] = first;
  for (int k = 1; k < HISTORY && v[0]; k++) v[k] = N_VClone(v[0]);
  *out = first ? N_VClone(first) : NULL;
  for (int k = 0; k < HISTORY && v[0]; k++)
    if (v[k]) N_VConst(1 + 0.1 * k, v[k]);
  return *out ? MF_OK : mf_fail(MF_EMEMORY, "no memory for vectors");
}

static void free_vectors(N_Vector *v, N_Vector out)
{
  for (int k = 0; k < HISTORY; k++) N_VDestroy(v[k]);
  N_VDestroy(out);
}

static int bench_vectors(SUNContext context, int n)
{
  N_Vector stock[HISTORY], own[HISTORY], stock_out, own_out;
  double plain[ROUNDS], ours[ROUNDS];
  const ptrdiff_t length = (ptrdiff_t)n * n;
  MF_TRY(make_vectors(N_VNew_Serial((sunindextype)length, context), stock, &stock_out));
  bool short_of_memory = false;
  MF_TRY(make_vectors(mf_vector_create(context, NULL, length, &short_of_memory), own, &own_out));
  if (short_of_memory) return MF_EMEMORY;
  for (int i = 0; i < ROUNDS; i++) {
    plain[i] = time_vectors(stock, stock_out);
    ours[i] = time_vectors(own, own_out);
  }
  report("vectors", n, 2, plain, ours);
  free_vectors(stock, stock_out);
  free_vectors(own, own_out);
  return MF_OK;
}

/* ---- transport ---- */

typedef struct {
  mf_grid grid;
  mf_measure *target, *initial;
  mf_flow *flow;
  double *y, *rate;
} scene;

static int gaussian(mf_measure **out, const mf_grid *grid, double mean, double variance)
{
  const double centre[] = {mean, -mean}, covariance[] = {variance, 0, 0, variance};
  MF_TRY(mf_measure_create(out, grid));
  MF_TRY(mf_measure_add_gaussian(*out, 1, centre, covariance));
  return mf_measure_normalise(*out, 1);
}

static int build(scene *s, int n)
{
  const long cells[] = {n, n};
  const double lo[] = {-6, -6}, hi[] = {6, 6};
  const bool periodic[] = {false, false};
  const mf_energy_type *kl = mf_energy_find("kl");
  const mf_geometry_type *wasserstein = mf_geometry_find("wasserstein");
  _Alignas(max_align_t) unsigned char of_energy[1024], of_geometry[1024];
  mf_param_defaults(&kl->params, of_energy);
  mf_param_defaults(&wasserstein->params, of_geometry);
  MF_TRY(mf_grid_init(&s->grid, 2, cells, lo, hi, periodic));
  MF_TRY(gaussian(&s->target, &s->grid, 0, 1));
  MF_TRY(gaussian(&s->initial, &s->grid, 1, 0.5));
  MF_TRY(mf_flow_create(&s->flow, &s->grid, s->target));
  MF_TRY(mf_flow_add_energy(s->flow, kl, of_energy));
  MF_TRY(mf_flow_add_geometry(s->flow, wasserstein, of_geometry));
  MF_TRY(mf_flow_finish(s->flow, NULL, s->initial));
  MF_TRY(mf_reals_create(&s->y, s->grid.cells));
  MF_TRY(mf_reals_create(&s->rate, s->grid.cells));
  return mf_flow_start(s->flow, s->initial, s->y);
}

static double time_plain(const scene *s, const mf_state *state)
{
  const mf_entropy kl = {.weight = 1, .exponent = 1};
  const mf_force force = {.entropy = &kl, .entropies = 1};
  const mf_geometry *g = mf_flow_geometry(s->flow, 0);
  const double start = mf_seconds();
  memset(s->rate, 0, (size_t)s->grid.cells * sizeof *s->rate);
  g->type->rate(g, state, &force, s->rate);
  return mf_seconds() - start;
}

static double time_fused(const scene *s)
{
  const double start = mf_seconds();
  if (mf_flow_rate(s->flow, s->y, s->rate)) exit(EXIT_FAILURE);
  return mf_seconds() - start;
}

static int bench_transport(int n)
{
  scene s = {.flow = NULL};
  mf_report at;
  double plain[ROUNDS], ours[ROUNDS];
  int status = build(&s, n);
  if (!status) status = mf_flow_report(s.flow, s.y, &at);
  for (int i = 0; i < ROUNDS && !status; i++) {
    plain[i] = time_plain(&s, at.state);
    ours[i] = time_fused(&s);
  }
  if (!status) report("transport", n, 2, plain, ours);
  mf_flow_free(s.flow);
  mf_measure_free(s.target);
  mf_measure_free(s.initial);
  mf_release(s.y);
  mf_release(s.rate);
  return status;
}

int main(void)
{
  static const int sizes[] = {256, 512, 1024};
  static const long grids[][2] = {{1, 200}, {1, 4000}, {2, 128}, {2, 512}, {3, 128}};
  SUNContext context;
  int status = mf_sundials_context(&context) ? mf_fail(MF_EMEMORY, "no memory for SUNDIALS") : MF_OK;
  mf_threads_set(1);
  for (size_t i = 0; i < sizeof grids / sizeof *grids && !status; i++)
    status = bench_products((int)grids[i][0], grids[i][1]);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !status; i++)
    status = bench_vectors(context, sizes[i]);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !status; i++) status = bench_transport(sizes[i]);
  if (status) fprintf(stderr, "bench_plain: %s\n", mf_error());
  return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
