/* SPDX-License-Identifier: BSD-3-Clause */
/* Grids, sums, moments, measures, parameter tables: what everything else stands on. */
#include "grids/measure.h"
#include "grids/param.h"
#include "grids/stage.h"
#include "tests/flows.h"

#include <stdint.h>

/* ---- status, memory, words ---------------------------------------------------------------------------------- */

START_TEST(messages_chain_from_the_outside_in)
{
  ck_assert_int_eq(mf_fail(MF_EFILE, "no %s", "bread"), MF_EFILE);
  ck_assert_str_eq(mf_error(), "no bread");
  ck_assert_int_eq(mf_blame(MF_ECASE, "breakfast %d", 2), MF_ECASE);
  ck_assert_str_eq(mf_error(), "breakfast 2\nno bread");
}
END_TEST

/* The buffer of messages has an end. */
START_TEST(long_messages_are_cut)
{
  static char word[20000];
  memset(word, 'x', sizeof word - 1);
  mf_fail(MF_ECASE, "%s", word);
  for (int i = 0; i < 3; i++) mf_blame(MF_ECASE, "%s", word);
  ck_assert_uint_gt(strlen(mf_error()), 1000);
  ck_assert_uint_lt(strlen(mf_error()), sizeof word);
}
END_TEST

START_TEST(memory_is_zeroed_and_aligned)
{
  for (ptrdiff_t count = 0; count < 70; count += 23) {
    double *a;
    DO(mf_reals_create(&a, count));
    HOLDS((uintptr_t)a % 64 == 0);
    for (ptrdiff_t i = 0; i < count; i++) HOLDS(a[i] == 0);
    mf_release(a);
  }
  mf_release(NULL);
  double *none = reals(1);
  ck_assert_int_eq(mf_reals_create(&none, -1), MF_EMEMORY);
  ck_assert_ptr_null(none);
  ck_assert_int_eq(mf_reals_create(&none, PTRDIFF_MAX), MF_EMEMORY);
  char *copy;
  DO(mf_text_copy(&copy, "measure"));
  ck_assert_str_eq(copy, "measure");
  mf_release(copy);
}
END_TEST

