/* SPDX-License-Identifier: BSD-3-Clause */
/* Identities between cells of the table of energies and geometries, and of the discretisation with itself: what theory
 * says exactly holds here to rounding, on every grid. */
#include "tests/scene.h"

/* Two flows have the same rate, dissipation and, if asked for, energy at a measure. */
static void check_same(const scene *s, const mf_measure *m, const char *coordinate, const char *energy,
                       const char *geometry, const char *other_energy, const char *other_geometry,
                       bool energies)
{
  const ptrdiff_t cells = s->grid.cells;
  mf_flow *a = flow_make(&s->grid, s->pi, m, coordinate, energy, geometry);
  mf_flow *b = flow_make(&s->grid, s->pi, m, coordinate, other_energy, other_geometry);
  double *got = reals(cells), *want = reals(cells), *y = unknown(a, m);
  mf_report of_a, of_b;
  DO(mf_flow_rate(a, y, want));
  DO(mf_flow_rate(b, y, got));
  SAME(got, want, cells, rounding(want, cells));
  if (!energies) return;
  DO(mf_flow_report(a, y, &of_a));
  DO(mf_flow_report(b, y, &of_b));
  CLOSE_REL(of_b.energy, of_a.energy, 1e-13);
  CLOSE(of_b.dissipation, of_a.dissipation, 1e-12 * (of_a.dissipation + 0.01));
}

/* ---- between energies and geometries -------------------------------------------------------------------------- */

static const char *const coordinates[] = {"density", "deviation", "log"};
enum { COORDINATES = 3 };

/* d mu/dt = -beta (mu - pi) twice: mu (1 - pi/mu), and K^-1 K (mu - pi); in vacuum too. */
START_TEST(inclusive_kl_in_hellinger_is_mmd_in_mmd)
{
  for (scene s = scenes(111); next_scene(&s);) {
    for (int k = 0; k < COORDINATES; k++) {
      at("%s, %s", s.name, coordinates[k]);
      check_same(&s, s.mu, coordinates[k], "inclusive_kl", "hellinger coefficient=0.7", "mmd",
                 "mmd coefficient=0.7", false);
    }
    if (s.grid.cells > 1) {
      at("%s, empty cell", s.name);
      const mf_measure *holed = with_vacuum(s.mu, s.grid.cells / 2);
      check_same(&s, holed, "deviation", "inclusive_kl", "hellinger", "mmd", "mmd", false);
      mf_flow *flow = flow_make(&s.grid, s.pi, holed, "deviation", "inclusive_kl", "hellinger");
      double *y = unknown(flow, holed), *rate = reals(s.grid.cells);
      DO(mf_flow_rate(flow, y, rate));
      for (ptrdiff_t c = 0; c < s.grid.cells; c++) y[c] = -y[c];
      SAME(rate, y, s.grid.cells, rounding(rate, s.grid.cells));
    }
  }
}
END_TEST

/* K_mu (1 - dpi/dmu) = K (mu - pi): the smoothed force of inclusive KL is the witness function of MMD (Zhu 2024). */
START_TEST(inclusive_kl_in_kernelised_wasserstein_is_mmd_in_wasserstein)
{
  for (scene s = scenes(111); next_scene(&s);) {
    at("%s", s.name);
    check_same(&s, s.mu, "deviation", "inclusive_kl", "kernelised_wasserstein kernel=gaussian bandwidth=0.8",
               "mmd", "wasserstein", false);
  }
}
END_TEST

/* K_MMD = K_He(mu) K_mu^-1: what the MMD geometry subtracts for MMD is mu times what K_mu turns into the force. */
START_TEST(mmd_is_hellinger_freed_of_its_kernel)
{
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    mf_flow *mmd = flow_make(&s.grid, s.pi, s.mu, "deviation", "mmd", "mmd");
    double *y = unknown(mmd, s.mu), *rate = reals(cells), *force = reals(cells);
    mf_report report;
    DO(mf_flow_rate(mmd, y, rate)); /* -mu eta */
    DO(mf_flow_report(mmd, y, &report));
    for (ptrdiff_t c = 0; c < cells; c++) rate[c] = -rate[c];
    mf_convolution_add(mf_flow_energy(mmd, 0)->embedding, rate, 1, force); /* K (mu eta) = K_mu eta */
    at("%s", s.name);
    SAME(force, report.xi, cells, 1e-13 * (largest(report.xi, cells) + 1e-3));
  }
}
END_TEST

