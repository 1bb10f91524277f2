/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims: judging a quantity at every output of a run. */
#include "postproc/claims/claim_parts.h"

#include "postproc/rates/rates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- series ---- */

/* What is judged: times, values of the quantity, and theory's values where there is a formula. */
typedef struct {
  int count;
  double *t, *q, *theory;
} series;

static void series_clear(series *s)
{
  mf_release(s->t);
  mf_release(s->q);
  mf_release(s->theory);
}

static bool judged(const mf_claim *c, const series *s, int row, double end)
{
  if (c->kind == MF_BOUND && !c->say.absolute && row == 0) return false; /* q(0) <= q(0) says nothing */
  return mf_claim_judged(c, s->t[row], s->q[row], end);
}

static int evaluate(const mf_claims *all, const mf_claim *c, const mf_history *h, series *s)
{
  const double origin[3] = {0, 0, 0};
  const int rows = mf_history_rows(h);
  MF_TRY(mf_reals_create(&s->t, rows));
  MF_TRY(mf_reals_create(&s->q, rows));
  MF_TRY(mf_reals_create(&s->theory, rows));
  for (int row = 0; row < rows; row++) {
    const double t = mf_history_value(h, row, 0);
    MF_TRY(mf_claims_set_row(all, h, row));
    s->t[row] = t;
    MF_TRY(mf_expression_at(c->quantity, origin, t, &s->q[row]));
    if (c->theory && c->kind != MF_WITHIN && judged(c, s, row, all->problem->end))
      MF_TRY(mf_expression_at(c->theory, origin, t, &s->theory[row]));
  }
  s->count = rows;
  return MF_OK;
}

/* ---- judging ---- */

/* `excess` per size of what it is compared with; nothing over nothing is nothing. */
static double relative_to(double excess, double size)
{
  if (excess == 0) return 0;
  return size > 0 ? excess / size : excess > 0 ? INFINITY : -INFINITY;
}

/* Slack of one row; `last` is the previous judged row or -1. */
static double row_slack(const mf_claim *c, const series *s, int row, int last)
{
  const double q = s->q[row], q0 = s->q[0], theory = s->theory[row], unit = c->say.absolute ? 1 : q0;
  switch (c->kind) {
  case MF_BOUND:
    return relative_to(q - unit * theory, fabs(unit * theory));
  case MF_ABOVE:
    return relative_to(theory - q, fabs(theory));
  case MF_NONINCREASING:
    return last < 0 ? -INFINITY : relative_to(q - s->q[last], fabs(s->q[last]));
  case MF_CONSERVED:
    return relative_to(fabs(q - q0), c->say.absolute ? 1 : fabs(q0));
  default:
    return relative_to(fabs(q - theory), c->say.absolute ? 1 : fabs(theory));
  }
}

static void judge_rows(mf_claim *c, const series *s, double end)
{
  mf_verdict *v = &c->verdict;
  int last = -1;
  v->slack = -INFINITY;
  for (int row = 0; row < s->count; row++) {
    if (!judged(c, s, row, end)) continue;
    const double slack = row_slack(c, s, row, last);
    if (isnan(slack) || slack > v->slack) {
      v->slack = isnan(slack) ? INFINITY : slack;
      v->worst_time = s->t[row];
    }
    last = row;
  }
  if (last < 0) mf_claim_note(c, "no output is judged");
  v->measured = c->kind == MF_BOUND ? 1 + v->slack : c->kind == MF_ABOVE ? 1 - v->slack : v->slack;
  v->holds = last >= 0 && v->slack <= v->tolerance;
}

/* Decades between the largest and the least positive judged value, and whether the least is low enough. */
static void judge_reach(mf_claim *c, const series *s, double end)
{
  double high = 0, low = INFINITY;
  for (int row = 0; row < s->count; row++) {
    const double size = fabs(s->q[row]);
    if (!judged(c, s, row, end) || !(size > 0)) continue;
    high = fmax(high, size);
    low = fmin(low, size);
  }
  c->verdict.decades = high > 0 ? log10(high / low) : 0;
  if (isnan(c->say.reach) || low <= c->say.reach) return;
  char text[96];
  snprintf(text, sizeof text, "followed to %.3g only, not to %.3g", low, c->say.reach);
  mf_claim_note(c, text);
  c->verdict.holds = false;
}

