/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims about rates: what a fit to the run knows of the rate, against the rate that theory states.
 *
 * Theory's rate r is a number, or an interval [r-, r+] where it is made of the grid's gap; the fit has an interval [lo, hi]
 * around its rate m.  The slack is the distance of m from [r-, r+] over |r|; the claim asks for it to be at most tau.
 *
 *    fails    [lo, hi] lies farther than tau |r| from [r-, r+], or the fit knows r to tau and m lies farther
 *    holds    the fit knows r to tau, (hi - lo)/2 <= tau |r|, and m is as near
 *    empty    the fit is refused, or its interval is wider than the claim asks for
 *
 * Without a tolerance tau is what the integrator can do: n steps over the window [a, b] may change log q by 4 n rtol (see
 * claim_judge.c), so the rate by 4 n rtol/(b - a); with 10 rtol, and the fit's own interval up to one percent.
 *
 * A negative rate is one of growth, q ~ C e^(|r| t): where q has no rate of decay, 1/q is fitted.  A decay that is
 * algebraic has no rate, which is evidence against any. */
#include "postproc/claims/claim_parts.h"

#include "postproc/rates/accuracy.h"
#include "postproc/rates/rates.h"

#include <math.h>
#include <stdio.h>

#define WIDEST 0.01 /* relative half width of a fit's interval that a default tolerance grants */

/* The fit's rate m in [lo, hi]; of growth, negative. */
typedef struct {
  double rate, lo, hi;
  mf_rate fit;
} measurement;

/* ---- the fit ---- */

/* Fits q; if nothing decays and theory says that q grows, 1/q. */
static int fit(const mf_claim *c, const mf_claim_series *s, const double *resolution, const double *drift,
               measurement *m)
{
  mf_rate_options o = {c->say.from, c->say.to, c->say.floor, resolution, drift};
  double *inverse;
  int sign = 1, status = mf_rate_fit(s->t, s->q, s->count, &o, &m->fit);
  if (status && c->number < 0 && !mf_reals_create(&inverse, s->count)) {
    for (int row = 0; row < s->count; row++) inverse[row] = 1 / s->q[row];
    o = (mf_rate_options){c->say.from, c->say.to, NAN, NULL, drift};
    if (!mf_rate_fit(s->t, inverse, s->count, &o, &m->fit)) {
      sign = -1;
      status = MF_OK;
    }
    mf_release(inverse);
  }
  m->rate = sign * m->fit.rate;
  m->lo = sign > 0 ? m->fit.lo : -m->fit.hi;
  m->hi = sign > 0 ? m->fit.hi : -m->fit.lo;
  return status;
}

static int measure(const mf_claims *all, const mf_claim *c, const mf_claim_series *s, const mf_history *h,
                   measurement *m)
{
  const mf_accuracy accuracy = mf_claims_accuracy(all);
  double *drift;
  MF_TRY(mf_reals_create(&drift, s->count));
  mf_accuracy_drift(h, &accuracy, drift);
  const int status = fit(c, s, s->round_off, drift, m);
  mf_release(drift);
  return status;
}

static double default_tolerance(const measurement *m, double claimed, double rtol)
{
  const double size = fabs(claimed), noise = 0.5 * (m->hi - m->lo) - m->fit.integration;
  return 10 * rtol + m->fit.integration / size + fmin(WIDEST, noise / size);
}

/* Distance of an interval from another. */
static double distance(double lo, double hi, double from, double to)
{
  return fmax(0, fmax(from - hi, lo - to));
}

static void describe(mf_claim *c, const measurement *m)
{
  const mf_rate *f = &m->fit;
  char text[192];
  if (f->status == MF_RATE_ALGEBRAIC)
    snprintf(text, sizeof text, "no exponential: (t + %.3g)^-k, k in [%.5g, %.5g], over [%.4g, %.4g]",
             f->shift, f->power_lo, f->power_hi, f->from, f->to);
  else
    snprintf(text, sizeof text, "rate in [%.9g, %.9g], window [%.4g, %.4g], %.1f decades, floor %.3g", m->lo,
             m->hi, f->from, f->to, f->decades, f->floor);
  mf_claim_note(c, text);
}

void mf_claim_judge_rate(const mf_claims *all, mf_claim *c, const mf_claim_series *s, const mf_history *h)
{
  const double rtol = all->problem->tolerances.rtol;
  mf_verdict *v = &c->verdict;
  measurement m;
  if (measure(all, c, s, h, &m)) {
    mf_claim_decide(c, false, mf_error());
    return;
  }
  v->measured = m.rate;
  v->worst_time = m.fit.to;
  v->decades = m.fit.decades;
  describe(c, &m);
  if (m.fit.status == MF_RATE_ALGEBRAIC) {
    v->slack = INFINITY;
    mf_claim_decide(c, true, "");
    return;
  }
  const double size = fabs(c->number), allowed = c->say.tolerance;
  v->tolerance = isnan(allowed) ? default_tolerance(&m, c->number, rtol) : allowed;
  v->slack = distance(m.rate, m.rate, c->number_lo, c->number_hi) / size;
  const bool known = 0.5 * (m.hi - m.lo) <= v->tolerance * size;
  const bool refuted = distance(m.lo, m.hi, c->number_lo, c->number_hi) > v->tolerance * size;
  if (mf_claims_at_rest(h))
    mf_claim_decide_empty(c, "the run is at rest");
  else if (!known && !refuted)
    mf_claim_decide_empty(c, "the fit's interval is wider than the claim allows");
  else
    mf_claim_decide(c, true, "");
}
