/* SPDX-License-Identifier: BSD-3-Clause */
/* Distances between densities, and between a density and particles, against closed forms and direct sums. */
#include "tests/written.h"

#include "grids/field.h"
#include "io/data/ensemble.h"
#include "operators/kernels/displacement.h"
#include "postproc/distances/compare.h"
#include "postproc/distances/particles.h"
#include "solver/distance/line.h"
#include "solver/observe/diagnose.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

static const double pi = 3.14159265358979323846;

static mf_grid make_grid(int dim, const long *cells, double lo, double hi, bool periodic)
{
  const double los[MF_AXES] = {lo, lo, lo}, his[MF_AXES] = {hi, hi, hi};
  const bool around[MF_AXES] = {periodic, periodic, periodic};
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, cells, los, his, around));
  return grid;
}

static mf_grid line_grid(long cells, double lo, double hi)
{
  return make_grid(1, &cells, lo, hi, false);
}

static double *values_on(const mf_grid *grid)
{
  double *values;
  DO(mf_reals_create(&values, grid->cells));
  return values;
}

static double uniform(uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return ((*state >> 8) + 0.5) / 16777216.0;
}

/* Mass of N(0, 1) between two points, to all digits in either tail. */
static double normal_mass(double from, double to)
{
  if (to < 0) return normal_mass(-to, -from);
  return 0.5 * (erfc(from / sqrt(2)) - erfc(to / sqrt(2)));
}

/* Cell averages of N(mean, 1), exact. */
static double *gaussian_averages(const mf_grid *grid, double mean)
{
  double *density = values_on(grid);
  for (ptrdiff_t i = 0; i < grid->cells; i++) {
    const double x = mf_grid_coordinate(grid, 0, i) - mean, half = 0.5 * grid->h[0];
    density[i] = normal_mass(x - half, x + half) / grid->h[0];
  }
  return density;
}

/* ---- on the line ---- */

/* The same pieces, some of them empty, moved by a shift that is no multiple of anything: every quantile
 * moves by it. */
START_TEST(translated_measure_is_at_its_shift)
{
  enum { N = 40 };
  mf_line_piece a[N], b[N];
  uint32_t state = 1;
  for (int k = 0; k < 3; k++) {
    const double shift = k == 0 ? 0.3183098861 : k == 1 ? -17.25 : 1e-6;
    for (int i = 0; i < N; i++) {
      a[i] = (mf_line_piece){0.1 * i, 0.1 * (i + 1), i % 5 == 2 || (i > 10 && i < 15) ? 0 : uniform(&state)};
      b[i] = (mf_line_piece){a[i].lo + shift, a[i].hi + shift, 3 * a[i].mass};
    }
    mf_line_distances d;
    DO(mf_line_compare(a, N, b, N, &d));
    ck_assert_double_eq_tol(d.w1, fabs(shift),
                            1e-14 + 1e-14 * fabs(shift)); /* round-off of places of size 20 */
    ck_assert_double_eq_tol(d.w2, fabs(shift), 1e-14 + 1e-14 * fabs(shift));
    DO(mf_line_compare(a, N, a, N, &d));
    ck_assert(d.w1 == 0 && d.w2 == 0 && d.ks == 0);
  }
}
END_TEST

/* Uniform on [0, 1] against [0, 2], and against [-1, 2] where quantiles cross:
 * W1 = int |m - (3 m - 1)| = 1/2, W2^2 = int (1 - 2 m)^2 = 1/3, KS = |1/3 - 0| at 0. */
START_TEST(uniform_measures_have_closed_forms)
{
  const mf_line_piece one = {0, 1, 5}, two = {0, 2, 1}, three[] = {{-1, 0.25, 1.25}, {0.25, 2, 1.75}};
  mf_line_distances d;
  DO(mf_line_compare(&one, 1, &two, 1, &d));
  ck_assert_double_eq_tol(d.w1, 0.5, 1e-15);
  ck_assert_double_eq_tol(d.w2, sqrt(1.0 / 3), 1e-15);
  ck_assert_double_eq_tol(d.ks, 0.5, 1e-15);
  DO(mf_line_compare(&one, 1, three, 2, &d));
  ck_assert_double_eq_tol(d.w1, 0.5, 1e-15);
  ck_assert_double_eq_tol(d.w2, sqrt(1.0 / 3), 1e-15);
  ck_assert_double_eq_tol(d.ks, 1.0 / 3, 1e-15);
  const mf_line_piece nothing = {0, 1, 0};
  ck_assert_int_eq(mf_line_compare(&one, 1, &nothing, 1, &d), MF_ENUMERIC);
}
END_TEST

