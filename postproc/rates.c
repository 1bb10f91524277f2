/* The exponential rate at which a quantity decays.
 *
 *    log q_i = log C - r t_i + noise,   least squares over a window.
 *
 * All the care is in the window.  Early on, faster modes are still alive; late, the decay drowns in a floor.
 * Both bend the line, and a bent line answers with a wrong rate and a small standard error.  So a window is
 * rated by its relative uncertainty
 *
 *    max(standard error, half difference / 4) / r,
 *
 * where the half difference compares the rates of its two halves.  For independent noise the two terms are of
 * one size and fall with the length of the window; a transient or a floor inside the window raises the
 * second.  The best window is therefore the longest one without a visible bend, whatever the noise, and no
 * threshold has to be tuned to it.
 *
 * A window may end early for a floor only, not for a slower mode that takes over, because the slow mode *is*
 * the asymptotic rate.  What is cut off tells which it is: after subtraction of the line, a floor stays, a
 * slow mode decays. */
#include "postproc/rates.h"

#include <float.h>
#include <stdbool.h>

enum { STARTS = 32, ENDS = 64 }; /* candidates on each side: the cost is STARTS * ENDS * n */

#define LONGEST_TRANSIENT (2.0 / 3.0) /* of the samples' time before the window's end */
#define MARGIN            (1.0 / 20.0) /* of the window, dropped where the cut was made: bends fade gradually */
#define FLOOR_DECAY       0.02         /* a floor's own rate, as a share of the decay's, at most */
#define FLOOR_SPREAD      30.0         /* largest remainder over the geometric mean of a floor */
#define VISIBLE           5.0          /* standard deviations that tell a remainder from noise */

/* Samples in use, begin..end-1, as logarithms. */
typedef struct {
  const double *t, *y;
  int begin, end;
} samples;

/* y = middle_y + slope (t - middle_t) through samples begin..end-1. */
typedef struct {
  int begin, end;
  double middle_t, middle_y, slope;
  double noise; /* standard deviation of a residual */
  double error; /* standard error of the slope; infinite for fewer than three points */
  double r2;
} line;

static double line_at(const line *l, double t)
{
  return l->middle_y + l->slope * (t - l->middle_t);
}

static line fit_slope(const double *t, const double *y, int begin, int end)
{
  line l = {.begin = begin, .end = end};
  const double n = end - begin;
  for (int i = begin; i < end; i++) {
    l.middle_t += t[i] / n;
    l.middle_y += y[i] / n;
  }
  double tt = 0, ty = 0;
  for (int i = begin; i < end; i++) {
    tt += (t[i] - l.middle_t) * (t[i] - l.middle_t);
    ty += (t[i] - l.middle_t) * (y[i] - l.middle_y);
  }
  l.slope = tt > 0 ? ty / tt : 0;
  return l;
}

/* Errors of a line from its residuals.  Errors of time integration come in waves, so that neighbouring
 * residuals are correlated and n of them count for less: the lag-one correlation c widens the error by
 * sqrt((1 + c)/(1 - c)).  A residual is never known better than the last bit of the largest logarithm. */
static line fit_line(const double *t, const double *y, int begin, int end)
{
  line l = fit_slope(t, y, begin, end);
  double tt = 0, yy = 0, squares = 0, neighbours = 0, before = 0, largest = 0;
  for (int i = begin; i < end; i++) {
    const double residual = y[i] - line_at(&l, t[i]);
    tt += (t[i] - l.middle_t) * (t[i] - l.middle_t);
    yy += (y[i] - l.middle_y) * (y[i] - l.middle_y);
    squares += residual * residual;
    neighbours += residual * before;
    before = residual;
    largest = fmax(largest, fabs(y[i]));
  }
  const int freedom = end - begin - 2;
  const double correlation = squares > 0 ? fmin(fmax(neighbours / squares, 0), 0.99) : 0;
  const double last_bit = DBL_EPSILON * fmax(largest, 1);
  l.noise = freedom > 0 ? sqrt(squares / freedom + last_bit * last_bit) : INFINITY;
  l.error = l.noise / sqrt(tt) * sqrt((1 + correlation) / (1 - correlation));
  l.r2 = yy > 0 ? fmax(0, 1 - squares / yy) : 0;
  return l;
}

