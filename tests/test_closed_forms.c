/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole flows against closed forms, and against theorems on their decay. */
#include "tests/kernels.h"

/* ---- reactions in closed form (mathematics: B.3) -------------------------------------------------------------- */

/* log u of phi_p in Hellinger at time t with beta = 1: u^(1-p) - 1 decays like e^-t. */
static double reacted(double p, double l, double t)
{
  return p == 1 ? l * exp(-t) : log1p(expm1((1 - p) * l) * exp(-t)) / (1 - p);
}

/* pi e^l for l between two ends, without regard for mass. */
static mf_measure *tilted(const mf_measure *pi, double from, double to)
{
  const mf_grid *grid = pi->grid;
  mf_measure *m = empty_measure(grid);
  double *l = reals(grid->cells);
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    l[c] = pi->log_density[c] + from + (to - from) * (double)c / (double)(grid->cells - 1);
  DO(mf_measure_set_log_density(m, l));
  m->mass = mf_field_mass(grid, m->density);
  return m;
}

/* u_t = u_0^(e^-t) from u_0 = e^-500 to e^3: the unknown is log u, and the reaction is linear in it. */
START_TEST(fisher_rao_remembers_tails)
{
  const mf_grid grid = line_grid(50, -4, 4, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = tilted(pi, -500, 3);
  const double rtol = 1e-9;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "hellinger coefficient=2"), mu, rtol);
  ck_assert_int_eq(mf_flow_coordinate(r->flow)->kind, MF_LOG);
  for (double t = 0.5; t < 40; t *= 2) {
    run_to(r, t);
    at("t = %g", t);
    for (ptrdiff_t c = 0; c < grid.cells; c++)
      CLOSE_REL(r->y[c], (mu->log_density[c] - pi->log_density[c]) * exp(-2 * t), spread * rtol * (1 + t));
  }
}
END_TEST

START_TEST(reactions_follow_their_closed_form)
{
  static const double exponents[] = {-1, 0, 0.25, 0.5, 2, 3};
  const double p = exponents[_i], rtol = 1e-8;
  char energy[32];
  snprintf(energy, sizeof energy, "divergence p=%g", p);
  const mf_grid grid = line_grid(40, -2, 2, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = tilted(pi, -20, 2);
  static const char *const names[] = {NULL, "log"};
  for (int k = 0; k < 2; k++) {
    run *r = run_start(flow_make(&grid, pi, mu, names[k], energy, "hellinger"), mu, rtol);
    const mf_coordinate *q = mf_flow_coordinate(r->flow);
    HOLDS(k == 1 || (q->kind == MF_POWER && q->exponent == 1 - p));
    for (double t = 0.01; t < 20; t *= 4) {
      run_to(r, t);
      const mf_report report = run_report(r);
      at("p = %g, %s, t = %g", p, mf_coordinate_names[q->kind], t);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        const double start_l = fmax(mu->log_density[c] - pi->log_density[c], q->floor);
        const double want = reacted(p, start_l, t), got = report.state->log_ratio[c];
        /* Power: y = (u^q - 1)/q has one and the same relative error everywhere, and u^q = 1 + q y is small where q y is
         * near -1.  Log: cells of little mass are looked after with a tenth of the care. */
        const double u_q = 1 + expm1((1 - p) * want), y_q = fabs(expm1((1 - p) * want));
        const double allowed =
            k ? 30 * spread * rtol * (1 + fabs(want)) : spread * rtol * y_q / (u_q * fabs(1 - p));
        CLOSE(got, want, allowed);
      }
    }
  }
}
END_TEST

/* For p < 1 vacuum is left at once: sqrt u = 1 - e^-t from u = 0 for p = 1/2, u = 1 - e^-t for p = 0. */
START_TEST(vacuum_is_left_at_once)
{
  const mf_grid grid = line_grid(10, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 420),
                   *mu = with_vacuum(random_measure(&grid, 1, 1, 421), 4);
  for (int half = 0; half < 2; half++) {
    run *r =
        run_start(flow_make(&grid, pi, mu, NULL, half ? "hellinger" : "inclusive_kl", "hellinger"), mu, 1e-8);
    for (double t = 1e-3; t < 5; t *= 7) {
      run_to(r, t);
      const mf_report report = run_report(r);
      at("p = %g, t = %g", 0.5 * half, t);
      CLOSE_REL(report.state->density[4] / pi->density[4], pow(-expm1(-t), half ? 2 : 1), spread * 1e-8 / t);
    }
  }
}
END_TEST

