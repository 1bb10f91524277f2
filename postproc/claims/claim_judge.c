/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims: judging a quantity at every output of a run, and fields by their errors.
 *
 * The slack of an output is how far it is beyond theory, relative to what theory says unless the claim is `absolute`; the
 * worst output decides.  What round-off may have put there (accuracy.h) is none.  A claim fails where a slack is beyond what is allowed.  Else it holds if the run is evidence:
 *
 *    bound, above, exact, conserved   an output is judged (of what starts from q(0): one after the start)
 *    conserved                        and the run is not at rest
 *    bound (relative), nonincreasing  and q moves by more than round-off, and the run is not at rest
 *    within                           q has to fall, and the run is not at rest
 *
 * and is empty if not.
 *
 * Default tolerances follow the integrator.  A step keeps its error below rtol of what is left of the unknown, so that n
 * steps leave n rtol of it, and four times that of what is quadratic in it, such as KL (measured with Adams and BDF: 0.02 to
 * 1.3 n rtol).  Invariants of the flow do not take part in this; but f(q(t), t) with an explicit factor that grows while q
 * decays, such as MMD e^(beta t), shows all of it, and more where the factor G outgrows what is left, L = l1(t)/l1(0):
 *
 *    tolerance(t) = rtol (10 + 4 n(t) max(1, G(t) L(t))),      G(t) = |f(q(0), t)/f(q(0), 0)|,
 *
 * and 10 rtol without such a factor.  Where this allows more than a tenth, nothing is judged. */
#include "postproc/claims/claim_parts.h"

#include <math.h>
#include <stdio.h>

static const char at_rest[] = "the run is at rest";

#define COARSEST 0.1 /* a default tolerance beyond which a row is no evidence */

/* ---- tolerances ---- */

/* G(t): how much of the formula's change is its own, at the columns of the start. */
static int explicit_growth(const mf_claims *all, const mf_claim *c, const mf_history *h, double t,
                           double *growth)
{
  const double origin[MF_AXES] = {0};
  double start, later;
  const int time = mf_history_find(h, "time");
  MF_TRY(mf_claims_set_row(all, h, 0));
  if (mf_expression_at_extended(c->quantity, origin, mf_history_value(h, 0, time), &start)) start = NAN;
  MF_TRY(mf_reference_at(all->reference, t));
  MF_TRY(mf_scope_set(all->problem->scope, mf_history_column(h, time)->name, t));
  if (mf_expression_at_extended(c->quantity, origin, t, &later)) later = NAN;
  *growth = fabs(later / start);
  return MF_OK;
}

/* Tolerance of a conserved formula in one row. */
static int conserved_tolerance(const mf_claims *all, const mf_claim *c, const mf_history *h, int row,
                               double *tolerance)
{
  const double rtol = all->problem->tolerances.rtol, round_off = 1e-12;
  const int l1 = mf_history_find(h, "l1"), steps = mf_history_find(h, "steps");
  double growth, left = 1;
  *tolerance = c->say.tolerance;
  if (!isnan(*tolerance)) return MF_OK;
  *tolerance = 10 * rtol;
  MF_TRY(explicit_growth(all, c, h, mf_history_value(h, row, 0), &growth));
  if (fabs(growth - 1) <= round_off) return MF_OK;
  if (l1 >= 0) left = mf_history_value(h, row, l1) / mf_history_value(h, 0, l1);
  *tolerance += 4 * rtol * mf_history_value(h, row, steps) * fmax(1, growth * left);
  return MF_OK;
}

static int row_tolerance(const mf_claims *all, const mf_claim *c, const mf_history *h, int row,
                         double *tolerance)
{
  if (c->kind == MF_CONSERVED) return conserved_tolerance(all, c, h, row, tolerance);
  *tolerance = c->verdict.tolerance;
  return MF_OK;
}

/* ---- outputs ---- */

