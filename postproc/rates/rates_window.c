/* SPDX-License-Identifier: BSD-3-Clause */
/* Straight lines through samples, and the window in which a decay is one; the reasons stand in rates.c. */
#include "postproc/rates/rates_parts.h"

enum { STARTS = 32 }; /* candidates; the cost of a search is STARTS * MF_FIT_ENDS * n */
enum { LEAST = 5 };   /* samples that show that a floor begins after them; a rate needs MF_RATE_POINTS */

#define LONGEST_TRANSIENT (2.0 / 3.0)  /* of the samples' time before the window's end */
#define MARGIN            (1.0 / 20.0) /* of the window, dropped where it was cut: bends fade gradually */
#define FLOOR_DECAY       0.02         /* a floor's own rate, as a share of the decay's, at most */
#define FLOOR_SPREAD      30.0         /* largest remainder over the geometric mean of a floor */
#define FLOOR_REACHED     1e3          /* least sample over a floor, at most; waves are fainter */
#define CLEAR             20.0 /* times a floor that was found: what is lower has no part in a window */
#define UNCERTAIN         0.25 /* relative uncertainty from which on there is no law */
#define BENT              0.1 /* largest difference of the halves over the rate that noise need not explain */

double mf_fit_line_at(const mf_fit_straight *l, double t)
{
  return l->middle_y + l->slope * (t - l->middle_t);
}

static mf_fit_straight fit_slope(const mf_fit_samples *s, int begin, int end)
{
  mf_fit_straight l = {.begin = begin, .end = end};
  double weight = 0, tt = 0, ty = 0;
  for (int i = begin; i < end; i++) weight += s->w[i];
  for (int i = begin; i < end; i++) {
    l.middle_t += s->w[i] * s->t[i] / weight;
    l.middle_y += s->w[i] * s->y[i] / weight;
  }
  for (int i = begin; i < end; i++) {
    tt += s->w[i] * (s->t[i] - l.middle_t) * (s->t[i] - l.middle_t);
    ty += s->w[i] * (s->t[i] - l.middle_t) * (s->y[i] - l.middle_y);
  }
  l.slope = tt > 0 ? ty / tt : 0;
  return l;
}

/* Errors of a line from its residuals.  Errors of time integration come in waves, so that neighbouring
 * residuals are correlated and n of them count for less: the lag-one correlation c widens the error by
 * sqrt((1 + c)/(1 - c)).  A residual is never known better than the last bit of the largest logarithm. */
mf_fit_straight mf_fit_line(const mf_fit_samples *s, int begin, int end)
{
  mf_fit_straight l = fit_slope(s, begin, end);
  double tt = 0, yy = 0, squares = 0, neighbours = 0, before = 0, largest = 0;
  for (int i = begin; i < end; i++) {
    const double residual = sqrt(s->w[i]) * (s->y[i] - mf_fit_line_at(&l, s->t[i]));
    tt += s->w[i] * (s->t[i] - l.middle_t) * (s->t[i] - l.middle_t);
    yy += s->w[i] * (s->y[i] - l.middle_y) * (s->y[i] - l.middle_y);
    squares += residual * residual;
    neighbours += residual * before;
    before = residual;
    largest = fmax(largest, fabs(s->y[i]));
  }
  const int freedom = end - begin - 2;
  const double correlation = squares > 0 ? fmin(fmax(neighbours / squares, 0), 0.99) : 0;
  const double last_bit = DBL_EPSILON * fmax(largest, 1);
  l.noise = freedom > 0 ? sqrt(squares / freedom + last_bit * last_bit) : INFINITY;
  l.error = l.noise / sqrt(tt) * sqrt((1 + correlation) / (1 - correlation));
  l.r2 = yy > 0 ? fmax(0, 1 - squares / yy) : 0;
  return l;
}

double mf_fit_half_difference(const mf_fit_samples *s, int begin, int end)
{
  const int middle = begin + (end - begin) / 2;
  return fabs(fit_slope(s, begin, middle).slope - fit_slope(s, middle, end).slope);
}

/* Relative uncertainty of the rate of a window: the figure of merit above. */
double mf_fit_uncertainty(const mf_fit_samples *s, const mf_fit_straight *l)
{
  if (!(l->slope < 0)) return INFINITY;
  return fmax(l->error, mf_fit_half_difference(s, l->begin, l->end) / 4) / -l->slope;
}

/* log |e^x - 1| without overflow. */
static double log_abs_expm1(double x)
{
  return x > 40 ? x : log(fabs(expm1(x)));
}

