/* SPDX-License-Identifier: BSD-3-Clause */
/* Strang splitting: its order, what it keeps, its steps, held to CVODE at a tight tolerance and to theory. */
#include "solver/time/split.h"
#include "tests/flows.h"

static double *log_ratio_of(const mf_measure *mu, const mf_measure *pi)
{
  double *l = reals(mu->grid->cells);
  for (ptrdiff_t c = 0; c < mu->grid->cells; c++) l[c] = mu->log_density[c] - pi->log_density[c];
  return l;
}

/* volume * sum of |mu - nu| for two log-ratios. */
static double distance(const mf_measure *pi, const double *a, const double *b)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) sum += fabs(pi->density[c] * (exp(a[c]) - exp(b[c])));
  return sum * pi->grid->volume;
}

static double divergence_of(const mf_measure *pi, const double *l)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++)
    sum += pi->density[c] * mf_entropy_value(1, expm1(l[c]), fmax(l[c], MF_LOG_VACUUM));
  return sum * pi->grid->volume;
}

static double hellinger_of(const mf_measure *pi, const double *l)
{
  double sum = 0;
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) sum += pi->density[c] * pow(expm1(0.5 * l[c]), 2);
  return sum * pi->grid->volume;
}

static mf_split *split_of(mf_flow *flow, const mf_measure *initial)
{
  mf_split *s;
  DO(mf_split_create(&s, flow, initial));
  return s;
}

static const char *const reactions[] = {"wasserstein + hellinger coefficient=2",
                                        "spherical_hellinger + wasserstein"};

/* Against CVODE at 1e-10: errors of n and 2n steps differ by 4. */
START_TEST(splitting_is_of_second_order)
{
  const bool plane = _i / 2;
  const mf_grid grid = plane ? plane_grid(24, 20, -3, 3, false) : line_grid(60, -5, 5, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.7, 0.5);
  const double end = 0.8;
  mf_flow *flow = flow_make(&grid, pi, mu, "log", "kl weight=0.7", reactions[_i % 2]);
  run *exact = run_start(flow, mu, 1e-10);
  run_to(exact, end);
  double error[3];
  for (int k = 0; k < 3; k++) {
    const int steps = 8 << k;
    mf_split *s = split_of(flow, mu);
    double *l = log_ratio_of(mu, pi);
    for (int i = 0; i < steps; i++) DO(mf_split_step(s, end / steps, l));
    error[k] = distance(pi, l, exact->y);
    mf_split_free(s);
  }
  at("%s: errors %g %g %g", reactions[_i % 2], error[0], error[1], error[2]);
  CLOSE(error[0] / error[1], 4, 0.1); /* the next order is seen at 8 steps */
  CLOSE(error[1] / error[2], 4, 0.1);
}
END_TEST

/* Transport first and reaction second, of a Gaussian narrower than the target, is ahead of the flow in KL, the other
 * order behind it; of a wider one it is the other way round.  Either is of first order. */
START_TEST(order_of_the_maps_has_a_sign)
{
  const bool wide = _i;
  const mf_grid grid = line_grid(120, -9, 9, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0, wide ? 1.6 : 0.5);
  const double end = 0.5;
  mf_flow *flow = flow_make(&grid, pi, mu, "log", "kl", "wasserstein + spherical_hellinger");
  run *exact = run_start(flow, mu, 1e-10);
  run_to(exact, end);
  double excess[2][2];
  for (int first = 0; first < 2; first++)
    for (int k = 0; k < 2; k++) {
      const int steps = 16 << k;
      mf_split *s = split_of(flow, mu);
      double *l = log_ratio_of(mu, pi);
      for (int i = 0; i < steps; i++) {
        if (first) mf_split_react(s, end / steps, l);
        DO(mf_split_transport(s, end / steps, l));
        if (!first) mf_split_react(s, end / steps, l);
      }
      excess[first][k] = divergence_of(pi, l) - divergence_of(pi, exact->y);
      mf_split_free(s);
    }
  at("wide %d: %g %g, %g %g", wide, excess[0][0], excess[0][1], excess[1][0], excess[1][1]);
  HOLDS(wide ? excess[0][0] > 0 && excess[1][0] < 0 : excess[0][0] < 0 && excess[1][0] > 0);
  for (int first = 0; first < 2; first++) CLOSE(excess[first][0] / excess[first][1], 2, 0.1);
}
END_TEST

/* Whatever the step, from vacuum too: nothing negative, KL falls, on M+ He falls too, and else the mass is kept. */
START_TEST(splitting_keeps_what_the_flow_keeps)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1.2, 1, 3);
    const mf_measure *mu = with_vacuum(random_measure(&grid, _i ? 1.2 : 0.4, 1.5, 4), grid.cells / 2);
    mf_flow *flow = flow_make(&grid, pi, mu, "deviation", "kl", reactions[_i]);
    mf_split *s = split_of(flow, mu);
    double *l = log_ratio_of(mu, pi);
    at("%s, %s", reactions[_i], shapes[i].name);
    const double mass = mf_field_mass(&grid, mu->density);
    for (double step = 0.01; step < 5; step *= 3) {
      const double kl = divergence_of(pi, l), he = hellinger_of(pi, l);
      DO(mf_split_step(s, step, l));
      HOLDS(divergence_of(pi, l) < kl);
      double now = 0;
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        HOLDS(l[c] < INFINITY); /* and no NAN: u >= 0 */
        now += grid.volume * pi->density[c] * exp(l[c]);
      }
      if (_i)
        CLOSE(now, mass, 1e-14 * mass * (double)grid.cells);
      else
        HOLDS(hellinger_of(pi, l) < he);
    }
    mf_split_free(s);
    release_all();
  }
}
END_TEST

