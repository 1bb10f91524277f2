/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators of reversible chains: bounds of their spectrum, and recurrences against the operator face by face. */
#include "grids/threads.h"
#include "operators/transport/generator.h"
#include "tests/flows.h"

/* Weights and masses between 0 and 1, freed by the fixture. */
static mf_generator random_generator(const mf_grid *grid)
{
  mf_generator g = {.grid = grid};
  double *inverse = reals(grid->cells);
  const double *values = random_field(grid->cells, 5);
  for (ptrdiff_t c = 0; c < grid->cells; c++) inverse[c] = 1 / (0.5 + fabs(values[c]));
  g.inverse = inverse;
  for (int a = 0; a < grid->dim; a++) {
    double *weight = face_reals(grid, a);
    values = random_field(grid->cells, 6 + (unsigned)a);
    for (mf_faces f = mf_faces_of(grid, a); mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++) weight[c] = fabs(values[c]);
    g.weight[a] = weight;
  }
  return g;
}

/* y = L x, face by face. */
static void apply_plainly(const mf_generator *g, const double *x, double *y)
{
  memset(y, 0, (size_t)g->grid->cells * sizeof *y);
  for (int a = 0; a < g->grid->dim; a++)
    for (mf_faces f = mf_faces_of(g->grid, a); mf_faces_next(&f);)
      for (ptrdiff_t c = f.first; c < f.first + f.count; c++) {
        const double flow = g->weight[a][c] * (x[c + f.step] - x[c]);
        y[c] += flow * g->inverse[c];
        y[c + f.step] -= flow * g->inverse[c + f.step];
      }
}

/* No eigenvalue is beyond the bound, the largest is not far from it; masses may differ by any number of decades. */
START_TEST(bounds_hold_and_are_near)
{
  enum { ITERATIONS = 200 };
  const mf_grid grid = shape_grid(&shapes[_i]);
  const mf_generator chain = random_generator(&grid);
  double *v = reals(grid.cells), *image = reals(grid.cells), largest_value = 0;
  memcpy(v, random_field(grid.cells, 3), (size_t)grid.cells * sizeof *v);
  for (int k = 0; k < ITERATIONS; k++) {
    double squares = 0, product = 0;
    apply_plainly(&chain, v, image);
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      squares += v[c] * v[c] / chain.inverse[c];
      product -= v[c] * image[c] / chain.inverse[c];
    }
    largest_value = product / squares;
    const double size = largest(image, grid.cells);
    for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] = size > 0 ? image[c] / size : v[c];
  }
  at("%s", shapes[_i].name);
  const double bound = mf_generator_bound(&chain), rounding = 1e-12;
  HOLDS(largest_value <= bound * (1 + rounding));
  HOLDS(bound <= 2 * largest_value + rounding); /* a disc reaches twice as far as its centre's row */
  double *steep = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) steep[c] = exp(600 * sin((double)c));
  mf_generator strange = chain;
  strange.inverse = steep;
  HOLDS(isfinite(mf_generator_bound(&strange)));
}
END_TEST

enum { LEVELS = 13 };

static const mf_recurrence *some_levels(void)
{
  static mf_recurrence levels[LEVELS];
  unsigned long long seed = 77;
  for (int l = 0; l < LEVELS; l++)
    levels[l] = (mf_recurrence){chance(&seed) / 2, chance(&seed), chance(&seed), chance(&seed)};
  return levels;
}

/* The recurrence, level by level, from the plain operator. */
START_TEST(recurrences_are_those_of_the_operator)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  const ptrdiff_t n = grid.cells;
  const mf_recurrence *levels = some_levels();
  const mf_generator chain = random_generator(&grid);
  double *x = reals(n), *z = reals(n), *sum = reals(n), *image = reals(n), *other_sum = reals(n);
  memcpy(x, random_field(n, 1), (size_t)n * sizeof *x);
  memcpy(z, random_field(n, 2), (size_t)n * sizeof *z);
  double *other_x = reals(n), *other_z = reals(n);
  memcpy(other_x, x, (size_t)n * sizeof *x);
  memcpy(other_z, z, (size_t)n * sizeof *z);
  at("%s", shapes[_i].name);
  for (int l = 0; l < LEVELS; l++) {
    double *from = l % 2 ? other_z : other_x, *to = l % 2 ? other_x : other_z;
    apply_plainly(&chain, from, image);
    for (ptrdiff_t c = 0; c < n; c++) {
      to[c] = levels[l].a * image[c] + levels[l].b * from[c] - levels[l].c * to[c];
      other_sum[c] += levels[l].d * to[c];
    }
    mf_generator_advance(&chain, &levels[l], 1, l % 2 ? z : x, l % 2 ? x : z, sum);
  }
  const double rounding = 1e-14 * (1 + largest(x, n) + largest(z, n) + largest(sum, n));
  SAME(x, other_x, n, rounding);
  SAME(z, other_z, n, rounding);
  SAME(sum, other_sum, n, rounding);
}
END_TEST