/* N atoms at the quantiles (i - 1/2)/N of the uniform measure: the best that N atoms can do,
 * KS = 1/(2N), W1 = 1/(4N), W2 = 1/(N sqrt 12); two equal atoms at one place count twice. */
START_TEST(atoms_at_quantiles)
{
  enum { N = 16 };
  const mf_grid grid = line_grid(37, 0, 1); /* faces that miss the quantiles */
  double density[37];
  mf_line_piece a[37], b[N], pair[] = {{0.5, 0.5, 1}, {0.5, 0.5, 1}};
  for (int i = 0; i < 37; i++) density[i] = 1;
  for (int i = 0; i < N; i++) b[i] = (mf_line_piece){(i + 0.5) / N, (i + 0.5) / N, 1};
  mf_line_of_density(&grid, density, a);
  mf_line_distances d;
  DO(mf_line_compare(a, 37, b, N, &d));
  ck_assert_double_eq_tol(d.ks, 0.5 / N, 1e-14);
  ck_assert_double_eq_tol(d.w1, 0.25 / N, 1e-14);
  ck_assert_double_eq_tol(d.w2, 1 / (N * sqrt(12)), 1e-14);
  DO(mf_line_compare(a, 37, pair, 2, &d));
  ck_assert_double_eq_tol(d.ks, 0.5, 1e-14);
  ck_assert_double_eq_tol(d.w1, 0.25, 1e-14);
  for (int late = 0; late < 2; late++) { /* the largest difference is just before the atom, or at it */
    const mf_line_piece atom = {late ? 0.9 : 0.1, late ? 0.9 : 0.1, 1};
    DO(mf_line_compare(a, 37, &atom, 1, &d));
    ck_assert_double_eq_tol(d.ks, 0.9, 1e-14);
  }
}
END_TEST

/* ---- densities ---- */

/* Gaussians a shift d apart, on different grids: KL = d^2/2, He2 = 8 (1 - e^(-d^2/8)), L1 = 2 erf(d / sqrt
 * 8), L2^2 = (1 - e^(-d^2/4)) / sqrt(pi), W2 = W1 = d, KS = L1 / 2, MMD^2 = 2 (k(0) - k(d)) with k(d) = s
 * (s^2 + 2)^(-1/2) e^(-d^2 / (2 (s^2 + 2))).  Cell averages change all of these by O(h^2) at most: 2 h^2
 * with these derivatives of order 1. */
START_TEST(gaussians_on_different_grids)
{
  const double d = 0.7, s = 1.3;
  for (int order = 0; order < 2; order++) {
    const mf_grid fine = line_grid(480, -10, 10), coarse = line_grid(160, -10, 10);
    const mf_grid *ga = order ? &fine : &coarse, *gb = order ? &coarse : &fine;
    double *a = gaussian_averages(ga, 0), *b = gaussian_averages(gb, d);
    write_fields(scratch(order ? "a1.nc" : "a0.nc"), ga, 2, a);
    write_fields(scratch(order ? "b1.nc" : "b0.nc"), gb, 2, b);
    mf_snapshots sa, sb;
    mf_grid common;
    mf_convolution *kernel;
    mf_field_comparison c;
    DO(mf_snapshots_open(&sa, scratch(order ? "a1.nc" : "a0.nc")));
    DO(mf_snapshots_open(&sb, scratch(order ? "b1.nc" : "b0.nc")));
    ck_assert_int_eq(sa.count, 2);
    ck_assert_double_eq(sa.time[1], 0.5);
    DO(mf_common_grid(&sa, &sb, &common));
    ck_assert_int_eq(common.cells, 160);
    const mf_kernel gauss = {.type = mf_kernel_types[0], .scales = 1, .bandwidth = {s}, .weight = {1}};
    DO(mf_convolution_create(&kernel, &common, &gauss));
    DO(mf_compare_records(&sa, 1, &sb, 1, &common, kernel, &c));
    const double slack = 2 * common.h[0] * common.h[0], width = s * s + 2;
    ck_assert_double_eq_tol(c.mass_a, 1, 1e-12);
    ck_assert_double_eq_tol(c.mass_b, 1, 1e-12);
    ck_assert_double_eq_tol(c.kl, d * d / 2, slack);
    ck_assert_double_eq_tol(c.he2, 8 * (1 - exp(-d * d / 8)), slack);
    ck_assert_double_eq_tol(c.l1, 2 * erf(d / sqrt(8)), slack);
    ck_assert_double_eq_tol(c.l2, sqrt((1 - exp(-d * d / 4)) / sqrt(pi)), slack);
    ck_assert_double_eq_tol(c.mmd, sqrt(2 * s / sqrt(width) * (1 - exp(-d * d / (2 * width)))), slack);
    ck_assert_double_eq_tol(c.w1, d, slack);
    ck_assert_double_eq_tol(c.w2, d, slack);
    ck_assert_double_eq_tol(c.ks, erf(d / sqrt(8)), slack);
    mf_convolution_free(kernel);
    mf_snapshots_clear(&sa);
    mf_snapshots_clear(&sb);
    mf_release(a);
    mf_release(b);
  }
}
END_TEST