/* Great circle: tan(theta/2) e^t is constant for cos theta = int sqrt(mu pi), and the path lies on the circle. */
START_TEST(spherical_hellinger_runs_on_a_great_circle)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1, 1, 430), *mu = random_measure(&grid, 1, 2, 431);
    const double rtol = 1e-8;
    run *r = run_start(flow_make(&grid, pi, mu, NULL, "hellinger", "spherical_hellinger"), mu, rtol);
    double cosine = 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) cosine += grid.volume * sqrt(mu->density[c] * pi->density[c]);
    const double theta_0 = acos(cosine);
    for (double t = 0.2; t < 8; t *= 3) {
      run_to(r, t);
      const mf_report report = run_report(r);
      const double theta = 2 * atan(tan(0.5 * theta_0) * exp(-t));
      at("%s, t = %g", shapes[i].name, t);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        const double root =
            (sin(theta) * sqrt(mu->density[c]) + sin(theta_0 - theta) * sqrt(pi->density[c])) / sin(theta_0);
        CLOSE_REL(report.state->density[c], root * root, spread * rtol);
      }
      CLOSE(report.mass_excess, 0, spread * rtol); /* nothing projects without BDF */
    }
    release_all();
  }
}
END_TEST

/* mu_t = mu_0^theta pi^(1-theta)/Z with theta = e^-t for p = 1; the straight line for p = 0; for p = 2 the clock tau with
 * t = int log(1 + tau u_0) d pi. */
static double logistic_clock(const mf_measure *pi, const mf_measure *mu, double t)
{
  const mf_grid *grid = pi->grid;
  double low = 0, high = 1e12;
  for (int k = 0; k < 200; k++) {
    const double middle = low < 1e-6 ? 0.5 * (low + high) : sqrt(low * high);
    double sum = 0;
    for (ptrdiff_t c = 0; c < grid->cells; c++)
      sum += grid->volume * pi->density[c] * log1p(middle * mu->density[c] / pi->density[c]);
    *(sum < t ? &low : &high) = middle;
  }
  return low;
}

START_TEST(spherical_reactions_follow_their_paths)
{
  static const char *const lines[] = {"inclusive_kl", "kl", "chi2"};
  const mf_grid grid = line_grid(30, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, 0.5);
  const double rtol = 1e-8;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, lines[_i], "spherical_hellinger"), mu, rtol);
  for (double t = 0.1; t < 8; t *= 3) {
    run_to(r, t);
    const mf_report report = run_report(r);
    double *want = reals(grid.cells);
    const double tau = _i == 2 ? logistic_clock(pi, mu, t) : 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      const double u = mu->density[c] / pi->density[c];
      const double ratio[] = {1 + (u - 1) * exp(-t), pow(u, exp(-t)), u / (1 + tau * u)};
      want[c] = ratio[_i] * pi->density[c];
    }
    const double mass = mf_field_mass(&grid, want);
    at("%s, t = %g", lines[_i], t);
    for (ptrdiff_t c = 0; c < grid.cells; c++)
      CLOSE_REL(report.state->density[c], want[c] / mass, 10 * spread * rtol);
  }
}
END_TEST

/* ---- transport in closed form --------------------------------------------------------------------------------- */

/* Second order: from n to 2n cells the error falls by about 4, unless it is down to the tolerance of the integration. */
static void check_order(const char *what, double coarse, double fine, double want, double largest_error)
{
  const double a = fabs(coarse - want), b = fabs(fine - want);
  ck_assert_msg(b <= largest_error, "%s: %s = %.10g, want %.10g", here, what, fine, want);
  if (b > 2e-5) ck_assert_msg(a / b > 3.2 && a / b < 5, "%s: %s errs by %.3g, then %.3g", here, what, a, b);
}

/* Errors of a Gaussian's mass, mean and variance at time t on n cells of [-7, 7]. */
typedef struct {
  double mass, mean, variance;
} gauss;

static gauss gaussian_run(long n, const char *geometry, double mass, double mean, double variance, double t)
{
  const mf_grid grid = line_grid(n, -7, 7, false);
  const mf_measure *pi = gaussian(&grid, 0, 1);
  mf_measure *mu = gaussian(&grid, mean, variance);
  DO(mf_measure_normalise(mu, mass));
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", geometry), mu, 1e-7);
  run_to(r, t);
  const mf_report report = run_report(r);
  double m[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&grid, report.state->density, m, covariance);
  return (gauss){1 + report.mass_excess, m[0], covariance[0]};
}

