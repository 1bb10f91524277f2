/* SPDX-License-Identifier: BSD-3-Clause */
/* The rate of a decay: which samples, which window, which law, and whether that is a rate. */
#include "postproc/rates/rates.h"

#include "postproc/rates/rates_parts.h"

#include <stdarg.h>
#include <stdio.h>

enum {
  WINDOWS = 4,
  MOST =
      72, /* samples of a window that are fitted, evenly taken: more would make the interval little narrower */
  ROOM = (3 + MF_FIT_ROOM) * MOST
};

#define SHORTER 0.7 /* time of a window over that of the one before */
#define NARROWER                                                                                             \
  0.3 /* width of an interval for which a shorter window is preferred, over that of the longer */
#define RESOLVED   64.0 /* times its round-off that a sample is to be used */
#define UNRESOLVED 20.0 /* the same for noise that shows by samples that are not positive */
#define MANY       2.0 /* decades of the slowest of three exponentials below which a fourth is allowed for, */
#define FOURTH     2.0 /* by an interval so much wider for each decade less */
#define REACHED    3.0 /* times a floor that the last sample is, at most, if it was reached */
#define SLOWEST    0.02  /* rate over the next one below which it is a constant */
#define NEGLIGIBLE 1e-8  /* share of the last sample that is next to nothing */
#define WIDEST     0.25  /* half of the interval over the rate, at most */
#define STRAIGHT   0.05  /* relative residuals of a law, at most */
#define BETTER     0.7   /* residuals of another law over those of three exponentials, at most */
#define STRETCHED  0.005 /* difference of the power in a stretched exponential from 1, at least */
#define FARTHEST                                                                                             \
  5.0 /* shift of an algebraic decay over the time that is seen: beyond, it is an exponential to the eye */
#define NARROWEST 2.0 /* factor in t + s over which an algebraic decay is seen, at least */
#define KNOWN     0.1 /* half the interval of a power over it, at most */

const char *const mf_rate_status_names[] = {"rate",      "algebraic", "few samples",    "round-off",
                                            "floor",     "constant",  "under a decade", "transient",
                                            "stretched", "waves",     "no law",         "uncertain"};

typedef struct {
  mf_fit_samples s;
  int points;
  mf_fit_slowest slowest;
} window;

typedef struct {
  const mf_rate_options *o;
  const double *t, *q;
  int n;
  double *y, *w;    /* n each */
  mf_fit_samples s; /* those in use */
  double floor;     /* that was reached, or 0 */
  window window[WINDOWS];
  int windows;
  double *room; /* ROOM a window, and MOST */
  mf_rate *out;
} search;

static int refuse(mf_rate *out, mf_rate_status why, const char *format, ...) MF_PRINTF(3, 4);
static int refuse(mf_rate *out, mf_rate_status why, const char *format, ...)
{
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  out->status = why;
  return mf_fail(MF_ENUMERIC, "no rate: %s", text);
}

/* ---- samples ---- */

static bool is_resolved(const search *f, int i)
{
  return !f->o->resolution || f->q[i] > RESOLVED * f->o->resolution[i];
}

static bool is_usable(const search *f, int i)
{
  const double floor = fmax(isnan(f->o->floor) ? 0 : f->o->floor, DBL_MIN);
  return isfinite(f->q[i]) && f->q[i] > floor;
}

/* The first sample that is round-off.  What comes later is what round-off has grown to beside the rest. */
static int first_unresolved(const search *f)
{
  int i = 0;
  while (i < f->n && (!(f->q[i] > 0) || is_resolved(f, i))) i++;
  return i;
}

/* Noise shows its size by the samples after one that is not positive. */
static double noise_after(const search *f, int begin)
{
  double squares = 0;
  int count = 0;
  for (int i = begin; i < f->n && isfinite(f->q[i]); i++, count++) squares += f->q[i] * f->q[i];
  return count > 0 && !(f->q[begin] > 0) ? sqrt(squares / count) : 0;
}

