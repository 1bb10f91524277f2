/* SPDX-License-Identifier: BSD-3-Clause */
/* Does an ensemble of particles sample a density?  The sums over pairs are formed directly, so nothing is
 * between the numbers and the formulas of particles.h. */
#include "postproc/distances/particles.h"

#include "grids/base.h"
#include "grids/exact.h"
#include "grids/field.h"
#include "operators/kernels/convolution.h"
#include "operators/kernels/displacement.h"
#include "solver/distance/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one comparison works with: the density per unit of mass, and the particles with weights of sum 1,
 * in the box along periodic axes. */
typedef struct {
  const mf_grid *grid;
  const mf_kernel *kernel;
  double *share; /* of the mass, per cell */
  ptrdiff_t count;
  double *x; /* MF_AXES a particle */
  double *w;
  double *embedded; /* m(X_i) */
  double squares;   /* sum w_i^2 */
} operands;

/* ---- set-up ---- */

static double into_box(const mf_grid *grid, int axis, double x)
{
  const double length = grid->hi[axis] - grid->lo[axis];
  return grid->periodic[axis] ? x - length * floor((x - grid->lo[axis]) / length) : x;
}

static int take_particles(operands *j, const mf_particles *p, mf_particle_comparison *out)
{
  double mass = 0;
  for (ptrdiff_t i = 0; i < p->count; i++) {
    const double w = p->weight ? p->weight[i] : 1;
    if (!(w > 0)) continue;
    bool outside = false;
    for (int a = 0; a < p->dim; a++) {
      double *x = &j->x[MF_AXES * j->count + a];
      *x = into_box(j->grid, a, p->position[i * p->dim + a]);
      outside = outside || *x < j->grid->lo[a] || *x > j->grid->hi[a];
    }
    out->outside += outside;
    j->w[j->count++] = w;
    mass += w;
  }
  if (j->count < 2)
    return mf_fail(MF_ECASE, "%td particles that weigh something are too few to compare", j->count);
  for (ptrdiff_t i = 0; i < j->count; i++) {
    j->w[i] /= mass;
    j->squares += j->w[i] * j->w[i];
  }
  out->mass_b = p->weight ? mass : NAN;
  out->particles = j->count;
  out->effective = 1 / j->squares;
  return MF_OK;
}

static int take_density(operands *j, const double *density, mf_particle_comparison *out)
{
  out->mass_a = mf_field_mass(j->grid, density);
  if (!(out->mass_a > 0)) return mf_fail(MF_ENUMERIC, "the density has no mass");
  for (ptrdiff_t c = 0; c < j->grid->cells; c++) j->share[c] = density[c] * j->grid->volume / out->mass_a;
  return MF_OK;
}

static int set_up(operands *j, const double *density, const mf_particles *p, mf_particle_comparison *out)
{
  if (p->dim != j->grid->dim)
    return mf_fail(MF_ECASE, "the particles have %d coordinates, the density %d dimensions", p->dim,
                   j->grid->dim);
  MF_TRY(mf_reals_create(&j->share, j->grid->cells));
  MF_TRY(mf_reals_create(&j->x, MF_AXES * p->count));
  MF_TRY(mf_reals_create(&j->w, p->count));
  MF_TRY(mf_reals_create(&j->embedded, p->count));
  MF_TRY(take_density(j, density, out));
  return take_particles(j, p, out);
}

/* ---- MMD ---- */

static double between(const operands *j, const double *x, const double *y)
{
  return mf_kernel_between(j->kernel, j->grid, x, y);
}

/* m(x) = sum over cells of share k(x, centre). */
static double embed(const operands *j, const double *x)
{
  mf_exact sum = {0};
  for (ptrdiff_t c = 0; c < j->grid->cells; c++) {
    double y[MF_AXES];
    if (j->share[c] == 0) continue;
    mf_grid_centre(j->grid, c, y);
    mf_exact_add(&sum, j->share[c] * between(j, x, y));
  }
  return mf_exact_value(&sum);
}

