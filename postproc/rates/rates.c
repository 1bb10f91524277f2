/* SPDX-License-Identifier: BSD-3-Clause */
/* The law by which a quantity decays: a straight line in log q over t, or over log(t + s).
 *
 *    log q_i = log C - r t_i + noise,   weighted least squares over a window.
 *
 * All the care is in the window.  Early on, faster modes are still alive; late, the decay drowns in a
 * floor. Both bend the line, and a bent line answers with a wrong rate and a small standard error.  So a
 * window is rated by its relative uncertainty
 *
 *    max(standard error, half difference / 4) / r,
 *
 * where the half difference compares the rates of its two halves.  For independent noise the two terms are
 * of one size and fall with the length of the window; a transient or a floor inside the window raises the
 * second.  The best window is therefore the longest one without a visible bend, whatever the noise, and no
 * threshold has to be tuned to it.
 *
 * A window may end early for a floor only, not for a slower mode that takes over, because the slow mode
 * *is* the asymptotic rate.  What is cut off tells which it is: after subtraction of the line, a floor
 * stays, a slow mode decays.
 *
 * Weights.  A sample above a floor f has the relative noise s of the line and that of the floor, f / q_i:
 * w_i = 1 / (1 + (f / (s q_i))^2).  Without a floor all are 1.
 *
 * An algebraic decay C (t + s)^-k is straight over log(t + s).  The same search finds its window, and s is
 * the shift with the smallest uncertainty of k.  It is looked for where the exponential is doubtful, and
 * believed where k is known much better than r.
 *
 * A second exponential is the same fit to |q_i - C e^(-r t_i)| before the window, with weights that count
 * how far each remainder stands above the noise of the sample that it was taken from. */
#include "postproc/rates/rates.h"

#include "postproc/rates/rates_parts.h"

#define DOUBTFUL  0.01 /* relative uncertainty from which on a power law is tried: one has 0.1 */
#define ROUND_OFF (64 * DBL_EPSILON) /* of a logarithm of size 1: to fall by less is no decay */

/* Finds the usable samples and takes their logarithms.  Digits are missing below the least normal number. */
static int select_samples(mf_fit_samples *s, const double *t, const double *q, int n,
                          const mf_rate_options *o, double *y)
{
  const double floor = fmax(isnan(o->floor) ? 0 : o->floor, DBL_MIN);
  int begin = 0, end;
  while (begin < n && !((isnan(o->from) || t[begin] >= o->from) && isfinite(q[begin]) && q[begin] > floor))
    begin++;
  for (end = begin; end < n && isfinite(q[end]) && q[end] > floor; end++) {
    if (!isnan(o->to) && t[end] > o->to) break;
    y[end] = log(q[end]);
  }
  for (int i = begin + 1; i < end; i++)
    if (!(t[i] > t[i - 1]))
      return mf_fail(MF_ENUMERIC, "cannot fit a rate: time does not increase at sample %d (%g after %g)", i,
                     t[i], t[i - 1]);
  *s = (mf_fit_samples){.t = t, .y = y, .begin = begin, .end = end};
  if (end - begin >= MF_RATE_POINTS) return MF_OK;
  return mf_fail(
      MF_ENUMERIC,
      "cannot fit a rate: %d samples are usable (positive, finite, above the floor, in the window), "
      "%d are needed",
      end - begin, MF_RATE_POINTS);
}

/* ---- refusals ---- */

