/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures from samples: exact histograms, and kernel densities against closed forms. */
#include "grids/empirical.h"
#include "grids/field.h"
#include "tests/flows.h"

/* ---- histograms ---- */

START_TEST(points_are_counted_in_their_cells)
{
  const mf_grid grid = plane_grid(4, 2, 0, 2, false); /* cells of 1/2 and 1: faces are exact */
  const double point[] = {0.25, 0.5, 0.25, 0.5, 0.5, 0.5, 2, 2, 1.75, 1, 0, 0},
               weight[] = {1, 2, 4, 8, 16, 1};
  const double want[] = {4, 4, 0, 0,
                         0, 0, 0, 24}; /* on a face: the cell above, on the upper wall: the last */
  for (int weighted = 0; weighted < 2; weighted++) {
    mf_measure *m = empty_measure(&grid);
    const mf_samples s = {.count = 6, .point = point, .weight = weighted ? weight : NULL};
    DO(mf_empirical_histogram(m, &s));
    const double plain[] = {3, 1, 0, 0, 0, 0, 0, 2};
    for (ptrdiff_t c = 0; c < grid.cells; c++)
      CLOSE(m->density[c] * grid.volume, weighted ? want[c] / 32 : plain[c] / 6, 1e-16);
  }
}
END_TEST

/* Any image of a point lies in the same cell of a torus. */
START_TEST(points_are_wrapped)
{
  const mf_grid grid = line_grid(8, -1, 3, true);
  const double point[] = {-0.75, 3.25, -4.75, 7.25};
  mf_measure *m = empty_measure(&grid);
  DO(mf_empirical_histogram(m, &(mf_samples){.count = 4, .point = point}));
  CLOSE(m->density[0], 2, 1e-15);
  CLOSE(mf_measure_mass(m), 1, 1e-15);
}
END_TEST

/* Uneven points well inside the box of a shape's grid. */
static const double *points_in(const mf_grid *grid, ptrdiff_t count, unsigned long long seed)
{
  double *point = reals(count * grid->dim);
  for (ptrdiff_t i = 0; i < count; i++)
    for (int a = 0; a < grid->dim; a++) {
      const double share = 0.5 * (1 + chance(&seed)); /* chance is in [-1, 1] */
      point[grid->dim * i + a] = grid->lo[a] + (grid->hi[a] - grid->lo[a]) * share * share;
    }
  return point;
}

static const double *weights_of(ptrdiff_t count, unsigned long long seed)
{
  double *weight = reals(count);
  for (ptrdiff_t i = 0; i < count; i++) weight[i] = i % 5 ? 1.5 + chance(&seed) : 0;
  return weight;
}

enum { COUNT = 40 };

/* Mass 1 on every kind of grid, thin ones included, whatever the bandwidth: rounding of some hundred sums. */
START_TEST(mass_is_one)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  const mf_samples s = {.count = COUNT, .point = points_in(&grid, COUNT, 3), .weight = weights_of(COUNT, 4)};
  at("%s", shapes[_i].name);
  mf_measure *m = empty_measure(&grid);
  DO(mf_empirical_histogram(m, &s));
  CLOSE(mf_measure_mass(m), 1, 1e-14);
  for (double share = 1e-3; share < 200; share *= 10) {
    double bandwidth[MF_AXES];
    for (int a = 0; a < grid.dim; a++) bandwidth[a] = share * grid.h[a];
    DO(mf_empirical_kernel_density(m, &s, bandwidth));
    CLOSE(mf_measure_mass(m), 1, 1e-13);
  }
}
END_TEST

/* A bandwidth far below the cell's length gives the histogram.  Points are at least 1e-3 of a cell from the
 * faces. */