/* Ornstein-Uhlenbeck: mean e^-(alpha t), variance 1 + (s0 - 1) e^-(2 alpha t); errors of order h^2, h = 0.175. */
START_TEST(gaussians_relax_under_fokker_planck)
{
  const double alpha = 0.7, t = 0.8;
  const gauss coarse = gaussian_run(80, "wasserstein coefficient=0.7", 1, 1.5, 0.4, t);
  const gauss fine = gaussian_run(160, "wasserstein coefficient=0.7", 1, 1.5, 0.4, t);
  check_order("mean", coarse.mean, fine.mean, 1.5 * exp(-alpha * t), 0.002);
  check_order("variance", coarse.variance, fine.variance, 1 + (0.4 - 1) * exp(-2 * alpha * t), 0.005);
  CLOSE(fine.mass, 1, 1e-14);
}
END_TEST

/* The same in the plane, start and target correlated in ways of their own: m(t) = e^(-G t) m_0 and S(t) = S* + e^(-G t)
 * (S_0 - S* ) e^(-G t), G = 1/S*, with e^(-G t) = e^(-a t) (cosh(d t) - sinh(d t)/d (G - a)), a half the trace. */
typedef double moments[5]; /* mean (2), covariance xx, xy, yy */

static void plane_run(long n, const double *s_0, const double *target, const double *m_0, double t,
                      moments out)
{
  const mf_grid grid = plane_grid(n, n, -7, 7, false);
  mf_measure *pi = empty_measure(&grid), *mu = empty_measure(&grid);
  DO(mf_measure_add_gaussian(pi, 1, (const double[]){0, 0}, target));
  DO(mf_measure_add_gaussian(mu, 1, m_0, s_0));
  DO(mf_measure_normalise(pi, 1));
  DO(mf_measure_normalise(mu, 1));
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "wasserstein"), mu, 1e-7);
  run_to(r, t);
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&grid, run_report(r).state->density, mean, covariance);
  memcpy(out, (const moments){mean[0], mean[1], covariance[0], covariance[1], covariance[4]},
         sizeof(moments));
}

START_TEST(correlated_gaussians_relax_in_the_plane)
{
  static const double target[] = {1, 0.5, 0.5, 1.6}, s_0[] = {0.8, -0.2, -0.2, 0.6}, m_0[] = {1, -0.7};
  const double t = 0.7, det = target[0] * target[3] - target[1] * target[1];
  const double g[] = {target[3] / det, -target[1] / det, -target[1] / det, target[0] / det};
  const double a = 0.5 * (g[0] + g[3]), d = sqrt(0.25 * (g[0] - g[3]) * (g[0] - g[3]) + g[1] * g[1]);
  double e[4], difference[4], half[4], full[4];
  for (int i = 0; i < 4; i++) {
    const double unit = i % 3 == 0;
    e[i] = exp(-a * t) * (cosh(d * t) * unit - sinh(d * t) / d * (g[i] - a * unit));
    difference[i] = s_0[i] - target[i];
  }
  for (int i = 0; i < 4; i++)
    half[i] = e[i / 2 * 2] * difference[i % 2] + e[i / 2 * 2 + 1] * difference[2 + i % 2];
  for (int i = 0; i < 4; i++)
    full[i] = target[i] + half[i / 2 * 2] * e[i % 2] + half[i / 2 * 2 + 1] * e[2 + i % 2];
  const moments want = {e[0] * m_0[0] + e[1] * m_0[1], e[2] * m_0[0] + e[3] * m_0[1], full[0], full[1],
                        full[3]};
  moments coarse, fine;
  plane_run(48, s_0, target, m_0, t, coarse);
  plane_run(96, s_0, target, m_0, t, fine);
  static const char *const names[] = {"mean x", "mean y", "variance x", "covariance", "variance y"};
  for (int i = 0; i < 5; i++) check_order(names[i], coarse[i], fine[i], want[i], 0.005); /* h^2/4 */
}
END_TEST

/* Transport and reaction together, mass included: the closed form of B.2, and an integral for the mass. */
static gauss hellinger_kantorovich(double alpha, double beta, double mass, double m, double s, double t)
{
  const double kappa = 2 * alpha + beta, c = (2 * alpha + beta * s) / (1 - s), e = c * exp(kappa * t);
  gauss g = {.mean = m * exp(alpha * t) * (beta + c) / (beta + e), .variance = (e - 2 * alpha) / (beta + e)};
  double integral = 0;
  enum { PANELS = 2000 }; /* of Simpson's rule */
  for (int i = 0; i <= PANELS && mass > 0; i++) {
    const double when = t * i / PANELS, weight = i == 0 || i == PANELS ? 1 : i % 2 ? 4 : 2;
    const gauss at_ = hellinger_kantorovich(alpha, beta, 0, m, s, when);
    const double kl = 0.5 * (at_.variance - 1 + at_.mean * at_.mean - log(at_.variance));
    integral += weight * exp(-beta * (t - when)) * kl * t / (3 * PANELS);
  }
  g.mass = mass > 0 ? exp(exp(-beta * t) * log(mass) - beta * integral) : 0;
  return g;
}

