/* SPDX-License-Identifier: BSD-3-Clause */
/* Every rate of the slowest exponential that the samples allow.
 *
 * K is the least number of exponentials that fit as well as three.  The interval of r_1 is the set of all rates
 * at which K + 1 exponentials (three at most), or K, still fit: a further one that the samples would not show is allowed for.
 * "Fit" means a sum of squares below
 *
 *    S_min (1 + (c t)^2 / nu),   t Student's at 0.995 for nu degrees of freedom,
 *
 * the likelihood-ratio set of that level for c = 1.  nu counts what n residuals are worth if neighbours are
 * correlated: n (1 - rho)/(1 + rho), less the parameters.  c is larger than 1: residuals are no ideal noise; and more so if
 * they are no noise at all but a law with more exponentials.  It was found on the decays of tests/decays.h, with
 * other seeds than those of the tests. */
#include "postproc/rates/rates_parts.h"

enum { TERMS = MF_FIT_TERMS, HALVINGS = 6 };

#define CAUTION 2.3 /* c where residuals are noise, */
#define BENT    2.5 /* and what is added, in units of that, where all of them are correlated */

double mf_fit_student(double freedom)
{
  static const double value[] = {63.7, 9.92, 5.84, 4.60, 4.03, 3.71, 3.50, 3.36, 3.25, 3.17};
  if (freedom >= 10) return 2.576 * (1 + 2.1 / freedom + 2 / (freedom * freedom));
  const int k = freedom > 1 ? (int)freedom : 1;
  return k < 10 ? value[k - 1] * pow(value[k] / value[k - 1], fmax(freedom - k, 0)) : value[9];
}

/* ---- how well residuals fit ---- */

static double correlation(const double *residual, int n)
{
  double squares = 0, neighbours = 0;
  for (int i = 0; i < n; i++) squares += residual[i] * residual[i];
  for (int i = 1; i < n; i++) neighbours += residual[i] * residual[i - 1];
  return squares > 0 ? fmin(fmax(neighbours / squares, 0), 0.99) : 0;
}

static int parameters_of(const mf_fit *f)
{
  return 2 * f->terms + f->s->constant;
}

/* The last bits of logarithms are noise as well. */
static double unsure(const mf_fit_samples *s)
{
  double largest = 1;
  for (int i = 0; i < s->n; i++) largest = fmax(largest, fabs(s->y[i]));
  return s->n * DBL_EPSILON * DBL_EPSILON * largest * largest;
}

/* The limit for sums of squares, given the best; residuals are then those of the best. */
static double limit_of(mf_fit *f, int terms, const mf_fit_point *best)
{
  mf_fit_columns columns;
  mf_fit_point p = *best;
  double growth;
  f->terms = terms;
  mf_fit_evaluate(f, &p, &columns, &growth);
  const double free = fmax(f->s->n - parameters_of(f), 1), rho = correlation(f->residual, f->s->n);
  const double freedom = fmax(free * (1 - rho) / (1 + rho), 1);
  const double ct = CAUTION * (1 + BENT * (1 - freedom / free)) * mf_fit_student(freedom);
  return (best->rss + unsure(f->s)) * (1 + ct * ct / freedom);
}

/* ---- the interval ---- */

/* The minimum with the rate held, started from the last one, and from where the last two point. */
static mf_fit_point held(const mf_fit *f, double rate, const mf_fit_point *last, const mf_fit_point *before)
{
  mf_fit_point here = *last, ahead = *last;
  const double between = last->rate - before->rate;
  const double steps = between != 0 ? fmin(fmax((rate - last->rate) / between, -3), 3) : 0;
  for (int k = 1; k < f->terms; k++)
    ahead.log_gap[k] =
        fmin(fmax(last->log_gap[k] + steps * (last->log_gap[k] - before->log_gap[k]), f->smallest_gap),
             f->largest_gap);
  here.rate = ahead.rate = rate;
  mf_fit_minimise(f, &here);
  mf_fit_minimise(f, &ahead);
  return here.rss < ahead.rss ? here : ahead;
}

/* Distances from the best rate, between which the sum of squares passes the limit, and minima on the way. */
typedef struct {
  double near, far;
  mf_fit_point last, before;
} bracket;

static bool is_allowed(const mf_fit *f, bracket *b, double limit, double rate)
{
  if (rate < f->least_rate) return false;
  const mf_fit_point p = held(f, rate, &b->last, &b->before);
  if (!(p.rss <= limit)) return false;
  b->before = b->last;
  b->last = p;
  return true;
}