static double half_difference(const samples *s, int begin, int end)
{
  const int middle = begin + (end - begin) / 2;
  return fabs(fit_slope(s->t, s->y, begin, middle).slope - fit_slope(s->t, s->y, middle, end).slope);
}

/* Relative uncertainty of the rate of a window: the figure of merit above. */
static double uncertainty(const samples *s, const line *l)
{
  if (!(l->slope < 0)) return INFINITY;
  return fmax(l->error, half_difference(s, l->begin, l->end) / 4) / -l->slope;
}

/* log |e^x - 1| without overflow. */
static double log_abs_expm1(double x)
{
  return x > 40 ? x : log(fabs(expm1(x)));
}

/* True if remainders log e_i at times t_i do not decay: they are level, or go up and down without a trend. */
static bool is_level(const double *t, const double *e, int count, double rate)
{
  const line rest = fit_line(t, e, 0, count);
  int rises = 0;
  double highest = e[0];
  for (int i = 1; i < count; i++) {
    rises += e[i] > e[i - 1];
    highest = fmax(highest, e[i]);
  }
  if (rest.slope >= 0) return true;
  if (highest - rest.middle_y > log(FLOOR_SPREAD)) return false;
  return -rest.slope <= FLOOR_DECAY * rate || (4 * rises >= count - 1 && -rest.slope <= 2 * rest.error);
}

/* True if the samples after a line show a floor: what is left of them without the line is more than noise and
 * does not decay.  `level` is then its height.  `time` and `remainder` are scratch of the samples' length. */
static bool ends_in_floor(const samples *s, const line *l, double *time, double *remainder, double *level)
{
  int count = 0;
  double sum = 0;
  for (int i = l->end; i < s->end; i++) {
    const double expected = line_at(l, s->t[i]), excess = s->y[i] - expected;
    const double unsure = l->noise + l->error * (s->t[i] - l->middle_t);
    if (!(fabs(expm1(fmin(excess, 1))) > VISIBLE * unsure)) continue;
    time[count] = s->t[i];
    remainder[count] = expected + log_abs_expm1(excess);
    sum += remainder[count++];
  }
  if (count == 0) return false;
  *level = exp(sum / count);
  if (count < 3) return true;
  int half = count - 3; /* a remainder may rise out of the noise first, and only then show that it decays */
  while (half > 0 && 2 * time[half] > time[0] + time[count - 1]) half--;
  return is_level(time, remainder, count, -l->slope) &&
         is_level(time + half, remainder + half, count - half, -l->slope);
}

/* Candidate k of `count` in first..last, the ends included. */
static int candidate(int k, int count, int first, int last)
{
  return count < 2 ? first : first + (int)((double)(last - first) * k / (count - 1) + 0.5);
}

/* The best window with a given end: of those that start no later than `LONGEST_TRANSIENT`, or at s->begin. */
static line best_start(const samples *s, int end, bool fixed_start, double *merit)
{
  int last = s->begin;
  const double latest = s->t[s->begin] + LONGEST_TRANSIENT * (s->t[end - 1] - s->t[s->begin]);
  while (!fixed_start && s->t[last + 1] <= latest && end - (last + 1) >= MF_RATE_POINTS) last++;
  const int count = last - s->begin + 1 < STARTS ? last - s->begin + 1 : STARTS;
  line best = fit_line(s->t, s->y, s->begin, end);
  *merit = uncertainty(s, &best);
  for (int k = 1; k < count; k++) {
    const line l = fit_line(s->t, s->y, candidate(k, count, s->begin, last), end);
    const double value = uncertainty(s, &l);
    if (value < *merit) {
      best = l;
      *merit = value;
    }
  }
  return best;
}