START_TEST(gaussians_relax_under_hellinger_kantorovich)
{
  static const double alphas[] = {1, 0.4, 0}, betas[] = {1, 2, 1.5};
  const double alpha = alphas[_i], beta = betas[_i], t = 0.6;
  char geometry[96];
  snprintf(geometry, sizeof geometry, "wasserstein coefficient=%g + hellinger coefficient=%g", alpha, beta);
  const gauss want = hellinger_kantorovich(alpha, beta, 0.5, 2, 0.3, t);
  const gauss coarse = gaussian_run(100, geometry, 0.5, 2, 0.3, t),
              fine = gaussian_run(200, geometry, 0.5, 2, 0.3, t);
  at("alpha %g, beta %g", alpha, beta);
  check_order("mass", coarse.mass, fine.mass, want.mass, 0.002);
  check_order("mean", coarse.mean, fine.mean, want.mean, 0.005);
  check_order("variance", coarse.variance, fine.variance, want.variance, 0.01);
}
END_TEST

/* A constant target: cosines are eigenfunctions of the chain, with the sum of (4/h^2) sin^2(k h/2) over the axes. */
START_TEST(heat_modes_decay_at_their_discrete_rate)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const ptrdiff_t cells = grid.cells;
    mf_measure *pi = empty_measure(&grid), *mu = empty_measure(&grid);
    double *rho = reals(cells), rate = 0;
    DO(mf_measure_add_box(pi, 1, grid.lo, grid.hi));
    for (ptrdiff_t c = 0; c < cells; c++) rho[c] = 0.3;
    for (int a = 0; a < grid.dim; a++) {
      const double length_a = grid.hi[a] - grid.lo[a];
      const int mode = grid.n[a] == 1 ? 0
                       : a == 0       ? 1
                                      : 2; /* half-waves; on a ring one whole wave, of any phase */
      const double k = (grid.periodic[a] ? 2 * (mode > 0) : mode) * acos(-1) / length_a,
                   phase = grid.periodic[a] ? 0.3 : 0;
      const double sine = sin(0.5 * k * grid.h[a]);
      rate += 4 / (grid.h[a] * grid.h[a]) * sine * sine;
      for (ptrdiff_t c = 0; c < cells; c++) {
        double centre[MF_AXES];
        mf_grid_centre(&grid, c, centre);
        rho[c] *= cos(k * (centre[a] - grid.lo[a]) + phase);
      }
    }
    if (rate == 0) continue;
    for (ptrdiff_t c = 0; c < cells; c++) rho[c] = pi->density[c] * (1 + rho[c]);
    DO(mf_measure_set_density(mu, rho));
    mu->mass = 1;
    const double rtol = 1e-8, alpha = 0.6, t = 2 / (alpha * rate);
    run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "wasserstein coefficient=0.6"), mu, rtol);
    double *want = unknown(r->flow, mu);
    for (ptrdiff_t c = 0; c < cells; c++) want[c] *= exp(-2);
    run_to(r, t);
    at("%s", shapes[i].name);
    SAME(r->y, want, cells, spread * rtol * largest(want, cells));
    release_all();
  }
}
END_TEST

/* sum pi (u - 1)^2 <= e^(-2 alpha lambda_h t), with the gap of the chain itself, and equality in the end. */
START_TEST(chi_squared_decays_with_the_discrete_gap)
{
  const mf_grid grid = line_grid(60, -2.2, 2.2, false);
  const mf_measure *pi = measure_of(&grid, 1, double_well), *mu = gaussian(&grid, 0.9, 0.02);
  const double alpha = 1.7, gap = alpha * chain_eigenvalue(&grid, pi, MF_FACE_AUTO, 0.1), rtol = 1e-8;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "wasserstein coefficient=1.7"), mu, rtol);
  double first = 0, before = 0, chi2 = 0;
  for (int k = 0; k <= 40; k++) {
    const double t = 0.5 * k;
    run_to(r, t);
    before = chi2;
    chi2 = 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) chi2 += grid.volume * r->y[c] * r->y[c] / pi->density[c];
    if (k == 0) first = before = chi2;
    at("t = %g", t);
    HOLDS(chi2 <= first * exp(-2 * gap * t) * (1 + spread * rtol));
    HOLDS(k == 0 ||
          chi2 <= before * exp(-2 * gap * 0.5) * (1 + spread * rtol)); /* a contraction from any start */
  }
  CLOSE_REL(log(before / chi2) / 0.5, 2 * gap, spread * rtol); /* only the slowest mode is left */
}
END_TEST