START_TEST(slips_of_the_pen_are_recognised)
{
  static const char *const names[] = {"bandwidth", "weight", "weights", "kernel", "p"};
  enum { COUNT = sizeof names / sizeof *names };
  ck_assert_str_eq(mf_nearest("bandwith", names, COUNT), "bandwidth");
  ck_assert_str_eq(mf_nearest("wieght", names, COUNT), "weight");
  ck_assert_str_eq(mf_nearest("weights", names, COUNT), "weights"); /* exact before near */
  ck_assert_str_eq(mf_nearest("WEIGHT", names, COUNT), "weight");
  ck_assert_str_eq(mf_nearest("q", names, COUNT), "p");
  static const char *const near[] = {"json", "jobs"}; /* two letters replaced; two swapped */
  ck_assert_str_eq(mf_nearest("jbos", near, 2), "jobs");
  ck_assert_ptr_null(mf_nearest("covariance", names, COUNT));
  ck_assert_ptr_null(mf_nearest("", names, 4)); /* `p` is one letter away, the others are not */
  ck_assert_ptr_null(mf_nearest("kernel", names, 0));
  char longest[200];
  memset(longest, 'k', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  ck_assert_ptr_null(mf_nearest(longest, names, COUNT));
}
END_TEST

static void hear(void *self, const char *what)
{
  *(const char **)self = what;
}

START_TEST(who_listens_hears_the_stages)
{
  const char *heard = NULL;
  mf_stage("nobody listens");
  mf_stage_listen(hear, &heard);
  mf_stage("spectral gap");
  ck_assert_str_eq(heard, "spectral gap");
  mf_stage_listen(NULL, NULL);
  mf_stage("nobody listens");
  ck_assert_str_eq(heard, "spectral gap");
}
END_TEST

static void hear_warning(void *self, const char *text)
{
  snprintf(self, 64, "%s", text);
}

START_TEST(who_listens_hears_the_warnings)
{
  char heard[64] = "";
  mf_warn("nobody listens to %d", 1);
  mf_warning_listen(hear_warning, heard);
  mf_warn("%d of %s", 2, "them");
  mf_stage("no warning");
  ck_assert_str_eq(heard, "2 of them");
  mf_warning_listen(NULL, NULL);
  mf_warn("nobody listens");
  ck_assert_str_eq(heard, "2 of them");
}
END_TEST

/* ---- grid --------------------------------------------------------------------------------------------------- */

START_TEST(x_runs_fastest)
{
  mf_grid grid;
  DO(mf_grid_init(&grid, 3, (const long[]){4, 3, 2}, (const double[]){-1, 0, 10}, (const double[]){1, 6, 11},
                  (const bool[]){false, true, false}));
  ck_assert_int_eq(grid.cells, 24);
  ck_assert_int_eq(grid.global_cells, 24);
  HOLDS(grid.stride[0] == 1 && grid.stride[1] == 4 && grid.stride[2] == 12);
  HOLDS(grid.h[0] == 0.5 && grid.h[1] == 2 && grid.h[2] == 0.5 && grid.volume == 0.5);
  HOLDS(!grid.periodic[0] && grid.periodic[1] && !grid.periodic[2]);
  for (ptrdiff_t k = 0; k < 2; k++)
    for (ptrdiff_t j = 0; j < 3; j++)
      for (ptrdiff_t i = 0; i < 4; i++) {
        double x[MF_AXES];
        mf_grid_centre(&grid, i + 4 * (j + 3 * k), x);
        HOLDS(x[0] == -0.75 + 0.5 * (double)i && x[1] == 1 + 2 * (double)j &&
              x[2] == 10.25 + 0.5 * (double)k);
        HOLDS(x[1] == mf_grid_coordinate(&grid, 1, j));
      }
}
END_TEST

START_TEST(axes_beyond_dim_are_one_cell_of_length_one)
{
  const mf_grid grid = line_grid(5, 2, 4, true);
  for (int a = 1; a < MF_AXES; a++) {
    HOLDS(grid.n[a] == 1 && grid.global[a] == 1 && grid.h[a] == 1 && !grid.periodic[a]);
    ck_assert_int_eq(mf_grid_blocks(&grid, a), 1);
  }
  CLOSE_REL(grid.volume, 0.4, DBL_EPSILON);
  double x[MF_AXES];
  mf_grid_centre(&grid, 4, x);
  CLOSE_REL(x[0], 3.8, DBL_EPSILON);
  HOLDS(x[1] == 0 && x[2] == 0);
}
END_TEST

START_TEST(impossible_grids_are_refused)
{
  const long cells[] = {4, 4, 4, 4}, none[] = {4, 0, 4}, minus[] = {-3},
             many[] = {1L << 40, 1L << 40, 1L << 40};
  const double zero[] = {0, 0, 0, 0}, one[] = {1, 1, 1, 1}, nan[] = {0, NAN, 0},
               infinite[] = {1, INFINITY, 1};
  const bool walls[] = {false, false, false, false};
  mf_grid grid;
  REFUSES(mf_grid_init(&grid, 0, cells, zero, one, walls), "1, 2 or 3 axes, not 0");
  REFUSES(mf_grid_init(&grid, 4, cells, zero, one, walls), "not 4");
  REFUSES(mf_grid_init(&grid, 2, none, zero, one, walls), "axis y has 0 cells");
  REFUSES(mf_grid_init(&grid, 1, minus, zero, one, walls), "axis x has -3 cells");
  REFUSES(mf_grid_init(&grid, 1, cells, one, zero, walls), "upside down");
  REFUSES(mf_grid_init(&grid, 1, cells, zero, zero, walls), "upside down");
  REFUSES(mf_grid_init(&grid, 2, cells, nan, one, walls), "axis y");
  REFUSES(mf_grid_init(&grid, 2, cells, zero, infinite, walls), "not finite");
  REFUSES(mf_grid_init(&grid, 3, many, zero, one, walls), "too many cells");
}
END_TEST

/* ---- sums --------------------------------------------------------------------------------------------------- */

/* What a sum hands out as blocks: visits of each cell, and the largest block. */
typedef struct {
  int *visits, *begins;
  ptrdiff_t *largest;
} block_operands;

static void note_block(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const block_operands *o = self;
  for (ptrdiff_t c = begin; c < end; c++) o->visits[c]++;
  o->begins[begin] = 1;
  if (end - begin > *o->largest) *o->largest = end - begin;
  *sum = 0;
}

/* Blocks cover the cells once, none is too long, and one begins at every layer at which a slab may. */
START_TEST(blocks_of_sums_are_those_of_slabs)
{
  static const long cells[][MF_AXES] = {{1, 1, 1},   {1024, 1, 1}, {5000, 1, 1}, {100, 73, 1},
                                        {512, 9, 1}, {1025, 3, 1}, {333, 7, 1},  {7, 5, 300},
                                        {40, 30, 5}, {3, 1, 5000}, {1, 4000, 1}};
  mf_threads_set(1);
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int dim = 1; dim <= 3; dim++) {
      if ((dim < 3 && cells[i][2] > 1) || (dim < 2 && cells[i][1] > 1)) continue;
      mf_grid grid;
      ptrdiff_t most = 0;
      void *visits, *begins;
      double sum;
      at("%ld x %ld x %ld in %d dimensions", cells[i][0], cells[i][1], cells[i][2], dim);
      DO(mf_grid_init(&grid, dim, cells[i], (const double[]){0, 0, 0}, (const double[]){1, 1, 1},
                      (const bool[]){false, false, false}));
      DO(mf_objects_create(&visits, grid.cells, sizeof(int)));
      DO(mf_objects_create(&begins, grid.cells, sizeof(int)));
      const block_operands o = {keep(A_BLOCK, visits), keep(A_BLOCK, begins), &most};
      mf_field_sums(&grid, 1, note_block, &o, &sum);
      HOLDS(most <= MF_SUM_BLOCK);
      for (ptrdiff_t c = 0; c < grid.cells; c++) HOLDS(o.visits[c] == 1);
      const ptrdiff_t layers = mf_grid_grain(&grid), layer = grid.cells / grid.n[dim - 1];
      HOLDS(layers >= 1 && (layers == 1 || (layers % 2 == 0 && layers * layer <= MF_SUM_BLOCK)));
      for (ptrdiff_t c = 0; c < grid.cells; c += layers * layer) HOLDS(o.begins[c]);
    }
}
END_TEST