/* Exact averages on nested grids are the same measure: nothing but round-off is left of what is compared
 * on the coarse one. */
START_TEST(nested_averages_agree)
{
  const mf_grid fine = line_grid(300, -8, 8), coarse = line_grid(100, -8, 8);
  double *a = gaussian_averages(&fine, 0.3), *b = gaussian_averages(&coarse, 0.3);
  mf_snapshots sa, sb;
  mf_grid common;
  mf_convolution *kernel;
  mf_field_comparison c;
  write_fields(scratch("a.nc"), &fine, 1, a);
  write_fields(scratch("b.nc"), &coarse, 1, b);
  DO(mf_snapshots_open(&sa, scratch("a.nc")));
  DO(mf_snapshots_open(&sb, scratch("b.nc")));
  DO(mf_common_grid(&sa, &sb, &common));
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&coarse, b, mean, covariance);
  const mf_kernel width = mf_kernel_as_wide(&coarse, covariance);
  /* variance of averages: that of the measure, 1, and h^2/12 of the cells */
  ck_assert_double_eq_tol(width.bandwidth[0], sqrt(1 + common.h[0] * common.h[0] / 12), 1e-5);
  DO(mf_convolution_create(&kernel, &common, &width));
  DO(mf_compare_records(&sa, 0, &sb, 0, &common, kernel, &c));
  ck_assert_double_lt(c.l1, 1e-14);
  ck_assert_double_lt(c.mmd, 1e-14);
  ck_assert_double_lt(c.kl, 1e-14);
  ck_assert_double_lt(c.w2, fine.h[0]); /* not the same within a cell */
  ck_assert_double_gt(c.w2, 0);
  mf_convolution_free(kernel);
  mf_snapshots_clear(&sa);
  mf_snapshots_clear(&sb);
  mf_release(a);
  mf_release(b);
}
END_TEST

/* Measures that are not probabilities, in any dimension: b uniform of mass M, a = 2 b in one half of the
 * box and 0 in the other: L1 = M, KL = M log 2, He2 = 4 M/2 ((sqrt 2 - 1)^2 + 1), and infinite the other
 * way round. */
START_TEST(vacuum_and_mass)
{
  const long cells[MF_AXES] = {6, 5, 1};
  const mf_kernel gauss = {.type = mf_kernel_types[0], .scales = 1, .bandwidth = {1}, .weight = {1}};
  const mf_grid grid = make_grid(_i, cells, -1, 2, false);
  const double mass = 0.4 * pow(3, _i);
  double *a = values_on(&grid), *b = values_on(&grid);
  mf_convolution *kernel;
  mf_field_comparison c;
  for (ptrdiff_t i = 0; i < grid.cells; i++) {
    b[i] = 0.4;
    a[i] = i % 6 < 3 ? 0.8 : 0;
  }
  DO(mf_convolution_create(&kernel, &grid, &gauss));
  DO(mf_compare_densities(&grid, a, b, kernel, &c));
  ck_assert_double_eq_tol(c.l1, mass, 1e-13);
  ck_assert_double_eq_tol(c.kl, mass * log(2), 1e-13);
  ck_assert_double_eq_tol(c.he2, 2 * mass * ((sqrt(2) - 1) * (sqrt(2) - 1) + 1), 1e-12);
  ck_assert_double_eq_tol(c.l2, sqrt(0.16 * mass / 0.4), 1e-13);
  ck_assert(isnan(c.w2) && isnan(c.ks));
  DO(mf_compare_densities(&grid, b, a, kernel, &c));
  ck_assert(isinf(c.kl));
  DO(mf_compare_densities(&grid, a, a, kernel, &c));
  ck_assert(c.l1 == 0 && c.l2 == 0 && c.kl == 0 && c.he2 == 0 && c.mmd == 0);
  mf_convolution_free(kernel);
  mf_release(a);
  mf_release(b);
}
END_TEST