/* The first run of usable samples, as logarithms. */
static int select_samples(search *f, int *end)
{
  const mf_rate_options *o = f->o;
  const int resolved = first_unresolved(f);
  int begin = 0;
  while (begin < resolved && !((isnan(o->from) || f->t[begin] >= o->from) && is_usable(f, begin))) begin++;
  for (*end = begin; *end < resolved && is_usable(f, *end); ++*end) {
    if (!isnan(o->to) && f->t[*end] > o->to) break;
    f->y[*end] = log(f->q[*end]);
    f->w[*end] = 1;
  }
  for (int i = begin + 1; i < *end; i++)
    if (!(f->t[i] > f->t[i - 1]))
      return mf_fail(MF_ENUMERIC, "cannot fit a rate: time does not increase at sample %d (%g after %g)", i,
                     f->t[i], f->t[i - 1]);
  f->s = (mf_fit_samples){.t = f->t + begin, .y = f->y + begin, .w = f->w + begin, .n = *end - begin};
  if (f->s.n >= MF_RATE_POINTS) return MF_OK;
  if (*end == resolved && resolved < f->n)
    return refuse(f->out, MF_RATE_ROUND_OFF,
                  "from t = %g on values are round-off, %.1e where what they are made of is known to %.1e; "
                  "%d samples are "
                  "usable, %d are needed",
                  f->t[resolved], f->q[resolved], o->resolution[resolved], f->s.n, MF_RATE_POINTS);
  return refuse(
      f->out, MF_RATE_FEW,
      "%d samples are usable (positive, finite, above the floor, in the window), %d are needed: output "
      "more often",
      f->s.n, MF_RATE_POINTS);
}

/* Ends the samples above a floor. */
static int leave_floor(search *f, int end)
{
  double scatter = 0;
  const double noise = end < f->n && isfinite(f->q[end]) ? noise_after(f, end) : 0;
  if (noise > 0) {
    f->floor = scatter = noise;
    while (f->s.n > 0 && f->s.y[f->s.n - 1] < log(UNRESOLVED * noise)) f->s.n--;
  } else
    f->floor = mf_fit_cut_floor(&f->s, &scatter, f->room);
  if (f->s.n < MF_RATE_POINTS)
    return refuse(
        f->out, MF_RATE_FLOOR,
        "%d samples lie clear of the floor of about %.2g, up to t = %g; %d are needed: output more often, "
        "or lower the floor",
        f->s.n, f->floor, f->s.n > 0 ? f->s.t[f->s.n - 1] : f->t[0], MF_RATE_POINTS);
  mf_fit_weigh(&f->s, scatter, f->w + (f->s.w - f->w));
  return MF_OK;
}

static double fall(const mf_fit_samples *s)
{
  return (s->y[0] - s->y[s->n - 1]) / log(10);
}

/* Values that differ by their last bits only, or rise. */
static int check_motion(const search *f)
{
  const mf_fit_samples *s = &f->s;
  double least = INFINITY, most = -INFINITY;
  for (int i = 0; i < s->n; i++) {
    least = fmin(least, s->y[i]);
    most = fmax(most, s->y[i]);
  }
  if (most - least > 64 * DBL_EPSILON * fmax(1, fabs(most)) && s->y[0] > least) return MF_OK;
  return refuse(f->out, MF_RATE_CONSTANT, "nothing decays between t = %g and t = %g", s->t[0],
                s->t[s->n - 1]);
}

static int check_fall(const search *f)
{
  const mf_fit_samples *s = &f->s;
  const mf_fit_straight l = mf_fit_line(s->t, s->y, s->w, s->n);
  const double first = s->t[0], last = s->t[s->n - 1];
  if (!(-l.slope > 2 * l.error))
    return refuse(f->out, MF_RATE_CONSTANT, "nothing decays between t = %g and t = %g", first, last);
  if (fall(s) >= 1) return MF_OK;
  return refuse(f->out, MF_RATE_SHORT,
                "%.2g decades of decay between t = %g and t = %g; a rate takes one at least: run longer",
                fall(s), first, last);
}

/* ---- windows ---- */