/* Both proximal functionals at a measure: 1/2 MMD^2(m, pi) + 1/(2 eta) MMD^2(m, old) and KL(pi|m) + KL(old|m)/eta. */
static void proximal_values(const mf_convolution *k, const mf_measure *pi, const mf_measure *old,
                            const double *m, double eta, double values[2])
{
  const mf_grid *grid = pi->grid;
  double *from_pi = reals(grid->cells), *from_old = reals(grid->cells), kl = 0;
  for (ptrdiff_t c = 0; c < grid->cells; c++) {
    from_pi[c] = m[c] - pi->density[c];
    from_old[c] = m[c] - old->density[c];
    kl += pi->density[c] * log(pi->density[c] / m[c]) + old->density[c] * log(old->density[c] / m[c]) / eta;
  }
  values[0] = 0.5 * mf_convolution_form(k, from_pi) + 0.5 / eta * mf_convolution_form(k, from_old);
  values[1] = grid->volume * kl;
}

/* (old + eta pi)/(1 + eta) minimises both over measures of mass 1: along every direction that keeps the mass the slope is
 * 0 and the curvature positive (Zhu 2024). */
START_TEST(proximal_steps_of_mmd_and_inclusive_kl_coincide)
{
  const double eta = 0.7, step = 1e-3;
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    if (cells < 3) continue;
    mf_flow *flow = flow_make(&s.grid, s.pi, s.even, "deviation", "mmd", "mmd");
    const mf_convolution *k = mf_flow_energy(flow, 0)->embedding;
    double *best = reals(cells), *up = reals(cells), *down = reals(cells);
    for (ptrdiff_t c = 0; c < cells; c++) best[c] = (s.even->density[c] + eta * s.pi->density[c]) / (1 + eta);
    double at_best[2], above[2], below[2];
    proximal_values(k, s.pi, s.even, best, eta, at_best);
    for (int direction = 0; direction < 5; direction++) {
      double *nu = random_field(cells, (unsigned)(500 + direction));
      const double mean = mf_field_dot(&s.grid, nu, best) / mf_field_sum(&s.grid, best);
      for (ptrdiff_t c = 0; c < cells; c++) {
        up[c] = best[c] * (1 + step * (nu[c] - mean));
        down[c] = best[c] * (1 - step * (nu[c] - mean));
      }
      proximal_values(k, s.pi, s.even, up, eta, above);
      proximal_values(k, s.pi, s.even, down, eta, below);
      for (int f = 0; f < 2; f++) {
        at("%s, functional %d, direction %d", s.name, f, direction);
        const double curvature = above[f] + below[f] - 2 * at_best[f];
        HOLDS(curvature > 0);
        /* an odd part of the third order, 1e-3 of the even one for KL, and rounding */
        CLOSE(above[f] - below[f], 0, 1e-2 * curvature + 1e-14 * (fabs(at_best[f]) + 1));
      }
    }
  }
}
END_TEST

/* Geometries add their rates and dissipations. */
START_TEST(wasserstein_fisher_rao_is_the_sum)
{
  static const char *const lines[] = {"kl", "inclusive_kl", "chi2", "mmd", "hellinger + mmd weight=2"};
  const char *energy = lines[_i];
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    for (int k = 0; k < COORDINATES; k++) {
      static const char *const geometry[] = {"wasserstein coefficient=0.3", "hellinger coefficient=2",
                                             "wasserstein coefficient=0.3 + hellinger coefficient=2"};
      double *rate[3], dissipation[3];
      for (int g = 0; g < 3; g++) {
        mf_flow *flow = flow_make(&s.grid, s.pi, s.mu, coordinates[k], energy, geometry[g]);
        double *y = unknown(flow, s.mu);
        mf_report report;
        DO(mf_flow_rate(flow, y, rate[g] = reals(cells)));
        DO(mf_flow_report(flow, y, &report));
        dissipation[g] = report.dissipation;
      }
      at("%s, %s, %s", energy, s.name, coordinates[k]);
      for (ptrdiff_t c = 0; c < cells; c++) rate[0][c] += rate[1][c];
      SAME(rate[2], rate[0], cells, rounding(rate[0], cells));
      CLOSE_REL(dissipation[2], dissipation[0] + dissipation[1], 1e-13);
    }
  }
}
END_TEST