START_TEST(sums_of_blocks_are_exact)
{
  const mf_grid grid = line_grid(5 * MF_SUM_BLOCK, 0, 1, false);
  static const double values[] = {1e300, 3, -1e300, 1e308, -1e308};
  double *f = reals(grid.cells);
  for (int b = 0; b < 5; b++) f[MF_SUM_BLOCK * b + 17] = values[b];
  HOLDS(mf_field_sum(&grid, f) == 3);
  f[2] = INFINITY;
  HOLDS(mf_field_sum(&grid, f) == INFINITY);
  f[3 * MF_SUM_BLOCK] = -INFINITY;
  HOLDS(isnan(mf_field_sum(&grid, f)));
  f[2] = 0;
  HOLDS(mf_field_sum(&grid, f) == -INFINITY);
  f[4000] = NAN;
  HOLDS(isnan(mf_field_sum(&grid, f)));
}
END_TEST

/* Rounding errors of a block are at most MF_SUM_BLOCK ulp of its sum of |f| and do not pile up over the 1000 blocks; a
 * plain loop is wrong by 1e-11 here. */
START_TEST(field_sums_do_not_drift)
{
  const mf_grid grid = line_grid(1024 * 1000 + 7, 0, 1, false);
  const double n = (double)grid.cells, bound = MF_SUM_BLOCK * DBL_EPSILON;
  double *f = reals(grid.cells), *g = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    f[c] = 0.1;
    g[c] = c % 2 ? 0.3 : -0.3;
  }
  CLOSE_REL(mf_field_sum(&grid, f), 0.1 * n, bound);
  CLOSE_REL(mf_field_mass(&grid, f), 0.1, bound);
  CLOSE_REL(mf_field_dot(&grid, f, f), 0.1 * 0.1 * n, bound);
  CLOSE_REL(mf_field_sum_abs(&grid, g), 0.3 * n, bound);
  CLOSE(mf_field_sum(&grid, g), -0.3, bound * 0.3 * n / 1000); /* what is left of +- pairs */
  double naive = 0;
  for (ptrdiff_t c = 0; c < grid.cells; c++) naive += f[c];
  HOLDS(fabs(naive - 0.1 * n) > 3 * bound * 0.1 * n); /* else this test would prove nothing */
}
END_TEST

START_TEST(sums_of_random_fields_are_those_of_long_double)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const double *f = random_field(grid.cells, 1), *g = random_field(grid.cells, 2);
    long double sum = 0, sum_abs = 0, dot = 0;
    double least = INFINITY;
    at("%s", shapes[i].name);
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      sum += f[c];
      sum_abs += fabs(f[c]);
      dot += (long double)f[c] * g[c];
      if (f[c] < least) least = f[c];
    }
    /* One rounding a term of at most 1, over at most 144 terms. */
    const double tolerance = DBL_EPSILON * (double)grid.cells;
    CLOSE(mf_field_sum(&grid, f), (double)sum, tolerance);
    CLOSE(mf_field_sum_abs(&grid, f), (double)sum_abs, tolerance);
    CLOSE(mf_field_dot(&grid, f, g), (double)dot, tolerance);
    CLOSE(mf_field_mass(&grid, f), grid.volume * (double)sum, grid.volume * tolerance);
    HOLDS(mf_field_min(&grid, f) == least);
  }
}
END_TEST