/* int k(x, x) da(x): k(0) for a kernel of the distance. */
static double mean_diagonal(const operands *j)
{
  mf_exact sum = {0};
  for (ptrdiff_t c = 0; c < j->grid->cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(j->grid, c, x);
    if (j->share[c] != 0) mf_exact_add(&sum, j->share[c] * between(j, x, x));
  }
  return mf_exact_value(&sum);
}

/* <a, K a>: `density` of the same measure is scratch. */
static int self_energy(const operands *j, double *value)
{
  mf_convolution *k;
  double *density = NULL;
  MF_TRY(mf_convolution_create(&k, j->grid, j->kernel));
  const int status = mf_reals_create(&density, j->grid->cells);
  for (ptrdiff_t c = 0; !status && c < j->grid->cells; c++) density[c] = j->share[c] / j->grid->volume;
  if (!status) *value = mf_convolution_form(k, density);
  mf_release(density);
  mf_convolution_free(k);
  return status;
}

static int compare_mmd(operands *j, mf_particle_comparison *out)
{
  double self;
  const double *const x = j->x, *const w = j->w, *const m = j->embedded;
  mf_exact cross = {0}, own = {0}, diagonal = {0}, pairs = {0}, centred = {0};
  MF_TRY(self_energy(j, &self));
  for (ptrdiff_t i = 0; i < j->count; i++) {
    j->embedded[i] = embed(j, x + MF_AXES * i);
    mf_exact_add(&cross, w[i] * m[i]);
    mf_exact_add(&own, w[i] * w[i] * m[i]);
    mf_exact_add(&diagonal, w[i] * w[i] * between(j, x + MF_AXES * i, x + MF_AXES * i));
  }
  for (ptrdiff_t i = 0; i < j->count; i++) {
    double row = 0, row_centred = 0;
    for (ptrdiff_t l = 0; l < i; l++) {
      const double k = between(j, x + MF_AXES * i, x + MF_AXES * l), c = k - m[i] - m[l] + self;
      row += w[l] * k;
      row_centred += w[l] * c * w[l] * c;
    }
    mf_exact_add(&pairs, 2 * w[i] * row);
    mf_exact_add(&centred, 2 * w[i] * w[i] * row_centred);
  }
  const double rest = 1 - j->squares;
  out->mmd2_v = mf_exact_value(&pairs) + mf_exact_value(&diagonal) - 2 * mf_exact_value(&cross) + self;
  out->mmd2_floor = (mean_diagonal(j) - self) * j->squares;
  out->mmd2 = (mf_exact_value(&pairs) - 2 * (mf_exact_value(&cross) - mf_exact_value(&own))) / rest + self;
  out->mmd2_error = sqrt(2 * mf_exact_value(&centred)) / rest;
  return MF_OK;
}

/* ---- on the line ---- */

/* Kolmogorov's distribution, with Stephens' correction for finite N (1970). */
static double ks_probability(double ks, double n)
{
  const double lambda = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * ks;
  if (lambda < 0.2) return 1;
  double sum = 0;
  for (int k = 1; k <= 100; k++) sum += (k % 2 ? 2 : -2) * exp(-2 * k * k * lambda * lambda);
  return fmin(fmax(sum, 0), 1);
}

/* E W1 = int E |F_N - F| dx, and sqrt(N) (F_N - F) is normal with variance F (1 - F) in the limit. */
static double expected_w1(const operands *j)
{
  mf_exact sum = {0};
  double below = 0;
  for (ptrdiff_t c = 0; c < j->grid->cells; c++) {
    const double f = fmin(fmax(below + 0.5 * j->share[c], 0), 1);
    mf_exact_add(&sum, j->grid->h[0] * sqrt(f * (1 - f)));
    below += j->share[c];
  }
  return sqrt(2 / acos(-1.0) * j->squares) * mf_exact_value(&sum);
}

static int by_place(const void *a, const void *b)
{
  const mf_line_piece *l = a, *r = b;
  return (l->lo > r->lo) - (l->lo < r->lo);
}