/* The farthest rate on one side that is allowed: by doubling, then halving. */
static double end_of_interval(mf_fit *f, const mf_fit_point *best, double limit, double step, int side)
{
  bracket b = {.far = step, .last = *best, .before = *best};
  f->held = true;
  while (b.far < 2 * fabs(best->rate) && is_allowed(f, &b, limit, best->rate + side * b.far)) {
    b.near = b.far;
    b.far *= 2;
  }
  for (int k = 0; k < HALVINGS; k++) {
    const double middle =
        b.near > 0.1 * b.far ? 0.5 * (b.near + b.far) : sqrt(fmax(b.near, 1e-3 * b.far) * b.far);
    if (is_allowed(f, &b, limit, best->rate + side * middle))
      b.near = middle;
    else
      b.far = middle;
  }
  f->held = false;
  return best->rate + side * b.far;
}

static void widen(mf_fit *f, int terms, const mf_fit_point *best, double limit, mf_fit_slowest *out)
{
  const double rss = best->rss + unsure(f->s);
  const double step = fmax(sqrt(rss / f->s->n) / f->span, 1e-15 * fabs(best->rate));
  f->terms = terms;
  if (rss > limit) return;
  out->lo = fmin(out->lo, end_of_interval(f, best, limit, step, -1));
  out->hi = fmax(out->hi, end_of_interval(f, best, limit, step, 1));
}

/* ---- what is told of it ---- */

static double time_of_half(const mf_fit *f, const mf_fit_point *p)
{
  const mf_fit_samples *s = f->s;
  for (int i = s->n - 1; i >= 0; i--) {
    double others = 0;
    for (int k = 1; k < f->terms; k++)
      others += p->amplitude[k] * exp(-exp(p->log_gap[k]) * (s->t[i] - s->t[0]));
    if (fabs(others) > p->amplitude[0]) return s->t[i + 1 < s->n ? i + 1 : i];
  }
  return s->t[0];
}

static void standard_errors(const mf_fit *f, const mf_fit_point *best, double noise, mf_fit_slowest *out)
{
  mf_fit_columns c;
  mf_fit_point p = *best;
  double growth;
  mf_fit_evaluate(f, &p, &c, &growth);
  const int k = mf_fit_add_slopes(f, &p, growth, &c);
  const double first = c.r[k][k], both = f->terms > 1 ? c.r[k][k + 1] : 0,
               next = f->terms > 1 ? c.r[k + 1][k + 1] : 1;
  out->error = first > 0 && next > 0 ? noise * hypot(1, both / next) / first : INFINITY;
  out->gap_error = next > 0 ? noise / next : INFINITY;
}

static double waves_of(const mf_fit *f)
{
  const double *r = f->residual;
  int changes = 0;
  for (int i = 1; i < f->s->n; i++) changes += r[i] * r[i - 1] < 0;
  return correlation(r, f->s->n) > 0.3 ? changes : 0;
}

static void describe(mf_fit *f, const mf_fit_point *p, mf_fit_slowest *out)
{
  f->terms = out->terms;
  out->rate = p->rate;
  out->gap = f->terms > 1 ? exp(p->log_gap[1]) : 0;
  out->amplitude = p->amplitude[0];
  out->second = f->terms > 1 ? p->amplitude[1] : 0;
  out->half = time_of_half(f, p);
  standard_errors(f, p, out->rms[f->terms - 1], out);
}

void mf_fit_exponentials(const mf_fit_samples *s, double *work, mf_fit_slowest *out)
{
  mf_fit f;
  mf_fit_point best[TERMS];
  mf_fit_begin(&f, s, work);
  *out = (mf_fit_slowest){.terms = 1, .lo = INFINITY, .hi = -INFINITY};
  for (int k = 0; k < TERMS; k++) {
    best[k] = mf_fit_search(&f, k + 1);
    if (k > 0 && !(best[k].rss < best[k - 1].rss)) { /* no better: the same, with another that is nothing */
      best[k] = best[k - 1];
      best[k].log_gap[k] = k > 1 ? fmin(best[k].log_gap[k - 1] + 1, f.largest_gap) : log(3 / f.span);
    }
    out->rms[k] = sqrt((best[k].rss + unsure(s)) / fmax(s->n - parameters_of(&f), 1));
  }
  const double enough = limit_of(&f, TERMS, &best[TERMS - 1]);
  out->waves = waves_of(&f);
  while (out->terms < TERMS && best[out->terms - 1].rss > enough) out->terms++;
  const int more = out->terms < TERMS ? out->terms + 1 : TERMS;
  const double limit = limit_of(&f, more, &best[more - 1]);
  f.bounded = true;
  const mf_fit_point hidden = mf_fit_search(&f, more);
  widen(&f, more, &hidden, limit, out);
  f.bounded = false;
  widen(&f, out->terms, &best[out->terms - 1], limit_of(&f, out->terms, &best[out->terms - 1]), out);
  describe(&f, &best[out->terms - 1], out);
}