/* Between centres a product of linear functions is met exactly; values go on across a seam, and stay what they
 * are beyond the last centre before a wall. */
START_TEST(values_between_centres_are_multilinear)
{
  static const int on[] = {0, 4, 7, 10}; /* line, rectangle, thin rectangle, box */
  for (size_t s = 0; s < sizeof on / sizeof *on; s++) {
    const mf_grid grid = shape_grid(&shapes[on[s]]);
    double *f = reals(grid.cells), x[MF_AXES];
    at("%s", shapes[on[s]].name);
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      mf_grid_centre(&grid, c, x);
      f[c] = (1 + 2 * x[0]) * (3 - x[1]) * (2 + 0.5 * x[2]);
    }
    for (int i = 0; i <= 20; i++) {
      double inside[MF_AXES] = {0};
      for (int a = 0; a < grid.dim; a++) {
        const double share = (i * (a + 1)) % 21 / 20., low = grid.lo[a] + grid.h[a] / 2;
        inside[a] = low + share * (grid.hi[a] - grid.h[a] / 2 - low);
      }
      CLOSE_REL(mf_field_at(&grid, f, inside), (1 + 2 * inside[0]) * (3 - inside[1]) * (2 + 0.5 * inside[2]),
                1e-13); /* a few ulp, eight corners */
    }
    CLOSE_REL(mf_field_at(&grid, f, grid.lo), f[0], 1e-13);
    CLOSE_REL(mf_field_at(&grid, f, grid.hi), f[grid.cells - 1], 1e-13);
    release_all();
  }
  const mf_grid ring = line_grid(5, 0, 1, true);
  const double f[] = {1, 7, 2, 9, 4};
  for (int turn = 0; turn < 2;
       turn++) { /* a quarter of the way from the last centre to the first; the seam is halfway */
    CLOSE(mf_field_at(&ring, f, (const double[]){0.95 - turn, 0, 0}), 3.25, 1e-14);
    CLOSE(mf_field_at(&ring, f, (const double[]){1. - turn, 0, 0}), 2.5, 1e-14);
  }
}
END_TEST

START_TEST(moments_follow_their_definition)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const mf_measure *m = random_measure(&grid, 3, 2, 7);
    double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
    mf_field_moments(&grid, m->density, mean, covariance);
    at("%s", shapes[i].name);
    for (int a = 0; a < MF_AXES; a++)
      for (int b = 0; b < MF_AXES; b++) {
        long double mass = 0, first = 0, second = 0;
        for (ptrdiff_t c = 0; c < grid.cells; c++) {
          double x[MF_AXES];
          mf_grid_centre(&grid, c, x);
          mass += m->density[c];
          first += m->density[c] * (long double)x[a];
          second += m->density[c] * (long double)(x[a] - mean[a]) * (x[b] - mean[b]);
        }
        /* Coordinates are below 3, so these are a few ulp of what is summed. */
        CLOSE(mean[a], (double)(first / mass), 1e-14);
        CLOSE(covariance[3 * a + b], (double)(second / mass), 1e-14);
        HOLDS(covariance[3 * a + b] == covariance[3 * b + a]);
        if (a >= grid.dim) HOLDS(mean[a] == 0 && covariance[3 * a + b] == 0);
      }
  }
}
END_TEST

/* Far from the origin second moments about 0 would lose twelve digits to the mean squared. */
START_TEST(covariance_does_not_cancel)
{
  const mf_grid grid = line_grid(200, 1e6 - 8, 1e6 + 8, false);
  const mf_measure *m = gaussian(&grid, 1e6 + 0.25, 0.5);
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&grid, m->density, mean, covariance);
  CLOSE(mean[0], 1e6 + 0.25, 1e-9); /* an ulp of 1e6 is 1e-10 */
  CLOSE(covariance[0], 0.5, 1e-9);
}
END_TEST

START_TEST(nothing_has_no_moments)
{
  const mf_grid grid = plane_grid(4, 4, 0, 1, false);
  const mf_measure *m = empty_measure(&grid);
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&grid, m->density, mean, covariance);
  HOLDS(isnan(mean[0]) && isnan(mean[1]) && isnan(covariance[0]) && isnan(covariance[1]));
}
END_TEST

/* ---- Gaussians ---------------------------------------------------------------------------------------------- */

/* The midpoint rule for a Gaussian is exact up to the first alias, e^(-2 pi^2 sigma^2/h^2), and the tails cut off:
 * both below 1e-14 here, so that what remains is rounding. */