/* Chosen steps keep the error near the tolerance, and their number grows like its third root. */
START_TEST(splitting_follows_its_tolerance)
{
  const mf_grid grid = line_grid(60, -5, 5, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.7, 0.5);
  mf_flow *flow = flow_make(&grid, pi, mu, "deviation", "kl", reactions[_i]);
  run *exact = run_start(flow, mu, 1e-10);
  run_to(exact, 1);
  long steps[2];
  for (int k = 0; k < 2; k++) {
    const double rtol = k ? 1e-7 : 1e-4;
    run *r = run_start_by(MF_SPLITTING, flow, mu, rtol);
    run_to(r, 1);
    at("%s, rtol %g", reactions[_i], rtol);
    mf_counters n;
    mf_march_counters(r->march, &n);
    steps[k] = n.steps;
    double error = 0, size = 0; /* in the norm of the steps, in which errors add up */
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      error += pow(r->y[c] - exact->y[c], 2) / pi->density[c];
      size += pow(exact->y[c], 2) / pi->density[c];
    }
    HOLDS(sqrt(error / size) < 2 * rtol * (double)n.steps); /* what is left of y falls by 2 on the way */
  }
  CLOSE((double)steps[1] / (double)steps[0], 10, 4);
}
END_TEST

/* Within a step the state is as good as at its end, joins it there, and leaves no trace in the trajectory. */
START_TEST(splitting_is_seen_within_a_step)
{
  enum { PARTS = 7 };
  const mf_grid grid = line_grid(60, -5, 5, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.7, 0.5);
  mf_flow *flow = flow_make(&grid, pi, mu, "deviation", "kl", reactions[_i]);
  run *looked = run_start_by(MF_SPLITTING, flow, mu, 1e-4),
      *unseen = run_start_by(MF_SPLITTING, flow, mu, 1e-4);
  run *exact = run_start(flow, mu, 1e-10);
  double *end = reals(grid.cells);
  for (int steps = 0; mf_march_time(looked->march) < 1; steps++) {
    const double from = mf_march_time(looked->march);
    DO(mf_march_step(looked->march, 1, 1));
    const double step = mf_march_step_size(looked->march);
    run_look(looked, from + step, end, NULL);
    for (int k = 1; k <= PARTS; k++) {
      const double t = k < PARTS ? from + step * k / PARTS : (from + step) * (1 - 1e-15);
      run_look(looked, t, looked->y, NULL);
      run_until(exact, t, 2);
      at("%s, t = %g", reactions[_i], t);
      double error = 0, size = 0; /* as in the test above */
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        error += pow(looked->y[c] - exact->y[c], 2) / pi->density[c];
        size += pow(exact->y[c], 2) / pi->density[c];
      }
      HOLDS(sqrt(error / size) < 2e-4 * (steps + 1));
    }
    SAME(looked->y, end, grid.cells, 1e-11 * largest(end, grid.cells));
  }
  run_to(looked, 1);
  run_to(unseen, 1);
  SAME(looked->y, unseen->y, grid.cells, 0);
}
END_TEST

START_TEST(splitting_is_for_kl)
{
  static const char *const refused[][2] = {{"inclusive_kl", "wasserstein + hellinger"},
                                           {"kl", "hellinger"},
                                           {"kl + mmd", "wasserstein + hellinger"}};
  const mf_grid grid = line_grid(10, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 0.5, 8), *mu = random_measure(&grid, 1, 0.5, 9);
  const mf_horizon horizon = {.end = 1, .outputs = 10, .rtol = 1e-6};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    mf_flow *flow = flow_make(&grid, pi, mu, NULL, refused[i][0], refused[i][1]);
    mf_split *s;
    mf_integrator integrator = MF_SPLITTING;
    const char *reason;
    at("%s in %s", refused[i][0], refused[i][1]);
    REFUSES(mf_integrator_choose(&integrator, &reason, flow, mu, &horizon, NULL), "splitting is for kl");
    REFUSES(mf_split_create(&s, flow, mu), "leave the choice to 'auto'");
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("split");
  TCase *all = tcase_create("splitting");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, splitting_is_of_second_order, 0, 4);
  tcase_add_loop_test(all, order_of_the_maps_has_a_sign, 0, 2);
  tcase_add_loop_test(all, splitting_keeps_what_the_flow_keeps, 0, 2);
  tcase_add_loop_test(all, splitting_follows_its_tolerance, 0, 2);
  tcase_add_loop_test(all, splitting_is_seen_within_a_step, 0, 2);
  tcase_add_test(all, splitting_is_for_kl);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
