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
#include "postproc/rates.h"

#include <float.h>
#include <stdbool.h>

enum { STARTS = 32, ENDS = 64 }; /* candidates on each side: the cost is STARTS * ENDS * n */
enum { SHIFTS = 24, SHIFT_ENDS = 8, REFINEMENTS = 60 };
enum { LEAST = 5 }; /* samples that show that a floor begins after them; a rate needs MF_RATE_POINTS */

#define LONGEST_TRANSIENT (2.0 / 3.0)  /* of the samples' time before the window's end */
#define MARGIN            (1.0 / 20.0) /* of the window, dropped where it was cut: bends fade gradually */
#define FLOOR_DECAY       0.02         /* a floor's own rate, as a share of the decay's, at most */
#define FLOOR_SPREAD      30.0         /* largest remainder over the geometric mean of a floor */
#define FLOOR_REACHED     1e3          /* least sample over a floor, at most; waves are fainter */
#define CLEAR             20.0 /* times a floor that was found: what is lower has no part in a window */
#define VISIBLE           5.0  /* standard deviations that tell a remainder from noise */
#define DOUBTFUL          0.01 /* relative uncertainty from which on a power law is tried: one has 0.1 */
#define UNCERTAIN         0.25 /* relative uncertainty from which on there is no law */
#define BENT              0.1 /* largest difference of the halves over the rate that noise need not explain */
#define ROUND_OFF         (64 * DBL_EPSILON) /* of a logarithm of size 1: to fall by less is no decay */
#define POWER_KNOWN       0.05               /* relative uncertainty of k, at most */
#define NARROWEST         2.0 /* factor in t + s over which an algebraic decay is seen, at least */

/* Samples in use, begin..end-1, as logarithms. */
typedef struct {
  const double *t, *y, *w;
  int begin, end;
} samples;

/* y = middle_y + slope (t - middle_t) through samples begin..end-1. */
typedef struct {
  int begin, end;
  double middle_t, middle_y, slope;
  double noise; /* standard deviation of a residual of weight 1 */
  double error; /* standard error of the slope; infinite for fewer than three points */
  double r2;
} line;

static double line_at(const line *l, double t)
{
  return l->middle_y + l->slope * (t - l->middle_t);
}

