/* SPDX-License-Identifier: BSD-3-Clause */
/* What particle methods stand on: sums of kernels over points, fields between cells, points of a measure. */
#include "grids/interpolant.h"
#include "grids/random.h"
#include "grids/sampler.h"
#include "operators/kernels/displacement.h"
#include "operators/kernels/sums.h"
#include "tests/flows.h"
#include "tests/kernels.h"

/* ---- sums ---- */

/* Points in a box of length `span` around the middle of the grid; charges of both signs. */
typedef struct {
  double *x[MF_AXES], *charge[MF_CHARGES], *value[MF_CHARGES], *gradient[MF_AXES];
  ptrdiff_t count;
} points;

static points points_in(const mf_grid *grid, ptrdiff_t count, double share, uint32_t stream)
{
  const mf_random r = {7, stream};
  points p = {.count = count};
  for (int a = 0; a < grid->dim; a++) {
    const double length = share * (grid->hi[a] - grid->lo[a]), middle = 0.5 * (grid->lo[a] + grid->hi[a]);
    p.x[a] = reals(count);
    p.gradient[a] = reals(count);
    mf_random_uniforms(&r, 0, (uint32_t)a, 0, count, p.x[a], NULL);
    for (ptrdiff_t i = 0; i < count; i++) p.x[a][i] = middle + length * (p.x[a][i] - 0.5);
  }
  for (int c = 0; c < MF_CHARGES; c++) {
    p.charge[c] = reals(count);
    p.value[c] = reals(count);
    mf_random_normals(&r, 1, (uint32_t)c, 0, count, p.charge[c], NULL);
  }
  return p;
}

static mf_cloud cloud_of(const points *p)
{
  return (mf_cloud){p->count, {p->x[0], p->x[1], p->x[2]}};
}

static void form(const mf_grid *grid, const mf_kernel *kernel, mf_sums_way way, mf_sums_accuracy accuracy,
                 const points *from, points *to, int charges)
{
  mf_sums *s;
  mf_sums_request r = {.sources = cloud_of(from), .targets = cloud_of(to), .charges = charges};
  for (int c = 0; c < charges; c++) r.charge[c] = from->charge[c], r.value[c] = to->value[c];
  for (int a = 0; a < grid->dim; a++) r.gradient[a] = to->gradient[a];
  DO(mf_sums_create(&s, grid, kernel, way, accuracy));
  DO(mf_sums_form(s, &r));
  mf_sums_free(s);
}

static double size_of(const points *p, int charge)
{
  double sum = 0;
  for (ptrdiff_t i = 0; i < p->count; i++) sum += fabs(p->charge[charge][i]);
  return sum;
}

enum { SOURCES = 60, TARGETS = 90 };

/* Values against the kernel between two points; gradients against central differences, good to e^2 of the third derivative, at
 * most 1e4, and to rounding over e = 1e-5. */
START_TEST(sums_are_sums)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  const double bandwidth[] = {0.12, 0.05}, e = 1e-5; /* few images */
  points from = points_in(&grid, SOURCES, 0.9, 1), to = points_in(&grid, TARGETS, 0.9, 2);
  for (int name = 0; name < kernel_count(); name++) {
    mf_kernel kernel;
    const mf_kernel_options o = kernel_options(name, 2, bandwidth, NULL);
    DO(mf_kernel_init(&kernel, &o));
    at("%s, %s", shapes[_i].name, mf_kernel_names[name]);
    form(&grid, &kernel, MF_SUMS_DIRECT, MF_SUMS_USUAL, &from, &to, 2);
    for (ptrdiff_t i = 0; i < TARGETS; i += 29) {
      double x[MF_AXES] = {0, 0, 0}, y[MF_AXES] = {0, 0, 0};
      for (int axis = -1; axis < grid.dim; axis++) {
        double want[2] = {0, 0}, scale = 0;
        for (ptrdiff_t j = 0; j < SOURCES; j++) {
          for (int a = 0; a < grid.dim; a++) x[a] = to.x[a][i], y[a] = from.x[a][j];
          double k = mf_kernel_between(&kernel, &grid, x, y);
          if (axis >= 0) {
            x[axis] += e;
            const double above = mf_kernel_between(&kernel, &grid, x, y);
            x[axis] -= 2 * e;
            k = (above - mf_kernel_between(&kernel, &grid, x, y)) / (2 * e);
          }
          for (int c = 0; c < 2; c++) want[c] += from.charge[c][j] * k;
          scale += fabs(from.charge[0][j] * k);
        }
        if (axis < 0) {
          CLOSE(to.value[0][i], want[0], 1e-13 * SOURCES);
          CLOSE(to.value[1][i], want[1], 1e-13 * SOURCES);
        } else
          CLOSE(to.gradient[axis][i], want[0], 1e-5 * (1 + scale));
      }
    }
  }
}
END_TEST

