/* SPDX-License-Identifier: BSD-3-Clause */
/* Does an ensemble of particles sample a density?  Sums of the kernel are those of kernels/sums.h, finely: what they have wrong, 1e-13, is
 * below what rounding leaves of a difference of numbers near 1. */
#include "postproc/distances/particles.h"

#include "grids/base.h"
#include "grids/exact.h"
#include "grids/field.h"
#include "grids/threads.h"
#include "operators/kernels/convolution.h"
#include "operators/kernels/displacement.h"
#include "operators/kernels/sums.h"
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
  double *x;             /* MF_AXES a particle */
  double *axis[MF_AXES]; /* the same by coordinates */
  mf_cloud cloud;        /* of those */
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
  for (int a = 0; a < MF_AXES; a++) {
    for (ptrdiff_t i = 0; i < j->count; i++) j->axis[a][i] = j->x[MF_AXES * i + a];
    j->cloud.x[a] = j->axis[a];
  }
  j->cloud.count = j->count;
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
  for (int a = 0; a < MF_AXES; a++) MF_TRY(mf_reals_create(&j->axis[a], p->count));
  MF_TRY(take_density(j, density, out));
  return take_particles(j, p, out);
}

/* ---- MMD ---- */

static double between(const operands *j, const double *x, const double *y)
{
  return mf_kernel_between(j->kernel, j->grid, x, y);
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

static double dot(const operands *j, const double *a, const double *b)
{
  mf_exact sum = {0};
  for (ptrdiff_t i = 0; i < j->count; i++) mf_exact_add(&sum, a[i] * b[i]);
  return mf_exact_value(&sum);
}

/* m(X_i): the cells that hold something are the sources. */
static int embed(const operands *j, mf_sums *sums)
{
  double *memory, *place[MF_AXES];
  const ptrdiff_t cells = j->grid->cells;
  mf_sums_request r = {.targets = j->cloud, .charges = 1, .value = {j->embedded}};
  MF_TRY(mf_reals_create(&memory, (MF_AXES + 1) * cells));
  for (int a = 0; a < MF_AXES; a++) r.sources.x[a] = place[a] = memory + a * cells;
  double *share = memory + MF_AXES * cells;
  r.charge[0] = share;
  for (ptrdiff_t c = 0; c < cells; c++) {
    double y[MF_AXES];
    if (j->share[c] == 0) continue;
    mf_grid_centre(j->grid, c, y);
    for (int a = 0; a < MF_AXES; a++) place[a][r.sources.count] = y[a];
    share[r.sources.count++] = j->share[c];
  }
  const int status = mf_sums_form(sums, &r);
  mf_release(memory);
  return status;
}

/* ---- the error of the unbiased MMD^2: sum_{i != j} w_i^2 w_j^2 (k_ij - m_i - m_j + self)^2 ---- */

/* The kernel k^2, if that is one: of Gaussians between walls. */
static bool find_square(const operands *j, mf_kernel *out)
{
  const mf_kernel *k = j->kernel;
  bool walls = !strcmp(k->type->name, "gaussian") && k->scales * k->scales <= MF_KERNEL_SCALES;
  for (int a = 0; a < j->grid->dim; a++) walls = walls && !j->grid->periodic[a];
  if (!walls) return false;
  *out = *k;
  out->scales = 0;
  for (int i = 0; i < k->scales; i++)
    for (int l = 0; l < k->scales; l++) {
      const double a = k->bandwidth[i], b = k->bandwidth[l];
      out->bandwidth[out->scales] = a * b / hypot(a, b);
      out->weight[out->scales++] = k->weight[i] * k->weight[l];
    }
  return true;
}

/* The square worked out: sums of k and of k^2 over j, then sums over i. */
static int sum_centred(const operands *j, mf_sums *sums, const mf_kernel *square, double self, double *total)
{
  const ptrdiff_t n = j->count;
  double *memory;
  mf_sums *squares = NULL;
  MF_TRY(mf_reals_create(&memory, 5 * n));
  double *v = memory, *vm = memory + n, *p = memory + 2 * n, *q = memory + 3 * n, *s = memory + 4 * n;
  const double *m = j->embedded;
  for (ptrdiff_t i = 0; i < n; i++) {
    v[i] = j->w[i] * j->w[i];
    vm[i] = v[i] * m[i];
  }
  const mf_sums_request first = {
      .sources = j->cloud, .targets = j->cloud, .charges = 2, .charge = {v, vm}, .value = {p, q}};
  const mf_sums_request second = {
      .sources = j->cloud, .targets = j->cloud, .charges = 1, .charge = {v}, .value = {s}};
  int status = mf_sums_form(sums, &first);
  if (!status) status = mf_sums_create(&squares, j->grid, square, MF_SUMS_CHEAPEST, MF_SUMS_FINE);
  if (!status) status = mf_sums_form(squares, &second);
  const double v1 = j->squares, m1 = dot(j, v, m), m2 = dot(j, vm, m);
  mf_exact sum = {0};
  for (ptrdiff_t i = 0; i < n && !status; i++) {
    const double own = mf_kernel_value(j->kernel, 0) - 2 * m[i] + self, c = self - m[i];
    const double row = s[i] + 2 * (c * p[i] - q[i]) + c * c * v1 - 2 * c * m1 + m2;
    mf_exact_add(&sum, v[i] * (row - v[i] * own * own));
  }
  *total = fmax(mf_exact_value(&sum), 0);
  mf_sums_free(squares);
  mf_release(memory);
  return status;
}

/* The same pair by pair, a row for each particle. */
typedef struct {
  const operands *j;
  double self, *row;
} pair_operands;

static void sum_rows(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const pair_operands *o = self;
  const operands *j = o->j;
  for (ptrdiff_t i = begin; i < end; i++) {
    double sum = 0;
    for (ptrdiff_t l = 0; l < i; l++) {
      const double c =
          between(j, j->x + MF_AXES * i, j->x + MF_AXES * l) - j->embedded[i] - j->embedded[l] + o->self;
      sum += j->w[l] * c * j->w[l] * c;
    }
    o->row[i] = 2 * j->w[i] * j->w[i] * sum;
  }
}

static int sum_centred_pairs(const operands *j, double self, double *total)
{
  pair_operands o = {.j = j, .self = self};
  mf_exact sum = {0};
  MF_TRY(mf_reals_create(&o.row, j->count));
  mf_share(j->count, 64, sum_rows, &o);
  for (ptrdiff_t i = 0; i < j->count; i++) mf_exact_add(&sum, o.row[i]);
  *total = mf_exact_value(&sum);
  mf_release(o.row);
  return MF_OK;
}

/* ---- both ---- */

static int compare_with(const operands *j, mf_sums *sums, double *own, mf_particle_comparison *out)
{
  double self, centred;
  mf_kernel square;
  const mf_sums_request r = {
      .sources = j->cloud, .targets = j->cloud, .charges = 1, .charge = {j->w}, .value = {own}};
  mf_exact diagonal = {0}, single = {0};
  MF_TRY(self_energy(j, &self));
  MF_TRY(embed(j, sums));
  MF_TRY(mf_sums_form(sums, &r));
  MF_TRY(find_square(j, &square) ? sum_centred(j, sums, &square, self, &centred)
                                 : sum_centred_pairs(j, self, &centred));
  for (ptrdiff_t i = 0; i < j->count; i++) {
    const double *x = j->x + MF_AXES * i;
    mf_exact_add(&diagonal, j->w[i] * j->w[i] * between(j, x, x));
    mf_exact_add(&single, j->w[i] * j->w[i] * j->embedded[i]);
  }
  const double rest = 1 - j->squares, all = dot(j, j->w, own), cross = dot(j, j->w, j->embedded);
  out->mmd2_v = all - 2 * cross + self;
  out->mmd2_floor = (mean_diagonal(j) - self) * j->squares;
  out->mmd2 = (all - mf_exact_value(&diagonal) - 2 * (cross - mf_exact_value(&single))) / rest + self;
  out->mmd2_error = sqrt(2 * centred) / rest;
  return MF_OK;
}

static int compare_mmd(const operands *j, mf_particle_comparison *out)
{
  mf_sums *sums;
  double *own = NULL;
  MF_TRY(mf_sums_create(&sums, j->grid, j->kernel, MF_SUMS_CHEAPEST, MF_SUMS_FINE));
  int status = mf_reals_create(&own, j->count);
  if (!status) status = compare_with(j, sums, own, out);
  mf_release(own);
  mf_sums_free(sums);
  return status;
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

/* ---- by slices ---- */

enum { SLICES = 32 };

/* A direction: evenly spread over half of the circle, or over half of the sphere along a spiral. */
static void find_direction(int dim, int k, double e[MF_AXES])
{
  const double share = (k + 0.5) / SLICES, angle = acos(-1.0) * (dim == 2 ? share : (1 + sqrt(5.0)) * k);
  const double height = dim == 2 ? 0 : share, radius = sqrt(1 - height * height);
  e[0] = radius * cos(angle);
  e[1] = radius * sin(angle);
  e[2] = height;
}

static void project(const operands *j, const double e[MF_AXES], mf_line_piece *cells, mf_line_piece *atoms)
{
  for (ptrdiff_t c = 0; c < j->grid->cells; c++) {
    double y[MF_AXES];
    mf_grid_centre(j->grid, c, y);
    const double place = e[0] * y[0] + e[1] * y[1] + e[2] * y[2];
    cells[c] = (mf_line_piece){place, place, j->share[c]};
  }
  for (ptrdiff_t i = 0; i < j->count; i++) {
    const double *x = j->x + MF_AXES * i, place = e[0] * x[0] + e[1] * x[1] + e[2] * x[2];
    atoms[i] = (mf_line_piece){place, place, j->w[i]};
  }
  qsort(cells, (size_t)j->grid->cells, sizeof *cells, by_place);
  qsort(atoms, (size_t)j->count, sizeof *atoms, by_place);
}

/* Root mean square over directions of the W2 of projections (Rabin, Peyre, Delon & Bernot 2012). */
static int compare_slices(const operands *j, mf_particle_comparison *out)
{
  mf_line_piece *piece;
  const ptrdiff_t cells = j->grid->cells;
  double sum = 0;
  int status = MF_OK;
  MF_TRY(mf_objects_create(&piece, cells + j->count, sizeof *piece));
  for (int k = 0; k < SLICES && !status; k++) {
    double e[MF_AXES];
    mf_line_value d;
    find_direction(j->grid->dim, k, e);
    project(j, e, piece, piece + cells);
    status = mf_line_wasserstein(piece, cells, piece + cells, j->count, 2, 0, &d);
    sum += d.distance * d.distance / SLICES;
  }
  mf_release(piece);
  out->sliced_w2 = sqrt(sum);
  return status;
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

static int compare(operands *j, const double *density, const mf_particles *p, unsigned parts,
                   mf_particle_comparison *out)
{
  MF_TRY(set_up(j, density, p, out));
  MF_TRY(compare_mmd(j, out));
  compare_moments(j, out);
  bool walls = true;
  for (int a = 0; a < j->grid->dim; a++) walls = walls && !j->grid->periodic[a];
  if (!walls || !(parts & MF_PARTICLES_TRANSPORT)) return MF_OK;
  return j->grid->dim == 1 ? compare_line(j, out) : compare_slices(j, out);
}

int mf_particles_compare(const mf_grid *grid, const double *density, const mf_kernel *kernel,
                         const mf_particles *p, unsigned parts, mf_particle_comparison *out)
{
  operands j = {.grid = grid, .kernel = kernel};
  *out = (mf_particle_comparison){
      .time = NAN, .ks = NAN, .ks_p = NAN, .w1 = NAN, .w1_floor = NAN, .w2 = NAN, .sliced_w2 = NAN};
  const int status = compare(&j, density, p, parts, out);
  mf_release(j.share);
  mf_release(j.x);
  mf_release(j.w);
  mf_release(j.embedded);
  for (int a = 0; a < MF_AXES; a++) mf_release(j.axis[a]);
  return status;
}

double mf_particle_errors(double difference, double error)
{
  return difference == 0 ? 0 : fabs(difference) / error;
}