/* Many levels in one pass are the same numbers to the last bit. */
START_TEST(passes_do_not_change_a_bit)
{
  static const struct {
    int dim;
    long cells[MF_AXES];
    bool periodic;
  } grids[] = {{2, {5, 40}, false},
               {2, {6, 41}, true},
               {3, {4, 3, 33}, false},
               {3, {3, 5, 30}, true},
               {1, {50}, true}};
  for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
    const double lo[MF_AXES] = {0, 0, 0}, hi[MF_AXES] = {1, 2, 3};
    const bool periodic[MF_AXES] = {false, grids[g].periodic, grids[g].periodic};
    mf_grid grid;
    DO(mf_grid_init(&grid, grids[g].dim, grids[g].cells, lo, hi, periodic));
    const ptrdiff_t n = grid.cells;
    const mf_recurrence *levels = some_levels();
    const mf_generator chain = random_generator(&grid);
    double *arrays[2][3];
    at("grid %zu", g);
    for (int way = 0; way < 2; way++) {
      for (int k = 0; k < 3; k++) {
        arrays[way][k] = reals(n);
        memcpy(arrays[way][k], random_field(n, 20 + (unsigned)k), (size_t)n * sizeof(double));
      }
      double *x = arrays[way][0], *z = arrays[way][1];
      const int most = way ? mf_generator_levels(&grid) : 1;
      HOLDS(!way || most > 1 || grid.dim == 1);
      for (int l = 0; l < LEVELS;) {
        const int count = most < LEVELS - l ? most : LEVELS - l;
        mf_generator_advance(&chain, levels + l, count, l % 2 ? z : x, l % 2 ? x : z, arrays[way][2]);
        l += count;
      }
    }
    for (int k = 0; k < 3; k++) SAME(arrays[1][k], arrays[0][k], n, 0);
  }
}
END_TEST

/* Nor do threads, which share the layers of a pass in blocks. */
START_TEST(threads_do_not_change_a_bit)
{
  const long cells[] = {48, 1200};
  const double lo[] = {0, 0}, hi[] = {1, 2};
  const bool periodic[] = {false, _i};
  mf_grid grid;
  DO(mf_grid_init(&grid, 2, cells, lo, hi, periodic));
  const ptrdiff_t n = grid.cells;
  const int levels = mf_generator_levels(&grid);
  HOLDS(n * levels > 4 * 3 * MF_PIECE); /* else one thread does it all */
  const mf_generator chain = random_generator(&grid);
  double *arrays[2][3];
  for (int way = 0; way < 2; way++) {
    for (int k = 0; k < 3; k++) {
      arrays[way][k] = reals(n);
      memcpy(arrays[way][k], random_field(n, 20 + (unsigned)k), (size_t)n * sizeof(double));
    }
    mf_threads_set(way ? 3 : 1);
    mf_generator_advance(&chain, some_levels(), levels, arrays[way][0], arrays[way][1], arrays[way][2]);
  }
  mf_threads_set(0);
  for (int k = 0; k < 3; k++) SAME(arrays[1][k], arrays[0][k], n, 0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("generator");
  TCase *all = tcase_create("generator");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, bounds_hold_and_are_near, 0, SHAPES);
  tcase_add_loop_test(all, recurrences_are_those_of_the_operator, 0, SHAPES);
  tcase_add_test(all, passes_do_not_change_a_bit);
  tcase_add_loop_test(all, threads_do_not_change_a_bit, 0, 2);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