START_TEST(different_boxes_are_refused)
{
  const long cells[MF_AXES] = {4, 4, 4};
  const mf_grid grids[] = {make_grid(1, cells, 0, 1, false), make_grid(2, cells, 0, 1, false),
                           make_grid(1, cells, 0, 2, false), make_grid(1, cells, 0, 1, true)};
  static const char *const name[] = {"line.nc", "plane.nc", "long.nc", "circle.nc"};
  static const char *const advice[] = {NULL, "1 dimensions", "[0, 1]", "periodic"};
  double ones[64];
  mf_snapshots s[4];
  mf_grid common;
  for (int i = 0; i < 64; i++) ones[i] = 1;
  for (int k = 0; k < 4; k++) {
    write_fields(scratch(name[k]), &grids[k], 1, ones);
    DO(mf_snapshots_open(&s[k], scratch(name[k])));
    ck_assert(s[k].grid.periodic[0] == (k == 3));
  }
  DO(mf_common_grid(&s[0], &s[0], &common));
  for (int k = 1; k < 4; k++) {
    ck_assert_int_eq(mf_common_grid(&s[0], &s[k], &common), MF_ECASE);
    ck_assert_msg(strstr(mf_error(), advice[k]) && strstr(mf_error(), name[k]), "%s", mf_error());
  }
  for (int k = 0; k < 4; k++) mf_snapshots_clear(&s[k]);
}
END_TEST

/* ---- kernels between points ---- */

/* Between centres of cells it is the matrix of the convolution, for every kernel, boundary and dimension;
 * to the round-off of a transform of numbers of size 10. */
START_TEST(kernel_between_centres_is_the_matrix)
{
  const long cells[MF_AXES] = {7, 6, 3};
  for (int type = 0; mf_kernel_types[type]; type++)
    for (int walls = 0; walls < 3; walls++) {
      const double lo[MF_AXES] = {-1, 0, 2}, hi[MF_AXES] = {1, 1.5, 3};
      const bool periodic[MF_AXES] = {walls != 1, walls == 0, walls != 1}; /* walls == 1: all */
      mf_grid grid;
      mf_kernel kernel = {
          .type = mf_kernel_types[type], .scales = 2, .bandwidth = {0.08, 0.2}, .weight = {1, 0.5}};
      kernel.shape = kernel.type->shape;
      if (!kernel.type->scaled) kernel = (mf_kernel){kernel.type, 1, {1}, {1}, kernel.type->shape};
      DO(mf_grid_init(&grid, _i, cells, lo, hi, periodic));
      mf_convolution *k;
      if (!kernel.type->value && walls != 1) continue;  /* of finite rank: needs walls */
      const double size = kernel.type->value ? 1 : 1e4; /* of a power series at bandwidths below the box */
      DO(mf_convolution_create(&k, &grid, &kernel));
      double *f = values_on(&grid), *row = values_on(&grid), x[MF_AXES], y[MF_AXES];
      const ptrdiff_t at = grid.cells / 3;
      f[at] = 1 / grid.volume;
      mf_convolution_add(k, f, 1, row);
      mf_grid_centre(&grid, at, x);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        mf_grid_centre(&grid, c, y);
        ck_assert_double_eq_tol(mf_kernel_between(&kernel, &grid, x, y), row[c], 1e-13 * size);
      }
      mf_convolution_free(k);
      mf_release(f);
      mf_release(row);
    }
}
END_TEST

/* ---- particles ---- */

/* A density, and particles with weights, in `dim` dimensions. */
typedef struct {
  mf_grid grid;
  double *density; /* to be released */
  double x[90], w[30];
  mf_particles p;
} sample;

