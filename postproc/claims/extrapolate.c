/* SPDX-License-Identifier: BSD-3-Clause */
/* Values on a sequence of grids: observed orders, Richardson's extrapolation, and how much of it can be believed.
 *
 * Let f1, f2, f3 be the last three values, h3 = h the finest, p the order of the scheme, and R3 the extrapolation of order p
 * from f2, f3, R2 the one from f1, f2.  If the error is c h^q, of whatever order q, then with halved cells
 *
 *    limit - R3 = (R3 - R2)/(2^q - 1),
 *
 * so that |R3 - R2| is 1.8 times what is left for q = 3/2, three times for q = 2 and p = 2 (Richardson 1911; in the role
 * of the safety factors of Roache 1998 and of Eca & Hoekstra 2014).  An observed order above the scheme's is no merit: it says
 * that the leading term happens to vanish between two grids, and R3 is taken with p all the same.  A quarter of the correction
 * R3 - f3 is added, since errors are no pure powers (kinks), and what time integration may have left.
 *
 * A jump off the cells makes an error of h times where in its cell it lies, which grids that halve their cells may all see
 * alike: their values then converge with a perfect order to a wrong limit.  So two probes, grids near the coarsest whose cells
 * lie elsewhere, are compared with the values that the sequence has at their h, A + B h^p + C h^2p through all three.  What
 * they are off, times h/h1 for the finest grid, enters the interval.
 *
 * The sequence is asymptotic if the observed order is within a half of the scheme's, and the probes are off by less than a
 * quarter of the largest difference.  If it is not, nothing is extrapolated: the interval is the last value give or take the
 * largest of all differences, one and a half times; what the probes are off counts twice there, as it is the difference of two
 * errors of any sign. */
#include "postproc/claims/extrapolate.h"

#include <float.h>
#include <math.h>

#define SAFETY    1.0  /* of R3 - R2 */
#define SHARE     0.25 /* of R3 - f3 */
#define WIDE      1.5  /* of the largest difference, where nothing is asymptotic */
#define NEAR      0.5  /* of the scheme's order, or of the order before */
#define OFF       0.25 /* of the largest difference, that probes may be off */
#define ROUND_OFF (64 * DBL_EPSILON)

static const mf_limit unknown = {NAN, NAN, NAN, NAN, false, ""};

/* The limit of a + b h^p through two values. */
static double richardson(double coarse_h, double coarse, double fine_h, double fine, double p)
{
  return fine + (fine - coarse) / (pow(coarse_h / fine_h, p) - 1);
}

/* The order q of a + b h^q through three values, which makes the quotient of the differences
 * (h1^q - h2^q)/(h2^q - h3^q): by bisection, as it increases with q.  NAN if there is none from -4 to 16. */
static double observed_order(const double *h, const double *f)
{
  const double quotient = (f[1] - f[0]) / (f[2] - f[1]), r1 = h[0] / h[1], r2 = h[1] / h[2];
  double low = -4, high = 16;
  if (!(quotient > 0) || !isfinite(quotient)) return NAN;
  while (high - low > 1e-12) {
    const double q = 0.5 * (low + high);
    const double seen = q == 0 ? log(r1) / log(r2) : pow(r2, q) * (pow(r1, q) - 1) / (pow(r2, q) - 1);
    if (seen < quotient)
      low = q;
    else
      high = q;
  }
  return low > -4 && high < 16 ? 0.5 * (low + high) : NAN;
}

/* The order k of c h^k through two errors. */
static double order_between(const double *h, const double *e)
{
  return log(e[0] / e[1]) / log(h[0] / h[1]);
}

/* Errors that are c h^k have the same order between any two grids. */
mf_limit mf_limit_of_errors(const mf_sequence *s)
{
  mf_limit limit = unknown;
  const double *e = s->value + s->count - 2, *h = s->h + s->count - 2;
  limit.order = order_between(h, e);
  limit.reason = "two grids do not show whether errors fall as a power of h";
  if (s->count < 3) return limit;
  limit.before = order_between(h - 1, e - 1);
  limit.asymptotic = fabs(limit.order - limit.before) <= NEAR;
  limit.reason = limit.asymptotic ? "" : "the order still changes from grid to grid";
  return limit;
}

/* Value at h of a + b h^p + c h^2p through three values (Lagrange in h^p). */
static double model(const double *h, const double *f, double p, double at)
{
  const double x[3] = {pow(h[0], p), pow(h[1], p), pow(h[2], p)}, y = pow(at, p);
  double sum = 0;
  for (int i = 0; i < 3; i++) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    sum += f[i] * ((y - x[j]) / (x[i] - x[j])) * ((y - x[k]) / (x[i] - x[k]));
  }
  return sum;
}

static double probes_off(const mf_sequence *s, const double *h, const double *f)
{
  double off = 0;
  for (int i = 0; i < s->probes; i++)
    off = fmax(off, fabs(s->probe_value[i] - model(h, f, s->order, s->probe_h[i])));
  return off;
}

static double largest_difference(const double *f)
{
  return fmax(fabs(f[2] - f[0]), fmax(fabs(f[2] - f[1]), fabs(f[1] - f[0])));
}

static const char *find_reason(const mf_sequence *s, double order, double off, double difference)
{
  if (off > difference) return "the values depend on where the cells lie";
  if (isnan(order)) return "the differences change sign";
  if (order < s->order - NEAR) return "the order is below the scheme's";
  if (order > s->order + NEAR) return "the order is above the scheme's";
  if (off > OFF * difference) return "the values depend on where the cells lie";
  return "";
}

mf_limit mf_limit_of_values(const mf_sequence *s)
{
  mf_limit limit = unknown;
  if (s->count < 3) return limit;
  const double *h = s->h + s->count - 3, *f = s->value + s->count - 3;
  const double off = probes_off(s, h, f), difference = largest_difference(f);
  const double floor = (s->integration + ROUND_OFF) * fabs(f[2]), scaled = off * h[2] / h[0];
  if (!isfinite(f[0] + f[1] + f[2])) return limit;
  limit.extrapolated = f[2];
  limit.uncertainty = WIDE * fmax(difference, 2 * scaled) + floor;
  limit.asymptotic = fmax(difference, off) <= ROUND_OFF * fabs(f[2]);
  if (limit.asymptotic) return limit;
  limit.order = observed_order(h, f);
  limit.reason = find_reason(s, limit.order, off, difference);
  limit.asymptotic = !*limit.reason;
  if (!limit.asymptotic) return limit;
  const double before = richardson(h[0], f[0], h[1], f[1], s->order);
  limit.extrapolated = richardson(h[1], f[1], h[2], f[2], s->order);
  limit.uncertainty =
      SAFETY * fabs(limit.extrapolated - before) + SHARE * fabs(limit.extrapolated - f[2]) + scaled + floor;
  return limit;
}