START_TEST(gaussian_has_its_moments)
{
  static const double mean[] = {0.3, -0.2, 0.1};
  static const double covariance[][9] = {
      {0.8}, {0.8, 0.3, 0.3, 0.5}, {0.8, 0.3, -0.1, 0.3, 0.5, 0.2, -0.1, 0.2, 0.9}};
  for (int dim = 1; dim <= 3; dim++) {
    mf_grid grid;
    at("%d axes", dim);
    DO(mf_grid_init(&grid, dim, (const long[]){50, 64, 44}, (const double[]){-8, -7, -8.5},
                    (const double[]){9, 7, 8}, (const bool[]){false, false, false}));
    mf_measure *m = empty_measure(&grid);
    DO(mf_measure_add_gaussian(m, 2.5, mean, covariance[dim - 1]));
    CLOSE_REL(mf_measure_mass(m), 2.5, 1e-13);
    double got_mean[MF_AXES], got[MF_AXES * MF_AXES];
    mf_field_moments(&grid, m->density, got_mean, got);
    for (int a = 0; a < dim; a++) {
      CLOSE(got_mean[a], mean[a], 1e-13);
      for (int b = 0; b < dim; b++) CLOSE(got[3 * a + b], covariance[dim - 1][dim * a + b], 1e-13);
    }
  }
}
END_TEST

/* Eighty standard deviations out the density has long underflowed. */
START_TEST(gaussian_tail_lives_in_the_logarithm)
{
  const mf_grid grid = line_grid(100, 0, 100, false);
  mf_measure *m = empty_measure(&grid);
  DO(mf_measure_add_gaussian(m, 1, &(const double){10}, &(const double){1}));
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    const double d = mf_grid_coordinate(&grid, 0, c) - 10, log_peak = -0.5 * log(2 * acos(-1));
    CLOSE(m->log_density[c], log_peak - 0.5 * d * d, DBL_EPSILON * 0.5 * d * d + 1e-15);
    HOLDS(m->density[c] == exp(m->log_density[c]));
  }
  HOLDS(m->density[99] == 0 && m->log_density[99] < -3900);
}
END_TEST

START_TEST(gaussians_add)
{
  const mf_grid grid = plane_grid(40, 40, -6, 6, false);
  const double left[] = {-2, 0}, right[] = {2, 1}, round[] = {1, 0, 0, 1}, long_[] = {1, -0.4, -0.4, 0.5};
  mf_measure *a = empty_measure(&grid), *b = empty_measure(&grid), *sum = empty_measure(&grid);
  DO(mf_measure_add_gaussian(a, 0.7, left, round));
  DO(mf_measure_add_gaussian(b, 1.3, right, long_));
  DO(mf_measure_add_gaussian(sum, 0.7, left, round));
  DO(mf_measure_add_gaussian(sum, 1.3, right, long_));
  /* exp(l) with |l| < 40 is good to 40 ulp */
  for (ptrdiff_t c = 0; c < grid.cells; c++) CLOSE_REL(sum->density[c], a->density[c] + b->density[c], 1e-14);
}
END_TEST

/* Direct sum over many images, in one and two dimensions, mean within the box or not, wide and narrow. */
static double wrapped(const mf_grid *grid, const double *x, const double *mean, const double *covariance)
{
  const int dim = grid->dim, reach = 30;
  const double lx = grid->hi[0] - grid->lo[0], ly = grid->hi[1] - grid->lo[1];
  double sum = 0;
  for (int q = -reach; q <= reach; q++)
    for (int p = -reach; p <= reach; p++) {
      if ((!grid->periodic[0] && p) || (!grid->periodic[1] && q)) continue;
      const double dx = x[0] - mean[0] + p * lx, dy = dim > 1 ? x[1] - mean[1] + q * ly : 0;
      const double sxx = covariance[0], sxy = dim > 1 ? covariance[1] : 0, syy = dim > 1 ? covariance[3] : 1;
      const double det = sxx * syy - sxy * sxy,
                   form = (syy * dx * dx - 2 * sxy * dx * dy + sxx * dy * dy) / det;
      sum += exp(-0.5 * form) / (pow(2 * acos(-1), 0.5 * dim) * sqrt(det));
    }
  return sum;
}

static void check_wrapped(const mf_grid *grid, const double *mean, const double *covariance)
{
  mf_measure *m = empty_measure(grid);
  DO(mf_measure_add_gaussian(m, 1, mean, covariance));
  double peak = 0;
  for (ptrdiff_t c = 0; c < grid->cells; c++) peak = fmax(peak, m->density[c]);
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(grid, c, x);
    CLOSE(m->density[c], wrapped(grid, x, mean, covariance),
          1e-14 * peak); /* e^-50 of the peak is left out */
    CLOSE(m->density[c], exp(m->log_density[c]), 1e-15 * peak);
  }
}