static int refuse(const mf_fit_samples *s, const mf_fit_window *c, const mf_rate_options *o)
{
  const mf_fit_straight *l = &c->line;
  const bool insisted = !isnan(o->from) && (!isnan(o->to) || !(l->slope < 0));
  const double drop = -l->slope * (s->t[l->end - 1] - s->t[l->begin]);
  if (!insisted && (!(c->merit < 1) || drop < ROUND_OFF * fmax(1, fabs(l->middle_y))))
    return mf_fail(MF_ENUMERIC, "cannot fit a rate: nothing decays between t = %g and t = %g", s->t[s->begin],
                   s->t[s->end - 1]);
  if (l->end - l->begin < MF_RATE_POINTS)
    return mf_fail(MF_ENUMERIC,
                   "cannot fit a rate: %d samples lie clear of the floor of about %.2g, up to t = %g; %d are "
                   "needed: output more often, "
                   "or lower the floor",
                   l->end - l->begin, c->level, s->t[l->end - 1], MF_RATE_POINTS);
  if (!insisted && !mf_fit_is_straight(s, c))
    return mf_fail(
        MF_ENUMERIC,
        "cannot fit a rate: no window is straight, neither over t nor over log t; the best, [%g, %g], has "
        "the "
        "rate %.3g and a difference of %.3g between its halves.  A transient or a floor reaches everywhere: "
        "run longer, output more often, or give both ends of a window",
        s->t[l->begin], s->t[l->end - 1], -l->slope, mf_fit_half_difference(s, l->begin, l->end));
  return MF_OK;
}

/* ---- second exponential ---- */

/* The remainders before the end of a line that stand out of its noise: the last run of them on one side of
 * the line that is long enough; `y` receives their logarithms, `w` their weights. */
static mf_fit_samples remainders_of(const mf_fit_samples *s, const mf_fit_straight *l, double *y, double *w,
                                    bool *below)
{
  mf_fit_samples out = {.t = s->t, .y = y, .w = w, .begin = l->end, .end = l->end};
  for (int i = l->end - 1; i >= s->begin; i--) {
    const double expected = mf_fit_line_at(l, s->t[i]), excess = expm1(s->y[i] - expected);
    const double known = fabs(excess) / (1 + excess); /* remainder over sample */
    const double unsure = hypot(l->noise, l->error * (s->t[i] - l->middle_t));
    const bool seen = known > MF_FIT_VISIBLE * unsure && isfinite(excess);
    const bool follows = seen && out.begin < out.end && (excess < 0) == *below;
    if (!follows && out.end - out.begin >= MF_RATE_POINTS) break;
    if (!follows) out.begin = out.end = seen ? i + 1 : i;
    if (!seen) continue;
    *below = excess < 0;
    y[i] = expected + log(fabs(excess));
    w[i] = (known / unsure) * (known / unsure);
    out.begin = i;
  }
  return out;
}

/* Weights of least squares matter up to a factor: the largest is made 1, so that `noise` means what it
 * says. */
static void scale_weights(const mf_fit_samples *s, double *w)
{
  double largest = 0;
  for (int i = s->begin; i < s->end; i++) largest = fmax(largest, w[i]);
  for (int i = s->begin; i < s->end; i++) w[i] /= largest;
}

static mf_rate_second find_second(const mf_fit_samples *s, const mf_fit_straight *first, bool fixed_start,
                                  double *y, double *w)
{
  const mf_rate_second none = {.found = false};
  bool below = false;
  const mf_fit_samples rest = remainders_of(s, first, y, w, &below);
  if (rest.end - rest.begin < MF_RATE_POINTS) return none;
  scale_weights(&rest, w);
  mf_fit_window c = mf_fit_best_start(&rest, rest.end, fixed_start);
  for (int k = 0; k + 1 < MF_FIT_ENDS; k++) {
    const mf_fit_window earlier = mf_fit_best_start(
        &rest, mf_fit_candidate(k, MF_FIT_ENDS, rest.begin + MF_RATE_POINTS, rest.end), fixed_start);
    if (earlier.merit < c.merit) c = earlier;
  }
  const double rate = -c.line.slope, error = c.merit * rate;
  if (!mf_fit_is_straight(&rest, &c) || !(rate + first->slope > MF_FIT_VISIBLE * (error + first->error)))
    return none;
  const double size = exp(mf_fit_line_at(&c.line, 0));
  return (mf_rate_second){.found = true,
                          .rate = rate,
                          .standard_error = error,
                          .amplitude = below ? -size : size,
                          .from = s->t[c.line.begin],
                          .to = s->t[c.line.end - 1],
                          .points = c.line.end - c.line.begin};
}

/* ---- all of it ---- */