/* ---- interaction-force transport ------------------------------------------------------------------------------ */

static run *force_transport(const mf_grid *grid, int kernel, double alpha, double beta, double rtol)
{
  char energy[96], geometry[96];
  const mf_measure *pi = gaussian(grid, 0.3, 0.1), *mu = gaussian(grid, 1, 0.05);
  snprintf(energy, sizeof energy, "mmd kernel=%s bandwidth=%s", mf_kernel_names[kernel],
           mf_kernel_types[kernel]->scaled ? "0.4" : "");
  snprintf(geometry, sizeof geometry, "wasserstein coefficient=%g + mmd coefficient=%g", alpha, beta);
  return run_start(flow_make(grid, pi, mu, NULL, energy, geometry), mu, rtol);
}

/* MMD(t) e^(beta t) does not increase, on any grid and for any kernel (Gladin et al. 2024, Theorem 3.7).  A
 * kernel of finite rank sees a few moments, which may fall much faster than e^(-beta t); steps are accurate to
 * rtol of all that is left of mu - pi. */
START_TEST(mmd_decays_as_the_theorem_says)
{
  static const int on[] = {0, 1, 4, 5, 6, 8}; /* line, ring, rectangle, torus, tube, thin torus */
  const double beta = 0.5, rtol = 1e-6;
  for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
    const mf_grid grid = shape_grid(&shapes[on[i]]);
    const bool periodic = grid.periodic[0] || grid.periodic[1];
    if (mf_kernel_types[_i]->coefficient && periodic) continue; /* needs walls */
    run *r = force_transport(&grid, _i, 1, beta, rtol);
    double before = run_report(r).energy;
    const double left = pow(spread * rtol, 2) * before;
    HOLDS(before > 0);
    for (int k = 1; k <= 40; k++) {
      run_until(r, 0.5 * k, 20);
      const double now = run_report(r).energy * exp(2 * beta * 0.5 * k);
      at("%s on the %s, t = %g", mf_kernel_names[_i], shapes[on[i]].name, 0.5 * k);
      ck_assert_msg(now <= before * (1 + spread * rtol) + left, "%s: %.9g after %.9g", here, now, before);
      before = now;
    }
    release_all();
  }
}
END_TEST

/* Without transport mu runs straight to pi: mu - pi decays like e^(-beta t), cell by cell. */
START_TEST(reaction_alone_is_a_straight_line)
{
  const double beta = 1.3, rtol = 1e-8;
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    run *r = force_transport(&grid, kernel_named("gaussian"), 0, beta, rtol);
    double *want = reals(grid.cells);
    memcpy(want, r->y, (size_t)grid.cells * sizeof *want);
    const double square = run_report(r).energy;
    run_to(r, 2);
    at("%s", shapes[i].name);
    for (ptrdiff_t c = 0; c < grid.cells; c++) want[c] *= exp(-beta * 2);
    SAME(r->y, want, grid.cells, spread * rtol * largest(want, grid.cells));
    CLOSE_REL(run_report(r).energy, square * exp(-2 * beta * 2), 2 * spread * rtol);
    release_all();
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("closed_forms");
  TCase *all = tcase_create("closed_forms");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, fisher_rao_remembers_tails);
  tcase_add_loop_test(all, reactions_follow_their_closed_form, 0, 6);
  tcase_add_test(all, vacuum_is_left_at_once);
  tcase_add_test(all, spherical_hellinger_runs_on_a_great_circle);
  tcase_add_loop_test(all, spherical_reactions_follow_their_paths, 0, 3);
  tcase_add_test(all, gaussians_relax_under_fokker_planck);
  tcase_add_test(all, correlated_gaussians_relax_in_the_plane);
  tcase_add_loop_test(all, gaussians_relax_under_hellinger_kantorovich, 0, 3);
  tcase_add_test(all, heat_modes_decay_at_their_discrete_rate);
  tcase_add_test(all, chi_squared_decays_with_the_discrete_gap);
  tcase_add_loop_test(all, mmd_decays_as_the_theorem_says, 0, kernel_count());
  tcase_add_test(all, reaction_alone_is_a_straight_line);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
