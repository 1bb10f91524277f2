/* SPDX-License-Identifier: BSD-3-Clause */
/* Best constants of D >= c F: against tables, closed forms, a search of their own for two points, and as laws over all grids. */
#include "solver/observe/constant.h"
#include "tests/scene.h"

static mf_constant constant_of(mf_flow *flow, double *density)
{
  mf_constant c;
  DO(mf_constant_compute(flow, &c, density ? density : reals(mf_flow_grid(flow)->cells)));
  HOLDS(c.below <= c.above && c.above <= c.witness);
  return c;
}

static mf_constant constant_in(const mf_measure *pi, const char *energy, const char *geometry)
{
  return constant_of(flow_make(pi->grid, pi, pi, NULL, energy, geometry), NULL);
}

/* |got/want - 1| <= tolerance */
static void near_to(const char *what, double got, double want, double tolerance)
{
  ck_assert_msg(fabs(got - want) <= tolerance * fabs(want), "%s: %s is %.12g, not %.12g", here, what, got,
                want);
}

/* D/F of a measure, as a run that starts there has it. */
static double ratio_at(mf_flow *flow, const mf_measure *mu)
{
  mf_report report;
  DO(mf_flow_report_start(flow, mu, unknown(flow, mu), &report));
  return report.dissipation / report.energy;
}

/* ---- KL in the Wasserstein geometry ---- */

static double depth, tilt;
static double tilted_well(const double *x)
{
  const double s = x[0] * x[0] - 1;
  return -depth * (s * s + tilt * x[0]);
}

static double exponential(const double *x)
{
  return -x[0];
}

static double normal(const double *x)
{
  return -0.5 * x[0] * x[0];
}

static double flat(const double *x)
{
  (void)x;
  return 0;
}

/* Digits of a prototype in another language: Dinkelbach's method with tridiagonal Newton steps from several starts, the same
 * grids.  They are given to their last digit; near equilibrium they are twice the gap, in closed form for the uniform. */
START_TEST(tables_are_met)
{
  static const struct {
    const char *weight;
    double (*log_density)(const double *);
    double depth, tilt, lo, hi;
    long cells;
    double want, over, error; /* over twice the gap; half of the last digit of `want` */
  } rows[] = {
      {"square_root", normal, 0, 0, -6, 6, 240, 1.99937518, 1, 5e-9},
      {"square_root", flat, 0, 0, 0, 1, 100, 19.73758537, 1, 5e-9},
      {"scharfetter_gummel", tilted_well, 1, 0, -2.5, 2.5, 300, 1.49740, 1, 2e-4},
      {"scharfetter_gummel", tilted_well, 4, 0, -2.5, 2.5, 300, 0.238319, 1,
       1e-4}, /* of a grid that is not said */
      {"scharfetter_gummel", tilted_well, 4, 0.15, -2.5, 2.5, 300, 0.24646070, 0.907044, 2e-8},
      {"scharfetter_gummel", tilted_well, 4, 0.4, -2.5, 2.5, 300, 0.29651402, 0.606058, 2e-8},
      {"square_root", exponential, 0, 0, 0, 10, 600, 0.254558, 0.365013, 2e-6},
      {"square_root", exponential, 0, 0, 0, 10, 200, 0.2545898930, 0.3650484, 1e-9},
      {"square_root", tilted_well, 4, 0.15, -2.2, 2.2, 400, 0.2464308555, 0.9070258, 2e-9},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char geometry[64];
    at("row %d", (int)i);
    depth = rows[i].depth, tilt = rows[i].tilt;
    const mf_grid grid = line_grid(rows[i].cells, rows[i].lo, rows[i].hi, false);
    snprintf(geometry, sizeof geometry, "wasserstein face_weight=%s", rows[i].weight);
    const mf_constant c = constant_in(measure_of(&grid, 1, rows[i].log_density), "kl", geometry);
    near_to("c", c.above, rows[i].want, rows[i].error);
    near_to("c over twice the gap", c.above / c.twice_gap, rows[i].over, 1e-5);
    ck_assert_int_eq(c.near, rows[i].over == 1);
    release_all();
  }
}
END_TEST

static double lower_by(const mf_constant *c, const char *criterion)
{
  for (int k = 0; k < c->bounds; k++)
    if (strstr(c->bound[k].criterion, criterion)) return c->bound[k].value;
  return 0;
}

/* For N(0, 1) the rates have 4 (1 - e^(-h^2/2))/h^2 where both are alike, in the middle; of Ehrenfest's urns, rates
 * n - i up and i down, all 4, which is the constant (Gross 1975: n coins with one each).  Holley and Stroock's continuum bound of the
 * double well (x^2 - 1)^2 is sup 2 a e^-(1 + a/4)^2 = .4532 at a = 2 (sqrt 3 - 1): the grid's is below by its table's steps of
 * 1/8 in log a, squared, and by h. */
