/* SPDX-License-Identifier: BSD-3-Clause */
/* Chebyshev series, held to closed forms and to CVODE at a tight tolerance on every kind of grid, and the choice of an integrator. */
#include "solver/time/propagate.h"
#include "tests/flows.h"

static const char *const transports[] = {
    "wasserstein", "wasserstein face_weight=scharfetter_gummel coefficient=0.3", "wasserstein_fourth",
    "wasserstein + wasserstein_fourth coefficient=2"};
enum { TRANSPORTS = sizeof transports / sizeof *transports };

/* The series against CVODE at a tolerance of 1e-11, whose global error stays below 1e-8 of the deviation. */
START_TEST(series_agree_with_cvode)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const mf_measure *pi = random_measure(&grid, 1.5, 1, 3), *mu = random_measure(&grid, 1.5, 1, 4);
    at("%s, %s", transports[_i], shapes[i].name);
    run *series =
        run_start_by(MF_CHEBYSHEV, flow_make(&grid, pi, mu, NULL, "kl weight=1.5", transports[_i]), mu, 1e-6);
    run *cvode =
        run_start_by(MF_BDF, flow_make(&grid, pi, mu, NULL, "kl weight=1.5", transports[_i]), mu, 1e-11);
    for (double t = 0.02; t < 0.1; t += 0.03) {
      run_to(series, t);
      run_to(cvode, t);
      const double size = largest(cvode->y, grid.cells);
      SAME(series->y, cvode->y, grid.cells, 1e-8 * size);
      CLOSE(mf_field_sum(&grid, series->y), 0, 1e-15 * (double)grid.cells * size);
    }
    release_all();
  }
}
END_TEST

/* One mode of the heat equation decays at its discrete rate, relative to itself, down to the last decade. */
START_TEST(modes_decay_to_the_last_decade)
{
  const bool fourth = _i;
  const double pi = acos(-1), k = 1; /* the slowest: others, as rounding, die sooner */
  const mf_grid grid = line_grid(48, 0, 2 * pi, true);
  const mf_measure *flat = random_measure(&grid, 1, 0, 1);
  mf_measure *mu = empty_measure(&grid);
  double *l = reals(grid.cells);
  for (ptrdiff_t c = 0; c < grid.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&grid, c, x);
    l[c] = log1p(0.5 * cos(k * x[0]));
  }
  DO(mf_measure_set_log_density(mu, l));
  DO(mf_measure_normalise(mu, 1));
  run *r = run_start_by(MF_CHEBYSHEV,
                        flow_make(&grid, flat, mu, NULL, "kl", fourth ? "wasserstein_fourth" : "wasserstein"),
                        mu, 1e-6);
  const double h = grid.h[0], s = sin(0.5 * k * h), filter = fourth ? 1 + s * s / 6 : 1;
  const double rate = 4 / (h * h) * s * s * filter * filter;
  double *start = reals(grid.cells), *want = reals(grid.cells);
  run_look(r, 0, start, NULL);
  for (double t = 1; t <= 256; t *= 4) {
    run_to(r, t);
    const double factor = exp(-rate * t);
    for (ptrdiff_t c = 0; c < grid.cells; c++) want[c] = factor * start[c];
    at("t = %g", t);
    SAME(r->y, want, grid.cells,
         1e-14 * (10 + t) * factor); /* of each series, and of rate t in the exponent */
  }
}
END_TEST

/* exp((s + t) A) = exp(s A) exp(t A). */
START_TEST(series_are_a_semigroup)
{
  const mf_grid grid = plane_grid(20, 17, -2, 2, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
  run *once = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6), *twice = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6);
  run_to(once, 0.7);
  run_to(twice, 0.11);
  run_to(twice, 0.7);
  SAME(once->y, twice->y, grid.cells, 1e-13 * largest(once->y, grid.cells));
  mf_counters n;
  mf_march_counters(twice->march, &n);
  HOLDS(n.steps == 2 && n.rates > 10 && mf_march_step_size(twice->march) == 0.7 - 0.11);
  const double *y;
  ck_assert_int_eq(mf_march_at(twice->march, 0.1, &y, NULL), MF_ENUMERIC); /* long gone */
  ck_assert_int_eq(mf_march_at(twice->march, 0.5, &y, NULL),
                   MF_ENUMERIC); /* nobody said that he would look */
}
END_TEST