static void judge_rate(mf_claim *c, const series *s)
{
  mf_verdict *v = &c->verdict;
  const mf_rate_options o = {c->say.from, c->say.to, c->say.floor};
  mf_rate fit;
  if (mf_rate_fit(s->t, s->q, s->count, &o, &fit)) {
    mf_claim_note(c, mf_error());
    v->slack = INFINITY;
    v->measured = NAN;
    return;
  }
  v->measured = fit.rate;
  v->worst_time = fit.to;
  v->decades = fit.decades;
  if (fit.kind == MF_DECAY_ALGEBRAIC) {
    snprintf(v->note, sizeof v->note, "no exponential: (t + %.3g)^-%.5g, +- %.1e, over [%.4g, %.4g]",
             fit.shift, fit.power, fit.power_error, fit.from, fit.to);
    v->slack = INFINITY;
    return;
  }
  v->slack = fabs(fit.rate - c->number);
  v->holds = v->slack <= v->tolerance;
  snprintf(v->note, sizeof v->note,
           "window [%.4g, %.4g], %.1f decades, floor %.3g, standard error %.1e, R^2 %.12f", fit.from, fit.to,
           fit.decades, fit.floor, fit.standard_error, fit.r2);
}

/* The first time at which |q| is down to `level`, along the logarithm between outputs; INFINITY: never. */
static double time_below(const series *s, double level)
{
  for (int row = 0; row < s->count; row++) {
    const double now = fabs(s->q[row]), before = row > 0 ? fabs(s->q[row - 1]) : now;
    if (now > level) continue;
    if (row == 0 || !(now > 0)) return s->t[row];
    return s->t[row - 1] + (s->t[row] - s->t[row - 1]) * log(before / level) / log(before / now);
  }
  return INFINITY;
}

/* Theory's time is a formula in the values at the start. */
static int judge_within(mf_claims *all, mf_claim *c, const mf_history *h, const series *s)
{
  const double origin[3] = {0, 0, 0};
  mf_verdict *v = &c->verdict;
  double latest;
  MF_TRY(mf_claims_set_row(all, h, 0));
  MF_TRY(mf_expression_at(c->theory, origin, 0, &latest));
  v->measured = v->worst_time = time_below(s, c->say.reach);
  v->slack = relative_to(v->measured - latest, fabs(latest));
  v->holds = v->slack <= v->tolerance;
  if (isinf(v->measured)) return MF_OK; /* judge_reach says how far it came */
  char text[96];
  snprintf(text, sizeof text, "%.3g is reached at t = %.6g, and has to be by %.6g", c->say.reach, v->measured,
           latest);
  mf_claim_note(c, text);
  return MF_OK;
}

static int judge_series(mf_claims *all, mf_claim *c, const mf_history *h)
{
  series s = {0};
  int status = evaluate(all, c, h, &s);
  if (!status) {
    if (c->kind == MF_WITHIN)
      status = judge_within(all, c, h, &s);
    else if (c->kind == MF_RATE)
      judge_rate(c, &s);
    else
      judge_rows(c, &s, all->problem->end);
    if (c->kind != MF_RATE)
      judge_reach(c, &s, all->problem->end);
    else if (!isnan(c->say.reach)) {
      const double decades = c->verdict.decades;
      judge_reach(c, &s, all->problem->end);
      c->verdict.decades = decades;
    }
  }
  series_clear(&s);
  return status;
}

static void judge_field(mf_claim *c)
{
  mf_verdict *v = &c->verdict;
  v->measured = v->slack = c->error;
  v->worst_time = c->error_time;
  v->holds = c->error <= v->tolerance;
}

int mf_claim_judge(mf_claims *all, int index, const mf_history *h)
{
  mf_claim *c = &all->claim[index];
  if (!mf_claim_of_field(c)) return judge_series(all, c, h);
  judge_field(c);
  return MF_OK;
}

int mf_claims_judge(mf_claims *all, const mf_history *h)
{
  for (int i = 0; i < all->count; i++)
    if (!all->claim[i].say.order) MF_TRY(mf_claim_judge(all, i, h));
  return MF_OK;
}