START_TEST(lower_bounds_are_the_known_ones)
{
  enum { N = 12 };
  double density[N + 1], weight[N + 1];
  const mf_grid line = line_grid(240, -6, 6, false), wide = line_grid(400, -1.9, 1.9, false),
                urns = line_grid(N + 1, 0, N + 1, false);
  const char *geometry = "wasserstein face_weight=square_root";
  const mf_constant normal_one = constant_in(measure_of(&line, 1, normal), "kl", geometry);
  near_to("N(0, 1)", lower_by(&normal_one, "rates"), -4 * expm1(-0.5 * 0.05 * 0.05) / (0.05 * 0.05), 1e-9);
  depth = 1, tilt = 0;
  const mf_constant well = constant_in(measure_of(&wide, 1, tilted_well), "kl", geometry);
  HOLDS(lower_by(&well, "perturbation") > 0.45 && lower_by(&well, "perturbation") < 0.4532);
  double binomial = 1;
  for (int i = 0; i <= N; i++) {
    density[i] = binomial;
    weight[i] = binomial * (N - i);
    binomial *= (double)(N - i) / (i + 1);
  }
  mf_lower_bound bound[MF_LOWER];
  const mf_entropic coins = {
      .grid = &urns, .mass = density, .exponent = 1, .transport = 1, .conserves = true, .weight = {weight}};
  HOLDS(mf_lower_entropic(&coins, bound) > 0 && strstr(bound[0].criterion, "rates"));
  near_to("coins", bound[0].value, 4, 1e-10);
}
END_TEST

/* inf of (a - b)(log a - log b)/(KL of th a, (1 - th) b) over twice the gap, th a + (1 - th) b = 1: by a fine table. */
static double two_points(double th)
{
  double least = 1;
  for (int i = 1; i < 400000; i++) {
    const double a = i / 400000. / th, b = (1 - th * a) / (1 - th);
    if (fabs(a - 1) < 1e-3) continue; /* cancels; the limit is 1 */
    const double kl = th * (a * log(a) - a + 1) + (1 - th) * (b * log(b) - b + 1);
    least = fmin(least, th * (1 - th) * (a - b) * log(a / b) / kl / 2);
  }
  return least;
}

/* The modified log-Sobolev constants of two points of gap 1 (Bobkov & Tetali 2006): also those in five digits. */
START_TEST(two_points_have_theirs)
{
  static const double table[][2] = {
      {0.4, 1.98650315}, {0.3, 1.94386140}, {0.2, 1.86374162}, {0.1, 1.72024336}, {0.01, 1.39046465}};
  const mf_grid grid = line_grid(2, 0, 1, false);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    const double th = table[i][0], density[] = {th, 1 - th};
    at("th = %g", th);
    mf_measure *pi = empty_measure(&grid);
    DO(mf_measure_set_density(pi, density));
    DO(mf_measure_normalise(pi, 1));
    const mf_constant c = constant_in(pi, "kl", "wasserstein");
    near_to("the table's", 2 * c.above / c.twice_gap, table[i][1], 1e-8);
    /* c >= f + r + 2 sqrt(f r) with f + r the gap, f = th of it */
    HOLDS(c.below >= 0.5 * c.twice_gap * (1 + 2 * sqrt(th * (1 - th))) * (1 - 1e-9) && c.below <= c.above);
    near_to("a scan's", c.above / c.twice_gap, two_points(th),
            1e-8); /* steps of 1e-5, squared, at the minimum */
  }
}
END_TEST

/* The constant of a product is the least of its factors', attained by measures of one factor. */
START_TEST(products_have_the_least_of_their_factors)
{
  depth = 4, tilt = 0.15;
  const mf_grid line = line_grid(60, -2, 2, false), plane = plane_grid(60, 60, -2, 2, false);
  const char *geometry = "wasserstein face_weight=square_root";
  const mf_constant one = constant_in(measure_of(&line, 1, tilted_well), "kl", geometry);
  mf_measure *pi = empty_measure(&plane);
  double *l = reals(plane.cells);
  for (ptrdiff_t c = 0; c < plane.cells; c++) {
    double x[MF_AXES];
    mf_grid_centre(&plane, c, x);
    l[c] = tilted_well(x) - 0.5 * x[1] * x[1];
  }
  DO(mf_measure_set_log_density(pi, l));
  DO(mf_measure_normalise(pi, 1));
  const mf_constant two = constant_in(pi, "kl", geometry);
  HOLDS(!one.near && !two.near);
  near_to("c of the product", two.above, one.above,
          1e-6); /* where the search ends: it gains 1e-11 a step, in a hundred steps or so */
  near_to("its lower bound", two.below, one.below, 1e-6); /* marginals are good to rounding */
}
END_TEST