static line fit_slope(const samples *s, int begin, int end)
{
  line l = {.begin = begin, .end = end};
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
static line fit_line(const samples *s, int begin, int end)
{
  line l = fit_slope(s, begin, end);
  double tt = 0, yy = 0, squares = 0, neighbours = 0, before = 0, largest = 0;
  for (int i = begin; i < end; i++) {
    const double residual = sqrt(s->w[i]) * (s->y[i] - line_at(&l, s->t[i]));
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

static double half_difference(const samples *s, int begin, int end)
{
  const int middle = begin + (end - begin) / 2;
  return fabs(fit_slope(s, begin, middle).slope - fit_slope(s, middle, end).slope);
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
static bool is_level(const samples *remainders, int begin, int end, double rate)
{
  const line rest = fit_line(remainders, begin, end);
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

/* What a search may write on: three arrays of the samples' length, of which `ones` are 1. */
typedef struct {
  double *time, *remainder, *ones;
} scratch;

/* True if the samples after a line show a floor: what is left of them without the line is more than noise and
 * does not decay.  `level` is then its height. */
static bool ends_in_floor(const samples *s, const line *l, const scratch *room, double *level)
{
  int count = 0;
  double sum = 0, least = INFINITY;
  for (int i = l->end; i < s->end; i++) {
    least = fmin(least, s->y[i]);
    const double expected = line_at(l, s->t[i]), excess = s->y[i] - expected;
    const double unsure = l->noise + l->error * (s->t[i] - l->middle_t);
    if (!(fabs(expm1(fmin(excess, 1))) > VISIBLE * unsure)) continue;
    room->time[count] = s->t[i];
    room->remainder[count] = expected + log_abs_expm1(excess);
    sum += room->remainder[count++];
  }
  if (count == 0 || sum / count < least - log(FLOOR_REACHED)) return false;
  *level = exp(sum / count);
  if (count < 3) return true;
  int half = count - 3; /* a remainder may rise out of the noise first, and only then show that it decays */
  while (half > 0 && 2 * room->time[half] > room->time[0] + room->time[count - 1]) half--;
  const samples rest = {.t = room->time, .y = room->remainder, .w = room->ones};
  return is_level(&rest, 0, count, -l->slope) && is_level(&rest, half, count, -l->slope);
}

/* Candidate k of `count` in first..last, the ends included. */
static int candidate(int k, int count, int first, int last)
{
  return count < 2 ? first : first + (int)((double)(last - first) * k / (count - 1) + 0.5);
}

/* A window, its figure of merit, and the height of the floor that it ends before, 0 if it ends with the
 * samples. */
typedef struct {
  line line;
  double merit, level;
} choice;

/* The best window with a given end: of those that start no later than `LONGEST_TRANSIENT`, or at s->begin. */
static choice best_start(const samples *s, int end, bool fixed_start)
{
  int last = s->begin;
  const double latest = s->t[s->begin] + LONGEST_TRANSIENT * (s->t[end - 1] - s->t[s->begin]);
  while (!fixed_start && s->t[last + 1] <= latest && end - (last + 1) >= MF_RATE_POINTS) last++;
  const int count = last - s->begin + 1 < STARTS ? last - s->begin + 1 : STARTS;
  choice best = {.line = fit_line(s, s->begin, end)};
  best.merit = uncertainty(s, &best.line);
  for (int k = 1; k < count; k++) {
    const line l = fit_line(s, candidate(k, count, s->begin, last), end);
    const double value = uncertainty(s, &l);
    if (value < best.merit) best = (choice){.line = l, .merit = value};
  }
  return best;
}

/* The best window of all; with up to `ends` ends beside that of the samples. */
static choice best_window(const samples *s, bool fixed_start, int ends, const scratch *room)
{
  choice best = best_start(s, s->end, fixed_start);
  const int shortest = s->begin + MF_RATE_POINTS;
  const int count = s->end - shortest + 1 < ends ? s->end - shortest + 1 : ends;
  for (int k = 0; k + 1 < count; k++) {
    choice c = best_start(s, candidate(k, count, shortest, s->end), fixed_start);
    if (c.merit < best.merit && ends_in_floor(s, &c.line, room, &c.level)) best = c;
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
  *l = fit_line(s, l->begin, l->end);
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

/* ---- refusals ---- */

/* Near a floor that was found, samples are no longer those of the decay, whatever their noise hides. */
static void clear_floor(const samples *s, choice *c)
{
  line *l = &c->line;
  if (!(c->level > 0)) return;
  while (l->end - l->begin > LEAST && s->y[l->end - 1] < log(CLEAR * c->level)) l->end--;
  *l = fit_line(s, l->begin, l->end);
  c->merit = uncertainty(s, l);
}

/* True if the halves of a window differ by more than the noise from sample to sample explains. */
static bool is_bent(const samples *s, const line *l)
{
  double tt = 0, jumps = 0, before = 0;
  for (int i = l->begin; i < l->end; i++) {
    const double residual = sqrt(s->w[i]) * (s->y[i] - line_at(l, s->t[i]));
    tt += s->w[i] * (s->t[i] - l->middle_t) * (s->t[i] - l->middle_t);
    if (i > l->begin) jumps += (residual - before) * (residual - before);
    before = residual;
  }
  const double noise = sqrt(0.5 * jumps / (l->end - l->begin - 1));
  const double difference = half_difference(s, l->begin, l->end);
  return difference > BENT * fabs(l->slope) && difference > 4 * VISIBLE * noise / sqrt(tt);
}

static bool is_straight(const samples *s, const choice *c)
{
  return c->merit < UNCERTAIN && !is_bent(s, &c->line);
}

/* A floor may begin before there are enough samples for a rate; a few show it then.  The window goes up to
 * it. */
static choice early_floor(const samples *s, bool fixed_start, const scratch *room)
{
  choice best = {.merit = INFINITY};
  for (int end = s->begin + LEAST; end < s->begin + MF_RATE_POINTS; end++) {
    double level;
    const choice c = best_start(s, end, fixed_start);
    if (!(c.merit < best.merit) || !ends_in_floor(s, &c.line, room, &level)) continue;
    int above = end;
    while (above < s->end && s->y[above] > log(2 * level)) above++;
    const choice extended = best_start(s, above, fixed_start);
    if (above == s->end || !is_straight(s, &extended)) continue;
    best = extended;
    best.level = level;
  }
  return best;
}

static int refuse(const samples *s, const choice *c, const mf_rate_options *o)
{
  const line *l = &c->line;
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
  if (!insisted && !is_straight(s, c))
    return mf_fail(
        MF_ENUMERIC,
        "cannot fit a rate: no window is straight, neither over t nor over log t; the best, [%g, %g], has "
        "the "
        "rate %.3g and a difference of %.3g between its halves.  A transient or a floor reaches everywhere: "
        "run longer, output more often, or give both ends of a window",
        s->t[l->begin], s->t[l->end - 1], -l->slope, half_difference(s, l->begin, l->end));
  return MF_OK;
}

/* ---- algebraic decay ---- */

/* The samples over log(t + shift), written to `x`; those at or before t = -shift are left out. */
static samples over_logarithm(const samples *s, double shift, double *x)
{
  samples out = *s;
  while (out.begin < out.end && !(s->t[out.begin] + shift > 0)) out.begin++;
  for (int i = out.begin; i < out.end; i++) x[i] = log(s->t[i] + shift);
  out.t = x;
  return out;
}

/* Refines the shift of a window by golden sections of log(shift), to the least residual. */
static double refine_shift(const samples *s, const line *l, double low, double high, double *x)
{
  const double golden = 0.5 * (sqrt(5) - 1);
  double a = log(low), b = log(high);
  for (int k = 0; k < REFINEMENTS; k++) {
    const double left = b - golden * (b - a), right = a + golden * (b - a);
    const samples at_left = over_logarithm(s, exp(left), x);
    const double value = fit_line(&at_left, l->begin, l->end).noise;
    const samples at_right = over_logarithm(s, exp(right), x);
    if (value < fit_line(&at_right, l->begin, l->end).noise)
      b = right;
    else
      a = left;
  }
  return exp(0.5 * (a + b));
}

/* How much wider the error of k is because s is fitted as well: both change log q by known functions of t,
 * log(t + s) and 1/(t + s), whose correlation c takes 1 - c^2 of what the samples know. */
static double shift_factor(const samples *over, int begin, int end)
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

/* A window over log(t + shift). */
typedef struct {
  choice window;
  double shift;
} power_law;

static double shift_at(double span, int k)
{
  return k ? span * exp2(0.5 * (k - SHIFTS)) : 0;
}

/* Takes the shift of a window, found as number k of those tried, to the digits that the samples know. */
static void refine(const samples *s, power_law *p, double span, int k, double *x)
{
  line *l = &p->window.line;
  const double low = k ? shift_at(span, k) / exp2(0.5) : 1e-6 * shift_at(span, 1);
  const double finer = refine_shift(s, l, low, shift_at(span, k ? k : 1) * exp2(0.5), x);
  const samples fine = over_logarithm(s, finer, x);
  const double residual = fit_line(&fine, l->begin, l->end).noise;
  const samples coarse = over_logarithm(s, p->shift, x);
  if (residual < fit_line(&coarse, l->begin, l->end).noise) p->shift = finer;
  const samples over = over_logarithm(s, p->shift, x);
  *l = fit_line(&over, l->begin, l->end);
  p->window.merit = uncertainty(&over, l);
}

/* The straightest window over log(t + s) for any s below the time that the samples span; from there on a
 * power law is an exponential to the eye. */
static power_law best_power(const samples *s, bool fixed_start, int ends, const scratch *room, double *x)
{
  const double span = s->t[s->end - 1] - s->t[s->begin];
  power_law best = {.window.merit = INFINITY};
  int kept = SHIFTS;
  for (int k = 0; k <= SHIFTS; k++) {
    const samples over = over_logarithm(s, shift_at(span, k), x);
    if (over.end - over.begin < MF_RATE_POINTS) continue;
    const choice c = best_window(&over, fixed_start, ends, room);
    if (!(c.merit < best.window.merit) || c.line.end - c.line.begin < MF_RATE_POINTS) continue;
    best = (power_law){.window = c, .shift = shift_at(span, k)};
    kept = k;
  }
  if (kept == SHIFTS) return (power_law){.window.merit = INFINITY};
  refine(s, &best, span, kept, x);
  const samples over = over_logarithm(s, best.shift, x);
  const choice again =
      best_window(&over, fixed_start, ends, room); /* a good shift may straighten more than was seen */
  if (again.merit < best.window.merit) best.window = again;
  return best;
}

/* True if a power law is straighter by far than the best exponential.  The window ends with the samples,
 * or before a floor if that is better; with a wrong shift the power law itself looks like a floor. */
static bool is_algebraic(const samples *s, bool fixed_start, int ends, const scratch *room,
                         const choice *exponential, double *x, power_law *p)
{
  *p = best_power(s, fixed_start, 0, room, x);
  if (ends > 0 && !(p->window.merit < DOUBTFUL)) {
    const power_law above = best_power(s, fixed_start, SHIFT_ENDS, room, x);
    if (above.window.merit < p->window.merit) *p = above;
  }
  if (!(p->window.merit < 0.5 * exponential->merit)) return false;
  const samples over = over_logarithm(s, p->shift, x);
  const line *l = &p->window.line;
  return p->window.merit < POWER_KNOWN && is_straight(&over, &p->window) &&
         over.t[l->end - 1] - over.t[l->begin] > log(NARROWEST);
}

/* ---- second exponential ---- */

/* The remainders before the end of a line that stand out of its noise: the last run of them on one side of
 * the line that is long enough; `y` receives their logarithms, `w` their weights. */
static samples remainders_of(const samples *s, const line *l, double *y, double *w, bool *below)
{
  samples out = {.t = s->t, .y = y, .w = w, .begin = l->end, .end = l->end};
  for (int i = l->end - 1; i >= s->begin; i--) {
    const double expected = line_at(l, s->t[i]), excess = expm1(s->y[i] - expected);
    const double known = fabs(excess) / (1 + excess); /* remainder over sample */
    const double unsure = hypot(l->noise, l->error * (s->t[i] - l->middle_t));
    const bool seen = known > VISIBLE * unsure && isfinite(excess);
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
static void scale_weights(const samples *s, double *w)
{
  double largest = 0;
  for (int i = s->begin; i < s->end; i++) largest = fmax(largest, w[i]);
  for (int i = s->begin; i < s->end; i++) w[i] /= largest;
}

static mf_rate_second find_second(const samples *s, const line *first, bool fixed_start, double *y, double *w)
{
  const mf_rate_second none = {.found = false};
  bool below = false;
  const samples rest = remainders_of(s, first, y, w, &below);
  if (rest.end - rest.begin < MF_RATE_POINTS) return none;
  scale_weights(&rest, w);
  choice c = best_start(&rest, rest.end, fixed_start);
  for (int k = 0; k + 1 < ENDS; k++) {
    const choice earlier =
        best_start(&rest, candidate(k, ENDS, rest.begin + MF_RATE_POINTS, rest.end), fixed_start);
    if (earlier.merit < c.merit) c = earlier;
  }
  const double rate = -c.line.slope, error = c.merit * rate;
  if (!is_straight(&rest, &c) || !(rate + first->slope > VISIBLE * (error + first->error))) return none;
  const double size = exp(line_at(&c.line, 0));
  return (mf_rate_second){.found = true,
                          .rate = rate,
                          .standard_error = error,
                          .amplitude = below ? -size : size,
                          .from = s->t[c.line.begin],
                          .to = s->t[c.line.end - 1],
                          .points = c.line.end - c.line.begin};
}

/* ---- all of it ---- */

static void set_weights(const samples *s, double floor, double noise, double *w)
{
  for (int i = s->begin; i < s->end; i++) {
    const double share = floor > 0 ? exp(log(floor / noise) - s->y[i]) : 0;
    w[i] = 1 / (1 + share * share);
  }
}

static mf_rate describe(const samples *s, const line *l, double floor)
{
  return (mf_rate){.kind = MF_DECAY_EXPONENTIAL,
                   .rate = -l->slope,
                   .standard_error = l->error,
                   .r2 = l->r2,
                   .half_difference = half_difference(s, l->begin, l->end),
                   .from = s->t[l->begin],
                   .to = s->t[l->end - 1],
                   .floor = floor,
                   .decades = -l->slope * (s->t[l->end - 1] - s->t[l->begin]) / log(10),
                   .points = l->end - l->begin,
                   .log_amplitude = line_at(l, 0),
                   .power = NAN,
                   .power_error = NAN};
}

/* `work` has six arrays of n. */
static int fit(const double *t, const double *q, int n, const mf_rate_options *o, double *work, mf_rate *out)
{
  double *y = work, *w = work + n, *x = work + 2 * n;
  const scratch room = {.time = work + 3 * n, .remainder = work + 4 * n, .ones = work + 5 * n};
  samples s = {0};
  MF_TRY(select_samples(&s, t, q, n, o, y));
  for (int i = 0; i < n; i++) w[i] = room.ones[i] = 1;
  s.w = w;
  const bool fixed_start = !isnan(o->from), fixed_end = !isnan(o->to) && !isnan(o->floor);
  const int ends = fixed_end ? 0 : ENDS;
  choice best = best_window(&s, fixed_start, ends, &room);
  power_law power;
  if (ends > 0 && !is_straight(&s, &best)) {
    const choice early = early_floor(&s, fixed_start, &room);
    if (early.merit < best.merit) best = early;
  }
  const bool algebraic =
      best.merit > DOUBTFUL && is_algebraic(&s, fixed_start, ends, &room, &best, x, &power);
  if (algebraic) best = power.window;
  clear_floor(&s, &best);
  if (!algebraic) MF_TRY(refuse(&s, &best, o));
  const double floor = isnan(o->floor) ? best.level : o->floor;
  const samples shown = algebraic ? over_logarithm(&s, power.shift, x) : s;
  keep_distance(&shown, &best.line);
  set_weights(&s, floor, best.line.noise, w);
  const line l = fit_line(&s, best.line.begin, best.line.end);
  *out = describe(&s, &l, floor);
  if (!algebraic) {
    out->second = find_second(&s, &l, fixed_start, room.time, room.remainder);
    return MF_OK;
  }
  const line k = fit_line(&shown, l.begin, l.end);
  out->kind = MF_DECAY_ALGEBRAIC;
  out->power = -k.slope;
  out->power_error = k.error * shift_factor(&shown, l.begin, l.end);
  out->shift = power.shift;
  out->log_amplitude = line_at(&k, 0);
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
