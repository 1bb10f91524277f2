/* SPDX-License-Identifier: BSD-3-Clause */
/* The entropies phi_p: values and derivatives against references in extended precision, near equilibrium, in tails and
 * in vacuum, and the identities that hold between them.
 *
 * The references are the integral remainders of Taylor's theorem, which have no cancellation,
 *
 *   phi_p(1 + w) = w^2 int_0^1 (1 - t)(1 + t w)^(p-2) dt,   phi_p' = w int_0^1 (1 + t w)^(p-2) dt,
 *
 * near u = 1, and the closed formulas in long double elsewhere. */
#include "operators/entropy.h"
#include "tests/flows.h"

typedef long double real;

static const double exponents[] = {-1, 0, 0.25, 0.5, 0.95, 1, 1.05, 2, 3};
enum { EXPONENTS = sizeof exponents / sizeof *exponents };

/* int_0^1 (1 - t)^k (1 + t w)^q dt for |w| <= 1/2, by Gauss-Legendre with 16 nodes on 8 pieces: good to the last bit. */
static real remainder_integral(int k, real w, real q)
{
  enum { PIECES = 8, NODES = 8 };
  static const real node[NODES] = {0.0950125098376374401853L, 0.2816035507792589132305L,
                                   0.4580167776572273863424L, 0.6178762444026437484467L,
                                   0.7554044083550030338951L, 0.8656312023878317438805L,
                                   0.9445750230732325760779L, 0.9894009349916499325962L};
  static const real weight[NODES] = {0.1894506104550684962854L, 0.1826034150449235888668L,
                                     0.1691565193950025381893L, 0.1495959888165767320815L,
                                     0.1246289712555338720525L, 0.0951585116824927848099L,
                                     0.0622535239386478928628L, 0.0271524594117540948518L};
  real sum = 0;
  for (int piece = 0; piece < PIECES; piece++)
    for (int i = 0; i < 2 * NODES; i++) {
      const real s = i < NODES ? node[i] : -node[i - NODES], t = (piece + 0.5L * (1 + s)) / PIECES;
      sum += weight[i % NODES] / (2 * PIECES) * (k ? 1 - t : 1) * powl(1 + t * w, q);
    }
  return sum;
}

/* References at u = 1 + w near equilibrium, at u = e^l elsewhere. */
typedef struct {
  real value, variation, pressure, slope, force, force_slope;
} reference;

static reference near(real p, real w)
{
  reference r;
  r.value = w * w * remainder_integral(1, w, p - 2);
  r.variation = w * remainder_integral(0, w, p - 2);
  r.pressure = w * remainder_integral(0, w, p - 1);
  r.slope = powl(1 + w, p - 1);
  r.force = (1 + w) * r.variation;
  r.force_slope = p * r.variation + 1;
  return r;
}

static reference far(real p, real l)
{
  const real u = expl(l), w = expm1l(l);
  reference r;
  r.variation = p == 1 ? l : expm1l((p - 1) * l) / (p - 1);
  r.pressure = p == 0 ? l : expm1l(p * l) / p;
  r.value = p == 1 ? u * l - w : p == 0 ? w - l : (r.pressure - w) / (p - 1);
  r.slope = expl((p - 1) * l);
  r.force = u * r.variation;
  r.force_slope = p * r.variation + 1;
  return r;
}

/* Deviations from 1e-300 to 1/2 of either sign: each result relative to itself, never through numbers near 1. */
START_TEST(results_near_equilibrium_are_relative)
{
  const double p = exponents[_i];
  for (int k = -300; k < 0; k++)
    for (int sign = -1; sign <= 1; sign += 2)
      for (int digit = 1; digit <= 5; digit += 2) {
        const double w = sign * digit * pow(10, k), l = log1p(w);
        const reference r = near(p, w);
        at("p = %g, w = %g", p, w);
        /* Below |w| = 1e-150 the square is no normal number, and need not be right to more than its last bit. */
        CLOSE(mf_entropy_value(p, w, l), (double)r.value, 1e-13 * (double)r.value + 1e-323);
        CLOSE_REL(mf_entropy_variation(p, l), (double)r.variation, 1e-14);
        CLOSE_REL(mf_entropy_pressure(p, w, l), (double)r.pressure, 1e-14);
        CLOSE_REL(mf_entropy_pressure_slope(p, l), (double)r.slope, 1e-15);
        CLOSE_REL(mf_entropy_force(p, w, l), (double)r.force,
                  1e-13); /* u^p - u loses one digit where p is near 1 */
        CLOSE(mf_entropy_force_slope(p, l), (double)r.force_slope, 1e-14); /* a sum of terms below 10 */
      }
}
END_TEST