/* The best window of all.  `scratch` has twice the samples' length. */
static line best_window(const samples *s, bool fixed_start, bool fixed_end, double *scratch, double *merit,
                        double *level)
{
  double *time = scratch, *remainder = scratch + s->end;
  line best = best_start(s, s->end, fixed_start, merit);
  *level = 0;
  const int shortest = s->begin + MF_RATE_POINTS;
  const int count = fixed_end ? 0 : s->end - shortest + 1 < ENDS ? s->end - shortest + 1 : ENDS;
  for (int k = 0; k + 1 < count; k++) {
    double value, floor;
    const line l = best_start(s, candidate(k, count, shortest, s->end), fixed_start, &value);
    if (value < *merit && ends_in_floor(s, &l, time, remainder, &floor)) {
      best = l;
      *merit = value;
      *level = floor;
    }
  }
  return best;
}

/* A bend that is just too small to be seen is still there: stay away from it on the sides that were cut. */
static void keep_distance(const samples *s, line *l)
{
  const double margin = MARGIN * (s->t[l->end - 1] - s->t[l->begin]);
  const double from = s->t[l->begin] + (l->begin > s->begin ? margin : 0);
  const double to = s->t[l->end - 1] - (l->end < s->end ? margin : 0);
  while (s->t[l->begin] < from && l->end - l->begin > MF_RATE_POINTS) l->begin++;
  while (s->t[l->end - 1] > to && l->end - l->begin > MF_RATE_POINTS) l->end--;
  *l = fit_line(s->t, s->y, l->begin, l->end);
}

/* Finds the usable samples and takes their logarithms.  Digits are missing below the least normal number. */
static int select_samples(samples *s, const double *t, const double *q, int n, const mf_rate_options *o,
                          double *y)
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
  *s = (samples){.t = t, .y = y, .begin = begin, .end = end};
  if (end - begin >= MF_RATE_POINTS) return MF_OK;
  return mf_fail(
      MF_ENUMERIC,
      "cannot fit a rate: %d samples are usable (positive, finite, above the floor, in the window), "
      "%d are needed",
      end - begin, MF_RATE_POINTS);
}

static mf_rate describe(const samples *s, const line *l, double floor)
{
  return (mf_rate){.rate = -l->slope,
                   .standard_error = l->error,
                   .r2 = l->r2,
                   .half_difference = half_difference(s, l->begin, l->end),
                   .from = s->t[l->begin],
                   .to = s->t[l->end - 1],
                   .floor = floor,
                   .decades = -l->slope * (s->t[l->end - 1] - s->t[l->begin]) / log(10),
                   .points = l->end - l->begin};
}

static int fit(const double *t, const double *q, int n, const mf_rate_options *o, double *work, mf_rate *out)
{
  samples s;
  MF_TRY(select_samples(&s, t, q, n, o, work));
  const bool fixed_start = !isnan(o->from), fixed_end = !isnan(o->to) && !isnan(o->floor);
  double merit, level;
  line l = best_window(&s, fixed_start, fixed_end, work + n, &merit, &level);
  if (!fixed_start && !(merit < 1))
    return mf_fail(MF_ENUMERIC, "cannot fit a rate: nothing decays between t = %g and t = %g", t[s.begin],
                   t[s.end - 1]);
  keep_distance(&s, &l);
  *out = describe(&s, &l, isnan(o->floor) ? level : o->floor);
  return MF_OK;
}

int mf_rate_fit(const double *t, const double *q, int n, const mf_rate_options *o, mf_rate *out)
{
  static const mf_rate_options automatic = MF_RATE_AUTOMATIC;
  double *work;
  MF_TRY(mf_reals_create(&work, 3 * (ptrdiff_t)(n > 0 ? n : 0)));
  const int status = fit(t, q, n, o ? o : &automatic, work, out);
  mf_release(work);
  return status;
}
