/* SPDX-License-Identifier: BSD-3-Clause */
/* What fluxes between neighbours stand on: limited upwind values, and means of the target over a face. */
#include "tests/flows.h"

/* ---- upwind values --------------------------------------------------------------------------------------------- */

/* rho' = (rho xi')' on a ring, smooth fields: the error in the mean is of first order without slopes, of second with
 * limited ones, which are cut at extrema only. */
static double transport_error(long n, mf_limiter limiter)
{
  const mf_grid grid = line_grid(n, 0, 1, true);
  double *rho = reals(n), *xi = reals(n), *rate = reals(n), error = 0;
  mf_transport *t;
  for (ptrdiff_t c = 0; c < n; c++) {
    const double x = 2 * acos(-1) * mf_grid_coordinate(&grid, 0, c);
    rho[c] = 1.5 + sin(x);
    xi[c] = cos(x + 0.5);
  }
  const mf_state s = {.grid = &grid, .form = MF_ABSOLUTE, .density = rho};
  const mf_force f = {.xi = xi, .total = xi};
  DO(mf_transport_create(&t, &grid, NULL, MF_FACE_AUTO, limiter));
  mf_transport_add_rate(t, &s, &f, 1, rate);
  mf_transport_free(t);
  for (ptrdiff_t c = 0; c < n; c++) {
    const double turn = 2 * acos(-1), x = turn * mf_grid_coordinate(&grid, 0, c);
    const double want = -turn * turn * (cos(x) * sin(x + 0.5) + (1.5 + sin(x)) * cos(x + 0.5));
    error += fabs(rate[c] - want) / (double)n;
  }
  return error;
}

START_TEST(upwind_values_have_the_order_of_their_limiter)
{
  for (int limiter = 0; mf_limiter_names[limiter]; limiter++) {
    const double order =
        log2(transport_error(128, (mf_limiter)limiter) / transport_error(256, (mf_limiter)limiter));
    at("%s", mf_limiter_names[limiter]);
    CLOSE(order, limiter == MF_LIMITER_NONE ? 1 : 2, 0.3);
    release_all();
  }
}
END_TEST

/* What leaves a cell is the value upstream: a step that moves right keeps what is left of it. */
START_TEST(upwind_values_come_from_upstream)
{
  const mf_grid grid = line_grid(4, 0, 4, false);
  const double rho[] = {2, 2, 0, 0}, xi[] = {3, 2, 1, 0}, against[] = {0, 1, 2, 3};
  const double right[] = {-2, 0, 2, 0}, left[] = {2, -2, 0, 0};
  for (int limiter = 0; mf_limiter_names[limiter]; limiter++)
    for (int sign = 0; sign < 2; sign++) {
      double *rate = reals(4);
      mf_transport *t;
      const mf_state s = {.grid = &grid, .form = MF_ABSOLUTE, .density = rho};
      const mf_force f = {.xi = sign ? against : xi, .total = xi};
      DO(mf_transport_create(&t, &grid, NULL, MF_FACE_AUTO, (mf_limiter)limiter));
      mf_transport_add_rate(t, &s, &f, 1, rate);
      mf_transport_free(t);
      at("%s, sign %d", mf_limiter_names[limiter], sign);
      SAME(rate, sign ? left : right, 4, 0);
    }
}
END_TEST

/* ---- face weights --------------------------------------------------------------------------------------------- */

/* Ornstein-Uhlenbeck, V = x^2/2, eigenvalues 1 and 2.  Expansion of the chain's generator in h gives the constants: for
 * the arithmetic mean L x = -x - h^2 He_3(x)/6 + ..., which the second order of perturbation turns into -h^4/12, for
 * the midpoint the same with 24 for 6.  Two grids, h = 1/10 and 1/20, give the constant up to the order after next,
 * h^4 of it; the walls at 9 are e^-40 away, and rounding is 1e-16/h^2. */
START_TEST(gaps_have_the_known_errors)
{
  static const struct {
    mf_face_weight kind;
    int eigenvalue, order;
    double constant;
  } known[] = {{MF_FACE_SQUARE_ROOT, 1, 2, -1. / 8},
               {MF_FACE_SCHARFETTER_GUMMEL, 1, 2, -1. / 6},
               {MF_FACE_HARMONIC, 1, 2, -1. / 4},
               {MF_FACE_LOGARITHMIC, 1, 2, -1. / 12},
               {MF_FACE_ARITHMETIC, 1, 4, -1. / 12},
               {MF_FACE_MIDPOINT, 1, 4, -1. / 192},
               {MF_FACE_AUTO, 1, 4, -1. / 192},
               {MF_FACE_SQUARE_ROOT, 2, 2, -1. / 4},
               {MF_FACE_SCHARFETTER_GUMMEL, 2, 2, -1. / 2},
               {MF_FACE_HARMONIC, 2, 2, -1},
               {MF_FACE_LOGARITHMIC, 2, 2, 0},
               {MF_FACE_ARITHMETIC, 2, 2, 1. / 2},
               {MF_FACE_MIDPOINT, 2, 2, 0},
               {MF_FACE_AUTO, 2, 2, 0}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    double constant[2];
    const int exact = known[i].eigenvalue;
    for (int k = 0; k < 2; k++) {
      const mf_grid grid = line_grid(k ? 360 : 180, -9, 9, false);
      const mf_measure *pi = gaussian(&grid, 0, 1);
      constant[k] =
          (chain_eigenvalue(&grid, pi, known[i].kind, exact - 0.1) - exact) / pow(grid.h[0], known[i].order);
      release_all();
    }
    at("%s, eigenvalue %d", mf_face_weight_names[known[i].kind], exact);
    CLOSE((4 * constant[1] - constant[0]) / 3, known[i].constant, 1e-4);
  }
}
END_TEST

