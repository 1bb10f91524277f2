/* SPDX-License-Identifier: BSD-3-Clause */
/* The rescaled unknown: decay costs no steps and no accuracy, what decays faster keeps its tolerance, and a measure that does not
 * decay, or not yet, is integrated as it is. */
#include "solver/observe/gap.h"
#include "solver/problem/problem.h"
#include "solver/time/rescale.h"
#include "tests/flows.h"

static long steps_of(const run *r)
{
  mf_counters n;
  mf_march_counters(r->march, &n);
  return n.steps;
}

static double norm(const double *y, ptrdiff_t cells)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < cells; c++) sum += y[c] * y[c];
  return sqrt(sum);
}

static double distance(const double *a, const double *b, ptrdiff_t cells)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < cells; c++) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sqrt(sum);
}

/* The factor is continuous, its slope is s, and it stops with the step beyond 1e150. */
START_TEST(factor_is_what_its_rate_says)
{
  mf_rescale r = mf_rescale_start(0x1p40, 2);
  ck_assert_double_eq(mf_rescale_unit(&r, 1e9), 0x1p40); /* not begun */
  ck_assert_double_eq(mf_rescale_rate(&r, 1e9), 0);
  mf_rescale_weigh(&r, 0, 1);
  mf_rescale_weigh(&r, 1, exp(-0.9));
  mf_rescale_step(&r, 1.5);
  HOLDS(r.jumps == 0 && isinf(r.base)); /* 0.9 is less than half of 2 */
  mf_rescale_weigh(&r, 2, exp(-2.1));
  mf_rescale_step(&r, 2.5);
  HOLDS(r.jumps == 1 && r.base == 2.5);
  mf_rescale_weigh(&r, 3, 1);
  for (double t = 174; t < 180; t++) {
    mf_rescale_step(&r, t);
    HOLDS(r.jumps == (t == 176) && r.base == 2.5); /* for good */
  }
  HOLDS(r.end == 176);
  const double h = 1e-3;
  for (double t = 2; t < 200; t += h) {
    const double fall = log(mf_rescale_unit(&r, t) / mf_rescale_unit(&r, t + h)) / h;
    HOLDS(fall <= 2 + 1e-9 && fall >= 0);
    if (fabs(t - 2.5) > 2 * h && fabs(t - 176) > 2 * h) CLOSE(fall, mf_rescale_rate(&r, t + h / 2), 1e-9);
  }
  CLOSE(log(mf_rescale_unit(&r, 1e300) / 0x1p40), -2 * (176 - 2.5), 1e-12);
  mf_rescale none = mf_rescale_start(1, 0);
  mf_rescale_weigh(&none, 1, 1);
  mf_rescale_step(&none, 2);
  HOLDS(none.jumps == 0 && mf_rescale_unit(&none, 2) == 1);
}
END_TEST

/* Linear flows against the series, which is exact, when 1e-40 is left: in the norm, and at a tenth of the steps. */
START_TEST(linear_flows_agree_with_the_series)
{
  const double rtol = 1e-6;
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1, 0.5, 3), *mu = random_measure(&grid, 1, 0.5, 4);
    mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
    mf_gap gap;
    at("%s", shapes[i].name);
    DO(mf_gap_compute(flow, 1, &gap, NULL));
    double rate;
    DO(mf_gap_slowest(flow, &rate));
    CLOSE(rate, gap.gap.value, 1e-9 * rate);
    run *series = run_start_by(MF_CHEBYSHEV, flow, mu, rtol), *plain = run_start_by(MF_BDF, flow, mu, rtol),
        *scaled = run_start_rescaled(MF_BDF, flow, mu, rtol, rate);
    for (double decades = 1; decades <= 40; decades += 13) {
      const double t = decades * log(10) / rate;
      run_to(series, t);
      run_to(plain, t);
      run_to(scaled, t);
      const double left = norm(series->y, grid.cells);
      HOLDS(left > 0 && distance(scaled->y, series->y, grid.cells) <= spread * rtol * left);
      /* dy/dt = -rate y up to what faster modes leave */
      double *rates = reals(grid.cells);
      DO(mf_flow_rate(flow, scaled->y, rates));
      HOLDS(decades < 10 ||
            distance(scaled->ydot, rates, grid.cells) <= spread * rtol * norm(rates, grid.cells));
    }
    HOLDS((double)steps_of(scaled) < 0.5 * (double)steps_of(plain));
    HOLDS(distance(scaled->y, series->y, grid.cells) <= 0.1 * distance(plain->y, series->y, grid.cells));
    release_all();
  }
}
END_TEST