static sample make_sample(int dim, bool periodic)
{
  static const long cells[MF_AXES] = {12, 5, 2};
  sample s = {.grid = make_grid(dim, cells, -1, 2, periodic)};
  uint32_t state = 5;
  s.density = values_on(&s.grid);
  for (ptrdiff_t c = 0; c < s.grid.cells; c++) s.density[c] = c % 4 == 1 ? 0 : uniform(&state);
  for (int i = 0; i < 90; i++) s.x[i] = -1 + 3 * uniform(&state);
  for (int i = 0; i < 30; i++) s.w[i] = i % 7 == 3 ? 0 : uniform(&state);
  s.p = (mf_particles){.dim = dim, .count = 30};
  return s;
}

/* z' K z over cells and particles together: the V-statistic is the square of one signed measure. */
static double signed_form(const sample *s, const mf_kernel *kernel, const double *z, const double *place,
                          int n, bool without_pairs)
{
  double sum = 0;
  for (int i = 0; i < n; i++)
    for (int l = 0; l < n; l++) {
      const double *x = place + MF_AXES * i, *y = place + MF_AXES * l;
      if (without_pairs && i < s->p.count && l < s->p.count) continue;
      sum += z[i] * z[l] * mf_kernel_between(kernel, &s->grid, x, y);
    }
  return sum;
}

START_TEST(discrepancies_are_their_direct_sums)
{
  const int dim = _i % 3 + 1;
  const bool periodic = _i >= 3 && _i < 6, weighted = _i % 2;
  sample s = make_sample(dim, periodic);
  s.p.position = s.x;
  s.p.weight = weighted ? s.w : NULL;
  for (int type = 0; mf_kernel_types[type]; type++) {
    mf_kernel kernel = {.type = mf_kernel_types[type], .scales = 1, .bandwidth = {0.15}, .weight = {1}};
    kernel.shape = kernel.type->shape;
    if (!kernel.type->scaled) kernel.bandwidth[0] = 1;
    if (!kernel.type->value) kernel.bandwidth[0] = 2; /* of the size of the box */
    if (!kernel.type->value && periodic) continue;    /* of finite rank: needs walls */
    mf_particle_comparison c;
    DO(mf_particles_compare(&s.grid, s.density, &kernel, &s.p, MF_PARTICLES_TRANSPORT, &c));

    const int n = 30, all = n + (int)s.grid.cells;
    double *z, *place, mass = 0, weight = 0, squares = 0;
    DO(mf_reals_create(&z, all));
    DO(mf_reals_create(&place, MF_AXES * all));
    for (ptrdiff_t i = 0; i < s.grid.cells; i++) mass += s.density[i];
    for (int i = 0; i < n; i++) weight += weighted ? s.w[i] : 1;
    for (int i = 0; i < n; i++) {
      z[i] = (weighted ? s.w[i] : 1) / weight;
      squares += z[i] * z[i];
      for (int a = 0; a < dim; a++) place[MF_AXES * i + a] = s.x[i * dim + a];
    }
    for (ptrdiff_t i = 0; i < s.grid.cells; i++) {
      z[n + i] = -s.density[i] / mass;
      mf_grid_centre(&s.grid, i, place + MF_AXES * (n + i));
    }
    double own = 0, mean = 0; /* sum_i z_i^2 k(X_i, X_i), int k(x, x) da */
    for (int i = 0; i < all; i++) {
      const double k = mf_kernel_between(&kernel, &s.grid, place + MF_AXES * i, place + MF_AXES * i);
      if (i < n)
        own += z[i] * z[i] * k;
      else
        mean -= z[i] * k;
    }
    const double v = signed_form(&s, &kernel, z, place, all, false);
    const mf_particles none = {.count = 0};
    sample cells_only = s;
    cells_only.p = none;
    const double self = signed_form(&cells_only, &kernel, z + n, place + MF_AXES * n, all - n, false);
    ck_assert_double_eq_tol(c.mmd2_v, v, 1e-12); /* round-off of sums of size 10 */
    ck_assert_double_eq_tol(c.mmd2_floor, (mean - self) * squares, 1e-12);
    ck_assert_double_eq_tol(c.effective, 1 / squares, 1e-12 / squares);
    if (!weighted) { /* for equal weights the two estimators differ by the diagonal alone */
      const double pairs =
          v - signed_form(&s, &kernel, z, place, all, true); /* sum over i, j of k(X_i, X_j) / N^2 */
      const double without = (pairs - own) * n / (n - 1);
      ck_assert_double_eq_tol(c.mmd2, v - pairs + without, 1e-12);
      ck_assert(isnan(c.mass_b));
    } else {
      ck_assert_double_eq_tol(c.mass_b, weight, 1e-12);
      ck_assert_int_eq(c.particles, 26); /* four weigh nothing */
    }
    ck_assert_double_eq_tol(c.mass_a, mass * s.grid.volume, 1e-12);
    mf_release(z);
    mf_release(place);
  }
  mf_release(s.density);
}
END_TEST