/* Within the last step, from its beginning to its end, and without a trace in the trajectory. */
START_TEST(series_are_seen_within_a_step)
{
  const mf_grid grid = plane_grid(20, 17, -2, 2, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
  run *looked = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6),
      *other = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6);
  DO(mf_march_look_back(looked->march));
  run_to(looked, 0.1);
  run_to(looked, 0.7);
  for (double t = 0.1; t < 0.75; t += 0.2) {
    run_to(other, t);
    run_look(looked, fmin(t, 0.7), looked->y, NULL);
    at("t = %g", t);
    SAME(looked->y, other->y, grid.cells, 1e-13 * largest(other->y, grid.cells));
  }
  run_look(looked, 0.65, other->y, NULL);
  DO(mf_march_forget(looked->march, 0.5));
  const double *y;
  ck_assert_int_eq(mf_march_at(looked->march, 0.4, &y, NULL), MF_ENUMERIC);
  run_look(looked, 0.65, looked->y, NULL);
  SAME(looked->y, other->y, grid.cells, 1e-13 * largest(other->y, grid.cells));
  HOLDS(mf_march_step_size(looked->march) == 0.7 - 0.1);
  run *unseen = run_start_by(MF_CHEBYSHEV, flow, mu, 1e-6);
  run_to(unseen, 0.1);
  run_to(unseen, 0.7);
  run_to(unseen, 0.9);
  run_to(looked, 0.9);
  SAME(looked->y, unseen->y, grid.cells, 0);
}
END_TEST

START_TEST(series_are_for_linear_flows)
{
  static const struct {
    const char *energy, *geometry, *coordinate;
  } refused[] = {{"chi2", "wasserstein", NULL},
                 {"kl", "wasserstein + hellinger", NULL},
                 {"kl", "wasserstein", "log"},
                 {"kl + mmd", "wasserstein", NULL},
                 {"entropy", "wasserstein", NULL}};
  const mf_grid grid = line_grid(10, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  const mf_horizon horizon = {.end = 1, .outputs = 10, .rtol = 1e-6};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    mf_flow *flow = flow_make(&grid, pi, mu, refused[i].coordinate, refused[i].energy, refused[i].geometry);
    mf_propagator *p;
    mf_integrator integrator = MF_CHEBYSHEV;
    const char *reason;
    at("%s in %s", refused[i].energy, refused[i].geometry);
    HOLDS(!mf_flow_linear(flow));
    REFUSES(mf_integrator_choose(&integrator, &reason, flow, mu, &horizon, NULL), "linear reversible flows");
    REFUSES(mf_propagator_create(&p, flow), "leave the choice to 'auto'");
    integrator = MF_AUTO;
    DO(mf_integrator_choose(&integrator, &reason, flow, mu, &horizon, NULL));
    HOLDS(integrator == MF_BDF || integrator == MF_ADAMS);
  }
}
END_TEST

/* The series is left out where CVODE is cheaper, and where a start is so much broader than the target that its tails set
 * the scale. */
START_TEST(methods_are_chosen_by_cost_and_accuracy)
{
  static const struct {
    long cells;
    double variance, end;
    mf_integrator want;
  } rows[] = {{64, 0.5, 1, MF_CHEBYSHEV}, {4096, 0.5, 100, MF_BDF}, {64, 25, 1, MF_BDF}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const mf_grid grid = line_grid(rows[i].cells, -10, 10, false);
    const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, rows[i].variance);
    mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
    const mf_horizon horizon = {.end = rows[i].end, .outputs = 10, .rtol = 1e-6};
    mf_integrator integrator = MF_AUTO;
    const char *reason = NULL;
    at("row %zu", i);
    DO(mf_integrator_choose(&integrator, &reason, flow, mu, &horizon, NULL));
    HOLDS(integrator == rows[i].want && reason && *reason);
    integrator = MF_CVODE;
    DO(mf_integrator_choose(&integrator, &reason, flow, mu, &horizon, NULL));
    HOLDS(integrator == MF_BDF);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("march");
  TCase *all = tcase_create("series");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, series_agree_with_cvode, 0, TRANSPORTS);
  tcase_add_loop_test(all, modes_decay_to_the_last_decade, 0, 2);
  tcase_add_test(all, series_are_a_semigroup);
  tcase_add_test(all, series_are_seen_within_a_step);
  tcase_add_test(all, series_are_for_linear_flows);
  tcase_add_test(all, methods_are_chosen_by_cost_and_accuracy);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
