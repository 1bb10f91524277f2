/* SPDX-License-Identifier: BSD-3-Clause */
/* The preconditioner of Newton's matrix: exact on a line, a contraction on every grid. */
#include "tests/flows.h"

static const struct {
  const char *energy, *geometry;
} stiff[] = {{"kl", "wasserstein"},
             {"hellinger", "wasserstein + hellinger coefficient=3"},
             {"chi2", "wasserstein coefficient=2"},
             {"inclusive_kl", "wasserstein + hellinger"},
             {"kl weight=0.5 + chi2", "hellinger + wasserstein"},
             {"mmd", "mmd"}};
enum { STIFF = sizeof stiff / sizeof *stiff };

/* out += gamma J v, with J from the bands. */
static void add_bands(mf_flow *flow, double gamma, const double *v, double *out)
{
  const mf_grid *grid = mf_flow_grid(flow);
  double *lower = reals(grid->cells), *diagonal = reals(grid->cells), *upper = reals(grid->cells);
  for (int axis = 0; axis < grid->dim; axis++) {
    mf_flow_bands(flow, axis, lower, diagonal, upper);
    for (ptrdiff_t c = 0; c < grid->cells; c++) {
      const ptrdiff_t before = neighbour(grid, axis, c, -1), after = neighbour(grid, axis, c, 1);
      out[c] += gamma * diagonal[c] * v[c];
      if (before >= 0) out[c] += gamma * lower[c] * v[before];
      if (after >= 0) out[c] += gamma * upper[c] * v[after];
    }
  }
}

/* Near the target, where nothing grows, z <- z + P^-1 (r - (I - gamma J) z) converges for every flow, in every
 * coordinate, on every grid, as fast for long steps as for short ones. */
START_TEST(preconditioner_contracts)
{
  enum { ITERATIONS = 12 };
  static const double gammas[] = {1e-4, 0.03, 1, 1e3};
  for (int i = 0; i < SHAPES; i++)
    for (const char *const *name = mf_coordinate_names; *name; name++) {
      const mf_grid grid = shape_grid(&shapes[i]);
      const ptrdiff_t cells = grid.cells;
      const mf_measure *pi = random_measure(&grid, 1, 0.8, 330);
      mf_flow *flow = flow_parts(&grid, pi, stiff[_i].energy, stiff[_i].geometry);
      if (mf_flow_finish(flow, *name, pi)) { /* power, with KL or several energies */
        release_all();
        continue;
      }
      mf_preconditioner *p;
      DO(mf_preconditioner_create(&p, flow));
      keep(A_PRECONDITIONER, p);
      mf_flow_linearise(flow, unknown(flow, pi));
      mf_preconditioner_linearise(p);
      for (size_t g = 0; g < sizeof gammas / sizeof *gammas; g++) {
        const double *r = random_field(cells, 332);
        double *solution = reals(cells), *rest = reals(cells), *change = reals(cells);
        at("%s in %s, %s, %s, gamma %g", stiff[_i].energy, stiff[_i].geometry, *name, shapes[i].name,
           gammas[g]);
        DO(mf_preconditioner_factor(p, gammas[g]));
        for (int k = 0; k < ITERATIONS; k++) {
          for (ptrdiff_t c = 0; c < cells; c++) rest[c] = r[c] - solution[c];
          add_bands(flow, gammas[g], solution, rest);
          mf_preconditioner_solve(p, rest, change);
          for (ptrdiff_t c = 0; c < cells; c++) solution[c] += change[c];
        }
        HOLDS(largest(rest, cells) <=
              pow(0.45, ITERATIONS)); /* the slowest: 0.4 in 3-D; the norms differ by a few */
        memcpy(change, r, (size_t)cells * sizeof *r);
        mf_preconditioner_solve(p, r, solution);
        mf_preconditioner_solve(p, change, change);
        SAME(change, solution, cells, 0);
      }
      release_all();
    }
}
END_TEST

/* In one dimension that is Newton's matrix itself. */
START_TEST(preconditioner_is_exact_on_a_line)
{
  static const struct {
    long cells;
    bool periodic;
  } lines[] = {{1, false}, {2, false}, {3, false}, {40, false}, {1, true},
               {2, true},  {3, true},  {4, true},  {41, true}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    for (const char *const *name = mf_coordinate_names; *name; name++) {
      const mf_grid grid = line_grid(lines[i].cells, -1, 2, lines[i].periodic);
      const ptrdiff_t cells = grid.cells;
      const mf_measure *pi = random_measure(&grid, 1, 0.8, 340), *mu = random_measure(&grid, 1, 1, 341);
      mf_flow *flow = flow_parts(&grid, pi, stiff[_i].energy, stiff[_i].geometry);
      if (mf_flow_finish(flow, *name, mu)) {
        release_all();
        continue;
      }
      mf_preconditioner *p;
      DO(mf_preconditioner_create(&p, flow));
      keep(A_PRECONDITIONER, p);
      mf_flow_linearise(flow, unknown(flow, mu));
      const double *r = random_field(cells, 342), gamma = 0.2;
      double *solution = reals(cells), *jacobian = reals(cells);
      mf_preconditioner_linearise(p);
      DO(mf_preconditioner_factor(p, gamma));
      mf_preconditioner_solve(p, r, solution);
      DO(mf_flow_jacobian(flow, solution, jacobian));
      const double size = largest(solution, cells) + gamma * 4 * largest(jacobian, cells) + 1;
      for (ptrdiff_t c = 0; c < cells; c++) solution[c] -= gamma * jacobian[c];
      at("%s in %s, %s, %td cells, periodic %d", stiff[_i].energy, stiff[_i].geometry, *name, cells,
         lines[i].periodic);
      SAME(solution, r, cells,
           1e-12 * size * (double)(cells * cells)); /* gamma J z is a difference of terms/h^2 */
      release_all();
    }
}
END_TEST

/* I - gamma J vanishes for J = -1, gamma = -1: no inverse, and no division by 0 that goes unnoticed. */
START_TEST(vanishing_pivot_is_told)
{
  const mf_grid grid = line_grid(5, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 350);
  mf_flow *flow = flow_make(&grid, pi, pi, "deviation", "mmd", "mmd");
  mf_preconditioner *p;
  DO(mf_preconditioner_create(&p, flow));
  keep(A_PRECONDITIONER, p);
  mf_flow_linearise(flow, unknown(flow, pi));
  mf_preconditioner_linearise(p);
  ck_assert_int_eq(mf_preconditioner_factor(p, -1), MF_RETRY);
  DO(mf_preconditioner_factor(p, 1)); /* and it can go on */
  mf_preconditioner_free(NULL);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("precondition");
  TCase *all = tcase_create("precondition");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, preconditioner_contracts, 0, STIFF);
  tcase_add_loop_test(all, preconditioner_is_exact_on_a_line, 0, STIFF);
  tcase_add_test(all, vanishing_pivot_is_told);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