/* The samples from `begin` on, at most MOST of them, the last one included. */
static void fit_window(search *f, int begin)
{
  const mf_fit_samples *s = &f->s;
  const int count = s->n - begin, stride = (count + MOST - 1) / MOST;
  double *t = f->room + ROOM * f->windows, *y = t + MOST, *w = y + MOST;
  int n = 0;
  for (int i = s->n - 1 - (count - 1) / stride * stride; i < s->n; i += stride, n++) {
    t[n] = s->t[i];
    y[n] = s->y[i];
    w[n] = s->w[i];
  }
  window *v = &f->window[f->windows++];
  v->s = (mf_fit_samples){.t = t, .y = y, .w = w, .n = n, .constant = s->constant};
  v->points = count;
  mf_fit_exponentials(&v->s, w + MOST, &v->slowest);
}

static void fit_windows(search *f)
{
  const mf_fit_samples *s = &f->s;
  const double end = s->t[s->n - 1], all = end - s->t[0];
  int last = -1;
  f->windows = 0;
  for (int k = 0; k < WINDOWS; k++) {
    int begin = 0;
    while (s->t[begin] < end - all * pow(SHORTER, k) * (1 + 1e-12)) begin++;
    if (begin == last || s->n - begin < MF_RATE_POINTS || s->y[begin] - s->y[s->n - 1] < log(10)) continue;
    last = begin;
    fit_window(f, begin);
  }
}

/* What lies under the decay where it is seen but has not come up: true if there is something, and fits are to be made
 * again.  A slowest exponential that does not decay, or grows, is a floor, on which the others stand.  One that is next to nothing in the last
 * sample, such as a mode that round-off has put there, is taken for noise of its size. */
static bool stand_on_rest(search *f)
{
  for (int k = 0; k < f->windows && !f->s.constant; k++) {
    const window *v = &f->window[k];
    const mf_fit_slowest *p = &v->slowest;
    if (p->terms < 2 || !(p->amplitude > 0)) continue;
    const double first = log(p->amplitude) + v->s.y[0], last = f->s.y[f->s.n - 1];
    const double level = fmax(first, first - p->rate * (v->s.t[v->s.n - 1] - v->s.t[0]));
    if (p->hi < SLOWEST * p->gap) {
      if (last < level + log(REACHED)) f->floor = exp(level);
      while (f->s.n > MF_RATE_POINTS && f->s.y[f->s.n - 1] < level + log(REACHED)) f->s.n--;
      f->s.constant = true;
      return true;
    }
    if (first - p->rate * (v->s.t[v->s.n - 1] - v->s.t[0]) > last + log(NEGLIGIBLE)) continue;
    mf_fit_weigh(&f->s, exp(level), f->w + (f->s.w - f->w));
    return true;
  }
  return false;
}

/* True if the rate of window k lies in the intervals of all windows inside it. */
static bool is_consistent(const search *f, int k)
{
  const double rate = f->window[k].slowest.rate;
  for (int m = k + 1; m < f->windows; m++)
    if (rate < f->window[m].slowest.lo || rate > f->window[m].slowest.hi) return false;
  return true;
}

static int choose_window(const search *f)
{
  int best = -1;
  double width = INFINITY;
  for (int k = 0; k < f->windows; k++) {
    const double here = f->window[k].slowest.hi - f->window[k].slowest.lo;
    if (!is_consistent(f, k) || !(here < NARROWER * width)) continue;
    width = here;
    best = k;
  }
  return best < 0 ? f->windows - 1 : best;
}

/* ---- other laws ---- */

static int describe_power(search *f, const window *v, const mf_fit_other *law)
{
  const double half = 2 * mf_fit_student(v->s.n - 3) * law->power_error;
  mf_rate *out = f->out;
  out->from = v->s.t[0];
  out->to = v->s.t[v->s.n - 1];
  out->points = v->points;
  out->decades = fall(&v->s);
  if (!(half < KNOWN * law->power))
    return refuse(out, MF_RATE_LAWLESS, "over [%g, %g] the decay is slower than any exponential", out->from,
                  out->to);
  out->status = MF_RATE_ALGEBRAIC;
  out->power = law->power;
  out->power_lo = law->power - half;
  out->power_hi = law->power + half;
  out->shift = law->shift;
  out->log_amplitude = law->log_amplitude;
  return MF_OK;
}