/* Two energies give the same flow, energy and dissipation wherever both have a meaning. */
static void check_equal_energies(const char *energy, const char *other)
{
  static const char *const geometry[] = {"wasserstein", "hellinger", "spherical_hellinger"};
  for (scene s = scenes(111); next_scene(&s);)
    for (int k = 0; k < COORDINATES; k++)
      for (int g = 0; g < 3; g++) {
        at("%s in %s, %s, %s", energy, geometry[g], s.name, coordinates[k]);
        check_same(&s, s.mu, coordinates[k], energy, geometry[g], other, geometry[g], true);
      }
}

/* Energies with a name of their own are divergences with an exponent. */
START_TEST(named_divergences_are_members_of_the_family)
{
  static const struct {
    const char *name, *member;
  } same[] = {{"kl", "divergence p=1"},
              {"inclusive_kl", "divergence p=0"},
              {"hellinger", "divergence p=0.5"},
              {"chi2", "divergence p=2"}};
  check_equal_energies(same[_i].name, same[_i].member);
}
END_TEST

START_TEST(weights_add)
{
  static const struct {
    const char *heavy, *sum;
  } same[] = {{"kl weight=2", "kl + kl"},
              {"chi2 weight=3", "chi2 weight=2 + chi2"},
              {"hellinger weight=0.5", "hellinger weight=0.2 + hellinger weight=0.3"},
              {"mmd weight=2", "mmd + mmd"},
              {"inclusive_kl", "inclusive_kl + kl weight=0"},
              {"mmd", "mmd + kl weight=0"}};
  check_equal_energies(same[_i].heavy, same[_i].sum);
}
END_TEST

/* <1 - pi/mu>_mu is the difference of masses over the mass: 0. */
START_TEST(spherical_inclusive_kl_is_the_plain_one)
{
  for (scene s = scenes(111); next_scene(&s);) {
    for (int k = 0; k < COORDINATES; k++) {
      at("%s, %s", s.name, coordinates[k]);
      check_same(&s, s.even, coordinates[k], "inclusive_kl", "spherical_hellinger", "inclusive_kl",
                 "hellinger", true);
    }
  }
}
END_TEST

/* The squared Hellinger distance falls like e^(-2 beta t) in its own geometry: D = 2 beta F at every measure, however
 * thin: its square root moves straight to that of the target, out of vacuum as well (mathematics: C.2). */
START_TEST(hellinger_in_hellinger_dissipates_twice_itself)
{
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    for (int kind = 0; kind < 3; kind++) {
      mf_measure *m = empty_measure(&s.grid);
      double *l = random_field(cells, 114);
      for (ptrdiff_t c = 0; c < cells; c++) l[c] = s.pi->log_density[c] + (kind == 1 ? 80 * l[c] - 75 : l[c]);
      if (kind == 2) l[cells / 2] = -INFINITY;
      DO(mf_measure_set_log_density(m, l));
      mf_flow *flow = flow_make(&s.grid, s.pi, m, NULL, "hellinger", "hellinger coefficient=1.5");
      mf_report report;
      DO(mf_flow_report(flow, unknown(flow, m), &report));
      at("%s, %s measure", s.name, kind == 0 ? "plain" : kind == 1 ? "thin" : "holed");
      CLOSE_REL(report.dissipation, 2 * 1.5 * report.energy,
                1e-12); /* sqrt(u) - 1 loses a digit near u = 1 */
    }
  }
}
END_TEST

/* mu' = -mu w in Hellinger, w = K(mu - pi):  d KL(pi|mu)/dt = -<mu - pi, w> = -MMD^2 (Zhu & Mielke 2024, (6.14)), and on
 * measures of equal mass the mean that is subtracted changes nothing. */