/* True if remainders log e_i at times t_i do not decay: they are level, or go up and down without a trend. */
static bool is_level(const mf_fit_samples *remainders, int begin, int end, double rate)
{
  const mf_fit_straight rest = mf_fit_line(remainders, begin, end);
  const double *e = remainders->y + begin;
  const int count = end - begin;
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
 * does not decay.  `level` is then its height. */
static bool ends_in_floor(const mf_fit_samples *s, const mf_fit_straight *l, const mf_fit_scratch *room,
                          double *level)
{
  int count = 0;
  double sum = 0, least = INFINITY;
  for (int i = l->end; i < s->end; i++) {
    least = fmin(least, s->y[i]);
    const double expected = mf_fit_line_at(l, s->t[i]), excess = s->y[i] - expected;
    const double unsure = l->noise + l->error * (s->t[i] - l->middle_t);
    if (!(fabs(expm1(fmin(excess, 1))) > MF_FIT_VISIBLE * unsure)) continue;
    room->time[count] = s->t[i];
    room->remainder[count] = expected + log_abs_expm1(excess);
    sum += room->remainder[count++];
  }
  if (count == 0 || sum / count < least - log(FLOOR_REACHED)) return false;
  *level = exp(sum / count);
  if (count < 3) return true;
  int half = count - 3; /* a remainder may rise out of the noise first, and only then show that it decays */
  while (half > 0 && 2 * room->time[half] > room->time[0] + room->time[count - 1]) half--;
  const mf_fit_samples rest = {.t = room->time, .y = room->remainder, .w = room->ones};
  return is_level(&rest, 0, count, -l->slope) && is_level(&rest, half, count, -l->slope);
}

/* Candidate k of `count` in first..last, the ends included. */
int mf_fit_candidate(int k, int count, int first, int last)
{
  return count < 2 ? first : first + (int)((double)(last - first) * k / (count - 1) + 0.5);
}

/* The best window with a given end: of those that start no later than `LONGEST_TRANSIENT`, or at s->begin. */
mf_fit_window mf_fit_best_start(const mf_fit_samples *s, int end, bool fixed_start)
{
  int last = s->begin;
  const double latest = s->t[s->begin] + LONGEST_TRANSIENT * (s->t[end - 1] - s->t[s->begin]);
  while (!fixed_start && s->t[last + 1] <= latest && end - (last + 1) >= MF_RATE_POINTS) last++;
  const int count = last - s->begin + 1 < STARTS ? last - s->begin + 1 : STARTS;
  mf_fit_window best = {.line = mf_fit_line(s, s->begin, end)};
  best.merit = mf_fit_uncertainty(s, &best.line);
  for (int k = 1; k < count; k++) {
    const mf_fit_straight l = mf_fit_line(s, mf_fit_candidate(k, count, s->begin, last), end);
    const double value = mf_fit_uncertainty(s, &l);
    if (value < best.merit) best = (mf_fit_window){.line = l, .merit = value};
  }
  return best;
}

/* The best window of all; with up to `ends` ends beside that of the samples. */
mf_fit_window mf_fit_best_window(const mf_fit_samples *s, bool fixed_start, int ends,
                                 const mf_fit_scratch *room)
{
  mf_fit_window best = mf_fit_best_start(s, s->end, fixed_start);
  const int shortest = s->begin + MF_RATE_POINTS;
  const int count = s->end - shortest + 1 < ends ? s->end - shortest + 1 : ends;
  for (int k = 0; k + 1 < count; k++) {
    mf_fit_window c = mf_fit_best_start(s, mf_fit_candidate(k, count, shortest, s->end), fixed_start);
    if (c.merit < best.merit && ends_in_floor(s, &c.line, room, &c.level)) best = c;
  }
  return best;
}

/* A bend that is just too small to be seen is still there: stay away from it on the sides that were cut. */
void mf_fit_keep_distance(const mf_fit_samples *s, mf_fit_straight *l)
{
  const double margin = MARGIN * (s->t[l->end - 1] - s->t[l->begin]);
  const double from = s->t[l->begin] + (l->begin > s->begin ? margin : 0);
  const double to = s->t[l->end - 1] - (l->end < s->end ? margin : 0);
  while (s->t[l->begin] < from && l->end - l->begin > MF_RATE_POINTS) l->begin++;
  while (s->t[l->end - 1] > to && l->end - l->begin > MF_RATE_POINTS) l->end--;
  *l = mf_fit_line(s, l->begin, l->end);
}

/* Near a floor that was found, samples are no longer those of the decay, whatever their noise hides. */
void mf_fit_clear_floor(const mf_fit_samples *s, mf_fit_window *c)
{
  mf_fit_straight *l = &c->line;
  if (!(c->level > 0)) return;
  while (l->end - l->begin > LEAST && s->y[l->end - 1] < log(CLEAR * c->level)) l->end--;
  *l = mf_fit_line(s, l->begin, l->end);
  c->merit = mf_fit_uncertainty(s, l);
}

/* True if the halves of a window differ by more than the noise from sample to sample explains. */
static bool is_bent(const mf_fit_samples *s, const mf_fit_straight *l)
{
  double tt = 0, jumps = 0, before = 0;
  for (int i = l->begin; i < l->end; i++) {
    const double residual = sqrt(s->w[i]) * (s->y[i] - mf_fit_line_at(l, s->t[i]));
    tt += s->w[i] * (s->t[i] - l->middle_t) * (s->t[i] - l->middle_t);
    if (i > l->begin) jumps += (residual - before) * (residual - before);
    before = residual;
  }
  const double noise = sqrt(0.5 * jumps / (l->end - l->begin - 1));
  const double difference = mf_fit_half_difference(s, l->begin, l->end);
  return difference > BENT * fabs(l->slope) && difference > 4 * MF_FIT_VISIBLE * noise / sqrt(tt);
}

bool mf_fit_is_straight(const mf_fit_samples *s, const mf_fit_window *c)
{
  return c->merit < UNCERTAIN && !is_bent(s, &c->line);
}

/* A floor may begin before there are enough samples for a rate; a few show it then.  The window goes up to
 * it. */
mf_fit_window mf_fit_early_floor(const mf_fit_samples *s, bool fixed_start, const mf_fit_scratch *room)
{
  mf_fit_window best = {.merit = INFINITY};
  for (int end = s->begin + LEAST; end < s->begin + MF_RATE_POINTS; end++) {
    double level;
    const mf_fit_window c = mf_fit_best_start(s, end, fixed_start);
    if (!(c.merit < best.merit) || !ends_in_floor(s, &c.line, room, &level)) continue;
    int above = end;
    while (above < s->end && s->y[above] > log(2 * level)) above++;
    const mf_fit_window extended = mf_fit_best_start(s, above, fixed_start);
    if (above == s->end || !mf_fit_is_straight(s, &extended)) continue;
    best = extended;
    best.level = level;
  }
  return best;
}