/* u from e^-600 to 1e6.  An exponential e^x carries the rounding error of its argument, |x| ulp; w = u - 1 that of 1, so
 * the value and the force are as good as numbers of size 1 and |w| allow. */
START_TEST(results_far_from_equilibrium_are_right)
{
  const double p = exponents[_i];
  for (double l = -599.5; l < 14; l += 0.25) {
    if (fabs(l) < 0.3) continue;
    const double w = expm1(l), eps = DBL_EPSILON;
    const reference r = far(p, l);
    if (r.slope > 1e250) continue; /* u^(p - 1) is hardly a number any more, and may be cut */
    at("p = %g, log u = %g", p, l);
    const double of_power = eps * (2 + fabs((p - 1) * l)), size = fabs((double)r.pressure) + fabs(w) + 1;
    CLOSE_REL(mf_entropy_variation(p, l), (double)r.variation, of_power);
    CLOSE_REL(mf_entropy_pressure(p, w, l), (double)r.pressure, eps * (2 + fabs(p * l)));
    CLOSE_REL(mf_entropy_pressure_slope(p, l), (double)r.slope, of_power);
    CLOSE(mf_entropy_force_slope(p, l), (double)r.force_slope,
          of_power * (1 + 2 * fabs((double)r.force_slope)));
    const double distance =
        fmax(fabs(p - 1), 0.5); /* 1/(p - 1) is not felt near p = 1, where the product is formed */
    CLOSE(mf_entropy_force(p, w, l), (double)r.force,
          (2 * eps + of_power) * (size + fabs((double)r.force)) / distance);
    /* phi_p = (pressure - w)/(p - 1) does feel it */
    const double factor = p == 1 ? 1 : 1 / fabs(p - 1);
    CLOSE(mf_entropy_value(p, w, l), (double)r.value,
          eps * (2 + fabs(p * l)) * (factor * size + fabs((double)r.value) + fabs(l)));
  }
}
END_TEST

/* Any real p is allowed, so also those near the removable singularities 0 and 1: there every function differs from its
 * limit by O(distance), with constants below 3 on 1/2 <= u <= 2. */
START_TEST(results_are_continuous_in_p)
{
  for (int centre = 0; centre <= 1; centre++)
    for (int k = -3; k >= -15; k--)
      for (int sign = -1; sign <= 1; sign += 2)
        for (double w = -0.5; w <= 1; w += 0.03125) {
          const double distance = pow(10, k), p = centre + sign * distance, l = log1p(w),
                       allowed = 3 * distance + 1e-9;
          at("p = %d%+g, w = %g", centre, sign * distance, w);
          CLOSE_REL(mf_entropy_value(p, w, l), mf_entropy_value(centre, w, l), allowed);
          CLOSE_REL(mf_entropy_variation(p, l), mf_entropy_variation(centre, l), allowed);
          CLOSE_REL(mf_entropy_pressure(p, w, l), mf_entropy_pressure(centre, w, l), allowed);
          CLOSE_REL(mf_entropy_pressure_slope(p, l), mf_entropy_pressure_slope(centre, l), allowed);
          CLOSE_REL(mf_entropy_force(p, w, l), mf_entropy_force(centre, w, l), allowed);
          CLOSE(mf_entropy_force_slope(p, l), mf_entropy_force_slope(centre, l), 3 * allowed);
        }
}
END_TEST

/* w and l of equilibrium are 0, and so is everything that drives a flow. */
START_TEST(equilibrium_is_exact)
{
  const double p = exponents[_i];
  HOLDS(mf_entropy_value(p, 0, 0) == 0 && mf_entropy_variation(p, 0) == 0 &&
        mf_entropy_pressure(p, 0, 0) == 0);
  HOLDS(mf_entropy_force(p, 0, 0) == 0 && mf_entropy_pressure_slope(p, 0) == 1 &&
        mf_entropy_force_slope(p, 0) == 1);
}
END_TEST

/* A convex function with minimum 0 at u = 1. */
START_TEST(entropies_are_convex)
{
  const double p = exponents[_i];
  double before = -INFINITY;
  for (double l = -30; l < 14; l += 0.01) {
    const double w = expm1(l);
    at("p = %g, log u = %g", p, l);
    HOLDS(mf_entropy_value(p, w, l) > 0);
    HOLDS(mf_entropy_variation(p, l) * w > 0);
    HOLDS(mf_entropy_pressure(p, w, l) * w > 0);
    HOLDS(mf_entropy_force(p, w, l) * w > 0);
    HOLDS(mf_entropy_pressure_slope(p, l) > 0);
    HOLDS(mf_entropy_variation(p, l) >= before);
    before = mf_entropy_variation(p, l);
  }
}
END_TEST

