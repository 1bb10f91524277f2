/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims: what is asked of one, whatever it says. */
#include "postproc/claims/claim_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {"bound", "above",   "nonincreasing", "conserved", "exact",
                                         "rate",  "density", "log_ratio",     "within",    "order",
                                         NULL};

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

bool mf_claim_judged(const mf_claim *c, double t, double q, double end)
{
  if (t < c->say.from || t > c->say.to) return false;
  return (isnan(c->say.floor) || fabs(q) > c->say.floor) && mf_claim_at(c, t, end);
}

int mf_claims_set_row(const mf_claims *all, const mf_history *h, int row)
{
  const double t = mf_history_value(h, row, 0);
  int columns;
  mf_diagnosis_columns(all->problem->diagnosis, &columns);
  for (int k = 0; k < columns; k++)
    MF_TRY(mf_scope_set(all->problem->scope, mf_history_column(h, k)->name, mf_history_value(h, row, k)));
  return mf_reference_at(all->reference, t);
}

int mf_claims_count(const mf_claims *c)
{
  return c->count;
}

const mf_verdict *mf_claims_verdict(const mf_claims *c, int index)
{
  return &c->claim[index].verdict;
}