/* How far q is above what it is compared with; nothing if round-off may have put it there. */
static double above(double q, double other, double round_off)
{
  const double excess = q - other;
  return excess > 0 ? fmax(0, excess - round_off) : excess;
}

static double away(double q, double other, double round_off)
{
  return fmax(0, fabs(q - other) - round_off);
}

/* Slack of one row; `last` is the previous judged row or -1. */
static double row_slack(const mf_claim *c, const mf_claim_series *s, int row, int last)
{
  const double q = s->q[row], q0 = s->q[0], theory = s->theory[row], unit = c->say.absolute ? 1 : q0;
  const double here = s->round_off[row], before = s->round_off[last < 0 ? 0 : last];
  switch (c->kind) {
  case MF_BOUND:
    return mf_claim_relative(above(q, unit * theory, here), fabs(unit * theory));
  case MF_ABOVE:
    return mf_claim_relative(above(-q, -theory, here), fabs(theory));
  case MF_NONINCREASING:
    return last < 0 ? -INFINITY : mf_claim_relative(above(q, s->q[last], here + before), fabs(s->q[last]));
  case MF_CONSERVED:
    return mf_claim_relative(away(q, q0, here + s->round_off[0]), c->say.absolute ? 1 : fabs(q0));
  default:
    return mf_claim_relative(away(q, theory, here), c->say.absolute ? 1 : fabs(theory));
  }
}

/* Takes one row into the verdict: what is farthest beyond its tolerance is the worst. */
static void take_row(mf_verdict *v, double t, double slack, double tolerance)
{
  if (slack > tolerance && isnan(v->first_time)) v->first_time = t;
  if (isnan(v->slack) || slack - tolerance > v->slack - v->tolerance ||
      (isinf(v->slack) && v->slack < 0 && slack > v->slack)) {
    v->slack = slack;
    v->tolerance = tolerance;
    v->worst_time = t;
  }
}

static int judge_rows(const mf_claims *all, mf_claim *c, const mf_history *h, mf_claim_series *s)
{
  mf_verdict *v = &c->verdict;
  int last = -1;
  for (int row = 0; row < s->count; row++) {
    double tolerance;
    if (!s->judged[row]) continue;
    MF_TRY(row_tolerance(all, c, h, row, &tolerance));
    const double slack = row_slack(c, s, row, last);
    s->judged[row] = !isnan(slack) && (!(tolerance > COARSEST) || !isnan(c->say.tolerance));
    if (!s->judged[row]) continue;
    take_row(v, s->t[row], slack, tolerance);
    last = row;
  }
  v->measured = c->kind == MF_BOUND ? 1 + v->slack : c->kind == MF_ABOVE ? 1 - v->slack : v->slack;
  return MF_OK;
}

static void decide_rows(mf_claim *c, const mf_claim_series *s, const mf_history *h)
{
  const int count = mf_claim_series_judged(s);
  const bool moving = (c->kind == MF_BOUND && !c->say.absolute) || c->kind == MF_NONINCREASING;
  const mf_claim_range r = mf_claim_series_range(s, moving && c->kind == MF_BOUND);
  if (s->missing > 0) {
    char text[64];
    snprintf(text, sizeof text, "without a value at %d outputs", s->missing);
    mf_claim_note(c, text);
  }
  if (count == 0 || (c->kind == MF_NONINCREASING && count < 2))
    mf_claim_decide(c, false, "no output is judged");
  else if ((moving || c->kind == MF_CONSERVED) && mf_claims_at_rest(h))
    mf_claim_decide(c, false, at_rest);
  else
    mf_claim_decide(c, !moving || mf_claim_range_moves(&r), "the quantity does not move");
}

/* ---- times ---- */