/* ---- reactions, in closed form ---- */

/* M+: 1/(1 - p) for p <= 1/2 (as c pi, c -> infinity), 0 for p = 1.  The bound from below is the same number. */
START_TEST(reaction_has_its_constants)
{
  static const double table[][2] = {{-1, 0.5}, {0, 1}, {0.25, 4. / 3}, {0.5, 2}};
  const mf_grid grid = line_grid(40, -3, 3, false);
  const mf_measure *pi = measure_of(&grid, 1, normal);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char energy[64];
    snprintf(energy, sizeof energy, "divergence p=%g weight=3", table[i][0]);
    at("%s", energy);
    const mf_constant c = constant_in(pi, energy, "hellinger coefficient=0.7");
    near_to("above", c.above, 2.1 * table[i][1],
            1e-5); /* e^-7.5 to the fourth at p = 1/4 for the mass e^30 */
    near_to("below", c.below, 2.1 * table[i][1], 1e-12);
  }
  HOLDS(constant_in(pi, "kl", "hellinger").above < 1e-30);
  HOLDS(constant_in(pi, "kl", "hellinger + wasserstein").above < 1e-30);
  const mf_constant inclusive = constant_in(pi, "inclusive_kl", "hellinger coefficient=1.5 + wasserstein");
  near_to("inclusive KL, above", inclusive.above, 1.5, 1e-9);
  near_to("inclusive KL, below", inclusive.below, 1.5, 1e-12);
}
END_TEST

/* Probabilities: approached as the least pi goes to 0, here 1e-8: above by less than a hundredth, never below. */
START_TEST(spherical_reaction_approaches_its_constants)
{
  static const double table[][2] = {{0, 1}, {0.25, 4. / 3}, {1. / 3, 1.5}, {0.4, 1.5495}};
  const mf_grid grid = line_grid(200, -5, 5, false);
  const mf_measure *pi = measure_of(&grid, 1, normal);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char energy[64];
    snprintf(energy, sizeof energy, "divergence p=%.17g", table[i][0]);
    at("%s", energy);
    const mf_constant c = constant_in(pi, energy, "spherical_hellinger");
    near_to("below", c.below, table[i][1], 3e-5); /* half of the last digit */
    HOLDS(c.above >= c.below && c.above < 1.01 * table[i][1]);
  }
}
END_TEST

/* ---- IFT ---- */

/* On M+ D/F is 2 beta at mu = 0, which the identity D_MMD = 2 beta F says is least.  Of the energy distance on [0, 1] with walls
 * int G^2 dmu = int G^2 dpi >= min pi int G^2, G the difference of distribution functions: 2 beta + 4 alpha for the uniform. */
START_TEST(ift_has_its_constants)
{
  const mf_grid wide = line_grid(64, -3, 3, false), unit = line_grid(64, 0, 1, false);
  const mf_constant gauss = constant_in(measure_of(&wide, 1, normal), "mmd kernel=gaussian bandwidth=1",
                                        "wasserstein + mmd coefficient=1.25");
  near_to("above, M+", gauss.above, 2.5, 1e-9);
  near_to("below, M+", gauss.below, 2.5, 1e-12);
  const mf_constant even =
      constant_in(measure_of(&unit, 1, flat),
                  "mmd kernel=energy bandwidth=", "wasserstein coefficient=0.5 + mmd coefficient=3");
  near_to("energy distance", even.above, 8,
          1e-4); /* upwind values: h times a deviation that is small where D/F is least */
  near_to("energy distance, below", even.below, 7,
          1e-11); /* the limiter may take half of what transport gives */
  const mf_constant sharp = constant_in(measure_of(&unit, 1, flat), "mmd kernel=energy bandwidth=",
                                        "wasserstein coefficient=0.5 limiter=none + mmd coefficient=3");
  near_to("energy distance without slopes, below", sharp.below, 8, 1e-11);
  HOLDS(sharp.above >= sharp.below);
}
END_TEST

/* l = -600 stands for vacuum, where inclusive KL is infinite and D may be a number: bumps get there at the corners of a plane. */
START_TEST(infinite_energies_are_no_witness)
{
  const mf_grid grid = plane_grid(30, 30, -8, 8, false);
  const mf_constant c = constant_in(gaussian(&grid, 0, 1), "inclusive_kl", "wasserstein + hellinger");
  HOLDS(isfinite(c.energy) && isfinite(c.dissipation) && c.energy > 0);
  near_to("above", c.above, 1, 1e-9);
}
END_TEST

