/* SPDX-License-Identifier: BSD-3-Clause */
/* Algebraic decay: samples that are straight over log(t + s). */
#include "postproc/rates/rates_parts.h"

enum { SHIFTS = 24, SHIFT_ENDS = 8, REFINEMENTS = 60 };

#define POWER_KNOWN 0.05 /* relative uncertainty of k, at most */
#define NARROWEST   2.0  /* factor in t + s over which an algebraic decay is seen, at least */
#define CERTAIN     0.01 /* relative uncertainty of k at which no floor is looked for */

/* The samples over log(t + shift), written to `x`; those at or before t = -shift are left out. */
mf_fit_samples mf_fit_over_logarithm(const mf_fit_samples *s, double shift, double *x)
{
  mf_fit_samples out = *s;
  while (out.begin < out.end && !(s->t[out.begin] + shift > 0)) out.begin++;
  for (int i = out.begin; i < out.end; i++) x[i] = log(s->t[i] + shift);
  out.t = x;
  return out;
}

/* Refines the shift of a window by golden sections of log(shift), to the least residual. */
static double refine_shift(const mf_fit_samples *s, const mf_fit_straight *l, double low, double high,
                           double *x)
{
  const double golden = 0.5 * (sqrt(5) - 1);
  double a = log(low), b = log(high);
  for (int k = 0; k < REFINEMENTS; k++) {
    const double left = b - golden * (b - a), right = a + golden * (b - a);
    const mf_fit_samples at_left = mf_fit_over_logarithm(s, exp(left), x);
    const double value = mf_fit_line(&at_left, l->begin, l->end).noise;
    const mf_fit_samples at_right = mf_fit_over_logarithm(s, exp(right), x);
    if (value < mf_fit_line(&at_right, l->begin, l->end).noise)
      b = right;
    else
      a = left;
  }
  return exp(0.5 * (a + b));
}

/* How much wider the error of k is because s is fitted as well: both change log q by known functions of t,
 * log(t + s) and 1/(t + s), whose correlation c takes 1 - c^2 of what the samples know. */
double mf_fit_shift_factor(const mf_fit_samples *over, int begin, int end)
{
  double n = 0, x = 0, z = 0, xx = 0, zz = 0, xz = 0;
  for (int i = begin; i < end; i++) {
    n += over->w[i];
    x += over->w[i] * over->t[i];
    z += over->w[i] * exp(-over->t[i]);
  }
  for (int i = begin; i < end; i++) {
    const double dx = over->t[i] - x / n, dz = exp(-over->t[i]) - z / n;
    xx += over->w[i] * dx * dx;
    zz += over->w[i] * dz * dz;
    xz += over->w[i] * dx * dz;
  }
  return 1 / sqrt(fmax(1 - xz * xz / (xx * zz), DBL_EPSILON));
}

static double shift_at(double span, int k)
{
  return k ? span * exp2(0.5 * (k - SHIFTS)) : 0;
}

/* Takes the shift of a window, found as number k of those tried, to the digits that the samples know. */
static void refine(const mf_fit_samples *s, mf_fit_power *p, double span, int k, double *x)
{
  mf_fit_straight *l = &p->window.line;
  const double low = k ? shift_at(span, k) / exp2(0.5) : 1e-6 * shift_at(span, 1);
  const double finer = refine_shift(s, l, low, shift_at(span, k ? k : 1) * exp2(0.5), x);
  const mf_fit_samples fine = mf_fit_over_logarithm(s, finer, x);
  const double residual = mf_fit_line(&fine, l->begin, l->end).noise;
  const mf_fit_samples coarse = mf_fit_over_logarithm(s, p->shift, x);
  if (residual < mf_fit_line(&coarse, l->begin, l->end).noise) p->shift = finer;
  const mf_fit_samples over = mf_fit_over_logarithm(s, p->shift, x);
  *l = mf_fit_line(&over, l->begin, l->end);
  p->window.merit = mf_fit_uncertainty(&over, l);
}

/* The straightest window over log(t + s) for any s below the time that the samples span; from there on a
 * power law is an exponential to the eye. */
static mf_fit_power best_power(const mf_fit_samples *s, bool fixed_start, int ends,
                               const mf_fit_scratch *room, double *x)
{
  const double span = s->t[s->end - 1] - s->t[s->begin];
  mf_fit_power best = {.window.merit = INFINITY};
  int kept = SHIFTS;
  for (int k = 0; k <= SHIFTS; k++) {
    const mf_fit_samples over = mf_fit_over_logarithm(s, shift_at(span, k), x);
    if (over.end - over.begin < MF_RATE_POINTS) continue;
    const mf_fit_window c = mf_fit_best_window(&over, fixed_start, ends, room);
    if (!(c.merit < best.window.merit) || c.line.end - c.line.begin < MF_RATE_POINTS) continue;
    best = (mf_fit_power){.window = c, .shift = shift_at(span, k)};
    kept = k;
  }
  if (kept == SHIFTS) return (mf_fit_power){.window.merit = INFINITY};
  refine(s, &best, span, kept, x);
  const mf_fit_samples over = mf_fit_over_logarithm(s, best.shift, x);
  const mf_fit_window again =
      mf_fit_best_window(&over, fixed_start, ends, room); /* a good shift may straighten more than was seen */
  if (again.merit < best.window.merit) best.window = again;
  return best;
}

/* True if a power law is straighter by far than the best exponential.  The window ends with the samples,
 * or before a floor if that is better; with a wrong shift the power law itself looks like a floor. */
bool mf_fit_is_algebraic(const mf_fit_samples *s, bool fixed_start, int ends, const mf_fit_scratch *room,
                         const mf_fit_window *exponential, double *x, mf_fit_power *p)
{
  *p = best_power(s, fixed_start, 0, room, x);
  if (ends > 0 && !(p->window.merit < CERTAIN)) {
    const mf_fit_power above = best_power(s, fixed_start, SHIFT_ENDS, room, x);
    if (above.window.merit < p->window.merit) *p = above;
  }
  if (!(p->window.merit < 0.5 * exponential->merit)) return false;
  const mf_fit_samples over = mf_fit_over_logarithm(s, p->shift, x);
  const mf_fit_straight *l = &p->window.line;
  return p->window.merit < POWER_KNOWN && mf_fit_is_straight(&over, &p->window) &&
         over.t[l->end - 1] - over.t[l->begin] > log(NARROWEST);
}