START_TEST(inclusive_kl_is_a_lyapunov_function_of_mmd_in_hellinger)
{
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    for (int spherical = 0; spherical < 2; spherical++) {
      const mf_measure *m = spherical ? s.even : s.mu;
      mf_flow *flow =
          flow_make(&s.grid, s.pi, m, "deviation", "mmd", spherical ? "spherical_hellinger" : "hellinger");
      double *y = unknown(flow, m), *rate = reals(cells), change = 0, size = 0;
      mf_report report;
      DO(mf_flow_rate(flow, y, rate));
      DO(mf_flow_report(flow, y, &report));
      for (ptrdiff_t c = 0; c < cells; c++) {
        change += s.grid.volume * (1 - s.pi->density[c] / m->density[c]) * rate[c];
        size += s.grid.volume * fabs(rate[c]);
      }
      at("%s, spherical %d", s.name, spherical);
      CLOSE(change, -2 * report.energy, 1e-13 * (size + 0.01)); /* |1 - 1/u| < 10 */
    }
  }
}
END_TEST

/* dF/dt = -alpha int |grad w|^2 dmu - 2 beta F: the reaction alone gives the rate of the theorem (Gladin et al. 2024). */
START_TEST(interaction_force_transport_dissipates_as_the_theorem_says)
{
  for (scene s = scenes(111); next_scene(&s);) {
    mf_flow *moves =
        flow_make(&s.grid, s.pi, s.mu, "deviation", "mmd weight=3", "wasserstein coefficient=0.4");
    mf_flow *both = flow_make(&s.grid, s.pi, s.mu, "deviation", "mmd weight=3",
                              "wasserstein coefficient=0.4 + mmd coefficient=0.7");
    double *y = unknown(moves, s.mu);
    mf_report of_moves, of_both;
    DO(mf_flow_report(moves, y, &of_moves));
    DO(mf_flow_report(both, y, &of_both));
    at("%s", s.name);
    CLOSE_REL(of_both.dissipation, of_moves.dissipation + 2 * 0.7 * 3 * of_both.energy, 1e-13);
  }
}
END_TEST

/* ---- linear transport ----------------------------------------------------------------------------------------- */

/* Fokker-Planck with any face weight is a Markov chain in reversible balance with pi: off-diagonal entries >= 0, columns
 * sum to 0, pi is at rest, and pi-weighted symmetry.  So it dissipates every convex entropy sum pi phi(u). */
START_TEST(fokker_planck_is_a_reversible_markov_chain)
{
  char geometry[64];
  snprintf(geometry, sizeof geometry, "wasserstein face_weight=%s", mf_face_weight_names[_i]);
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    mf_flow *flow = flow_make(&s.grid, s.pi, s.mu, "deviation", "kl", geometry);
    double *matrix = reals(cells * cells), *e = reals(cells);
    mf_flow_linearise(flow, unknown(flow, s.mu));
    for (ptrdiff_t j = 0; j < cells; j++) {
      e[j] = 1;
      DO(mf_flow_jacobian(flow, e, matrix + j * cells)); /* by columns */
      e[j] = 0;
    }
    const double size = largest(matrix, cells * cells), *pi = s.pi->density;
    at("%s, %s", geometry, s.name);
    for (ptrdiff_t j = 0; j < cells; j++) {
      const double *column = matrix + j * cells;
      CLOSE(mf_field_sum(&s.grid, column), 0, 1e-15 * size);
      for (ptrdiff_t k = 0; k < cells; k++) {
        HOLDS(j == k ? column[k] <= 0 : column[k] >= 0);
        CLOSE(column[k] * pi[j], matrix[k * cells + j] * pi[k], 1e-15 * size * largest(pi, cells));
      }
    }
    DO(mf_flow_jacobian(flow, pi, e));
    CLOSE(largest(e, cells), 0, 1e-14 * size * largest(pi, cells));
  }
}
END_TEST

START_TEST(fokker_planck_dissipates_every_convex_entropy)
{
  static const double exponents[] = {-3, -1, 0, 0.5, 1, 1.7, 2, 4};
  char geometry[64];
  snprintf(geometry, sizeof geometry, "wasserstein face_weight=%s", mf_face_weight_names[_i]);
  for (scene s = scenes(111); next_scene(&s);) {
    const ptrdiff_t cells = s.grid.cells;
    for (unsigned long long seed = 200; seed < 205; seed++) {
      const mf_measure *m = random_measure(&s.grid, 1, 3, seed);
      mf_flow *flow = flow_make(&s.grid, s.pi, m, "deviation", "kl", geometry);
      double *rate = reals(cells);
      DO(mf_flow_rate(flow, unknown(flow, m), rate));
      for (size_t k = 0; k < sizeof exponents / sizeof *exponents; k++) {
        double change = 0, size = 0;
        for (ptrdiff_t c = 0; c < cells; c++) {
          const double slope = mf_entropy_variation(exponents[k], m->log_density[c] - s.pi->log_density[c]);
          change += slope * rate[c];
          size += fabs(slope * rate[c]);
        }
        at("%s, %s, phi_%g", geometry, s.name, exponents[k]);
        HOLDS(change <= 1e-13 * size);
      }
    }
  }
}
END_TEST