START_TEST(narrow_kernels_are_histograms)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  double *point = reals(COUNT * grid.dim), bandwidth[MF_AXES];
  const double *any = points_in(&grid, COUNT, 7);
  for (int i = 0; i < COUNT * grid.dim; i++) {
    const int a = i % grid.dim;
    const double cell = floor((any[i] - grid.lo[a]) / grid.h[a]);
    point[i] = grid.lo[a] + grid.h[a] * (cell + 0.2 + 0.03 * (i % 20));
    bandwidth[a] = 1e-3 * grid.h[a];
  }
  const mf_samples s = {.count = COUNT, .point = point, .weight = weights_of(COUNT, 8)};
  mf_measure *histogram = empty_measure(&grid), *kernel = empty_measure(&grid);
  DO(mf_empirical_histogram(histogram, &s));
  DO(mf_empirical_kernel_density(kernel, &s, bandwidth));
  at("%s", shapes[_i].name);
  SAME(kernel->density, histogram->density, grid.cells, 1e-14 * largest(histogram->density, grid.cells));
}
END_TEST

/* ---- kernel densities ---- */

/* Mean that of the samples, covariance theirs plus h^2 on the diagonal.  Sampling at centres is exact for a
 * Gaussian up to 2 exp(-2 pi^2 (h/dx)^2), 1e-22 here; walls are 9 h away, and e^(-81/2) is 1e-18. */
START_TEST(moments_are_those_of_the_samples)
{
  const long cells[3] = {40, 50, 30};
  const double lo[3] = {-5, -6, -4}, hi[3] = {5, 6, 4}, h[3] = {0.4, 0.5, 0.6 * 8 / 30 * 2.5};
  const bool periodic[3] = {false, true, false};
  const int dim = _i + 1;
  mf_grid grid;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  double *point = reals(COUNT * dim), mean[3] = {0}, covariance[9] = {0}, seen_mean[3], seen[9], mass = 0;
  unsigned long long seed = 11;
  for (int i = 0; i < COUNT * dim; i++) point[i] = 0.5 * chance(&seed) + 0.2 * (i % dim);
  const double *weight = weights_of(COUNT, 12);
  for (int i = 0; i < COUNT; i++) mass += weight[i];
  for (int i = 0; i < COUNT * dim; i++) mean[i % dim] += weight[i / dim] / mass * point[i];
  for (int i = 0; i < COUNT; i++)
    for (int a = 0; a < dim; a++)
      for (int b = 0; b < dim; b++)
        covariance[3 * a + b] +=
            weight[i] / mass * (point[dim * i + a] - mean[a]) * (point[dim * i + b] - mean[b]);
  mf_measure *m = empty_measure(&grid);
  DO(mf_empirical_kernel_density(m, &(mf_samples){.count = COUNT, .point = point, .weight = weight}, h));
  mf_field_moments(&grid, m->density, seen_mean, seen);
  for (int a = 0; a < dim; a++) {
    CLOSE(seen_mean[a], mean[a], 1e-13);
    for (int b = 0; b < dim; b++)
      CLOSE(seen[3 * a + b], covariance[3 * a + b] + (a == b ? h[a] * h[a] : 0), 1e-13);
  }
}
END_TEST

/* One sample: the Gaussian itself in the middle, with its image behind a wall, or with those of a torus.  The
 * cells see its mass to 2 exp(-2 pi^2 (h/dx)^2) = 5e-18. */
START_TEST(kernels_are_reflected_and_wrapped)
{
  const bool periodic = _i;
  const mf_grid grid = line_grid(60, -2, 4, periodic);
  const double point = -1.83, h = 0.145, pi = acos(-1);
  mf_measure *m = empty_measure(&grid);
  DO(mf_empirical_kernel_density(m, &(mf_samples){.count = 1, .point = &point}, &h));
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    const double x = mf_grid_coordinate(&grid, 0, c), image = periodic ? point + 6 : -4 - point;
    const double want =
        (exp(-pow((x - point) / h, 2) / 2) + exp(-pow((x - image) / h, 2) / 2)) / (h * sqrt(2 * pi));
    CLOSE(m->density[c], want, 1e-13);
  }
}
END_TEST