/* Looks for a window up to the chosen one that another law explains better than three exponentials do. */
static int try_other_laws(search *f, int best, bool *found)
{
  for (int k = 0; k <= best && !*found; k++) {
    const window *v = &f->window[k];
    const double enough = BETTER * fmin(v->slowest.rms[0], v->slowest.rms[MF_FIT_TERMS - 1]);
    double *x = f->room + ROOM * WINDOWS;
    const mf_fit_other power = mf_fit_power_law(&v->s, x), stretched = mf_fit_stretched(&v->s, x);
    const bool bent = fabs(stretched.power - 1) > STRETCHED,
               near = power.shift < FARTHEST * (v->s.t[v->s.n - 1] - v->s.t[0]);
    *found = (bent && stretched.rms < enough) || (near && power.rms < enough);
    if (*found && power.rms < stretched.rms) return describe_power(f, v, &power);
    if (*found)
      return refuse(
          f->out, MF_RATE_STRETCHED,
          "over [%g, %g] the law is e^(-(t/tau)^%.3g): its logarithm is no line in t, and no rate is its end",
          v->s.t[0], v->s.t[v->s.n - 1], stretched.power);
  }
  return MF_OK;
}

static bool is_power(const window *v, const mf_fit_other *law)
{
  const double enough = BETTER * fmin(v->slowest.rms[0], v->slowest.rms[MF_FIT_TERMS - 1]);
  const double first = v->s.t[0], last = v->s.t[v->s.n - 1];
  return law->rms < enough && law->shift < FARTHEST * (last - first) &&
         (last + law->shift) > NARROWEST * (first + law->shift);
}

/* An algebraic decay has its transient early, by any measure of an exponential: a thirty-second to a quarter of the time. */
static bool find_power(search *f)
{
  const mf_fit_samples *s = &f->s;
  for (int k = 5; k >= 2; k--) {
    int begin = 0;
    while (s->t[begin] < s->t[0] + ldexp(s->t[s->n - 1] - s->t[0], -k)) begin++;
    if (s->n - begin < MF_RATE_POINTS) continue;
    f->windows = 0;
    fit_window(f, begin);
    const mf_fit_other law = mf_fit_power_law(&f->window[0].s, f->room + ROOM * WINDOWS);
    if (is_power(&f->window[0], &law) && !describe_power(f, &f->window[0], &law)) return true;
  }
  return false;
}

/* ---- verdict ---- */

static void describe(search *f, const window *v)
{
  const mf_fit_slowest *p = &v->slowest;
  mf_rate *out = f->out;
  const double log_first = v->s.y[0], first = v->s.t[0];
  out->rate = p->rate;
  out->lo = fmin(p->lo, p->rate);
  out->hi = fmax(p->hi, p->rate);
  out->standard_error = p->error;
  out->from = first;
  out->to = v->s.t[v->s.n - 1];
  out->points = v->points;
  out->decades = p->rate * (out->to - p->half) / log(10);
  out->log_amplitude = log(p->amplitude) + log_first + p->rate * first;
}

/* The second exponential, from the first window in which it stands out. */
static void describe_second(search *f, int best)
{
  for (int k = 0; k <= best && !f->out->second.found; k++) {
    const mf_fit_slowest *p = &f->window[k].slowest;
    const mf_fit_samples *s = &f->window[k].s;
    const double fast = p->rate + p->gap;
    if (p->terms < 2 || !(p->gap_error < p->gap / 3) || !(f->out->lo <= p->rate && p->rate <= f->out->hi))
      continue;
    f->out->second = (mf_rate_second){.found = true,
                                      .rate = fast,
                                      .standard_error = hypot(p->gap_error, p->error),
                                      .amplitude = p->second * exp(s->y[0] + fast * s->t[0])};
  }
}

/* Where three exponentials are seen there may be a fourth.  Of 528 rates of runs with one to two decades (seeds 41, 42 of
 * tests/test_rates_runs.c) the interval of three alone held 85 of 100, this one 95. */
static void allow_for_fourth(mf_rate *out, const mf_fit_slowest *p)
{
  if (p->terms < MF_FIT_TERMS || !(out->decades < MANY)) return;
  const double wider = 1 + FOURTH * (MANY - fmax(out->decades, 0));
  out->lo = out->rate - wider * (out->rate - out->lo);
  out->hi = out->rate + wider * (out->hi - out->rate);
}

