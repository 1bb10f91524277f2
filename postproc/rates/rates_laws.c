/* SPDX-License-Identifier: BSD-3-Clause */
/* Decays that are no exponentials: C (t + s)^{-k} is a line over log(t + s), and C e^{-(t/tau)^k} one over t^k.
 * The shift s, or the power k, is the one with the least sum of squares. */
#include "postproc/rates/rates_parts.h"

enum { GRID = 40, REFINEMENTS = 60 };

typedef void (*abscissa)(double parameter, const mf_fit_samples *s, double *x);

static void over_logarithm(double shift, const mf_fit_samples *s, double *x)
{
  for (int i = 0; i < s->n; i++) x[i] = log(s->t[i] + shift);
}

static void over_power(double power, const mf_fit_samples *s, double *x)
{
  for (int i = 0; i < s->n; i++) x[i] = pow(s->t[i], power);
}

static double rss_at(abscissa over, double parameter, const mf_fit_samples *s, double *x)
{
  over(parameter, s, x);
  const mf_fit_straight l = mf_fit_line(x, s->y, s->w, s->n);
  return l.slope < 0 && isfinite(l.rss) ? l.rss : INFINITY;
}

/* The parameter in low..high, on a grid of its logarithm and then by golden sections. */
static double best_parameter(abscissa over, double low, double high, const mf_fit_samples *s, double *x)
{
  const double golden = 0.5 * (sqrt(5) - 1), step = log(high / low) / GRID;
  double best = INFINITY, a = log(low), b;
  for (int k = 0; k <= GRID; k++) {
    const double rss = rss_at(over, low * exp(k * step), s, x);
    if (!(rss < best)) continue;
    best = rss;
    a = log(low) + k * step;
  }
  b = a + step;
  a -= step;
  for (int k = 0; k < REFINEMENTS; k++) {
    const double left = b - golden * (b - a), right = a + golden * (b - a);
    if (rss_at(over, exp(left), s, x) < rss_at(over, exp(right), s, x))
      b = right;
    else
      a = left;
  }
  return exp(0.5 * (a + b));
}

/* How much wider the error of k is because s is fitted as well: both change log q by known functions of t,
 * log(t + s) and 1/(t + s), whose correlation c takes 1 - c^2 of what the samples know. */
static double shift_factor(const mf_fit_samples *s, const double *x)
{
  double n = 0, mx = 0, mz = 0, xx = 0, zz = 0, xz = 0;
  for (int i = 0; i < s->n; i++) {
    const double w = s->w[i] * s->w[i];
    n += w;
    mx += w * x[i];
    mz += w * exp(-x[i]);
  }
  for (int i = 0; i < s->n; i++) {
    const double w = s->w[i] * s->w[i], dx = x[i] - mx / n, dz = exp(-x[i]) - mz / n;
    xx += w * dx * dx;
    zz += w * dz * dz;
    xz += w * dx * dz;
  }
  return 1 / sqrt(fmax(1 - xz * xz / (xx * zz), DBL_EPSILON));
}

mf_fit_other mf_fit_power_law(const mf_fit_samples *s, double *x)
{
  const double span = s->t[s->n - 1] - s->t[0];
  const double shift = best_parameter(over_logarithm, 1e-9 * span, 30 * span, s, x);
  over_logarithm(shift, s, x);
  const mf_fit_straight l = mf_fit_line(x, s->y, s->w, s->n);
  return (mf_fit_other){.power = -l.slope,
                        .power_error = l.error * shift_factor(s, x),
                        .shift = shift,
                        .log_amplitude = l.middle_y - l.slope * l.middle_x,
                        .rms = sqrt(l.rss / fmax(s->n - 3, 1))};
}

mf_fit_other mf_fit_stretched(const mf_fit_samples *s, double *x)
{
  const double power = best_parameter(over_power, 0.1, 5, s, x);
  over_power(power, s, x);
  const mf_fit_straight l = mf_fit_line(x, s->y, s->w, s->n);
  return (mf_fit_other){.power = power,
                        .log_amplitude = l.middle_y - l.slope * l.middle_x,
                        .rms = sqrt(l.rss / fmax(s->n - 3, 1))};
}
