/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims about the best constant c* of D >= c (F - inf F), which need no run: solver/observe/constant.h.
 *
 *    above: a   every c <= a holds: fails if a measure has D/F < a, holds if a criterion gives a
 *    below: b   some measure has D/F <= b: holds if one was found, fails if a criterion gives more
 *
 * up to the tolerance.  What lies between the criterion and the measure is not known: the claim is empty. */
#include "postproc/claims/claim_parts.h"

#include "grids/halo.h"
#include "io/language/section.h"
#include "solver/observe/constant.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static const mf_param params[] = {
    {.key = "above",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_constant, above),
     .fallback = NAN,
     .min = 0,
     .max = DBL_MAX,
     .doc = "the constant is at least this"},
    {.key = "below",
     .kind = MF_REAL,
     .offset = offsetof(mf_claim_constant, below),
     .fallback = NAN,
     .min = 0,
     .max = DBL_MAX,
     .doc = "the constant is at most this"},
};
static const mf_param_table table = MF_PARAM_TABLE(params, mf_claim_constant);

int mf_claim_read_constant(mf_claim *c, mf_problem *p)
{
  const mf_node *node = c->say.constant;
  mf_claim_constant *k = &c->constant;
  MF_TRY(mf_section_read(node, "a claim about the constant", &table, p->scope, k));
  if (isnan(k->above) && isnan(k->below))
    return mf_node_error(node, "a claim about the constant says `above`, `below` or both");
  if (!isnan(k->above) && !isnan(k->below))
    snprintf(k->text, sizeof k->text, "in [%.9g, %.9g]", k->above, k->below);
  else if (isnan(k->below))
    snprintf(k->text, sizeof k->text, "at least %.9g", k->above);
  else
    snprintf(k->text, sizeof k->text, "at most %.9g", k->below);
  return MF_OK;
}

/* How far a number is beyond another, as a share of it; -INFINITY where nothing is said. */
static double beyond(double excess, double claimed)
{
  return isnan(claimed) ? -INFINITY : mf_claim_relative(excess, claimed);
}

void mf_claim_judge_constant(mf_claim *c, const mf_flow *flow)
{
  const mf_claim_constant *k = &c->constant;
  mf_verdict *v = &c->verdict;
  mf_constant found;
  double *density = NULL;
  char text[384];
  int status = mf_field_create(mf_flow_grid(flow), &density);
  if (!status) status = mf_constant_compute(flow, &found, density);
  mf_field_free(density);
  if (status) {
    mf_claim_decide_empty(c, mf_error());
    return;
  }
  const double refuted =
      fmax(beyond(k->above - found.above, k->above), beyond(found.below - k->below, k->below));
  const double unproved =
      fmax(beyond(k->above - found.below, k->above), beyond(found.above - k->below, k->below));
  v->measured = found.above;
  v->slack = refuted > v->tolerance ? refuted : unproved;
  v->finding = refuted > v->tolerance ? MF_FAILS : unproved > v->tolerance ? MF_EMPTY : MF_HOLDS;
  mf_constant_text(&found, "a measure that mflow constant -o writes", text, sizeof text);
  mf_claim_note(c, text);
}