/* Particles that are cells of the density, weighted like them, are the density: V = 0, moments agree, KS
 * is half a cell's mass at most. */
START_TEST(density_as_particles_is_itself)
{
  const mf_grid grid = line_grid(50, -6, 7);
  double *a = gaussian_averages(&grid, 0.5), x[50], w[50], most = 0;
  const mf_kernel laplace = {.type = mf_kernel_types[1], .scales = 1, .bandwidth = {0.7}, .weight = {1}};
  for (int i = 0; i < 50; i++) {
    x[49 - i] = mf_grid_coordinate(&grid, 0, i);
    w[49 - i] = 7 * a[i];
    most = fmax(most, a[i] * grid.h[0]);
  }
  const mf_particles p = {.dim = 1, .count = 50, .position = x, .weight = w};
  mf_particle_comparison c;
  DO(mf_particles_compare(&grid, a, &laplace, &p, MF_PARTICLES_TRANSPORT, &c));
  ck_assert_double_eq_tol(c.mmd2_v, 0, 1e-14);
  ck_assert_double_eq_tol(c.ks, most / 2 / c.mass_a, 1e-13);
  ck_assert_int_eq(c.moments, 2);
  ck_assert_str_eq(c.moment[0].name, "mean_x");
  ck_assert_double_eq_tol(c.moment[0].particles, c.moment[0].grid, 1e-13);
  ck_assert_double_eq_tol(c.moment[1].particles * (1 - 1 / c.effective), c.moment[1].grid, 1e-13);
  ck_assert_double_lt(c.w1, grid.h[0]);
  ck_assert_int_eq(c.outside, 0);
  x[3] = 8;
  DO(mf_particles_compare(&grid, a, &laplace, &p, MF_PARTICLES_TRANSPORT, &c));
  ck_assert_int_eq(c.outside, 1);
  const mf_particles few = {.dim = 1, .count = 1, .position = x},
                     flat = {.dim = 2, .count = 9, .position = x};
  ck_assert_int_eq(mf_particles_compare(&grid, a, &laplace, &few, MF_PARTICLES_TRANSPORT, &c), MF_ECASE);
  ck_assert_int_eq(mf_particles_compare(&grid, a, &laplace, &flat, MF_PARTICLES_TRANSPORT, &c), MF_ECASE);
  ck_assert_ptr_nonnull(strstr(mf_error(), "2 coordinates"));
  mf_release(a);
}
END_TEST

/* What sampling does on average, from 400 ensembles of 60: a mean over trials is known to 1/20 of the
 * scatter, so within five of that; a standard deviation to 1/28 of itself, and the error is estimated from
 * the same 60 points, so within a fifth.  Uniform p-values are below 1/10 in 40 +- 6 trials. */
START_TEST(sampling_floors_are_what_sampling_does)
{
  enum { TRIALS = 400, N = 60 };
  const mf_grid grid = line_grid(400, -7, 7);
  const mf_kernel gauss = {.type = mf_kernel_types[0], .scales = 1, .bandwidth = {1}, .weight = {1}};
  double *a = gaussian_averages(&grid, 0), x[N], u = 0, uu = 0, error = 0, v = 0, w1 = 0;
  double squares[2] = {0, 0}, claimed[2] = {0, 0};
  uint32_t state = 17;
  int low = 0;
  mf_particle_comparison c;
  for (int trial = 0; trial < TRIALS; trial++) {
    for (int i = 0; i < N; i++) {
      const double r = sqrt(-2 * log(uniform(&state)));
      x[i] = r * cos(2 * pi * uniform(&state));
    }
    const mf_particles p = {.dim = 1, .count = N, .position = x};
    DO(mf_particles_compare(&grid, a, &gauss, &p, MF_PARTICLES_TRANSPORT, &c));
    u += c.mmd2 / TRIALS;
    uu += c.mmd2 * c.mmd2 / TRIALS;
    error += c.mmd2_error / TRIALS;
    v += c.mmd2_v / TRIALS;
    w1 += c.w1 / TRIALS;
    low += c.ks_p < 0.1;
    for (int k = 0; k < 2; k++) {
      const double off = c.moment[k].particles - c.moment[k].grid;
      squares[k] += off * off;
      claimed[k] += c.moment[k].error * c.moment[k].error;
    }
  }
  const double scatter = sqrt(uu - u * u);
  ck_assert_double_lt(fabs(u), 5 * scatter / 20);
  ck_assert_double_lt(fabs(v - c.mmd2_floor), 5 * scatter / 20);
  ck_assert_double_eq_tol(error / scatter, 1, 0.2);
  ck_assert_double_eq_tol(w1 / c.w1_floor, 1, 0.1);
  for (int k = 0; k < 2; k++) ck_assert_double_eq_tol(sqrt(squares[k] / claimed[k]), 1, 0.2);
  ck_assert_int_ge(low, 20);
  ck_assert_int_le(low, 60);
  mf_release(a);
}
END_TEST