/* The logarithm knows the tails where the density underflows: that of the nearest sample, with its weight. */
START_TEST(tails_are_exact)
{
  const mf_grid grid = line_grid(125, -5, 5, false);
  const double point[] = {-4, -3.5, 3}, weight[] = {1, 3, 2}, h = 0.08, pi = acos(-1);
  mf_measure *m = empty_measure(&grid);
  DO(mf_empirical_kernel_density(m, &(mf_samples){.count = 3, .point = point, .weight = weight}, &h));
  bool underflow = false;
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    const double x = mf_grid_coordinate(&grid, 0, c);
    double want = -INFINITY;
    for (int i = 0; i < 9; i++) { /* each sample, and its images behind the walls */
      const double at_x = i < 3 ? point[i] : (i < 6 ? -10 : 10) - point[i % 3];
      const double term = log(weight[i % 3] / 6) - pow((x - at_x) / h, 2) / 2 - log(h * sqrt(2 * pi));
      const double high = fmax(want, term);
      want = high + log(exp(want - high) + exp(term - high));
    }
    underflow |= m->density[c] == 0;
    /* h is one cell: its mass is seen to 5e-9; the rest is rounding of the exponent */
    CLOSE(m->log_density[c], want, 2e-8 + 1e-15 * fabs(want));
  }
  HOLDS(underflow);
}
END_TEST

/* sd (4/(3n))^(1/5) of points with variance 1: +-1. */
START_TEST(rule_of_thumb)
{
  const double pair[] = {1, -1, -1, 1, 1, -1, -1, 1}, weight[] = {2, 2, 2, 2}, same[] = {3, 3};
  double h[2];
  mf_empirical_bandwidth(1, &(mf_samples){.count = 8, .point = pair}, h);
  CLOSE(h[0], pow(4.0 / 24, 0.2), 1e-15);
  mf_empirical_bandwidth(2, &(mf_samples){.count = 4, .point = pair, .weight = weight}, h);
  CLOSE(h[0], pow(4.0 / 16, 1.0 / 6), 1e-15);
  CLOSE(h[1], h[0], 1e-15);
  mf_empirical_bandwidth(1, &(mf_samples){.count = 2, .point = same}, h);
  HOLDS(h[0] == 0);
}
END_TEST

START_TEST(mistakes_are_told)
{
  const mf_grid grid = line_grid(10, 0, 1, false);
  const double inside[] = {0.5, 0.6}, outside[] = {0.5, 1.1}, none[] = {0.5, NAN}, negative[] = {1, -1},
               empty[] = {0, 0}, good = 0.1, bad = 0;
  mf_measure *m = empty_measure(&grid);
  const struct {
    mf_samples samples;
    const double *bandwidth;
    const char *says;
  } rows[] = {{{2, outside, NULL}, &good, "sample 2 has the coordinate 1.1, outside the box [0, 1]"},
              {{2, none, NULL}, &good, "sample 2 has the coordinate nan"},
              {{2, inside, negative}, &good, "sample 2 has the weight -1"},
              {{2, inside, empty}, &good, "the weight 0 in all"},
              {{2, inside, NULL}, &bad, "positive length"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ck_assert_int_eq(mf_empirical_kernel_density(m, &rows[i].samples, rows[i].bandwidth), MF_ECASE);
    ck_assert_msg(strstr(mf_error(), rows[i].says) != NULL, "%s", mf_error());
    if (rows[i].bandwidth == &good) ck_assert_int_eq(mf_empirical_histogram(m, &rows[i].samples), MF_ECASE);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("empirical");
  TCase *all = tcase_create("samples");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, points_are_counted_in_their_cells);
  tcase_add_test(all, points_are_wrapped);
  tcase_add_loop_test(all, mass_is_one, 0, SHAPES);
  tcase_add_loop_test(all, narrow_kernels_are_histograms, 0, SHAPES);
  tcase_add_loop_test(all, moments_are_those_of_the_samples, 0, 3);
  tcase_add_loop_test(all, kernels_are_reflected_and_wrapped, 0, 2);
  tcase_add_test(all, tails_are_exact);
  tcase_add_test(all, rule_of_thumb);
  tcase_add_test(all, mistakes_are_told);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
