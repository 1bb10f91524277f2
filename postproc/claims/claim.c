/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims: what is asked of one, whatever it says. */
#include "postproc/claims/claim_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {"bound",  "above",    "nonincreasing", "conserved",
                                         "exact",  "rate",     "density",       "log_ratio",
                                         "within", "constant", "order",         NULL};

const char *const *mf_claim_kinds(void)
{
  return kind_names;
}

bool mf_claim_of_field(const mf_claim *c)
{
  return c->kind == MF_OF_DENSITY || c->kind == MF_OF_LOG_RATIO;
}

bool mf_claim_at(const mf_claim *c, double time, double end)
{
  for (int i = 0; i < c->times; i++)
    if (fabs(c->at[i] - time) <= 1e-12 * end) return true;
  return c->times == 0;
}

void mf_claim_note(mf_claim *c, const char *text)
{
  mf_verdict *v = &c->verdict;
  const size_t used = strlen(v->note);
  snprintf(v->note + used, sizeof v->note - used, "%s%s", used ? "; " : "", text);
}

double mf_claim_relative(double excess, double size)
{
  if (excess == 0) return 0;
  return size > 0 ? excess / size : excess > 0 ? INFINITY : -INFINITY;
}

void mf_claim_decide_empty(mf_claim *c, const char *reason)
{
  c->verdict.finding = MF_EMPTY;
  mf_claim_note(c, reason);
}

void mf_claim_decide(mf_claim *c, bool evident, const char *reason)
{
  mf_verdict *v = &c->verdict;
  v->finding = v->slack > v->tolerance ? MF_FAILS : MF_HOLDS;
  if (isnan(v->slack) || (v->finding == MF_HOLDS && !evident)) mf_claim_decide_empty(c, reason);
}

const char *mf_finding_name(mf_finding finding)
{
  static const char *const names[] = {"holds", "fails", "empty"};
  return names[finding];
}

int mf_claims_count(const mf_claims *c)
{
  return c->count;
}

const mf_verdict *mf_claims_verdict(const mf_claims *c, int index)
{
  return &c->claim[index].verdict;
}