/* The accuracy that sums.h states, for points inside the box and beyond it, wide and narrow kernels, and sums of kernels. */
START_TEST(fast_sums_keep_their_word)
{
  static const shape boxes[] = {{"line", 1, {24}, {false}},
                                {"ring", 1, {23}, {true}},
                                {"square", 2, {9, 6}, {false, false}},
                                {"torus", 2, {6, 7}, {true, true}},
                                {"tube", 2, {7, 6}, {false, true}},
                                {"box", 3, {5, 4, 6}, {false, false, false}},
                                {"3-tube", 3, {4, 5, 3}, {true, false, true}}};
  const shape *s = &boxes[_i / 2];
  const mf_sums_accuracy accuracy = _i % 2 ? MF_SUMS_FINE : MF_SUMS_USUAL;
  const double promised = _i % 2 ? 1e-13 : 1e-8;
  const mf_grid grid = shape_grid(s);
  const double bandwidth[] = {1.3, s->dim > 2 ? 0.6 : 0.3};
  for (int scales = 1; scales <= 2; scales++)
    for (double share = 0.5; share < 2; share += 1) {
      const mf_kernel_options o = kernel_options(kernel_named("gaussian"), scales, bandwidth, NULL);
      mf_kernel kernel;
      DO(mf_kernel_init(&kernel, &o));
      points from = points_in(&grid, 2 * SOURCES, share, 3), fast = points_in(&grid, TARGETS, share, 4),
             direct = points_in(&grid, TARGETS, share, 4);
      form(&grid, &kernel, MF_SUMS_FAST, accuracy, &from, &fast, 2);
      form(&grid, &kernel, MF_SUMS_DIRECT, MF_SUMS_USUAL, &from, &direct, 2);
      at("%s, %d scales, share %g", s->name, scales, share);
      for (int c = 0; c < 2; c++)
        SAME(fast.value[c], direct.value[c], TARGETS, promised * size_of(&from, c) * scales);
      for (int a = 0; a < grid.dim; a++)
        SAME(fast.gradient[a], direct.gradient[a], TARGETS,
             1e-8 * size_of(&from, 0) * scales / bandwidth[scales - 1]);
    }
}
END_TEST

/* The same bits, by either way. */
START_TEST(sums_do_not_know_threads)
{
  const mf_grid grid = plane_grid(8, 8, -3, 3, false);
  const mf_kernel kernel = kernel_of(kernel_named("gaussian"), 0.8);
  for (int way = MF_SUMS_DIRECT; way <= MF_SUMS_FAST; way++) {
    points from = points_in(&grid, 3000, 0.9, 5), one = points_in(&grid, 3000, 0.9, 5),
           many = points_in(&grid, 3000, 0.9, 5);
    mf_threads_set(1);
    form(&grid, &kernel, (mf_sums_way)way, MF_SUMS_FINE, &from, &one, 3);
    for (int threads = 2; threads <= 5; threads += 3) {
      mf_threads_set(threads);
      form(&grid, &kernel, (mf_sums_way)way, MF_SUMS_FINE, &from, &many, 3);
      for (int c = 0; c < 3; c++) SAME(many.value[c], one.value[c], 3000, 0);
      for (int a = 0; a < 2; a++) SAME(many.gradient[a], one.gradient[a], 3000, 0);
    }
  }
}
END_TEST

START_TEST(the_way_is_the_cheaper_one)
{
  const mf_grid grid = plane_grid(8, 8, -3, 3, false);
  const mf_kernel gaussian_kernel = kernel_of(kernel_named("gaussian"), 0.8),
                  laplace = kernel_of(kernel_named("laplace"), 0.8);
  mf_sums *s;
  for (int k = 0; k < 2; k++) {
    const points p = points_in(&grid, k ? 20000 : 20, 0.9, 6);
    mf_sums_request r = {.sources = cloud_of(&p),
                         .targets = cloud_of(&p),
                         .charges = 1,
                         .charge = {p.charge[0]},
                         .value = {p.value[0]}};
    DO(mf_sums_create(&s, &grid, &gaussian_kernel, MF_SUMS_CHEAPEST, MF_SUMS_USUAL));
    ck_assert_int_eq(mf_sums_choice(s, &r), k ? MF_SUMS_FAST : MF_SUMS_DIRECT);
    mf_sums_free(s);
    DO(mf_sums_create(&s, &grid, &laplace, MF_SUMS_CHEAPEST, MF_SUMS_USUAL));
    ck_assert_int_eq(mf_sums_choice(s, &r), MF_SUMS_DIRECT);
    mf_sums_free(s);
  }
  ck_assert_int_eq(mf_sums_create(&s, &grid, &laplace, MF_SUMS_FAST, MF_SUMS_USUAL), MF_ECASE);
}
END_TEST

