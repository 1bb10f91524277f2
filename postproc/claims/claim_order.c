/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims about orders of convergence: which grids they ask for, and the order that the errors on those show. */
#include "postproc/claims/claim_parts.h"
#include "postproc/claims/extrapolate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int mf_claims_grids(const mf_claims *c, int index)
{
  const mf_claim_options *o = &c->claim[index].say;
  return o->order ? o->cells->count : 0;
}

void mf_claims_grid(const mf_claims *c, int index, int grid, char *text, size_t size)
{
  const mf_node *node = c->claim[index].say.cells->child[grid];
  const int axes = node->kind == MF_SEQUENCE ? node->count : 1;
  snprintf(text, size, "grid.cells=[");
  for (int a = 0; a < axes; a++) {
    const size_t used = strlen(text);
    const char *cells = node->kind == MF_SEQUENCE ? node->child[a]->text : node->text;
    snprintf(text + used, size - used, "%s%s%s", a ? ", " : "", cells, a + 1 < axes ? "" : "]");
  }
}

bool mf_claims_has_error(const mf_claims *c, int index)
{
  return c->claim[index].kind == MF_EXACT || mf_claim_of_field(&c->claim[index]);
}

int mf_claims_error(mf_claims *c, int index, const mf_history *h, double *error)
{
  MF_TRY(mf_claim_judge(c, index, h));
  *error = c->claim[index].verdict.measured;
  return MF_OK;
}

/* The order is that of the last two grids.  It is evidence where the three last have it (extrapolate.h), or where every
 * order that they show is too low. */
void mf_claims_judge_order(mf_claims *c, int index, const double *h, const double *error, int count)
{
  mf_claim *one = &c->claim[index];
  mf_verdict *v = &one->verdict;
  for (int i = 0; i < count; i++) {
    char text[64];
    snprintf(text, sizeof text, "%s%.3e", i ? "" : "errors ", error[i]);
    mf_claim_note(one, text);
  }
  const mf_limit seen = mf_limit_of_errors(&(mf_sequence){.count = count, .h = h, .value = error});
  v->measured = seen.order;
  v->slack =
      isfinite(seen.order) ? one->number - seen.order : NAN; /* an error of 0 is none that has fallen */
  v->decades = 0;
  const bool too_low = v->slack > v->tolerance && one->number - seen.before > v->tolerance;
  if (seen.asymptotic || too_low || isnan(v->slack))
    mf_claim_decide(one, true, "the errors have no order");
  else
    mf_claim_decide_empty(one, seen.reason);
}
