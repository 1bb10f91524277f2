/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples of a decay before a law is looked for: where they end in a floor, and how well each is known. */
#include "postproc/rates/rates_parts.h"

#include <stdlib.h>

enum { LEAST = 3, BLOCKS = 4 };

#define SAG         0.2  /* slope of a floor's second half over that of its first: an exponential keeps 1 */
#define RISES       0.25 /* share of the steps that go up in a floor that fluctuates */
#define FLOOR_DECAY 0.02 /* a floor's own rate over that of the decay, at most */
#define CLEAR       20.0 /* times a floor that fluctuates: what is lower is not used */
#define NEAR        3.0  /* the same for one that is smooth */

/* ---- lines ---- */

mf_fit_straight mf_fit_line(const double *x, const double *y, const double *w, int n)
{
  mf_fit_straight l = {0};
  double weight = 0, xx = 0, xy = 0;
  for (int i = 0; i < n; i++) weight += w[i] * w[i];
  for (int i = 0; i < n; i++) {
    l.middle_x += w[i] * w[i] * x[i] / weight;
    l.middle_y += w[i] * w[i] * y[i] / weight;
  }
  for (int i = 0; i < n; i++) {
    xx += w[i] * w[i] * (x[i] - l.middle_x) * (x[i] - l.middle_x);
    xy += w[i] * w[i] * (x[i] - l.middle_x) * (y[i] - l.middle_y);
  }
  l.slope = xx > 0 ? xy / xx : 0;
  for (int i = 0; i < n; i++) {
    const double residual = w[i] * (y[i] - l.middle_y - l.slope * (x[i] - l.middle_x));
    l.rss += residual * residual;
  }
  l.error = n > 2 && xx > 0 ? sqrt(l.rss / (n - 2) / xx) : INFINITY;
  return l;
}

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* ---- floors ---- */

/* Median of y of samples begin..end-1. */
static double middle(const mf_fit_samples *s, int begin, int end, double *work)
{
  for (int i = begin; i < end; i++) work[i - begin] = s->y[i];
  qsort(work, (size_t)(end - begin), sizeof *work, compare);
  return work[(end - begin) / 2];
}

/* True if the last `count` samples no longer decay: they go up and down without a trend, or what is left of a
 * trend fades. An exponential, however slow, does neither. */
static bool is_level(const mf_fit_samples *s, int count, double *work)
{
  const int first = s->n - count, half = first + count / 2;
  int rises = 0;
  for (int i = first + 1; i < s->n; i++) rises += s->y[i] >= s->y[i - 1];
  const double before = (s->y[0] - s->y[first]) / (s->t[first] - s->t[0]);
  const double early = middle(s, first, half, work), late = middle(s, half, s->n, work);
  const double fall = (early - late) / (s->t[s->n - 1] - s->t[first]) * 2;
  if (!(before > 0) || fall > 0.2 * before) return false;
  const mf_fit_straight all = mf_fit_line(s->t + first, s->y + first, s->w, count);
  if (rises >= RISES * (count - 1) && fall <= fmax(FLOOR_DECAY * before, 2 * all.error)) return true;
  const mf_fit_straight a = mf_fit_line(s->t + first, s->y + first, s->w, half - first);
  const mf_fit_straight b = mf_fit_line(s->t + half, s->y + half, s->w, s->n - half);
  return count >= 2 * LEAST && -b.slope < SAG * -a.slope && -b.slope < FLOOR_DECAY * before;
}

double mf_fit_cut_floor(mf_fit_samples *s, double *scatter, double *work)
{
  int longest = 0;
  for (int count = LEAST; count <= s->n - LEAST; count += 1 + count / 4)
    if (is_level(s, count, work)) longest = count;
  *scatter = 0;
  if (longest == 0) return 0;
  middle(s, s->n - longest, s->n, work);
  const double level = work[longest / 2], high = work[longest - 1 - longest / 10], low = work[longest / 4];
  const bool smooth = s->y[s->n - 1] - level > -0.05 && high - low < 0.05;
  const double top =
      smooth ? level + log(NEAR) : fmax(high, level) + log(CLEAR) - (high > level ? log(2) : 0);
  *scatter = smooth ? exp(level) * (high - low) : exp(high);
  int end = 0;
  while (end < s->n && s->y[end] > top) end++;
  s->n = end;
  s->constant = true;
  return exp(level);
}

/* ---- noise ---- */

/* How far sample i is from the parabola through the three before it, per standard deviation of one sample. */
static double surprise(const mf_fit_samples *s, int i)
{
  double predicted = 0, variance = 1;
  for (int a = 1; a <= 3; a++) {
    double c = 1;
    for (int b = 1; b <= 3; b++)
      if (b != a) c *= (s->t[i] - s->t[i - b]) / (s->t[i - a] - s->t[i - b]);
    predicted += c * s->y[i - a];
    variance += c * c;
  }
  return fabs(s->y[i] - predicted) / sqrt(variance);
}

/* Median of the surprises of samples begin..end-1, each times exp(share y). */
static double median(const mf_fit_samples *s, int begin, int end, double share, double *work)
{
  int count = 0;
  for (int i = begin; i < end; i++) work[count++] = surprise(s, i) * exp(share * (s->y[i] - s->y[s->n - 1]));
  qsort(work, (size_t)count, sizeof *work, compare);
  return count > 0 ? work[count / 2] / 0.6745 : 0;
}

void mf_fit_weigh(const mf_fit_samples *s, double scatter, double *w)
{
  const int count = s->n - 3, each = count / BLOCKS;
  const double last = s->n > 0 ? s->y[s->n - 1] : 0;
  double noise = INFINITY, additive = 0;
  for (int k = 0; k < BLOCKS && each >= 3; k++)
    noise = fmin(noise, median(s, 3 + k * each, 3 + (k + 1) * each, 0, w));
  if (!isfinite(noise)) noise = count > 0 ? median(s, 3, s->n, 0, w) : 0;
  if (each >= 3) additive = median(s, s->n - each, s->n, 1, w);
  if (additive < 2 * noise) additive = 0;
  noise = fmax(noise, DBL_EPSILON * fmax(1, fabs(last)));
  if (scatter > 0) additive = hypot(additive, exp(log(scatter) - last));
  for (int i = 0; i < s->n; i++) w[i] = 1 / hypot(1, additive / noise * exp(last - s->y[i]));
}
