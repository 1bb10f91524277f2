/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of a kernel over points, pair by pair.
 *
 * Gaussians between walls take the loops that become vectors: over sixteen targets at a time, for each source, so that every sum is formed
 * in the order of the sources whatever the vectors are.  All else goes pair by pair through displacement.h. */
#include "grids/elementary.h"
#include "operators/kernels/displacement.h"
#include "operators/kernels/sums_parts.h"

#include <string.h>

bool mf_sums_gaussian(const mf_kernel *kernel)
{
  return !strcmp(kernel->type->name, "gaussian");
}

enum { TARGETS = 64, PIECE = 64 };

typedef struct {
  const mf_grid *grid;
  const mf_kernel *kernel;
  const mf_sums_request *request;
} operands;

/* What a few targets have gathered. */
typedef struct {
  double x[MF_AXES][TARGETS], value[MF_CHARGES][TARGETS], gradient[MF_AXES][TARGETS];
} targets;

/* ---- Gaussians ---- */

/* One source: `charges` and `gradient` are constants wherever this becomes a part of a function. */
MF_INLINE void add_source(targets *t, const double *restrict y, const double *restrict q, double minus_half,
                          int charges, bool gradient)
{
#pragma omp simd
  for (int i = 0; i < TARGETS; i++) {
    const double dx = t->x[0][i] - y[0], dy = t->x[1][i] - y[1], dz = t->x[2][i] - y[2];
    const double k = mf_fast_exp(minus_half * (dx * dx + dy * dy + dz * dz));
    for (int c = 0; c < charges; c++) t->value[c][i] += q[c] * k;
    if (gradient) {
      const double slope = 2 * minus_half * q[0] * k;
      t->gradient[0][i] += slope * dx;
      t->gradient[1][i] += slope * dy;
      t->gradient[2][i] += slope * dz;
    }
  }
}

MF_INLINE void add_sources(targets *t, const mf_sums_request *r, int dim, double weight, double minus_half,
                           int charges, bool gradient)
{
  for (ptrdiff_t j = 0; j < r->sources.count; j++) {
    double y[MF_AXES] = {0, 0, 0}, q[MF_CHARGES];
    for (int a = 0; a < dim; a++) y[a] = r->sources.x[a][j];
    for (int c = 0; c < charges; c++) q[c] = weight * r->charge[c][j];
    add_source(t, y, q, minus_half, charges, gradient);
  }
}

#define ADDER(name, charges, gradient)                                                                       \
  MF_CLONES static void mf_add_##name(targets *t, const mf_sums_request *r, int dim, double weight,          \
                                      double minus_half)                                                     \
  {                                                                                                          \
    add_sources(t, r, dim, weight, minus_half, charges, gradient);                                           \
  }
ADDER(one, 1, false)
ADDER(two, 2, false)
ADDER(three, 3, false)
ADDER(four, 4, false)
ADDER(one_gradient, 1, true)
ADDER(two_gradient, 2, true)
ADDER(three_gradient, 3, true)
ADDER(four_gradient, 4, true)

typedef void adder(targets *t, const mf_sums_request *r, int dim, double weight, double minus_half);
static adder *const adders[2][MF_CHARGES] = {
    {mf_add_one, mf_add_two, mf_add_three, mf_add_four},
    {mf_add_one_gradient, mf_add_two_gradient, mf_add_three_gradient, mf_add_four_gradient}};

static void sum_gaussians(const operands *o, ptrdiff_t begin, ptrdiff_t count)
{
  const mf_sums_request *r = o->request;
  const int dim = o->grid->dim;
  const bool gradient = r->gradient[0] != NULL;
  targets t;
  memset(&t, 0, sizeof t);
  for (int a = 0; a < dim; a++) memcpy(t.x[a], r->targets.x[a] + begin, (size_t)count * sizeof *t.x[a]);
  for (int i = 0; i < o->kernel->scales; i++) {
    const double s = o->kernel->bandwidth[i];
    adders[gradient][r->charges - 1](&t, r, dim, o->kernel->weight[i], -0.5 / (s * s));
  }
  for (int c = 0; c < r->charges; c++)
    if (r->value[c]) memcpy(r->value[c] + begin, t.value[c], (size_t)count * sizeof *t.value[c]);
  for (int a = 0; gradient && a < dim; a++)
    memcpy(r->gradient[a] + begin, t.gradient[a], (size_t)count * sizeof *t.gradient[a]);
}

static void mf_gaussians(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  for (; begin < end; begin += TARGETS) {
    const ptrdiff_t rest = end - begin;
    sum_gaussians(self, begin, rest < TARGETS ? rest : TARGETS);
  }
}

/* ---- any kernel ---- */

static void sum_at(const operands *o, ptrdiff_t i)
{
  const mf_sums_request *r = o->request;
  const bool gradient = r->gradient[0] != NULL;
  double x[MF_AXES] = {0, 0, 0}, y[MF_AXES] = {0, 0, 0}, value[MF_CHARGES] = {0}, total[MF_AXES] = {0, 0, 0};
  for (int a = 0; a < o->grid->dim; a++) x[a] = r->targets.x[a][i];
  for (ptrdiff_t j = 0; j < r->sources.count; j++) {
    double slope[MF_AXES];
    for (int a = 0; a < o->grid->dim; a++) y[a] = r->sources.x[a][j];
    const double k = gradient ? mf_kernel_gradient(o->kernel, o->grid, x, y, slope)
                              : mf_kernel_between(o->kernel, o->grid, x, y);
    for (int c = 0; c < r->charges; c++) value[c] += r->charge[c][j] * k;
    for (int a = 0; gradient && a < o->grid->dim; a++) total[a] += r->charge[0][j] * slope[a];
  }
  for (int c = 0; c < r->charges; c++)
    if (r->value[c]) r->value[c][i] = value[c];
  for (int a = 0; gradient && a < o->grid->dim; a++) r->gradient[a][i] = total[a];
}

static void sum_pairs(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  for (ptrdiff_t i = begin; i < end; i++) sum_at(self, i);
}

void mf_sums_direct(const mf_grid *grid, const mf_kernel *kernel, const mf_sums_request *r)
{
  const operands o = {grid, kernel, r};
  bool plain = mf_sums_gaussian(kernel);
  for (int a = 0; a < grid->dim; a++) plain = plain && !grid->periodic[a];
  mf_share(r->targets.count, PIECE, plain ? mf_gaussians : sum_pairs, &o);
}