static int compare_line(const operands *j, mf_particle_comparison *out)
{
  const mf_grid *grid = j->grid;
  mf_line_piece *piece;
  mf_line_distances d;
  MF_TRY(mf_objects_create(&piece, grid->cells + j->count, sizeof *piece));
  mf_line_piece *atom = piece + grid->cells;
  mf_line_of_density(grid, j->share, piece);
  for (ptrdiff_t i = 0; i < j->count; i++)
    atom[i] = (mf_line_piece){j->x[MF_AXES * i], j->x[MF_AXES * i], j->w[i]};
  qsort(atom, (size_t)j->count, sizeof *atom, by_place);
  const int status = mf_line_compare(piece, grid->cells, atom, j->count, &d);
  mf_release(piece);
  MF_TRY(status);
  out->ks = d.ks;
  out->ks_p = ks_probability(d.ks, out->effective);
  out->w1 = d.w1;
  out->w1_floor = expected_w1(j);
  out->w2 = d.w2;
  return MF_OK;
}

/* ---- moments ---- */

static const char *const mean_name[MF_AXES] = {"mean_x", "mean_y", "mean_z"};
static const char *const covariance_name[MF_AXES][MF_AXES] = {
    {"cov_xx", "cov_xy", "cov_xz"}, {NULL, "cov_yy", "cov_yz"}, {NULL, NULL, "cov_zz"}};

static double particle_mean(const operands *j, int axis)
{
  mf_exact sum = {0};
  for (ptrdiff_t i = 0; i < j->count; i++) mf_exact_add(&sum, j->w[i] * j->x[MF_AXES * i + axis]);
  return mf_exact_value(&sum);
}

/* sum w f(X) of f = product of the deviations along two axes, its unbiased value, and the standard error
 * of that. */
static mf_moment_comparison particle_covariance(const operands *j, int a, int b, const double mean[MF_AXES])
{
  mf_exact first = {0}, second = {0};
  for (ptrdiff_t i = 0; i < j->count; i++) {
    const double f = (j->x[MF_AXES * i + a] - mean[a]) * (j->x[MF_AXES * i + b] - mean[b]);
    mf_exact_add(&first, j->w[i] * f);
    mf_exact_add(&second, j->w[i] * f * f);
  }
  const double value = mf_exact_value(&first), spread = mf_exact_value(&second) - value * value;
  return (mf_moment_comparison){.name = covariance_name[a][b],
                                .particles = value / (1 - j->squares),
                                .error = sqrt(fmax(0, spread) * j->squares / (1 - j->squares))};
}

static void compare_moments(const operands *j, mf_particle_comparison *out)
{
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES], own[MF_AXES] = {0, 0, 0};
  mf_field_moments(j->grid, j->share, mean, covariance);
  for (int a = 0; a < j->grid->dim; a++) own[a] = particle_mean(j, a);
  for (int a = 0; a < j->grid->dim; a++) {
    const double variance = particle_covariance(j, a, a, own).particles;
    out->moment[out->moments++] =
        (mf_moment_comparison){mean_name[a], mean[a], own[a], sqrt(variance * j->squares)};
  }
  for (int a = 0; a < j->grid->dim; a++)
    for (int b = a; b < j->grid->dim; b++) {
      mf_moment_comparison m = particle_covariance(j, a, b, own);
      m.grid = covariance[MF_AXES * a + b];
      out->moment[out->moments++] = m;
    }
}

/* ---- all of it ---- */

static int compare(operands *j, const double *density, const mf_particles *p, mf_particle_comparison *out)
{
  MF_TRY(set_up(j, density, p, out));
  MF_TRY(compare_mmd(j, out));
  compare_moments(j, out);
  if (j->grid->dim == 1 && !j->grid->periodic[0]) MF_TRY(compare_line(j, out));
  return MF_OK;
}

int mf_particles_compare(const mf_grid *grid, const double *density, const mf_kernel *kernel,
                         const mf_particles *p, mf_particle_comparison *out)
{
  operands j = {.grid = grid, .kernel = kernel};
  *out = (mf_particle_comparison){.time = NAN, .ks = NAN, .ks_p = NAN, .w1 = NAN, .w1_floor = NAN, .w2 = NAN};
  const int status = compare(&j, density, p, out);
  mf_release(j.share);
  mf_release(j.x);
  mf_release(j.w);
  mf_release(j.embedded);
  return status;
}

double mf_particle_errors(double difference, double error)
{
  return difference == 0 ? 0 : fabs(difference) / error;
}
