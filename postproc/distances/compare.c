/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances between two densities on grids. */
#include "postproc/distances/compare.h"

#include "grids/base.h"
#include "grids/elementwise.h"
#include "grids/field.h"
#include "operators/entropy.h"
#include "solver/distance/line.h"

#include <math.h>

int mf_common_grid(const mf_snapshots *a, const mf_snapshots *b, mf_grid *out)
{
  return mf_grid_common(out, &a->grid, a->path, &b->grid, b->path);
}

bool mf_same_time(double a, double b)
{
  return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* ---- distances ---- */

typedef struct {
  const double *a, *b;
} pair;

enum { L1, L2, HE2, KL, SINGULAR /* cells where a is not 0 and b is */, SUMS };

static void add_cell(double a, double b, double *sums)
{
  const double difference = a - b, root = sqrt(fmax(a, 0)) + sqrt(fmax(b, 0));
  sums[L1] += fabs(difference);
  sums[L2] += difference * difference;
  if (root > 0) sums[HE2] += difference / root * (difference / root);
  if (b > 0)
    sums[KL] += b * mf_entropy_value(1, difference / b, a > 0 ? log(a / b) : MF_LOG_VACUUM);
  else
    sums[SINGULAR] += a > 0;
}

static void sum_differences(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const pair *p = self;
  for (int k = 0; k < SUMS; k++) sums[k] = 0;
  for (ptrdiff_t c = begin; c < end; c++) add_cell(p->a[c], p->b[c], sums);
}

/* A conditionally positive kernel measures distances between equal masses only. */
static int check_masses(const mf_convolution *kernel, double a, double b)
{
  const double round_off = 1e-9;
  if (!mf_convolution_kernel(kernel)->type->conditional || fabs(a - b) <= round_off * fmax(a, b))
    return MF_OK;
  return mf_fail(MF_ECASE, "kernel %s compares equal masses only: these are %.9g and %.9g",
                 mf_convolution_kernel(kernel)->type->name, a, b);
}

int mf_compare_densities(const mf_grid *grid, const double *a, const double *b, const mf_convolution *kernel,
                         mf_field_comparison *out)
{
  double *difference, sum[SUMS];
  MF_TRY(check_masses(kernel, mf_field_mass(grid, a), mf_field_mass(grid, b)));
  MF_TRY(mf_reals_create(&difference, grid->cells));
  mf_each(grid->cells, mf_each_sum, 1, a, -1, b, difference);
  mf_field_sums(grid, SUMS, sum_differences, &(pair){a, b}, sum);
  const double v = grid->volume;
  *out = (mf_field_comparison){.time = NAN,
                               .mass_a = mf_field_mass(grid, a),
                               .mass_b = mf_field_mass(grid, b),
                               .l1 = v * sum[L1],
                               .l2 = sqrt(v * sum[L2]),
                               .kl = sum[SINGULAR] > 0 ? INFINITY : v * sum[KL],
                               .he2 = 4 * v * sum[HE2],
                               .mmd = mf_convolution_norm(kernel, difference),
                               .w1 = NAN,
                               .w2 = NAN,
                               .ks = NAN};
  mf_release(difference);
  return MF_OK;
}

/* ---- records ---- */

static int read_density(const mf_snapshots *s, int record, const mf_grid *grid, double **density)
{
  MF_TRY(mf_reals_create(density, grid->cells));
  return mf_snapshots_density(s, record, grid, *density);
}

static int read_pieces(const mf_snapshots *s, int record, mf_line_piece **pieces)
{
  double *density = NULL;
  int status = read_density(s, record, &s->grid, &density);
  if (!status) status = mf_objects_create(pieces, s->grid.cells, sizeof **pieces);
  if (!status) mf_line_of_density(&s->grid, density, *pieces);
  mf_release(density);
  return status;
}

static int compare_lines(const mf_snapshots *a, int record_a, const mf_snapshots *b, int record_b,
                         mf_field_comparison *out)
{
  mf_line_piece *pa = NULL, *pb = NULL;
  mf_line_distances d = {NAN, NAN, NAN};
  int status = read_pieces(a, record_a, &pa);
  if (!status) status = read_pieces(b, record_b, &pb);
  if (!status) status = mf_line_compare(pa, a->grid.cells, pb, b->grid.cells, &d);
  mf_release(pa);
  mf_release(pb);
  out->w1 = d.w1;
  out->w2 = d.w2;
  out->ks = d.ks;
  return status;
}

int mf_compare_records(const mf_snapshots *a, int record_a, const mf_snapshots *b, int record_b,
                       const mf_grid *common, const mf_convolution *kernel, mf_field_comparison *out)
{
  double *da = NULL, *db = NULL;
  int status = read_density(a, record_a, common, &da);
  if (!status) status = read_density(b, record_b, common, &db);
  if (!status) status = mf_compare_densities(common, da, db, kernel, out);
  mf_release(da);
  mf_release(db);
  out->time = a->time[record_a];
  if (status || common->dim > 1 || common->periodic[0]) return status;
  return compare_lines(a, record_a, b, record_b, out);
}

/* W_2 compares shapes: both per unit of mass. */
static int distance_between(const mf_grid *grid, double *a, double *b, const mf_distance_type *type,
                            mf_entropic_start *start, double *value)
{
  const bool shapes = type->traits & MF_DISTANCE_POWER;
  const double mass[2] = {mf_field_mass(grid, a), mf_field_mass(grid, b)}, round_off = 1e-6;
  const mf_distance_options o = {.alpha = 1, .beta = 1, .p = 2, .start = start};
  mf_distance d;
  *value = NAN;
  if (shapes) {
    mf_each(grid->cells, mf_each_scaled, 1 / mass[0], a, 0, NULL, a);
    mf_each(grid->cells, mf_each_scaled, 1 / mass[1], b, 0, NULL, b);
  } else if (type->traits & MF_DISTANCE_EQUAL && fabs(mass[0] - mass[1]) > round_off * fmax(mass[0], mass[1]))
    return MF_OK;
  MF_TRY(mf_distance_compute(type, (mf_distance_measure[]){{grid, a}, {grid, b}}, &o, NULL, &d));
  *value = d.value;
  return MF_OK;
}

int mf_compare_geometry(const mf_snapshots *a, int record_a, const mf_snapshots *b, int record_b,
                        const mf_grid *common, const mf_distance_type *type, mf_entropic_start *start,
                        double *value)
{
  double *da = NULL, *db = NULL;
  int status = read_density(a, record_a, common, &da);
  if (!status) status = read_density(b, record_b, common, &db);
  if (!status) status = distance_between(common, da, db, type, start, value);
  mf_release(da);
  mf_release(db);
  return status;
}
