/* SPDX-License-Identifier: BSD-3-Clause */
/* What every run keeps: its mass, its steps whoever looks at it, and the rate of decay to the last decade. */
#include "tests/flows.h"

static const struct {
  const char *energy, *geometry;
} kinds[] = {{"kl", "wasserstein"},
             {"mmd bandwidth=0.5", "wasserstein"},
             {"hellinger", "wasserstein"},
             {"chi2", "wasserstein"},
             {"kl", "wasserstein + spherical_hellinger"},
             {"inclusive_kl", "wasserstein + spherical_hellinger"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

START_TEST(mass_stays_to_the_last_digit)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1, 0.5, 440), *mu = random_measure(&grid, 1, 1, 441);
    run *r = run_start(flow_make(&grid, pi, mu, NULL, kinds[_i].energy, kinds[_i].geometry), mu, 1e-5);
    for (double t = 0.01; t < 5; t *= 5) {
      run_to(r, t);
      const mf_report report = run_report(r);
      at("%s in %s, %s, t = %g", kinds[_i].energy, kinds[_i].geometry, shapes[i].name, t);
      CLOSE(report.mass_excess, 0, 1e-14);
      CLOSE(mf_field_mass(&grid, report.state->density), 1, 1e-14);
    }
    release_all();
  }
}
END_TEST

/* Mass need not be the target's to be kept. */
START_TEST(mass_stays_what_it_was)
{
  const mf_grid grid = line_grid(30, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1);
  mf_measure *mu = gaussian(&grid, 0.5, 0.5);
  DO(mf_measure_normalise(mu, 0.7));
  for (int i = 0; i < KINDS; i++) {
    run *r = run_start(flow_make(&grid, pi, mu, NULL, kinds[i].energy, kinds[i].geometry), mu, 1e-5);
    run_to(r, 2);
    at("%s in %s", kinds[i].energy, kinds[i].geometry);
    CLOSE(mf_field_mass(&grid, run_report(r).state->density), 0.7, 1e-14);
    CLOSE(run_report(r).mass_excess, -0.3, 1e-14);
  }
}
END_TEST

/* Looking is not touching: however often outputs are taken, the steps and the end are the same to the last bit. */
START_TEST(looking_changes_nothing)
{
  const mf_grid grid = plane_grid(12, 10, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.5, 0.5);
  double *end[2];
  mf_counters n[2];
  for (int often = 0; often < 2; often++) {
    run *r = run_start(flow_make(&grid, pi, mu, NULL, kinds[_i].energy, kinds[_i].geometry), mu, 1e-6);
    for (int k = 1; often && k < 500; k++) {
      run_until(r, 0.002 * k, 1);
      run_report(r);
    }
    run_until(r, 1, 1);
    end[often] = r->y;
    mf_march_counters(r->march, &n[often]);
  }
  at("%s in %s", kinds[_i].energy, kinds[_i].geometry);
  ck_assert_int_eq(n[0].steps, n[1].steps);
  ck_assert_int_eq(n[0].rates, n[1].rates);
  ck_assert_mem_eq(end[0], end[1], (size_t)grid.cells * sizeof *end[0]);
}
END_TEST

/* Decay is seen to the last decade: no floor of round-off or of tolerances down to 1e-150, and the rate is that of linear
 * theory, 2 lambda_h for transport, 2 (lambda_h + beta) with a reaction on measures of fixed mass. */
START_TEST(decay_has_no_floor)
{
  static const struct {
    const char *geometry;
    double beta, end;
  } rows[] = {{"wasserstein", 0, 160}, {"wasserstein + spherical_hellinger coefficient=1", 1, 80}};
  const mf_grid grid = line_grid(60, -6, 6, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, 0.5);
  const double rate = 2 * (chain_eigenvalue(&grid, pi, MF_FACE_AUTO, 0.9) + rows[_i].beta), rtol = 1e-5;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", rows[_i].geometry), mu, rtol);
  double energy[2], time[2];
  for (int k = 0; k < 2; k++) {
    time[k] = rows[_i].end * (0.5 + 0.5 * k);
    run_to(r, time[k]);
    energy[k] = run_report(r).energy;
  }
  at("%s", rows[_i].geometry);
  HOLDS(energy[1] > 0 && energy[1] < 1e-130);
  CLOSE_REL(log(energy[0] / energy[1]) / (time[1] - time[0]), rate, 1e-3);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("invariants");
  TCase *all = tcase_create("invariants");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, mass_stays_to_the_last_digit, 0, KINDS);
  tcase_add_test(all, mass_stays_what_it_was);
  tcase_add_loop_test(all, looking_changes_nothing, 0, KINDS);
  tcase_add_loop_test(all, decay_has_no_floor, 0, 2);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