START_TEST(gaussian_wraps_on_periodic_axes)
{
  static const double variance[] = {0.05, 0.5, 4};
  const mf_grid ring = line_grid(40, -1, 2, true), torus = plane_grid(16, 20, -1, 1.5, true);
  mf_grid tube;
  DO(mf_grid_init(&tube, 2, (const long[]){16, 20}, (const double[]){-1, -1}, (const double[]){1.5, 2},
                  (const bool[]){false, true}));
  for (size_t i = 0; i < 3; i++) {
    const double v = variance[i], covariance[] = {v, 0.4 * v, 0.4 * v, 0.7 * v};
    at("variance %g", v);
    check_wrapped(&ring, (const double[]){1.9}, &v);
    check_wrapped(&ring, (const double[]){-0.95}, &v);
    check_wrapped(&torus, (const double[]){1.4, -0.9}, covariance);
    check_wrapped(&tube, (const double[]){0.3, 1.9}, covariance);
  }
  const mf_measure *m = gaussian(&ring, 0.7, 4);
  CLOSE_REL(mf_measure_mass(m), 1, 1e-14);
}
END_TEST

/* A circle has no outside: a mean some turns away is the mean within the box. */
START_TEST(wrapped_mean_may_lie_outside_the_box)
{
  const mf_grid ring = line_grid(40, -1, 2, true);
  for (int turns = -3; turns <= 3; turns++) {
    at("%d turns", turns);
    check_wrapped(&ring, (const double[]){1.9 + 3 * turns}, (const double[]){0.05});
    check_wrapped(&ring, (const double[]){-0.9 + 3 * turns}, (const double[]){0.05});
  }
}
END_TEST

START_TEST(covariances_must_be_positive)
{
  static const double mean[] = {0, 0, 0};
  static const struct {
    int dim;
    double covariance[9];
    const char *complaint;
  } wrong[] = {{1, {0}, "positive definite"},
               {1, {-1}, "positive definite"},
               {1, {NAN}, "positive definite"},
               {2, {1, 0.2, 0.3, 1}, "not symmetric"},
               {2, {1, 2, 2, 1}, "positive definite"},
               {2, {1, 1, 1, 1}, "positive definite"},
               {3, {1, 0.9, 0.9, 0.9, 1, -0.9, 0.9, -0.9, 1}, "positive definite"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    mf_grid grid;
    at("covariance %zu", i);
    DO(mf_grid_init(&grid, wrong[i].dim, (const long[]){3, 3, 3}, mean, (const double[]){1, 1, 1},
                    (const bool[]){false, false, false}));
    REFUSES(mf_measure_add_gaussian(empty_measure(&grid), 1, mean, wrong[i].covariance), wrong[i].complaint);
  }
}
END_TEST

/* ---- boxes and given densities ------------------------------------------------------------------------------- */

START_TEST(box_overlaps_exactly)
{
  const mf_grid grid = line_grid(10, 0, 5, false);
  mf_measure *m = empty_measure(&grid);
  DO(mf_measure_add_box(m, 3, &(const double){0.8}, &(const double){2.1}));
  const double full = 3 / 1.3;
  const double want[] = {0, 0.4 * full, full, full, 0.2 * full, 0, 0, 0, 0, 0};
  SAME(m->density, want, grid.cells, 1e-14); /* a few ulp of coordinates near 2, over h = 0.5 */
  CLOSE_REL(mf_measure_mass(m), 3, 1e-14);
  for (ptrdiff_t c = 0; c < grid.cells; c++)
    HOLDS(m->log_density[c] == (want[c] == 0 ? -INFINITY : log(m->density[c])));
}
END_TEST

START_TEST(box_smaller_than_a_cell_has_all_its_mass)
{
  const mf_grid grid = plane_grid(3, 3, 0, 3, false);
  mf_measure *m = empty_measure(&grid);
  DO(mf_measure_add_box(m, 2, (const double[]){1.2, 0.9}, (const double[]){1.4, 1.1}));
  const double want[] = {0, 1, 0, 0, 1, 0, 0, 0, 0};
  SAME(m->density, want, 9, 1e-14);
}
END_TEST

START_TEST(box_may_fill_the_grid)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    mf_measure *m = empty_measure(&grid);
    at("%s", shapes[i].name);
    DO(mf_measure_add_box(m, 1, grid.lo, grid.hi));
    for (ptrdiff_t c = 0; c < grid.cells; c++)
      CLOSE_REL(m->density[c], 1 / (grid.volume * (double)grid.cells),
                1e-13); /* ulp of coordinates over h, 24 of them */
  }
}
END_TEST