/* Moments of y about a point. */
static mf_moments moments(const mf_grid *grid, const double *y)
{
  const double zero[MF_AXES] = {0};
  mf_moments m;
  mf_field_raw_moments(grid, y, NULL, zero, &m);
  return m;
}

/* Ornstein-Uhlenbeck flow with rates 1 along x and 3 along y: the mean of y decays three times as fast as what is left.  It is right
 * to 10 rtol a step of itself while it is a thousandth of that, whatever the steps could be without it. */
START_TEST(what_decays_faster_keeps_its_tolerance)
{
  const double rtol = 1e-6;
  const mf_grid grid = plane_grid(48, 41, -5, 5, false);
  mf_measure *pi = empty_measure(&grid);
  DO(mf_measure_add_gaussian(pi, 1, (double[]){0, 0}, (double[]){1, 0, 0, 1. / 3}));
  DO(mf_measure_normalise(pi, 1));
  mf_measure *mu = empty_measure(&grid);
  DO(mf_measure_add_gaussian(mu, 1, (double[]){0.7, 0.7}, (double[]){1, 0, 0, 1. / 3}));
  DO(mf_measure_normalise(mu, 1));
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
  double rate;
  DO(mf_gap_slowest(flow, &rate));
  run *series = run_start_by(MF_CHEBYSHEV, flow, mu, rtol),
      *scaled = run_start_rescaled(MF_BDF, flow, mu, rtol, rate);
  for (double t = 0.5; t <= 3.5; t += 0.5) {
    run_to(series, t);
    run_to(scaled, t);
    const mf_moments want = moments(&grid, series->y), have = moments(&grid, scaled->y);
    at("t = %g", t);
    CLOSE(have.first[1], want.first[1], 10 * spread * rtol * fabs(want.first[1]));
    CLOSE(have.first[0], want.first[0], spread * rtol * fabs(want.first[0]));
  }
  HOLDS(fabs(moments(&grid, series->y).first[1]) < 2e-3 * fabs(moments(&grid, series->y).first[0]));
}
END_TEST

/* The same where the unknown is a logarithm, the flow is not linear, and the mass is what is left: Wasserstein-Fisher-Rao, against
 * a tolerance of 1e-10. */
START_TEST(shapes_keep_their_tolerance_beside_the_mass)
{
  const double rtol = 1e-6;
  const mf_grid grid = line_grid(61, -6, 6, false);
  const mf_measure *pi = gaussian(&grid, 0, 1);
  mf_measure *mu = empty_measure(&grid);
  DO(mf_measure_add_gaussian(mu, 1, (double[]){0.8}, (double[]){0.7}));
  DO(mf_measure_normalise(mu, 0.5));
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein + hellinger");
  double rate;
  DO(mf_gap_slowest(flow, &rate));
  CLOSE(rate, 1, 1e-12);
  run *exact = run_start_by(MF_BDF, flow, mu, 1e-10), *plain = run_start_by(MF_BDF, flow, mu, rtol),
      *scaled = run_start_rescaled(MF_BDF, flow, mu, rtol, rate);
  for (double t = 1; t <= 6; t++) { /* mean and mass decay like e^-2t and e^-t */
    run_to(exact, t);
    run_to(plain, t);
    run_to(scaled, t);
    const mf_report a = run_report(exact);
    double mean_a[MF_AXES], mean_b[MF_AXES], covariance[MF_AXES * MF_AXES];
    mf_field_moments(&grid, a.state->density, mean_a, covariance);
    const double excess = a.mass_excess;
    const mf_report b = run_report(scaled);
    mf_field_moments(&grid, b.state->density, mean_b, covariance);
    at("t = %g", t);
    CLOSE(mean_b[0], mean_a[0], 10 * spread * rtol * fabs(mean_a[0]));
    CLOSE(b.mass_excess, excess, spread * rtol * fabs(excess));
  }
  run_to(plain, 40);
  run_to(scaled, 40);
  HOLDS((double)steps_of(scaled) < 0.7 * (double)steps_of(plain));
}
END_TEST

