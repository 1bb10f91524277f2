/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows: what is refused, error weights, projections, rates that are no numbers. */
#include "tests/flows.h"

START_TEST(impossible_flows_are_refused)
{
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 404);
  const mf_energy_type *kl = mf_energy_find("kl");
  const mf_geometry_type *wasserstein = mf_geometry_find("wasserstein");
  options energy, geometry;
  HOLDS(options_init(&energy, &kl->params) && options_init(&geometry, &wasserstein->params));
  mf_flow *flow;
  DO(mf_flow_create(&flow, &grid, pi));
  keep(A_FLOW, flow);
  REFUSES(mf_flow_finish(flow, NULL, pi), "needs an energy");
  for (int i = 0; i < MF_TERMS; i++) DO(mf_flow_add_energy(flow, kl, energy.data.bytes));
  REFUSES(mf_flow_add_energy(flow, kl, energy.data.bytes), "more than 16 energies");
  REFUSES(mf_flow_finish(flow, NULL, pi), "needs a geometry");
  for (int i = 0; i < MF_TERMS; i++) DO(mf_flow_add_geometry(flow, wasserstein, geometry.data.bytes));
  REFUSES(mf_flow_add_geometry(flow, wasserstein, geometry.data.bytes), "more than 16 geometries");
  DO(mf_flow_finish(flow, NULL, pi));
  ck_assert_int_eq(mf_flow_energies(flow), MF_TERMS);
  ck_assert_int_eq(mf_flow_geometries(flow), MF_TERMS);

  flow = flow_parts(&grid, pi, "mmd", "wasserstein");
  REFUSES(mf_flow_add_energy(flow, kl, energy.data.bytes), "after a geometry");
  flow = flow_parts(&grid, pi, "mmd + kl", "wasserstein");
  const mf_geometry_type *mmd = mf_geometry_find("mmd");
  options o;
  HOLDS(options_init(&o, &mmd->params));
  REFUSES(mf_flow_add_geometry(flow, mmd, o.data.bytes), "inverts the kernel");
  ck_assert_ptr_eq(mf_flow_target(flow), pi);
  mf_flow_free(NULL);
}
END_TEST

/* The error weights are relative to what is left: y itself measures 1/rtol, however small it is; in log and power
 * coordinates the care for tails adds at most (1/10)^2 of that, squared. */
START_TEST(weights_measure_what_is_left)
{
  const mf_grid grid = plane_grid(7, 6, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 405);
  static const struct {
    const char *energy, *geometry, *coordinate;
  } rows[] = {{"kl", "wasserstein", "deviation"},  {"mmd", "wasserstein", "deviation"},
              {"mmd", "wasserstein", "density"},   {"kl", "hellinger", "log"},
              {"hellinger", "hellinger", "power"}, {"mmd", "hellinger", "log"}};
  const double rtol = 1e-5;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (double scale = 1e-100; scale < 2; scale = scale < 1 ? fmin(1, scale * 1e25) : 2) {
      mf_flow *flow = flow_make(&grid, pi, pi, rows[i].coordinate, rows[i].energy, rows[i].geometry);
      double *v = random_field(grid.cells, 406), *w = reals(grid.cells), square = 0;
      const bool relative = mf_coordinate_relative(mf_flow_coordinate(flow));
      const bool density = !strcmp(rows[i].coordinate, "density");
      for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] = density ? pi->density[c] : v[c] * scale;
      mf_flow_weights(flow, v, rtol, 0, 1, w);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        HOLDS(w[c] > 0 && isfinite(w[c]));
        square += w[c] * w[c] * v[c] * v[c] / (double)grid.cells;
      }
      at("%s in %s, %s, scale %g", rows[i].energy, rows[i].geometry, rows[i].coordinate, scale);
      CLOSE(sqrt(square) * rtol, 1, relative ? 0.005 + 1e-9 : 1e-12);
      mf_flow_weights(flow, v, rtol, 1e300, 1, w); /* an absolute tolerance can only loosen */
      HOLDS(largest(w, grid.cells) < 1e-290);
    }
}
END_TEST

/* The correction takes off the mass that is too much, exactly where y is a density, to second order in a logarithm. */
START_TEST(projection_restores_the_mass)
{
  const mf_grid grid = plane_grid(7, 6, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 407);
  mf_measure *mu = random_measure(&grid, 1, 1, 408);
  /* Equal masses but for rounding, as of measures that were read from a file. */
  DO(mf_measure_normalise(mu, 1 + 5e-14));
  for (int kind = 0; mf_coordinate_names[kind]; kind++) {
    mf_flow *flow = flow_make(&grid, pi, mu, mf_coordinate_names[kind], "hellinger", "spherical_hellinger");
    double *v = reals(grid.cells), *corr = reals(grid.cells), *error = random_field(grid.cells, 409);
    DO(mf_flow_start(flow, mu, v));
    mf_report report;
    DO(mf_flow_report(flow, v, &report));
    at("%s", mf_coordinate_names[kind]);
    CLOSE(report.mass_excess, 0, 1e-16); /* equal masses are made so to the last bit */
    for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] += 1e-4 * (1 + 0.5 * error[c]);
    DO(mf_flow_report(flow, v, &report));
    HOLDS(fabs(report.mass_excess) > 1e-6);
    mf_flow_project(flow, v, corr, NULL);
    for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] += corr[c];
    DO(mf_flow_report(flow, v, &report));
    CLOSE(report.mass_excess, 0, mf_coordinate_relative(mf_flow_coordinate(flow)) ? 1e-7 : 1e-16);
    mf_flow_project(flow, v, corr, error);
    double mass = 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      const double slope = mf_coordinate_slope(mf_flow_coordinate(flow), report.state->log_ratio[c]);
      mass += mf_coordinate_relative(mf_flow_coordinate(flow)) ? report.state->density[c] * error[c] / slope
                                                               : error[c];
    }
    CLOSE(mass, 0, 1e-13 * (double)grid.cells);
  }
}
END_TEST

/* A rate that is no number asks for a smaller step; no clipping may hide it. */
START_TEST(rates_that_are_no_numbers_are_noticed)
{
  static const char *const lines[] = {"hellinger", "kl", "chi2 + mmd"};
  static const char *const geometry[] = {"wasserstein", "hellinger", "spherical_hellinger"};
  const mf_grid grid = line_grid(6, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 410);
  for (int e = 0; e < 3; e++)
    for (int g = 0; g < 3; g++)
      for (int kind = MF_DENSITY; kind <= MF_LOG; kind++) {
        mf_flow *flow = flow_make(&grid, pi, pi, mf_coordinate_names[kind], lines[e], geometry[g]);
        double *v = unknown(flow, pi), *rate = reals(grid.cells);
        at("%s in %s, %s", lines[e], geometry[g], mf_coordinate_names[kind]);
        DO(mf_flow_rate(flow, v, rate));
        mf_flow_linearise(flow, v);
        rate[2] = NAN;
        HOLDS(mf_flow_jacobian(flow, rate, v) == MF_RETRY);
        v[2] = NAN;
        HOLDS(mf_flow_rate(flow, v, rate) == MF_RETRY);
      }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("flow");
  TCase *all = tcase_create("flow");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, impossible_flows_are_refused);
  tcase_add_test(all, weights_measure_what_is_left);
  tcase_add_test(all, projection_restores_the_mass);
  tcase_add_test(all, rates_that_are_no_numbers_are_noticed);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