/* What time integration may have put wrong between the ends of the window. */
static void add_drift(const search *f)
{
  mf_rate *out = f->out;
  int first = 0, last = f->n - 1;
  if (!f->o->drift) return;
  while (f->t[first] < out->from) first++;
  while (f->t[last] > out->to) last--;
  out->integration = fabs(f->o->drift[last] - f->o->drift[first]) / (out->to - out->from);
  out->lo -= out->integration;
  out->hi += out->integration;
}

static int check_rate(const search *f, const window *v)
{
  const mf_fit_slowest *p = &v->slowest;
  const mf_rate *out = f->out;
  const double rms = p->rms[MF_FIT_TERMS - 1];
  const bool wide = !(out->hi - out->lo < 2 * WIDEST * out->rate);
  if ((wide || rms > STRAIGHT) && p->waves > 3 && rms > STRAIGHT / 5)
    return refuse(f->out, MF_RATE_WAVES, "it goes up and down by %.1g of itself over [%g, %g]", rms,
                  out->from, out->to);
  if (rms > STRAIGHT)
    return refuse(f->out, MF_RATE_LAWLESS,
                  "no law fits: over [%g, %g] three exponentials leave %.1g of the samples", out->from,
                  out->to, rms);
  if (wide)
    return refuse(
        f->out, MF_RATE_WIDE,
        "it may be anything from %.3g to %.3g, by the samples of [%g, %g]: run longer, output more often, or "
        "integrate more exactly",
        out->lo, out->hi, out->from, out->to);
  if (out->decades < 1)
    return refuse(f->out, p->terms > 1 ? MF_RATE_TRANSIENT : MF_RATE_SHORT,
                  "the slowest exponential falls by %.2g decades while it is at least half of all, up to t = "
                  "%g; a rate "
                  "takes one at least: run longer",
                  fmax(out->decades, 0), out->to);
  return MF_OK;
}

static int fit(search *f)
{
  int end;
  bool other = false;
  MF_TRY(select_samples(f, &end));
  MF_TRY(check_motion(f));
  MF_TRY(leave_floor(f, end));
  MF_TRY(check_fall(f));
  fit_windows(f);
  if (stand_on_rest(f)) {
    MF_TRY(check_fall(f));
    fit_windows(f);
  }
  f->out->floor = f->floor > 0 || isnan(f->o->floor) ? f->floor : f->o->floor;
  if (f->windows == 0)
    return refuse(f->out, MF_RATE_FEW, "%d samples fall by a decade; %d are needed: output more often",
                  f->s.n, MF_RATE_POINTS);
  const int best = choose_window(f);
  MF_TRY(try_other_laws(f, best, &other));
  if (other) return MF_OK;
  describe(f, &f->window[best]);
  describe_second(f, best);
  allow_for_fourth(f->out, &f->window[best].slowest);
  add_drift(f);
  const int status = check_rate(f, &f->window[best]);
  if (!status || f->s.constant) return status;
  const mf_rate refused = *f->out;
  const window kept = f->window[best];
  if (find_power(f)) return MF_OK;
  *f->out = refused;
  return check_rate(f, &kept);
}

int mf_rate_fit(const double *t, const double *q, int n, const mf_rate_options *o, mf_rate *out)
{
  static const mf_rate_options automatic = MF_RATE_AUTOMATIC;
  double *work;
  *out = (mf_rate){.rate = NAN, .lo = NAN, .hi = NAN, .power = NAN, .power_lo = NAN, .power_hi = NAN};
  const ptrdiff_t count = n > 0 ? n : 0, room = ROOM * WINDOWS + MOST;
  MF_TRY(mf_reals_create(&work, 2 * count + (room > count ? room : count)));
  search f = {.o = o ? o : &automatic, .t = t, .q = q, .n = n, .y = work, .w = work + count, .out = out};
  f.room = work + 2 * count;
  const int status = fit(&f);
  if (status || out->status != MF_RATE_GIVEN) out->rate = out->lo = out->hi = NAN;
  mf_release(work);
  return status;
}

double mf_rate_value(const mf_rate *fit, double t)
{
  return exp(fit->log_amplitude -
             (fit->status == MF_RATE_ALGEBRAIC ? fit->power * log(t + fit->shift) : fit->rate * t));
}