static void set_weights(const mf_fit_samples *s, double floor, double noise, double *w)
{
  for (int i = s->begin; i < s->end; i++) {
    const double share = floor > 0 ? exp(log(floor / noise) - s->y[i]) : 0;
    w[i] = 1 / (1 + share * share);
  }
}

static mf_rate describe(const mf_fit_samples *s, const mf_fit_straight *l, double floor)
{
  return (mf_rate){.kind = MF_DECAY_EXPONENTIAL,
                   .rate = -l->slope,
                   .standard_error = l->error,
                   .r2 = l->r2,
                   .half_difference = mf_fit_half_difference(s, l->begin, l->end),
                   .from = s->t[l->begin],
                   .to = s->t[l->end - 1],
                   .floor = floor,
                   .decades = -l->slope * (s->t[l->end - 1] - s->t[l->begin]) / log(10),
                   .points = l->end - l->begin,
                   .log_amplitude = mf_fit_line_at(l, 0),
                   .power = NAN,
                   .power_error = NAN};
}

/* `work` has six arrays of n. */
static int fit(const double *t, const double *q, int n, const mf_rate_options *o, double *work, mf_rate *out)
{
  double *y = work, *w = work + n, *x = work + 2 * n;
  const mf_fit_scratch room = {.time = work + 3 * n, .remainder = work + 4 * n, .ones = work + 5 * n};
  mf_fit_samples s = {0};
  MF_TRY(select_samples(&s, t, q, n, o, y));
  for (int i = 0; i < n; i++) w[i] = room.ones[i] = 1;
  s.w = w;
  const bool fixed_start = !isnan(o->from), fixed_end = !isnan(o->to) && !isnan(o->floor);
  const int ends = fixed_end ? 0 : MF_FIT_ENDS;
  mf_fit_window best = mf_fit_best_window(&s, fixed_start, ends, &room);
  mf_fit_power power;
  if (ends > 0 && !mf_fit_is_straight(&s, &best)) {
    const mf_fit_window early = mf_fit_early_floor(&s, fixed_start, &room);
    if (early.merit < best.merit) best = early;
  }
  const bool algebraic =
      best.merit > DOUBTFUL && mf_fit_is_algebraic(&s, fixed_start, ends, &room, &best, x, &power);
  if (algebraic) best = power.window;
  mf_fit_clear_floor(&s, &best);
  if (!algebraic) MF_TRY(refuse(&s, &best, o));
  const double floor = isnan(o->floor) ? best.level : o->floor;
  const mf_fit_samples shown = algebraic ? mf_fit_over_logarithm(&s, power.shift, x) : s;
  mf_fit_keep_distance(&shown, &best.line);
  set_weights(&s, floor, best.line.noise, w);
  const mf_fit_straight l = mf_fit_line(&s, best.line.begin, best.line.end);
  *out = describe(&s, &l, floor);
  if (!algebraic) {
    out->second = find_second(&s, &l, fixed_start, room.time, room.remainder);
    return MF_OK;
  }
  const mf_fit_straight k = mf_fit_line(&shown, l.begin, l.end);
  out->kind = MF_DECAY_ALGEBRAIC;
  out->power = -k.slope;
  out->power_error = k.error * mf_fit_shift_factor(&shown, l.begin, l.end);
  out->shift = power.shift;
  out->log_amplitude = mf_fit_line_at(&k, 0);
  out->decades = -k.slope * (shown.t[l.end - 1] - shown.t[l.begin]) / log(10);
  return MF_OK;
}

int mf_rate_fit(const double *t, const double *q, int n, const mf_rate_options *o, mf_rate *out)
{
  static const mf_rate_options automatic = MF_RATE_AUTOMATIC;
  double *work;
  MF_TRY(mf_reals_create(&work, 6 * (ptrdiff_t)(n > 0 ? n : 0)));
  const int status = fit(t, q, n, o ? o : &automatic, work, out);
  mf_release(work);
  return status;
}

double mf_rate_value(const mf_rate *fit, double t)
{
  return exp(fit->log_amplitude -
             (fit->kind == MF_DECAY_ALGEBRAIC ? fit->power * log(t + fit->shift) : fit->rate * t));
}