START_TEST(boxes_must_lie_in_the_grid)
{
  const mf_grid grid = plane_grid(4, 4, 0, 1, false);
  mf_measure *m = empty_measure(&grid);
  const double zero[] = {0, 0}, one[] = {1, 1}, out[] = {0.5, 1.01}, below[] = {-0.01, 0.2};
  REFUSES(mf_measure_add_box(m, 1, zero, out), "not inside");
  REFUSES(mf_measure_add_box(m, 1, below, one), "not inside");
  REFUSES(mf_measure_add_box(m, 1, one, zero), "upside down");
  REFUSES(mf_measure_add_box(m, 1, zero, (const double[]){NAN, 1}), "upside down");
}
END_TEST

/* A box added to a Gaussian leaves the Gaussian's tail alone, where its density has underflowed. */
START_TEST(box_leaves_other_tails_alone)
{
  const mf_grid grid = line_grid(100, 0, 100, false);
  mf_measure *m = empty_measure(&grid);
  DO(mf_measure_add_gaussian(m, 1, &(const double){10}, &(const double){1}));
  const double tail = m->log_density[99];
  DO(mf_measure_add_box(m, 1, &(const double){20}, &(const double){30}));
  CLOSE(m->log_density[99], tail, 0);
  CLOSE(m->log_density[25], log(0.1), 1e-14);
}
END_TEST

START_TEST(densities_are_taken_over)
{
  const mf_grid grid = plane_grid(2, 2, 0, 2, false);
  mf_measure *m = empty_measure(&grid);
  DO(mf_measure_set_density(m, (const double[]){0, 1, 2, 1e-310}));
  HOLDS(m->log_density[0] == -INFINITY && m->log_density[1] == 0 && m->log_density[2] == log(2));
  HOLDS(m->density[2] == 2 && isfinite(m->log_density[3]));
  CLOSE_REL(mf_measure_mass(m), 3, 1e-15);
  DO(mf_measure_set_log_density(m, (const double[]){-INFINITY, 0, 1, -2000}));
  HOLDS(m->density[0] == 0 && m->density[1] == 1 && m->density[3] == 0 && m->log_density[3] == -2000);
}
END_TEST

START_TEST(bad_densities_are_located)
{
  const mf_grid grid = plane_grid(2, 2, 0, 2, false);
  mf_measure *m = empty_measure(&grid);
  REFUSES(mf_measure_set_density(m, (const double[]){1, 1, -1e-30, 1}), "-1e-30 in the cell at (0.5, 1.5)");
  REFUSES(mf_measure_set_density(m, (const double[]){1, NAN, 1, 1}), "nan in the cell at (1.5, 0.5)");
  REFUSES(mf_measure_set_density(m, (const double[]){INFINITY, 1, 1, 1}), "inf");
  REFUSES(mf_measure_set_log_density(m, (const double[]){1, 1, 1, NAN}), "(1.5, 1.5)");
  REFUSES(mf_measure_set_log_density(m, (const double[]){1, 1, 1, INFINITY}), "logarithm");
}
END_TEST

/* Neither e^-800 nor e^+800 is a number, but a log-density is known up to a constant only. */
START_TEST(normalising_never_forms_the_density)
{
  const mf_grid grid = line_grid(30, -3, 3, false);
  mf_measure *m = empty_measure(&grid);
  double *l = reals(grid.cells);
  for (int sign = -1; sign <= 1; sign += 2) {
    at("e^%d", 800 * sign);
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      const double x = mf_grid_coordinate(&grid, 0, c);
      l[c] = 800 * sign - 2 * x * x;
    }
    l[3] = -INFINITY;
    DO(mf_measure_set_log_density(m, l));
    DO(mf_measure_normalise(m, 2));
    CLOSE_REL(m->mass, 2,
              1e-12); /* logs near 800 are good to 1e-13, and so are densities relative to themselves */
    CLOSE_REL(mf_field_mass(&grid, m->density), 2, 1e-12);
    for (ptrdiff_t c = 4; c < grid.cells; c++)
      CLOSE(m->log_density[c] - m->log_density[4], l[c] - l[4], 3e-13);
    HOLDS(m->density[3] == 0 && m->log_density[3] == -INFINITY);
  }
}
END_TEST

START_TEST(nothing_cannot_be_normalised)
{
  const mf_grid grid = line_grid(4, 0, 1, false);
  mf_measure *m = empty_measure(&grid);
  HOLDS(mf_measure_mass(m) == 0);
  REFUSES(mf_measure_normalise(m, 1), "zero everywhere");
}
END_TEST

/* ---- parameter tables --------------------------------------------------------------------------------------- */

