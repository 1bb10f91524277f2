/* SPDX-License-Identifier: BSD-3-Clause */
/* One to three exponentials through samples, by least squares of what is left relative to them:
 *
 *    q(t) = sum_k a_k e^{-r_k t},   r_1 < r_2 < r_3,   sum_i w_i^2 (1 - q(t_i)/q_i)^2 -> min.
 *
 * The amplitudes are linear and are eliminated (variable projection: Golub & Pereyra 1973, with the Jacobian of
 * Kaufman 1975).  What remains is a search among the rates by Levenberg and Marquardt, from several starts.
 *
 * A slowest exponential without weight would fit at any rate.  Where `bounded`, it is taken to be a share of the
 * first sample, or half of the last, at least, and twice the last at most (the others may be negative); where a bound
 * binds, its amplitude is that number. */
#include "postproc/rates/rates_parts.h"

#include <string.h>

enum { TERMS = MF_FIT_TERMS, STEPS = 40, TRIES = 8 };

#define FIRST_SHARE 0.005 /* of the slowest exponential in the first sample, at least, */
#define LAST_SHARE  0.5   /* or in the last */
#define MOST_SHARE  2.0   /* in the last, at most */
#define SLOW        1e-3  /* a step that gains less than this share is one of the last */

static double span_of(const mf_fit_samples *s)
{
  return s->t[s->n - 1] - s->t[0];
}

/* Gaps that samples can tell from 0 and from infinity: a twentieth of e-fold over all, ten in the first few. */
void mf_fit_begin(mf_fit *f, const mf_fit_samples *s, double *work)
{
  const int n = s->n;
  *f = (mf_fit){.s = s, .terms = 1, .span = span_of(s), .smallest_gap = log(0.05 / span_of(s))};
  f->least_rate = s->constant ? 1 / f->span : -INFINITY; /* a slower one is the constant */
  f->largest_gap = fmax(log(10 / (s->t[n > 3 ? 3 : n - 1] - s->t[0])), log(20 / f->span));
  for (int k = 0; k < TERMS; k++) {
    f->basis[k] = work + k * n;
    f->slope[k] = work + (TERMS + k) * n;
  }
  f->model = work + 2 * TERMS * n;
  f->residual = work + (2 * TERMS + 1) * n;
  f->constant = work + (2 * TERMS + 2) * n;
}

/* ---- amplitudes ---- */

/* w/q times e^{-r t}, 1 at the first sample but for its weight. */
static double relative(const mf_fit_samples *s, int i, double rate)
{
  return s->w[i] * exp(fmin(600, s->y[0] - s->y[i] - rate * (s->t[i] - s->t[0])));
}

static void fill_basis(const mf_fit *f, const mf_fit_point *p)
{
  const mf_fit_samples *s = f->s;
  for (int i = 0; i < s->n; i++) f->basis[0][i] = relative(s, i, p->rate);
  for (int k = 1; k < f->terms; k++) {
    const double gap = exp(p->log_gap[k]);
    for (int i = 0; i < s->n; i++) f->basis[k][i] = f->basis[0][i] * exp(-gap * (s->t[i] - s->t[0]));
  }
  for (int i = 0; i < s->n && s->constant; i++) f->constant[i] = relative(s, i, 0);
}

/* Least squares in the amplitudes; if `bound` is not 0, that of the slowest exponential. */
static void solve_amplitudes(const mf_fit *f, mf_fit_point *p, double bound, mf_fit_columns *c)
{
  const int n = f->s->n, first = bound != 0;
  double along[MF_FIT_COLUMNS], x[MF_FIT_COLUMNS];
  *c = (mf_fit_columns){.n = n};
  fill_basis(f, p);
  for (int i = 0; i < n; i++) f->residual[i] = f->s->w[i] - bound * f->basis[0][i];
  if (f->s->constant) mf_fit_add_column(c, f->constant);
  for (int k = first; k < f->terms; k++) mf_fit_add_column(c, f->basis[k]);
  mf_fit_project(c, f->residual, along);
  mf_fit_solve(c, 0, along, 0, x);
  p->constant = f->s->constant ? x[0] : 0;
  p->amplitude[0] = bound;
  for (int k = first; k < f->terms; k++) p->amplitude[k] = x[k - first + f->s->constant];
  p->rss = 0;
  for (int i = 0; i < n; i++) p->rss += f->residual[i] * f->residual[i];
  if (!isfinite(p->rss)) p->rss = INFINITY;
}

/* The number that the slowest amplitude has to be, or 0. */
static double bound_of(const mf_fit *f, const mf_fit_point *p, double *growth)
{
  const mf_fit_samples *s = f->s;
  const double last = exp(fmin(600, p->rate * f->span + s->y[s->n - 1] - s->y[0])), a = p->amplitude[0];
  const double least = fmin(FIRST_SHARE, LAST_SHARE * last), most = MOST_SHARE * last;
  *growth = 0;
  if (f->terms == 1 || !f->bounded || (a >= least && a <= most)) return 0;
  if (a > most || least < FIRST_SHARE) *growth = f->span;
  return a > most ? most : least;
}

void mf_fit_evaluate(const mf_fit *f, mf_fit_point *p, mf_fit_columns *c, double *growth)
{
  solve_amplitudes(f, p, 0, c);
  const double bound = bound_of(f, p, growth);
  if (bound != 0) solve_amplitudes(f, p, bound, c);
}