/* Double well 4 (x^2 - 1)^2 on [-2.2, 2.2], 100 cells: six digits from an independent computation (mathematics: E1); the
 * midpoint there is that of V itself, here interpolated with an error of 1e-6 at this h. */
START_TEST(double_well_has_its_gap)
{
  static const struct {
    mf_face_weight kind;
    double gap, tolerance;
  } known[] = {{MF_FACE_SQUARE_ROOT, 0.119467, 6e-7},
               {MF_FACE_SCHARFETTER_GUMMEL, 0.119354, 6e-7},
               {MF_FACE_MIDPOINT, 0.119109, 3e-6}};
  const mf_grid grid = line_grid(100, -2.2, 2.2, false);
  const mf_measure *pi = measure_of(&grid, 1, double_well);
  for (int i = 0; i < 3; i++) {
    at("%s", mf_face_weight_names[known[i].kind]);
    CLOSE(chain_eigenvalue(&grid, pi, known[i].kind, 0.1), known[i].gap, known[i].tolerance);
  }
}
END_TEST

/* A constant target on a box of length L: (4/h^2) sin^2(pi h/(2 L)) for every weight. */
START_TEST(box_has_the_gap_of_cosines)
{
  const mf_grid grid = line_grid(40, -1, 2, false);
  mf_measure *pi = empty_measure(&grid);
  DO(mf_measure_add_box(pi, 1, grid.lo, grid.hi));
  DO(mf_measure_normalise(pi, 1));
  const double h = grid.h[0], sine = sin(acos(-1) * h / 6), want = 4 / (h * h) * sine * sine;
  for (int kind = 0; mf_face_weight_names[kind]; kind++) {
    at("%s", mf_face_weight_names[kind]);
    CLOSE_REL(chain_eigenvalue(&grid, pi, (mf_face_weight)kind, 0.8), want, 1e-12);
  }
}
END_TEST

/* The weights are the means that they are named after; the midpoint of a quadratic potential is exact. */
START_TEST(face_weights_are_their_means)
{
  const mf_grid grid = line_grid(60, -3, 4, false);
  const mf_measure *pi = gaussian(&grid, 0.4, 0.7);
  const double h2 = grid.h[0] * grid.h[0];
  for (int kind = 0; mf_face_weight_names[kind]; kind++) {
    mf_transport *t;
    const double *w = face_weights(&grid, pi, (mf_face_weight)kind, &t);
    for (ptrdiff_t i = 0; i < grid.cells - 1; i++) {
      const double a = pi->density[i], b = pi->density[i + 1], d = log(b / a);
      const double d2 = d * d, x = grid.lo[0] + grid.h[0] * (double)(i + 1) - 0.4;
      const double middle = exp(
          pi->log_density[0] + 0.5 * pow(mf_grid_coordinate(&grid, 0, 0) - 0.4, 2) / 0.7 - 0.5 * x * x / 0.7);
      /* (b - a)/d and d/(1/a - 1/b) near a = b: their series to d^4 */
      const double series = fabs(d) < 1e-3 ? 1 + d2 / 24 : 2 * sinh(d / 2) / d, root = sqrt(a * b);
      double want = middle;
      switch (kind) {
      case MF_FACE_SQUARE_ROOT:
        want = root;
        break;
      case MF_FACE_SCHARFETTER_GUMMEL:
        want = root / series;
        break;
      case MF_FACE_HARMONIC:
        want = 2 * a * b / (a + b);
        break;
      case MF_FACE_LOGARITHMIC:
        want = root * series;
        break;
      case MF_FACE_ARITHMETIC:
        want = (a + b) / 2;
        break;
      default:
        break;
      }
      at("%s, face %td", mf_face_weight_names[kind], i);
      CLOSE_REL(w[i] * h2, want,
                1e-12); /* exp of log-densities down to -17, interpolated with factors 9/16 */
    }
    HOLDS(w[grid.cells - 1] == 0);
    mf_transport_free(t);
  }
}
END_TEST