/* An explicit method: MMD in the sum of transport and its own geometry falls at no less than the rate of the latter. */
START_TEST(explicit_steps_grow_too)
{
  const mf_grid grid = line_grid(64, -6, 6, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1.5, 0.5);
  mf_flow *flow = flow_make(&grid, pi, mu, NULL, "mmd", "wasserstein + mmd coefficient=0.5");
  const double rtol = 1e-6, end = 150;
  double rate;
  DO(mf_gap_slowest(flow, &rate));
  CLOSE(rate, 0.5, 1e-12);
  run *exact = run_start_by(MF_ADAMS, flow, mu, 1e-11), *plain = run_start_by(MF_ADAMS, flow, mu, rtol),
      *scaled = run_start_rescaled(MF_ADAMS, flow, mu, rtol, rate);
  run_to(exact, end);
  run_to(plain, end);
  run_to(scaled, end);
  const double left = norm(exact->y, grid.cells);
  HOLDS(left < 1e-32 && distance(scaled->y, exact->y, grid.cells) <= spread * rtol * left);
  HOLDS(distance(scaled->y, exact->y, grid.cells) <= 0.5 * distance(plain->y, exact->y, grid.cells));
  HOLDS((double)steps_of(scaled) < 0.5 * (double)steps_of(plain));
}
END_TEST

/* Where mass is missing for good y comes to rest and z grows with its factor: to the end of that, and as wrong as any error. */
START_TEST(what_does_not_decay_is_right_all_the_same)
{
  const double rtol = 1e-6;
  const mf_grid grid = line_grid(20, -2, 2, false);
  const mf_measure *pi = gaussian(&grid, 0, 1);
  mf_measure *mu = empty_measure(&grid);
  DO(mf_measure_add_gaussian(mu, 1, (double[]){0.3}, (double[]){0.5}));
  DO(mf_measure_normalise(mu, 0.9));
  run *scaled = run_start_rescaled(MF_BDF, flow_make(&grid, pi, mu, NULL, "kl", "wasserstein"), mu, rtol, 1);
  run_to(scaled, 600); /* beyond e^345 */
  for (ptrdiff_t c = 0; c < grid.cells; c++)
    CLOSE(scaled->y[c], -0.1 * pi->density[c], spread * rtol * 0.1 * pi->density[c]);
}
END_TEST

/* Round-off of a factor would end a vacuum that reactions of entropies keep. */
START_TEST(vacuum_is_told)
{
  const mf_grid grid = line_grid(20, -2, 2, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *full = random_measure(&grid, 1, 1, 3),
                   *holed = with_vacuum(full, 7);
  double *y = reals(grid.cells);
  static const struct {
    const char *energy, *geometry;
    bool keeps;
  } rows[] = {{"kl", "hellinger", true}, {"kl", "wasserstein + hellinger", false}, {"mmd", "mmd", false}};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
    for (int hole = 0; hole < 2; hole++) {
      const mf_measure *mu = hole ? holed : full;
      mf_flow *flow = flow_make(&grid, pi, mu, "deviation", rows[k].energy, rows[k].geometry);
      DO(mf_flow_start(flow, mu, y));
      at("%s in %s", rows[k].energy, rows[k].geometry);
      HOLDS(mf_flow_keeps_vacuum(flow) == (hole && rows[k].keeps));
    }
}
END_TEST

/* A unit of mass changes nothing but the unit. */
START_TEST(masses_may_be_small_or_large)
{
  static const double masses[] = {1e-300, 1e200};
  const mf_grid grid = line_grid(40, -4, 4, false);
  double *first = reals(grid.cells);
  for (int k = 0; k < 3; k++) {
    const double mass = k ? masses[k - 1] : 1;
    mf_measure *pi = empty_measure(&grid), *mu = empty_measure(&grid);
    DO(mf_measure_add_gaussian(pi, mass, (double[]){0}, (double[]){1}));
    DO(mf_measure_normalise(pi, mass));
    DO(mf_measure_add_gaussian(mu, mass, (double[]){0.5}, (double[]){1}));
    DO(mf_measure_normalise(mu, mass));
    mf_flow *flow = flow_make(&grid, pi, mu, NULL, "kl", "wasserstein");
    run *scaled = run_start_rescaled(MF_BDF, flow, mu, 1e-6, 1);
    run_to(scaled, 4);
    at("mass %g", mass);
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      if (k == 0) first[c] = scaled->y[c];
      CLOSE(scaled->y[c] / mass, first[c], 1e-8 * largest(first, grid.cells)); /* steps as those of mass 1 */
    }
  }
}
END_TEST