/* With pi constant, phi_p in Wasserstein is porous medium or fast diffusion: mu' = alpha/p pi^(1-p) Laplacian mu^p. */
START_TEST(constant_target_gives_porous_medium)
{
  static const double exponents[] = {-1, 0, 0.5, 1, 2, 3};
  const double p = exponents[_i];
  char energy[32];
  snprintf(energy, sizeof energy, "divergence p=%g", p);
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const ptrdiff_t cells = grid.cells;
    mf_measure *pi = empty_measure(&grid);
    DO(mf_measure_add_box(pi, 1, grid.lo, grid.hi));
    const mf_measure *mu = random_measure(&grid, 1, 1, 120);
    mf_flow *flow = flow_make(&grid, pi, mu, "deviation", energy, "wasserstein coefficient=0.8");
    double *rate = reals(cells), *want = reals(cells);
    DO(mf_flow_rate(flow, unknown(flow, mu), rate));
    for (int a = 0; a < grid.dim; a++)
      for (mf_faces f = mf_faces_of(&grid, a); mf_faces_next(&f);)
        for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
          const ptrdiff_t high = low + f.step;
          const double *rho = mu->density;
          const double power =
              p == 0 ? log(rho[high] / rho[low]) : (pow(rho[high], p) - pow(rho[low], p)) / p;
          const double flux = 0.8 * pow(pi->density[0], 1 - p) * power / (grid.h[a] * grid.h[a]);
          want[low] += flux;
          want[high] -= flux;
        }
    at("p = %g on the %s", p, shapes[i].name);
    SAME(rate, want, cells, rounding(want, cells));
    release_all();
  }
}
END_TEST

/* ---- small deviations on a ring -------------------------------------------------------------------------------- */

/* Near a constant target pi_0 on a ring of length L a mode cos(k x) decays on its own, at the rate (mathematics: B.4, E6;
 * lambda = (4/h^2) sin^2(k h/2), khat = sqrt(2 pi) s e^(-s^2 k^2/2) for the Gaussian kernel)
 *
 *   alpha lambda + beta                   every phi_p, transport and Hellinger
 *   alpha pi_0 lambda khat + beta         MMD, transport and MMD geometry (interaction-force transport)
 *   alpha pi_0 lambda khat + beta pi_0 khat    MMD, transport and Hellinger
 *   alpha pi_0 lambda khat                every phi_p, kernelised Wasserstein; Stein
 *   beta pi_0 khat                        every phi_p, kernelised Hellinger, centred or not
 *   beta pi_0 khat/(pi_0 khat + ridge)    the same with a ridge
 *   beta/(pi_0 (khat + epsilon))          every phi_p, regularised MMD geometry
 *
 * up to the quadratic term, 1e-9 of it here.  Sums of a Gaussian over the grid are its integral to rounding. */
