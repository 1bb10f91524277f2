/* SPDX-License-Identifier: BSD-3-Clause */
/* Claims about particles beside the grid: a power of their number, a weak order in the step, a bias within standard errors. */
#include "solver/program/command_particles_verify.h"

#include "io/language/section.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  const char *quantity, *reference;
  double order_n, weak_order, within, tolerance;
} claim;

static const mf_param claim_params[] = {
    {.key = "quantity", .kind = MF_TEXT, .offset = offsetof(claim, quantity), .doc = "of order_n: mmd2"},
    {.key = "order_n",
     .kind = MF_REAL,
     .offset = offsetof(claim, order_n),
     .fallback = NAN,
     .doc = "power of N with which it falls, -1 for independent particles"},
    {.key = "weak_order",
     .kind = MF_REAL,
     .offset = offsetof(claim, weak_order),
     .fallback = NAN,
     .doc = "in the step"},
    {.key = "within",
     .kind = MF_REAL,
     .offset = offsetof(claim, within),
     .fallback = NAN,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc =
         "standard errors that a bias may have, at all times, with the most particles and the shortest step"},
    {.key = "tolerance",
     .kind = MF_REAL,
     .offset = offsetof(claim, tolerance),
     .fallback = 0.2,
     .min = 0,
     .max = DBL_MAX,
     .doc = "of the powers, beside three standard errors"},
    {.key = "reference", .kind = MF_TEXT, .offset = offsetof(claim, reference), .doc = "where the theory is"},
};
static const mf_param_table claim_table = MF_PARAM_TABLE(claim_params, claim);

/* What an entry says, whether or not anything has been run. */
static int read_claim(const mf_node *node, const mf_plan *plan, claim *c)
{
  MF_TRY(mf_section_read(node, "a claim of particles", &claim_table, plan->problem->scope, c));
  const int kinds = !isnan(c->order_n) + !isnan(c->weak_order) + !isnan(c->within);
  if (kinds != 1) return mf_node_error(node, "a claim of particles has one of order_n, weak_order, within");
  if (!isnan(c->order_n) && (!c->quantity || strcmp(c->quantity, "mmd2") != 0))
    return mf_node_error(node, "order_n is that of a quantity: mmd2");
  return MF_OK;
}

/* A power: the kernel whose fit is known best; one that is not known to half of the tolerance plus a quarter is no evidence, and fails. */
static void judge_power(const mf_study *v, const mf_study_fit *fits, double theory, double tolerance,
                        const char *what, mf_study_verdict *out)
{
  int best = -1;
  for (int k = 0; k < v->kernels; k++)
    if (!isnan(fits[k].value) && (best < 0 || fits[k].error < fits[best].error)) best = k;
  const mf_study_fit f = best < 0 ? (mf_study_fit){NAN, NAN} : fits[best];
  const bool known = f.error <= 0.25 + 0.5 * tolerance;
  out->holds = known && fabs(f.value - theory) <= tolerance + 3 * f.error;
  if (best < 0)
    snprintf(out->text, sizeof out->text, "%s %g: no two points beyond their errors", what, theory);
  else
    snprintf(out->text, sizeof out->text, "%s %g: %.3f +- %.3f (bandwidth %.4g)%s", what, theory, f.value,
             f.error, v->kernel[best].bandwidth[0], known ? "" : ", not known well enough");
}

static void judge_within(const mf_study *v, double limit, mf_study_verdict *out)
{
  double worst = 0, time = 0;
  for (int k = 0; k < v->plan->times.count; k++) {
    const double z = mf_study_worst(v, mf_study_finest(v, v->plan->times.value[k]));
    if (k > 0 && !(z > worst)) continue;
    worst = z;
    time = v->plan->times.value[k];
  }
  out->holds = worst <= limit;
  snprintf(out->text, sizeof out->text, "within %g standard errors: %.2f at t = %g", limit, worst, time);
}

int mf_study_judge(const mf_study *v, const mf_node *node, mf_study_verdict *out)
{
  claim c;
  MF_TRY(read_claim(node, v->plan, &c));
  if (!isnan(c.order_n))
    judge_power(v, v->power, c.order_n, c.tolerance, "mmd2 goes with N to the power", out);
  else if (!isnan(c.weak_order))
    judge_power(v, v->order, c.weak_order, c.tolerance, "weak order", out);
  else
    judge_within(v, c.within, out);
  return MF_OK;
}

int mf_study_check_claims(const mf_plan *plan)
{
  if (!plan->claims) return MF_OK;
  if (plan->claims->kind != MF_SEQUENCE) return mf_node_error(plan->claims, "claims are a list");
  for (int i = 0; i < plan->claims->count; i++) {
    claim c;
    MF_TRY(read_claim(plan->claims->child[i], plan, &c));
  }
  return MF_OK;
}