/* The first time at which |q| is down to `level`, along the logarithm between outputs; INFINITY: never. */
static double time_below(const mf_claim_series *s, double level)
{
  for (int row = 0; row < s->count; row++) {
    const double now = fabs(s->q[row]), before = row > 0 ? fabs(s->q[row - 1]) : now;
    if (!(now <= level)) continue;
    if (row == 0 || !(now > 0) || !(before > level)) return s->t[row];
    return s->t[row - 1] + (s->t[row] - s->t[row - 1]) * log(before / level) / log(before / now);
  }
  return INFINITY;
}

/* Theory's time is a formula in the values at the start. */
static int judge_within(const mf_claims *all, mf_claim *c, const mf_history *h, const mf_claim_series *s)
{
  const double origin[MF_AXES] = {0};
  mf_verdict *v = &c->verdict;
  double latest;
  char text[128];
  MF_TRY(mf_claims_set_row(all, h, 0));
  MF_TRY(mf_expression_at(c->theory, origin, 0, &latest));
  v->measured = v->worst_time = time_below(s, c->say.reach);
  v->slack = mf_claim_relative(v->measured - latest, fabs(latest));
  if (v->slack > v->tolerance) v->first_time = latest;
  if (isfinite(v->measured)) { /* else judge_reach says how far it came */
    snprintf(text, sizeof text, "%.3g is reached at t = %.6g, and has to be by %.6g", c->say.reach,
             v->measured, latest);
    mf_claim_note(c, text);
  }
  const bool falls = s->count > 0 && fabs(s->q[0]) > c->say.reach;
  mf_claim_decide(c, falls && !mf_claims_at_rest(h), falls ? at_rest : "it is there from the start");
  return MF_OK;
}

/* ---- all of them ---- */

/* Decades between the largest and the least judged value, and whether the least is low enough. */
static void judge_reach(mf_claim *c, const mf_claim_series *s)
{
  mf_verdict *v = &c->verdict;
  const mf_claim_range r = mf_claim_series_range(s, c->kind == MF_BOUND && !c->say.absolute);
  if (c->kind != MF_RATE) v->decades = r.largest > 0 ? log10(r.largest) - log10(r.least) : 0;
  if (isnan(c->say.reach) || r.least <= c->say.reach || (r.largest == 0 && mf_claim_series_judged(s) > 0))
    return;
  char text[96];
  snprintf(text, sizeof text, "followed to %.3g only, not to %.3g", r.least, c->say.reach);
  mf_claim_note(c, text);
  v->finding = MF_FAILS;
}

static int judge_series(mf_claims *all, mf_claim *c, const mf_history *h)
{
  mf_claim_series s;
  int status = mf_claim_series_create(&s, all, c, h);
  if (!status && c->kind == MF_WITHIN) status = judge_within(all, c, h, &s);
  if (!status && c->kind == MF_RATE) mf_claim_judge_rate(all, c, &s, h);
  if (!status && c->kind != MF_WITHIN && c->kind != MF_RATE) {
    status = judge_rows(all, c, h, &s);
    if (!status) decide_rows(c, &s, h);
  }
  if (!status) judge_reach(c, &s);
  mf_claim_series_clear(&s);
  return status;
}

static void judge_field(mf_claim *c)
{
  mf_verdict *v = &c->verdict;
  v->measured = v->slack = c->compared > 0 ? c->error : NAN;
  v->worst_time = c->error_time;
  v->first_time = c->first_time;
  mf_claim_decide(c, c->compared > 0, "the field is resolved nowhere");
  if (c->unresolved > 0) {
    char text[96];
    snprintf(text, sizeof text, "not resolved in up to %.3g %% of the cells", 100 * c->unresolved);
    mf_claim_note(c, text);
  }
}

int mf_claim_judge(mf_claims *all, int index, const mf_history *h)
{
  mf_claim *c = &all->claim[index];
  mf_verdict *v = &c->verdict;
  v->measured = v->slack = v->worst_time = v->first_time = NAN;
  v->note[0] = '\0';
  if (c->kind == MF_CONSTANT) {
    mf_claim_judge_constant(c, all->problem->flow);
    return MF_OK;
  }
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