START_TEST(defaults_come_from_the_table)
{
  typedef struct {
    double real, none;
    long count;
    bool on, off;
    const char *text;
    int choice;
    mf_reals list, empty;
    const struct mf_node *node;
    int unnamed;
  } sample;
  static const char *const words[] = {"zero", "one", "two", NULL};
  static const mf_param rows[] = {
      {.key = "real", .kind = MF_REAL, .offset = offsetof(sample, real), .fallback = 2.5},
      {.key = "none", .kind = MF_REAL, .offset = offsetof(sample, none), .fallback = NAN},
      {.key = "count", .kind = MF_COUNT, .offset = offsetof(sample, count), .fallback = 1e6},
      {.key = "on", .kind = MF_FLAG, .offset = offsetof(sample, on), .fallback = 1},
      {.key = "off", .kind = MF_FLAG, .offset = offsetof(sample, off)},
      {.key = "text", .kind = MF_TEXT, .offset = offsetof(sample, text)},
      {.key = "choice",
       .kind = MF_CHOICE,
       .offset = offsetof(sample, choice),
       .fallback = 2,
       .choices = words},
      {.key = "list", .kind = MF_REALS, .offset = offsetof(sample, list), .fallback = 0.5},
      {.key = "empty", .kind = MF_REALS, .offset = offsetof(sample, empty), .fallback = NAN},
      {.key = "node", .kind = MF_NODE, .offset = offsetof(sample, node)},
  };
  const mf_param_table table = MF_PARAM_TABLE(rows, sample);
  ck_assert_int_eq(table.count, 10);
  ck_assert_uint_eq(table.size, sizeof(sample));
  sample s;
  memset(&s, 0x5a, sizeof s);
  mf_param_defaults(&table, &s);
  HOLDS(s.real == 2.5 && isnan(s.none) && s.count == 1000000 && s.on && !s.off && !s.text && s.choice == 2);
  HOLDS(s.list.count == 1 && s.list.value[0] == 0.5 && s.empty.count == 0 && !s.node && s.unnamed == 0);
}
END_TEST

START_TEST(kinds_have_words)
{
  for (int kind = MF_REAL; kind <= MF_NODE; kind++) {
    const char *name = mf_param_kind_name((mf_param_kind)kind);
    HOLDS(name && *name);
    for (int other = MF_REAL; other < kind; other++)
      ck_assert_str_ne(name, mf_param_kind_name((mf_param_kind)other));
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("grid");
  TCase *all = tcase_create("grid");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, messages_chain_from_the_outside_in);
  tcase_add_test(all, long_messages_are_cut);
  tcase_add_test(all, memory_is_zeroed_and_aligned);
  tcase_add_test(all, slips_of_the_pen_are_recognised);
  tcase_add_test(all, who_listens_hears_the_stages);
  tcase_add_test(all, who_listens_hears_the_warnings);
  tcase_add_test(all, x_runs_fastest);
  tcase_add_test(all, axes_beyond_dim_are_one_cell_of_length_one);
  tcase_add_test(all, impossible_grids_are_refused);
  tcase_add_test(all, blocks_of_sums_are_those_of_slabs);
  tcase_add_test(all, sums_of_blocks_are_exact);
  tcase_add_test(all, field_sums_do_not_drift);
  tcase_add_test(all, sums_of_random_fields_are_those_of_long_double);
  tcase_add_test(all, values_between_centres_are_multilinear);
  tcase_add_test(all, moments_follow_their_definition);
  tcase_add_test(all, covariance_does_not_cancel);
  tcase_add_test(all, nothing_has_no_moments);
  tcase_add_test(all, gaussian_has_its_moments);
  tcase_add_test(all, gaussian_tail_lives_in_the_logarithm);
  tcase_add_test(all, gaussians_add);
  tcase_add_test(all, gaussian_wraps_on_periodic_axes);
  tcase_add_test(all, wrapped_mean_may_lie_outside_the_box);
  tcase_add_test(all, covariances_must_be_positive);
  tcase_add_test(all, box_overlaps_exactly);
  tcase_add_test(all, box_smaller_than_a_cell_has_all_its_mass);
  tcase_add_test(all, box_may_fill_the_grid);
  tcase_add_test(all, boxes_must_lie_in_the_grid);
  tcase_add_test(all, box_leaves_other_tails_alone);
  tcase_add_test(all, densities_are_taken_over);
  tcase_add_test(all, bad_densities_are_located);
  tcase_add_test(all, normalising_never_forms_the_density);
  tcase_add_test(all, nothing_cannot_be_normalised);
  tcase_add_test(all, defaults_come_from_the_table);
  tcase_add_test(all, kinds_have_words);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