START_TEST(modes_on_a_ring_decay_at_their_rate)
{
  static const struct {
    const char *energy, *geometry;
    int kind;
  } rows[] = {{"kl", "wasserstein coefficient=0.7 + hellinger coefficient=0.3", 0},
              {"inclusive_kl", "wasserstein coefficient=0.7 + hellinger coefficient=0.3", 0},
              {"hellinger", "wasserstein coefficient=0.7 + spherical_hellinger coefficient=0.3", 0},
              {"divergence p=3", "wasserstein coefficient=0.7 + hellinger coefficient=0.3", 0},
              {"mmd bandwidth=0.4", "wasserstein coefficient=0.7 + mmd coefficient=0.3", 1},
              {"mmd bandwidth=0.4", "wasserstein coefficient=0.7 + hellinger coefficient=0.3", 2},
              {"inclusive_kl", "kernelised_wasserstein coefficient=0.7 bandwidth=0.4", 3},
              {"hellinger", "kernelised_wasserstein coefficient=0.7 bandwidth=0.4", 3},
              {"kl", "stein coefficient=0.7 bandwidth=0.4", 3},
              {"chi2", "stein coefficient=0.7 bandwidth=0.4", 3},
              {"inclusive_kl", "kernelised_hellinger coefficient=0.3 bandwidth=0.4", 4},
              {"kl", "kernelised_hellinger coefficient=0.3 bandwidth=0.4 centred=1", 4},
              {"chi2", "kernelised_hellinger coefficient=0.3 bandwidth=0.4 ridge=0.05", 5},
              {"kl", "kernelised_hellinger coefficient=0.3 bandwidth=0.4 ridge=0.05 centred=1", 5},
              {"kl", "mmd coefficient=0.3 kernel=gaussian bandwidth=0.4 regularisation=0.02", 6}};
  const double length = 3, alpha = 0.7, beta = 0.3, pi_0 = 1 / length, s = 0.4, turn = 2 * acos(-1);
  const mf_grid grid = line_grid(48, -1, 2, true);
  mf_measure *pi = empty_measure(&grid);
  DO(mf_measure_add_box(pi, 1, grid.lo, grid.hi));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int mode = 1; mode <= 3; mode++) {
      const double k = turn * mode / length, sine = sin(0.5 * k * grid.h[0]);
      const double lambda = 4 / (grid.h[0] * grid.h[0]) * sine * sine,
                   khat = sqrt(turn) * s * exp(-0.5 * s * s * k * k);
      const double want[] = {alpha * lambda + beta,
                             alpha * pi_0 * lambda * khat + beta,
                             alpha * pi_0 * lambda * khat + beta * pi_0 * khat,
                             alpha * pi_0 * lambda * khat,
                             beta * pi_0 * khat,
                             beta * pi_0 * khat / (pi_0 * khat + 0.05),
                             beta / (pi_0 * (khat + 0.02))};
      mf_flow *flow = flow_make(&grid, pi, pi, "deviation", rows[i].energy, rows[i].geometry);
      double *y = reals(grid.cells), *rate = reals(grid.cells);
      for (ptrdiff_t c = 0; c < grid.cells; c++) y[c] = 1e-9 * cos(k * mf_grid_coordinate(&grid, 0, c) + 0.3);
      DO(mf_flow_rate(flow, y, rate));
      for (ptrdiff_t c = 0; c < grid.cells; c++) y[c] *= -want[rows[i].kind];
      at("%s in %s, mode %d", rows[i].energy, rows[i].geometry, mode);
      SAME(rate, y, grid.cells, 1e-7 * largest(y, grid.cells)); /* 1e-9 times u^-2 and the like, 1/pi_0 */
    }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("identities");
  TCase *all = tcase_create("identities");
  int weights = 0;
  while (mf_face_weight_names[weights]) weights++;
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, inclusive_kl_in_hellinger_is_mmd_in_mmd);
  tcase_add_test(all, inclusive_kl_in_kernelised_wasserstein_is_mmd_in_wasserstein);
  tcase_add_test(all, mmd_is_hellinger_freed_of_its_kernel);
  tcase_add_test(all, proximal_steps_of_mmd_and_inclusive_kl_coincide);
  tcase_add_loop_test(all, wasserstein_fisher_rao_is_the_sum, 0, 5);
  tcase_add_loop_test(all, named_divergences_are_members_of_the_family, 0, 4);
  tcase_add_loop_test(all, weights_add, 0, 6);
  tcase_add_test(all, spherical_inclusive_kl_is_the_plain_one);
  tcase_add_test(all, hellinger_in_hellinger_dissipates_twice_itself);
  tcase_add_test(all, inclusive_kl_is_a_lyapunov_function_of_mmd_in_hellinger);
  tcase_add_test(all, interaction_force_transport_dissipates_as_the_theorem_says);
  tcase_add_loop_test(all, fokker_planck_is_a_reversible_markov_chain, 0, weights);
  tcase_add_loop_test(all, fokker_planck_dissipates_every_convex_entropy, 0, weights);
  tcase_add_loop_test(all, constant_target_gives_porous_medium, 0, 6);
  tcase_add_test(all, modes_on_a_ring_decay_at_their_rate);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