/* ---- files of particles ---- */

START_TEST(csv_of_snapshots)
{
  mf_ensemble *e;
  write_text(scratch("p.csv"), "# two moments, not in order\ntime, weight, y, x\n1, 0.5, 20, 2\n0, 1, 10, 1\n"
                               "1, 0.25, 30, 3\n1, 0, 40, 4\n");
  ck_assert(mf_is_ensemble(scratch("p.csv")));
  DO(mf_ensemble_read(&e, scratch("p.csv")));
  ck_assert(e->dim == 2 && e->count == 2 && e->first[1] == 1 && e->first[2] == 4);
  ck_assert(e->time[0] == 0 && e->time[1] == 1);
  ck_assert(e->position[0] == 1 && e->position[1] == 10 && e->position[4] == 3 && e->position[5] == 30);
  ck_assert(e->weight[1] == 0.5 && e->weight[3] == 0);
  mf_ensemble_free(e);
  write_text(scratch("q.csv"), "x\n1\n2\n");
  DO(mf_ensemble_read(&e, scratch("q.csv")));
  ck_assert(e->dim == 1 && e->count == 1 && isnan(e->time[0]) && !e->weight && e->first[1] == 2);
  mf_ensemble_free(e);
  write_text(scratch("r.csv"), "id,x,method\n7,1,a\n8,2,b\n"); /* what has another name is of no concern */
  DO(mf_ensemble_read(&e, scratch("r.csv")));
  ck_assert(e->dim == 1 && e->first[1] == 2 && e->position[0] == 1 && e->position[1] == 2);
  mf_ensemble_free(e);
}
END_TEST

START_TEST(wrong_csv_is_refused)
{
  static const struct {
    const char *text, *advice;
  } wrong[] = {{"1 2\n", "has to name the columns"},      {"x y\n1 2\n1 a\n", "'a' is no number"},
               {"time y\n1 2\n", "coordinates"},          {"x z\n1 2\n", "coordinates"},
               {"x x\n1 2\n", "two columns x"},           {"x weight\n1 -2\n", "weight of particle 1 is -2"},
               {"x weight\n1 0\n2 0\n", "weigh nothing"}, {"time x\nnan 1\n", "time of particle 1"},
               {"time x\n1 inf\n", "coordinate x"},       {"x\n", "no numbers"}};
  mf_ensemble *e;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    write_text(scratch("w.csv"), wrong[i].text);
    REFUSED(mf_ensemble_read(&e, scratch("w.csv")), "w.csv", wrong[i].advice);
  }
  REFUSED(mf_ensemble_read(&e, scratch("none.csv")), "none.csv", "No such file");
}
END_TEST