/* ---- laws ---- */

/* On all grids: no measure has less than the bounds from below, and the witness has what is said of it. */
START_TEST(bounds_hold)
{
  static const char *const flows[][2] = {
      {"kl", "wasserstein"},
      {"kl weight=2", "wasserstein coefficient=0.5 + spherical_hellinger"},
      {"divergence p=0.3", "spherical_hellinger"},
      {"inclusive_kl", "hellinger + wasserstein"},
      {"chi2", "wasserstein"},
      {"mmd kernel=gaussian bandwidth=1", "wasserstein + mmd"},
      {"kl", "kernelised_hellinger kernel=gaussian bandwidth=1"},
  };
  for (scene s = scenes(77); next_scene(&s);)
    for (size_t i = 0; i < sizeof flows / sizeof *flows && s.grid.cells > 1; i++) {
      mf_flow *flow = flow_make(&s.grid, s.pi, s.pi, "log", flows[i][0], flows[i][1]);
      double *density = reals(s.grid.cells);
      at("%s: %s in %s", s.name, flows[i][0], flows[i][1]);
      const mf_constant c = constant_of(flow, density);
      HOLDS(ratio_at(flow, s.even) >= c.below * (1 - 1e-12));
      HOLDS(mf_flow_conserves_mass(flow) || ratio_at(flow, s.mu) >= c.below * (1 - 1e-12));
      HOLDS(isnan(c.twice_gap) || c.above <= c.twice_gap);
      mf_measure *witness = empty_measure(&s.grid);
      DO(mf_measure_set_density(witness, density));
      if (c.energy > 1e-7) /* else the density has lost digits of the deviation */
        near_to("D/F of the witness", ratio_at(flow, witness), c.witness, 1e-6 + 1e-14 / c.energy);
    }
}
END_TEST

START_TEST(flows_without_an_inequality_say_so)
{
  static const struct {
    const char *energy, *geometry, *text;
  } rows[] = {
      {"kl + potential", "wasserstein", "energy potential has no infimum at the target"},
      {"kl", "wasserstein_fourth", "the dissipation may be negative"},
      {"kl", "wasserstein coefficient=0", "nothing moves"},
  };
  const mf_grid grid = line_grid(20, -2, 2, false);
  const mf_measure *pi = measure_of(&grid, 1, normal);
  double *density = reals(grid.cells);
  mf_constant c;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    mf_flow *flow = flow_make(&grid, pi, pi, NULL, rows[i].energy, rows[i].geometry);
    ck_assert_int_eq(mf_constant_compute(flow, &c, density), MF_ENUMERIC);
    ck_assert_msg(strstr(mf_error(), rows[i].text) != NULL, "%s", mf_error());
  }
  ck_assert_int_eq(
      mf_constant_compute(flow_make(&grid, NULL, pi, NULL, "internal m=2", "wasserstein"), &c, density),
      MF_ENUMERIC);
  HOLDS(strstr(mf_error(), "no target"));
}
END_TEST

/* The same to the last bit for any number of threads. */
START_TEST(threads_change_nothing)
{
  depth = 4, tilt = 0.15;
  const mf_grid grid = plane_grid(70, 50, -2, 2, false);
  mf_flow *flow = flow_make(&grid, measure_of(&grid, 1, tilted_well), measure_of(&grid, 1, flat), NULL, "kl",
                            "wasserstein");
  mf_threads_set(1);
  const mf_constant one = constant_of(flow, NULL);
  mf_threads_set(3);
  const mf_constant three = constant_of(flow, NULL);
  mf_threads_set(0);
  HOLDS(one.witness == three.witness && one.energy == three.energy && one.below == three.below);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("constant");
  TCase *all = tcase_create("flows");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_set_timeout(all, 300);
  tcase_add_test(all, tables_are_met);
  tcase_add_test(all, lower_bounds_are_the_known_ones);
  tcase_add_test(all, two_points_have_theirs);
  tcase_add_test(all, products_have_the_least_of_their_factors);
  tcase_add_test(all, reaction_has_its_constants);
  tcase_add_test(all, spherical_reaction_approaches_its_constants);
  tcase_add_test(all, ift_has_its_constants);
  tcase_add_test(all, infinite_energies_are_no_witness);
  tcase_add_test(all, bounds_hold);
  tcase_add_test(all, flows_without_an_inequality_say_so);
  tcase_add_test(all, threads_change_nothing);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
