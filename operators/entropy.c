/* SPDX-License-Identifier: BSD-3-Clause */
/* The entropies phi_p and their derivatives, exact near equilibrium and in tails. */
#include "operators/entropy.h"

#include <math.h>

/* phi_p(1 + w) = sum_{k >= 2} a_k w^k,  a_2 = 1/2,  a_{k+1} = a_k (p - k) / (k + 1). */
static double series(double p, double w)
{
  static const double share[] = {
      0,       0,       0,       1. / 3,  1. / 4,  1. / 5,  1. / 6,  1. / 7,  1. / 8,  1. / 9,  1. / 10,
      1. / 11, 1. / 12, 1. / 13, 1. / 14, 1. / 15, 1. / 16, 1. / 17, 1. / 18, 1. / 19, 1. / 20, 1. / 21,
      1. / 22, 1. / 23, 1. / 24, 1. / 25, 1. / 26, 1. / 27, 1. / 28, 1. / 29, 1. / 30, 1. / 31, 1. / 32,
      1. / 33, 1. / 34, 1. / 35, 1. / 36, 1. / 37, 1. / 38, 1. / 39, 1. / 40};
  enum { TERMS = sizeof share / sizeof *share - 1 };
  double term = 0.5 * w * w, sum = term;
  for (int k = 2; k < TERMS; k++) {
    term *= (p - k) * share[k + 1] * w;
    sum += term;
    if (fabs(term) <= 1e-17 * fabs(sum)) break;
  }
  return sum;
}

/* sqrt(u) - 1: from w = u - 1 near equilibrium, from l = log u in tails. */
static double root_less_one(double w, double l)
{
  return l < -1 ? expm1(0.5 * l) : w / (1 + sqrt(1 + w));
}

double mf_entropy_value(double p, double w, double l)
{
  if (w <= -1) w = -1;
  if (p == 2) return 0.5 * w * w;
  if (p == 0.5) return 2 * root_less_one(w, l) * root_less_one(w, l);
  if (fabs(w) < 0.1) return series(p, w);
  if (p <= 0 && l == MF_LOG_VACUUM) return INFINITY;
  if (p == 1) return w == -1 ? 1 : (1 + w) * l - w;
  if (p == 0) return w - l;
  if (fabs(p) < 0.5) return (expm1(p * l) / p - w) / (p - 1);
  return (mf_entropy_force(p, w, l) - w) / p; /* neither form divides by a small number */
}

/* An exponent whose power is a number still; NAN stays. */
static double capped(double exponent)
{
  return exponent > 700 ? 700 : exponent;
}

double mf_entropy_variation(double p, double l)
{
  return p == 1 ? l : expm1(capped((p - 1) * l)) / (p - 1);
}

double mf_entropy_pressure(double p, double w, double l)
{
  if (p == 1) return w;
  return p == 0 ? l : expm1(p * l) / p;
}

double mf_entropy_pressure_slope(double p, double l)
{
  return p == 1 ? 1 : exp(capped((p - 1) * l));
}

/* Near p = 1 the difference u^p - u cancels, so the product is formed; elsewhere the difference, which is right in
 * vacuum as well, from powers of u where u is small and from w near equilibrium. */
double mf_entropy_force(double p, double w, double l)
{
  if (p == 0) return w;
  if (fabs(p - 1) < 0.1) return w <= -1 ? 0 : (l < -1 ? exp(l) : 1 + w) * mf_entropy_variation(p, l);
  if (l < -1) return (exp(p * l) - exp(l)) / (p - 1);
  return (expm1(p * l) - w) / (p - 1);
}

double mf_entropy_force_slope(double p, double l)
{
  return p * mf_entropy_variation(p, l) + 1;
}

double mf_entropy_finite_log(double l)
{
  return l == -INFINITY ? MF_LOG_VACUUM : l;
}

double mf_entropy_log(double w)
{
  const double l = w <= -1 ? MF_LOG_VACUUM : log1p(w);
  return l < MF_LOG_VACUUM ? MF_LOG_VACUUM : l; /* NAN goes through, to be noticed */
}