/* netCDF 3 and 4; weights per particle, per particle and time, or none; with and without time. */
static void write_particles(const char *path, int format, bool timed, int weights)
{
  static const double time[] = {0, 2}, position[] = {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60};
  static const double weight[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  int file, dim[3], v[3];
  NC(nc_create(path, format, &file));
  NC(nc_def_dim(file, "time", timed ? NC_UNLIMITED : 2, &dim[0]));
  NC(nc_def_dim(file, "particle", 3, &dim[1]));
  NC(nc_def_dim(file, "coordinate", 2, &dim[2]));
  NC(nc_def_var(file, "position", NC_DOUBLE, timed ? 3 : 2, timed ? dim : dim + 1, &v[0]));
  if (weights) NC(nc_def_var(file, "weight", NC_DOUBLE, weights, weights == 2 ? dim : dim + 1, &v[1]));
  if (timed) NC(nc_def_var(file, "time", NC_DOUBLE, 1, dim, &v[2]));
  NC(nc_enddef(file));
  const size_t start[3] = {0, 0, 0}, all[3] = {2, 3, 2};
  NC(nc_put_vara_double(file, v[0], start, timed ? all : all + 1, position));
  if (weights) NC(nc_put_vara_double(file, v[1], start, weights == 2 ? all : all + 1, weight));
  if (timed) NC(nc_put_vara_double(file, v[2], start, all, time));
  NC(nc_close(file));
}

/* Three times of each particle, where there is room for one a snapshot. */
START_TEST(times_of_another_shape_are_refused)
{
  mf_ensemble *e;
  int file, dim[3], v;
  NC(nc_create(scratch("p.nc"), NC_CLOBBER, &file));
  NC(nc_def_dim(file, "time", 2, &dim[0]));
  NC(nc_def_dim(file, "particle", 3, &dim[1]));
  NC(nc_def_dim(file, "coordinate", 1, &dim[2]));
  NC(nc_def_var(file, "position", NC_DOUBLE, 3, dim, &v));
  NC(nc_def_var(file, "time", NC_DOUBLE, 2, dim, &v));
  NC(nc_close(file));
  REFUSED(mf_ensemble_read(&e, scratch("p.nc")), "p.nc", "time has 6 values instead of 2");
}
END_TEST

START_TEST(netcdf_of_snapshots)
{
  mf_ensemble *e;
  for (int format = 0; format < 2; format++)
    for (int weights = 0; weights < 3; weights++)
      for (int timed = 0; timed < 2; timed++) {
        if (weights == 2 && !timed) continue;
        write_particles(scratch("p.nc"), format ? NC_NETCDF4 | NC_CLOBBER : NC_CLOBBER, timed, weights);
        ck_assert(mf_is_ensemble(scratch("p.nc")));
        DO(mf_ensemble_read(&e, scratch("p.nc")));
        ck_assert(e->dim == 2 && e->count == (timed ? 2 : 1) && e->first[e->count] == (timed ? 6 : 3));
        ck_assert(timed ? e->time[1] == 2 && e->position[11] == 60
                        : isnan(e->time[0]) && e->position[5] == 30);
        ck_assert(weights ? e->weight[0] == 0.1 : !e->weight);
        if (timed && weights) ck_assert(e->weight[5] == (weights == 2 ? 0.6 : 0.3));
        mf_ensemble_free(e);
      }
  const mf_grid grid = line_grid(2, 0, 1);
  const double ones[] = {1, 1};
  write_fields(scratch("run.nc"), &grid, 1, ones);
  ck_assert(!mf_is_ensemble(scratch("run.nc")));
  REFUSED(mf_ensemble_read(&e, scratch("run.nc")), "run.nc", "position");
  write_text(scratch("bad.nc"), "CDFx");
  REFUSED(mf_ensemble_read(&e, scratch("bad.nc")), "bad.nc", "cannot open");
}
END_TEST

int main(void)
{
  TCase *cases = tcase_create("compare");
  tcase_add_checked_fixture(cases, scratch_create, scratch_remove);
  tcase_add_test(cases, translated_measure_is_at_its_shift);
  tcase_add_test(cases, uniform_measures_have_closed_forms);
  tcase_add_test(cases, atoms_at_quantiles);
  tcase_add_test(cases, gaussians_on_different_grids);
  tcase_add_test(cases, nested_averages_agree);
  tcase_add_loop_test(cases, vacuum_and_mass, 1, 4);
  tcase_add_test(cases, different_boxes_are_refused);
  tcase_add_loop_test(cases, kernel_between_centres_is_the_matrix, 1, 4);
  tcase_add_loop_test(cases, discrepancies_are_their_direct_sums, 0, 6);
  tcase_add_test(cases, density_as_particles_is_itself);
  tcase_add_test(cases, sampling_floors_are_what_sampling_does);
  tcase_add_test(cases, csv_of_snapshots);
  tcase_add_test(cases, wrong_csv_is_refused);
  tcase_add_test(cases, times_of_another_shape_are_refused);
  tcase_add_test(cases, netcdf_of_snapshots);
  Suite *suite = suite_create("compare");
  suite_add_tcase(suite, cases);
  return mf_run_suite(suite);
}