/* Central difference of f in u, step 1e-4 u: wrong by 1e-8 times a third derivative below 20 here, and by rounding,
 * 1e-16/1e-4 times the size of f. */
enum { OF_VALUE, OF_VARIATION, OF_PRESSURE, OF_FORCE };
static double evaluate(int which, double p, double u)
{
  const double w = u - 1, l = log1p(w);
  switch (which) {
  case OF_VALUE:
    return mf_entropy_value(p, w, l);
  case OF_VARIATION:
    return mf_entropy_variation(p, l);
  case OF_PRESSURE:
    return mf_entropy_pressure(p, w, l);
  default:
    return mf_entropy_force(p, w, l);
  }
}

static double difference(int which, double p, double u)
{
  const double step = 1e-4 * u;
  return (evaluate(which, p, u + step) - evaluate(which, p, u - step)) / (2 * step);
}

START_TEST(derivatives_are_derivatives)
{
  const double p = exponents[_i];
  for (double u = 0.1; u < 20; u *= 1.07) {
    const double l = log(u), slope = mf_entropy_pressure_slope(p, l), tolerance = 3e-7;
    at("p = %g, u = %g", p, u);
    CLOSE(difference(OF_VALUE, p, u), mf_entropy_variation(p, l), tolerance * (1 + slope));
    CLOSE_REL(difference(OF_VARIATION, p, u), slope / u, tolerance);
    CLOSE_REL(difference(OF_PRESSURE, p, u), slope, tolerance);
    CLOSE(difference(OF_FORCE, p, u), mf_entropy_force_slope(p, l), tolerance * (1 + fabs(p) * slope));
    /* identities, to a few ulp of the terms */
    CLOSE(mf_entropy_force(p, u - 1, l), u * mf_entropy_variation(p, l), 1e-14 * (1 + u * slope));
  }
}
END_TEST

/* Where there is nothing, and where round-off has left less than nothing. */
START_TEST(vacuum_is_finite)
{
  const double p = exponents[_i];
  static const double ratios[] = {-1, -1 - 1e-12, -1.5};
  for (int i = 0; i < 3; i++) {
    const double w = ratios[i], l = mf_entropy_log(w);
    at("p = %g, w = %.13g", p, w);
    HOLDS(l == MF_LOG_VACUUM);
    HOLDS(p > 0 ? isfinite(mf_entropy_value(p, w, l)) : mf_entropy_value(p, w, l) == INFINITY);
    HOLDS(isfinite(mf_entropy_pressure(p, w, l)));
    HOLDS(isfinite(mf_entropy_force(p, w, l)));
    if (p > 0) CLOSE_REL(mf_entropy_value(p, w, l), 1 / p, 1e-14);
    if (p > 0) CLOSE(mf_entropy_force(p, w, l), 0, 1e-15);
    if (p > 0 && p != 1) CLOSE_REL(mf_entropy_pressure(p, w, l), -1 / p, 1e-14); /* p = 1 is linear: P = w */
    HOLDS(mf_entropy_value(p, w, l) > 0 && mf_entropy_variation(p, l) < 0);
    HOLDS(isfinite(mf_entropy_variation(p, l)));
    HOLDS(isfinite(mf_entropy_pressure_slope(p, l)));
    HOLDS(isfinite(mf_entropy_force_slope(p, l)));
  }
}
END_TEST

START_TEST(logarithm_is_cut_in_vacuum)
{
  HOLDS(mf_entropy_log(0) == 0 && mf_entropy_log(-INFINITY) == MF_LOG_VACUUM &&
        mf_entropy_log(-1) == MF_LOG_VACUUM);
  for (int k = -300; k <= 6; k++) CLOSE_REL(mf_entropy_log(pow(10, k)), log1p(pow(10, k)), DBL_EPSILON);
  CLOSE_REL(mf_entropy_log(-1 + 0x1p-52), -52 * log(2), DBL_EPSILON);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("entropy");
  TCase *all = tcase_create("entropy");
  tcase_add_loop_test(all, results_near_equilibrium_are_relative, 0, EXPONENTS);
  tcase_add_loop_test(all, results_far_from_equilibrium_are_right, 0, EXPONENTS);
  tcase_add_test(all, results_are_continuous_in_p);
  tcase_add_loop_test(all, equilibrium_is_exact, 0, EXPONENTS);
  tcase_add_loop_test(all, entropies_are_convex, 0, EXPONENTS);
  tcase_add_loop_test(all, derivatives_are_derivatives, 0, EXPONENTS);
  tcase_add_loop_test(all, vacuum_is_finite, 0, EXPONENTS);
  tcase_add_test(all, logarithm_is_cut_in_vacuum);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