/* Potentials with jumps of up to 60 from cell to cell: slopes, zigzag, kinks, steps, a ledge in a cliff, noise. */
enum { STEEP = 7 };
static double steep(int kind, double jump, ptrdiff_t i, unsigned long long *seed)
{
  switch (kind) {
  case 0:
    return -jump * (double)i / 7; /* slope: 60 over 7 cells */
  case 1:
    return i % 2 ? -jump : 0; /* zigzag */
  case 2:
    return -jump * fabs((double)(i - 6)) / 7; /* kink */
  case 3:
    return i < 6 ? 0 : -jump; /* step */
  case 4:
    return i < 5 ? 0 : i < 7 ? -jump : -2 * jump; /* ledge of two cells */
  case 5:
    return i < 5 || i > 6 ? -jump : 0; /* island of two cells */
  default:
    return 0.5 * jump * chance(seed); /* noise */
  }
}

/* Calls a check of the default weight for every face of such a potential, with log pi on both sides. */
static void each_steep_face(int kind, void (*check)(double a, double b, double weight))
{
  static const double jumps[] = {0.5, 1, 2, 3, 5, 10, 30, 60};
  for (int periodic = 0; periodic < 2; periodic++)
    for (size_t k = 0; k < sizeof jumps / sizeof *jumps; k++) {
      const mf_grid grid = line_grid(12, 0, 12, periodic);
      unsigned long long seed = 140;
      double *l = reals(grid.cells);
      for (ptrdiff_t i = 0; i < grid.cells; i++) l[i] = steep(kind, jumps[k], i, &seed);
      mf_measure *pi = empty_measure(&grid);
      DO(mf_measure_set_log_density(pi, l));
      mf_transport *t;
      const double *weight = face_weights(&grid, pi, MF_FACE_AUTO, &t);
      for (mf_faces f = mf_faces_of(&grid, 0); mf_faces_next(&f);)
        for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
          at("potential %d, jump %g, periodic %d, face %td", kind, jumps[k], periodic, low);
          check(l[low], l[low + f.step], weight[low]);
        }
      mf_transport_free(t);
      release_all();
    }
}

static void check_scharfetter_gummel(double a, double b, double weight)
{
  const double jump = fabs(a - b);
  HOLDS(weight > 0 && isfinite(weight));
  if (jump < 3) return;
  CLOSE(log(weight), 0.5 * (a + b) + log(0.5 * jump / sinh(0.5 * jump)), 1e-12); /* |log| < 120 */
}

START_TEST(default_weight_is_scharfetter_and_gummels_at_large_jumps)
{
  each_steep_face(_i, check_scharfetter_gummel);
}
END_TEST

/* What Scharfetter and Gummel's weight promises: a mean of what is on both sides, so that jumps between cells happen at
 * rates h^-2 (1 + |dV|) at most and none is lost.  Where a potential is resolved, the midpoint leaves the interval
 * between the two cells by V'' h^2/8 in the logarithm; 1/2 is allowed. */
static void check_mean(double a, double b, double weight)
{
  const double log_w = log(weight);
  ck_assert_msg(log_w >= fmin(a, b) - 0.5 && log_w <= fmin(a, b) + log(1 + fabs(a - b)) + 0.5,
                "%s: log pi is %g and %g, but %g at the face", here, a, b, log_w);
}

START_TEST(default_weight_is_a_mean)
{
  each_steep_face(_i, check_mean);
}
END_TEST

/* The default is a continuous function of the target. */
START_TEST(default_weight_has_no_jumps)
{
  const mf_grid grid = line_grid(4, 0, 4, false);
  double before = 0;
  for (int k = 0; k <= 4000; k++) {
    mf_measure *pi = empty_measure(&grid);
    const double slope = 0.001 * k, l[] = {0, -slope, -2 * slope, -3 * slope};
    DO(mf_measure_set_log_density(pi, l));
    mf_transport *t;
    const double value = log(face_weights(&grid, pi, MF_FACE_AUTO, &t)[1]) + 1.5 * slope;
    at("slope %g", slope);
    if (k > 0) CLOSE(value, before, 0.001); /* of a slope that stays below 1 */
    before = value;
    mf_transport_free(t);
    release_all();
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("transport");
  TCase *all = tcase_create("faces");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, upwind_values_have_the_order_of_their_limiter);
  tcase_add_test(all, upwind_values_come_from_upstream);
  tcase_add_test(all, gaps_have_the_known_errors);
  tcase_add_test(all, double_well_has_its_gap);
  tcase_add_test(all, box_has_the_gap_of_cosines);
  tcase_add_test(all, face_weights_are_their_means);
  tcase_add_loop_test(all, default_weight_is_scharfetter_and_gummels_at_large_jumps, 0, STEEP);
  tcase_add_loop_test(all, default_weight_is_a_mean, 0, STEEP);
  tcase_add_test(all, default_weight_has_no_jumps);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