/* Flows that have no slowest rate, or none that is known, are not rescaled. */
START_TEST(slowest_rates_are_known_or_none)
{
  static const struct {
    const char *energy, *geometry;
    double want;
  } rows[] = {{"kl weight=2", "hellinger coefficient=3", 6},
              {"chi2", "hellinger", 1},
              {"kl", "spherical_hellinger coefficient=0.25", 0.25},
              {"kl", "wasserstein + hellinger coefficient=0.1", 0.1},
              {"inclusive_kl", "wasserstein + hellinger", 1},
              {"mmd", "mmd coefficient=2", 2},
              {"mmd weight=3", "wasserstein + mmd coefficient=2", 6},
              {"mmd", "wasserstein", 0},
              {"entropy", "wasserstein", 0},
              {"interaction kernel=gaussian", "wasserstein", 0}};
  const mf_grid grid = line_grid(24, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, 1);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    double rate;
    at("%s in %s", rows[k].energy, rows[k].geometry);
    DO(mf_gap_slowest(flow_make(&grid, pi, mu, NULL, rows[k].energy, rows[k].geometry), &rate));
    CLOSE(rate, rows[k].want, 1e-12);
  }
}
END_TEST

/* A case is rescaled by what is known of it, unless it says no. */
START_TEST(cases_are_rescaled_unless_they_say_no)
{
  static const struct {
    const char *rest;
    double want;
  } rows[] = {{"geometry: {wasserstein: 1}\ntime: {end: 1, integrator: bdf}\n", 1},
              {"geometry: {wasserstein: 1}\ntime: {end: 1, integrator: bdf, rescale: false}\n", 0},
              {"geometry: {wasserstein: 1}\ntime: {end: 1, integrator: chebyshev}\n", 0},
              {"geometry: {wasserstein: 1}\ntime: {end: 1, integrator: bdf}\ncoordinate: density\n", 0},
              {"geometry: {hellinger: 0.5}\ntime: {end: 1}\n", 0.5}};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    char text[512];
    mf_case *source;
    mf_problem *p;
    snprintf(text, sizeof text,
             "grid: {cells: [400], box: [[-7, 7]]}\ntarget: {gaussian: {mean: 0, covariance: 1}}\n"
             "initial: {gaussian: {mean: 1, covariance: 1}}\nenergy: kl\n%s",
             rows[k].rest);
    at("%s", rows[k].rest);
    DO(mf_case_parse(&source, "case.yaml", text));
    DO(mf_case_choose_variant(source, NULL));
    DO(mf_problem_create(&p, source));
    CLOSE(p->tolerances.decay, rows[k].want, 1e-3); /* h^2 */
    mf_problem_free(p);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("rescale");
  TCase *all = tcase_create("rescaled unknown");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, factor_is_what_its_rate_says);
  tcase_add_test(all, linear_flows_agree_with_the_series);
  tcase_add_test(all, what_decays_faster_keeps_its_tolerance);
  tcase_add_test(all, shapes_keep_their_tolerance_beside_the_mass);
  tcase_add_test(all, explicit_steps_grow_too);
  tcase_add_test(all, what_does_not_decay_is_right_all_the_same);
  tcase_add_test(all, vacuum_is_told);
  tcase_add_test(all, masses_may_be_small_or_large);
  tcase_add_test(all, slowest_rates_are_known_or_none);
  tcase_add_test(all, cases_are_rescaled_unless_they_say_no);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