/* ---- fields between cells ---- */

static double quintic(const double *x, int dim, int axis)
{
  const double a = x[0], b = dim > 1 ? x[1] : 0.5, c = dim > 2 ? x[2] : 0.25;
  if (axis < 0) return pow(a, 5) - 2 * pow(a, 4) * b + b * b * b * c * c - c + 1;
  return axis == 0   ? 5 * pow(a, 4) - 8 * a * a * a * b
         : axis == 1 ? -2 * pow(a, 4) + 3 * b * b * c * c
                     : 2 * b * b * b * c - 1;
}

/* Polynomials of degree five, up to the walls; rounding of some 1e3 terms of size 1e2. */
START_TEST(polynomials_are_exact)
{
  const long cells[] = {11, 8, 7};
  const double lo[] = {-1.5, -1, 0.25}, hi[] = {2, 1.75, 2.25};
  const bool periodic[3] = {false, false, false};
  mf_grid grid;
  mf_interpolant *f;
  const int dim = _i + 1;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  double *values = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    values[c] = quintic(x, dim, -1);
  }
  points p = points_in(&grid, 500, 1, 8);
  const mf_cloud cloud = cloud_of(&p);
  DO(mf_interpolant_create(&f, &grid, values));
  mf_interpolant_at(f, 500, cloud.x, p.value[0], p.gradient);
  for (ptrdiff_t i = 0; i < 500; i++) {
    double x[MF_AXES] = {0, 0, 0};
    for (int a = 0; a < dim; a++) x[a] = p.x[a][i];
    CLOSE(p.value[0][i], quintic(x, dim, -1), 1e-11);
    for (int a = 0; a < dim; a++) CLOSE(p.gradient[a][i], quintic(x, dim, a), 1e-9);
  }
  mf_interpolant_free(f);
}
END_TEST

static double wave_error(long n)
{
  const mf_grid grid = line_grid(n, 0, 1, true);
  const double turn = 2 * acos(-1);
  double *values = reals(n), x[200], value[200], slope[200], worst = 0;
  mf_interpolant *f;
  for (long i = 0; i < n; i++) values[i] = sin(turn * mf_grid_coordinate(&grid, 0, i));
  for (int i = 0; i < 200; i++) x[i] = 0.0213 * i - 1.7; /* anywhere on the line */
  DO(mf_interpolant_create(&f, &grid, values));
  mf_interpolant_at(f, 200, (const double *[]){x}, value, (double *[]){slope});
  for (int i = 0; i < 200; i++) {
    worst = fmax(worst, fabs(value[i] - sin(turn * x[i])));
    CLOSE(slope[i], turn * cos(turn * x[i]), 1e4 * pow((double)n, -5));
  }
  mf_interpolant_free(f);
  return worst;
}

START_TEST(waves_are_good_to_the_sixth_order)
{
  const double order = log2(wave_error(20) / wave_error(40));
  HOLDS(order > 5.8 && order < 6.3);
}
END_TEST

/* Fewer cells than nodes: every shape, a field that is straight along each axis with three cells or more, and constant along others. */
START_TEST(every_grid_has_fields)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  double *values = reals(grid.cells), slope[MF_AXES] = {0, 0, 0};
  mf_interpolant *f;
  for (int a = 0; a < grid.dim; a++) slope[a] = grid.periodic[a] || grid.n[a] < 2 ? 0 : 1 + a;
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    for (int a = 0; a < grid.dim; a++) values[c] += slope[a] * x[a];
  }
  points p = points_in(&grid, 100, 1, 9);
  const mf_cloud cloud = cloud_of(&p);
  DO(mf_interpolant_create(&f, &grid, values));
  mf_interpolant_at(f, 100, cloud.x, p.value[0], p.gradient);
  at("%s", shapes[_i].name);
  for (ptrdiff_t i = 0; i < 100; i++) {
    double want = 0;
    for (int a = 0; a < grid.dim; a++) {
      want += slope[a] * p.x[a][i];
      CLOSE(p.gradient[a][i], slope[a], 1e-10);
    }
    CLOSE(p.value[0][i], want, 1e-11);
  }
  mf_interpolant_free(f);
}
END_TEST

/* ---- points of a measure ---- */

