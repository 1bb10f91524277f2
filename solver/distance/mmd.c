/* SPDX-License-Identifier: BSD-3-Clause */
/* Maximum mean discrepancy: <a - b, K (a - b)>^(1/2) / sqrt(beta), between point masses at the centres of cells. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "solver/distance/distance_parts.h"

#include <float.h>
#include <math.h>

/* A conditionally positive kernel measures distances between equal masses only. */
static int check(const mf_kernel *kernel, const mf_distance_measure m[2])
{
  const double round_off = 1e-9, a = mf_field_mass(m[0].grid, m[0].density),
               b = mf_field_mass(m[1].grid, m[1].density);
  if (!kernel) return mf_fail(MF_ECASE, "mmd needs a kernel");
  if (!kernel->type->conditional || fabs(a - b) <= round_off * fmax(a, b)) return MF_OK;
  return mf_fail(MF_ECASE, "kernel %s compares equal masses only: these are %.9g and %.9g",
                 kernel->type->name, a, b);
}

/* Round-off of the form is an ulp or so of what it would be without a difference. */
static void fill(const mf_convolution *k, const mf_distance_measure m[2], const double *difference,
                 double beta, mf_distance *out)
{
  const double value = mf_convolution_norm(k, difference),
               size = mf_convolution_norm(k, m[0].density) + mf_convolution_norm(k, m[1].density),
               rounding = 16 * DBL_EPSILON * (value + size);
  out->value = value / sqrt(beta);
  out->error = rounding / sqrt(beta);
  out->lower = fmax(value - rounding, 0) / sqrt(beta);
  out->upper = (value + rounding) / sqrt(beta);
  out->encloses = "the distance of the point masses at the centres of this grid";
  out->algorithm = "a sum over modes";
}

static void put_potentials(const mf_convolution *k, const double *difference, double beta,
                           const mf_distance_fields *fields, ptrdiff_t cells)
{
  for (int i = 0; i < 2; i++) {
    double *out = fields->potential[i];
    if (!out) continue;
    mf_each(cells, mf_each_constant, 0, NULL, 0, NULL, out);
    mf_convolution_add(k, difference, (i ? -1 : 1) / beta, out);
  }
}

static int compute(const mf_distance_measure m[2], const mf_distance_options *o,
                   const mf_distance_fields *fields, mf_distance *out)
{
  const mf_grid *grid = m[0].grid;
  mf_convolution *k = NULL;
  double *difference = NULL;
  MF_TRY(check(o->kernel, m));
  int status = mf_convolution_create(&k, grid, o->kernel);
  if (!status) status = mf_reals_create(&difference, grid->cells);
  if (!status) {
    mf_each(grid->cells, mf_each_sum, 1, m[0].density, -1, m[1].density, difference);
    fill(k, m, difference, o->beta, out);
    put_potentials(k, difference, o->beta, fields, grid->cells);
  }
  mf_release(difference);
  mf_convolution_free(k);
  return status;
}

const mf_distance_type mf_distance_mmd = {
    .name = "mmd",
    .column = "mmd",
    .summary = "<a - b, K (a - b)>^(1/2) / sqrt(beta)",
    .reference = "Gretton et al. 2012",
    .traits = MF_DISTANCE_BETA | MF_DISTANCE_KERNEL,
    .compute = compute,
};