/* ---- rates ---- */

/* Each rate moves while the others are held: in the narrow valleys of near rates the faster one hardly changes. */
int mf_fit_add_slopes(const mf_fit *f, const mf_fit_point *p, double growth, mf_fit_columns *c)
{
  const mf_fit_samples *s = f->s;
  const int linear = c->count;
  for (int i = 0; i < s->n; i++) {
    const double t = s->t[i] - s->t[0], one = relative(s, i, p->rate);
    f->slope[0][i] = (growth - t) * p->amplitude[0] * one;
    for (int k = 1; k < f->terms; k++)
      f->slope[k][i] = -t * p->amplitude[k] * one * exp(-exp(p->log_gap[k]) * t);
  }
  for (int k = f->held ? 1 : 0; k < f->terms; k++) mf_fit_add_column(c, f->slope[k]);
  return linear;
}

/* No step changes a gap by more than a factor of about e. */
static mf_fit_point advance(const mf_fit *f, const mf_fit_point *p, const double *step)
{
  mf_fit_point next = *p;
  const int first = f->held ? 1 : 0;
  const double slowest = f->held ? 0 : step[0];
  next.rate = fmax(next.rate + slowest, f->least_rate);
  for (int k = 1; k < f->terms; k++) {
    const double change = (step[k - first] - slowest) / exp(p->log_gap[k]);
    const double moved = p->log_gap[k] + log1p(fmin(fmax(change, -0.6), 1.7));
    next.log_gap[k] = fmin(fmax(moved, f->smallest_gap), f->largest_gap);
  }
  return next;
}

/* One step downhill; false if there is none. */
static bool descend(const mf_fit *f, mf_fit_point *p, double *lambda)
{
  mf_fit_columns c, trial;
  double growth, along[MF_FIT_COLUMNS] = {0}, step[MF_FIT_COLUMNS];
  mf_fit_evaluate(f, p, &c, &growth);
  const int linear = mf_fit_add_slopes(f, p, growth, &c);
  for (int j = linear; j < c.count; j++)
    for (int i = 0; i < c.n; i++) along[j] += c.q[j][i] * f->residual[i];
  for (int k = 0; k < TRIES; k++) {
    mf_fit_solve(&c, linear, along, *lambda, step);
    mf_fit_point next = advance(f, p, step);
    mf_fit_evaluate(f, &next, &trial, &growth);
    if (next.rss < p->rss) {
      *p = next;
      *lambda = *lambda > 1e-7 ? 0.03 * *lambda : 0;
      return true;
    }
    *lambda = *lambda > 0 ? 10 * *lambda : 1e-6;
  }
  return false;
}

void mf_fit_minimise(const mf_fit *f, mf_fit_point *p)
{
  double lambda = 0, before = INFINITY;
  if (f->held && f->terms == 1) {
    mf_fit_columns c;
    mf_fit_evaluate(f, p, &c, &before);
    return;
  }
  for (int k = 0, slow = 0; k < STEPS && slow < 2 && descend(f, p, &lambda); k++) {
    slow = before - p->rss < SLOW * p->rss ? slow + 1 : 0;
    before = p->rss;
  }
}

/* ---- starts ---- */

static double gap_at(const mf_fit *f, double x)
{
  return f->smallest_gap + x * (f->largest_gap - f->smallest_gap);
}

static void keep_better(const mf_fit *f, double rate, double near, double far, mf_fit_point *best)
{
  mf_fit_columns c;
  double growth;
  mf_fit_point p = {.rate = rate, .log_gap = {0, near, far}};
  mf_fit_evaluate(f, &p, &c, &growth);
  if (p.rss < best->rss) *best = p;
}

/* The best point of a grid of gaps at a given rate, and of the gap to the rate of the first samples. */
static mf_fit_point best_gaps(const mf_fit *f, double rate, double early)
{
  enum { GRID = 7 };
  mf_fit_point best = {.rate = rate, .rss = INFINITY};
  for (int i = 0; i < GRID; i++)
    for (int j = i + 1; j < (f->terms > 2 ? GRID : i + 2); j++)
      keep_better(f, rate, gap_at(f, (double)i / GRID), gap_at(f, (double)j / GRID), &best);
  if (log(early - rate) > f->smallest_gap)
    keep_better(f, rate, log(early - rate), log(early - rate) + 1, &best);
  return best;
}

/* From several rates, as shares of that of the last samples. */
mf_fit_point mf_fit_search(mf_fit *f, int terms)
{
  static const double share[] = {1, 0.9, 0.7, 0.3, 0};
  const mf_fit_samples *s = f->s;
  const int late = 2 * s->n / 3 < s->n - 4 ? 2 * s->n / 3 : s->n - 4, starts = terms > 1 ? 5 : 1;
  const mf_fit_straight l = mf_fit_line(s->t + late, s->y + late, s->w + late, s->n - late);
  const mf_fit_straight early = mf_fit_line(s->t, s->y, s->w, s->n - late);
  mf_fit_point best = {.rate = -l.slope, .rss = INFINITY};
  f->terms = terms;
  for (int k = 0; k < starts; k++) {
    mf_fit_point p = {.rate = -l.slope};
    if (terms > 1) p = best_gaps(f, fmax(-l.slope * share[k], f->least_rate), -early.slope);
    mf_fit_minimise(f, &p);
    if (p.rss < best.rss) best = p;
  }
  return best;
}