/* Shares of cells: those of N stratified points are off by less than one point for each layer. */
START_TEST(quantiles_have_the_masses_of_cells)
{
  enum { COUNT = 4096 };
  const mf_grid grid = line_grid(24, -2, 2, _i);
  const mf_measure *m = random_measure(&grid, 3, 2, 11);
  mf_sampler *s;
  double *u = reals(COUNT), *count = reals(grid.cells);
  DO(mf_sampler_create(&s, &grid, m->density, false));
  for (int i = 0; i < COUNT; i++) u[i] = (i + 0.5) / COUNT;
  mf_sampler_at(s, COUNT, (const double *const[]){u}, (double *const[]){u});
  for (int i = 0; i < COUNT; i++) {
    HOLDS(u[i] >= grid.lo[0] && u[i] <= grid.hi[0] && (i == 0 || u[i] > u[i - 1]));
    const int cell = (int)((u[i] - grid.lo[0]) / grid.h[0]);
    count[cell < 24 ? cell : 23]++;
  }
  for (ptrdiff_t c = 0; c < grid.cells; c++)
    CLOSE(count[c] / COUNT, m->density[c] * grid.volume / m->mass, 1.5 / COUNT);
  mf_sampler_free(s);
}
END_TEST

/* Moments of a Gaussian on coarse cells, h = 0.4: uniform points in cells would be off by h^2/12 = 0.013 in the variance.  What is
 * left is h^4/80 of it, and the points' own error: 1e-3 for 2^14 of Sobol's. */
START_TEST(moments_do_not_see_the_cells)
{
  enum { COUNT = 1 << 14 };
  const int dim = _i + 1;
  const long cells[] = {30, 30, 30};
  const double lo[] = {-6, -6, -6}, hi[] = {6, 6, 6};
  const bool periodic[3] = {false, true, false};
  mf_grid grid;
  mf_sampler *s;
  DO(mf_grid_init(&grid, dim, cells, lo, hi, periodic));
  const mf_measure *m = gaussian(&grid, 0.3, 1);
  double *x[MF_AXES] = {reals(COUNT), reals(COUNT), reals(COUNT)};
  const double *const u[MF_AXES] = {x[0], x[1], x[2]};
  DO(mf_sampler_create(&s, &grid, m->density, false));
  mf_sobol(dim, COUNT, x);
  mf_sampler_at(s, COUNT, u, x);
  for (int a = 0; a < dim; a++) {
    double mean = 0, square = 0, product = 0;
    for (int i = 0; i < COUNT; i++) mean += x[a][i] / COUNT;
    for (int i = 0; i < COUNT; i++) {
      square += (x[a][i] - mean) * (x[a][i] - mean) / COUNT;
      product += (x[a][i] - mean) * (x[(a + 1) % dim][i] - 0.3) / COUNT;
    }
    CLOSE(mean, 0.3, 1e-3);
    CLOSE(square, 1, 2e-3);
    if (dim > 1) CLOSE(product, 0, 2e-3);
  }
  mf_sampler_free(s);
}
END_TEST

/* The first 2^(a+b) points have one in every box of 2^-a by 2^-b, for any two of the first two axes; each axis is van der Corput's. */
START_TEST(sobol_points_are_a_net)
{
  enum { BITS = 8, COUNT = 1 << BITS };
  double *u[MF_AXES] = {reals(COUNT), reals(COUNT), reals(COUNT)};
  mf_sobol(3, COUNT, u);
  for (int a = 0; a <= BITS; a++) {
    int boxes[COUNT] = {0};
    for (int i = 0; i < COUNT; i++)
      boxes[((int)(u[0][i] * (1 << a)) << (BITS - a)) + (int)(u[1][i] * (1 << (BITS - a)))]++;
    for (int k = 0; k < COUNT; k++) HOLDS(boxes[k] == 1);
  }
  for (int a = 0; a < 3; a++) {
    int cells[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) cells[(int)(u[a][i] * COUNT)]++;
    for (int k = 0; k < COUNT; k++) HOLDS(cells[k] == 1);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("sums");
  TCase *all = tcase_create("points");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, sums_are_sums, 0, SHAPES);
  tcase_add_loop_test(all, fast_sums_keep_their_word, 0, 14);
  tcase_add_test(all, sums_do_not_know_threads);
  tcase_add_test(all, the_way_is_the_cheaper_one);
  tcase_add_loop_test(all, polynomials_are_exact, 0, 3);
  tcase_add_test(all, waves_are_good_to_the_sixth_order);
  tcase_add_loop_test(all, every_grid_has_fields, 0, SHAPES);
  tcase_add_loop_test(all, quantiles_have_the_masses_of_cells, 0, 2);
  tcase_add_loop_test(all, moments_do_not_see_the_cells, 0, 3);
  tcase_add_test(all, sobol_points_are_a_net);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
