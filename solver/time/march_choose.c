/* SPDX-License-Identifier: BSD-3-Clause */
/* Which integrator suits a flow: the series where it is exact and cheap, else implicit steps where the flow is stiff. */
#include "solver/time/march.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "grids/stage.h"
#include "grids/threads.h"
#include "solver/time/propagate.h"
#include "solver/time/split.h"
#include "solver/time/stiffness.h"

#include <float.h>
#include <math.h>

const char *const mf_integrator_names[] = {"auto", "cvode", "bdf", "adams", "chebyshev", "splitting", NULL};

typedef struct {
  const double *y, *pi;
} tail_operands;

MF_INLINE double whole_square(const void *self, ptrdiff_t c)
{
  const tail_operands *o = self;
  return o->y[c] * o->y[c] / o->pi[c];
}

MF_INLINE double near_square(const void *self, ptrdiff_t c)
{
  const tail_operands *o = self;
  return o->y[c] * o->y[c] / (o->pi[c] + fabs(o->y[c]));
}

MF_CLONES static void mf_sum_tails(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  sums[0] = mf_lanes_sum(self, begin, end, whole_square);
  sums[1] = mf_lanes_sum(self, begin, end, near_square);
}

/* int y^2/pi over int y^2/(pi + |y|): large where a start is broader than the target, whose tails would set the scale. */
static int tail_share(mf_flow *flow, const mf_measure *initial, double *share)
{
  const mf_grid *grid = mf_flow_grid(flow);
  double *y, sums[2];
  MF_TRY(mf_field_create(grid, &y));
  const int status = mf_flow_start(flow, initial, y);
  const tail_operands operands = {y, mf_flow_target(flow)->density};
  if (!status) mf_field_sums(grid, 2, mf_sum_tails, &operands, sums);
  if (!status) *share = sums[1] > 0 ? sums[0] / sums[1] : 1;
  mf_field_free(y);
  return status;
}

/* True if the series takes fewer applications of A than CVODE's steps are worth: about a thousand steps of 5 in one
 * dimension, where a line solve is exact, and of 60 in more. */
static bool series_pays(const mf_propagator *series, int dim, const mf_horizon *horizon)
{
  const double worth = dim > 1 ? 60e3 : 5e3;
  return horizon->outputs * mf_propagator_cost(series, horizon->end / horizon->outputs) < worth;
}

/* The series, or NULL if it is not to be used. */
static int choose_series(mf_flow *flow, const mf_measure *initial, const mf_horizon *horizon,
                         mf_propagator **series)
{
  /* Round-off of the tails is felt elsewhere, at some ulp of the root of their share. */
  const double root = 0.01 * horizon->rtol / DBL_EPSILON, steep = root * root;
  double share;
  if (!mf_flow_linear(flow)) return MF_OK;
  MF_TRY(tail_share(flow, initial, &share));
  if (share >= steep) return MF_OK;
  MF_TRY(mf_propagator_create(series, flow));
  if (series_pays(*series, mf_flow_grid(flow)->dim, horizon)) return MF_OK;
  mf_propagator_free(*series);
  *series = NULL;
  return MF_OK;
}

/* True if implicit steps are called for, with the reason: by what the flow is, or because explicit ones, which are bound by
 * the fastest mode, would be more than BDF's few thousand are worth.  Most of a run is spent near its target: there the
 * fastest mode counts (reactions of 2000 to 4000 cells cost the same either way at 4e3 times its rate).  What is stiff at the
 * start only is often past soon, and where a flow without a target goes is not known: much has to be gained there before BDF,
 * which keeps no sign, is taken. */
static int examine(mf_flow *flow, const mf_measure *initial, double end, bool *stiff, const char **reason)
{
  const double many_at_target = 4e3, many_at_start = 1e6;
  const mf_measure *target = mf_flow_target(flow);
  double at_start, at_target = 0;
  *stiff = mf_flow_stiff(flow, reason);
  if (*stiff || !mf_flow_has_jacobian(flow)) return MF_OK;
  if (target) MF_TRY(mf_stiffness(flow, target, &at_target));
  MF_TRY(mf_stiffness(flow, initial, &at_start));
  *stiff = at_target * end > many_at_target || at_start * end > many_at_start;
  if (*stiff) *reason = "its fastest mode is stiff over so long a run";
  return MF_OK;
}

/* Adams where it was asked for. */
static int doubt_adams(mf_flow *flow, const mf_measure *initial, double end)
{
  bool stiff;
  const char *reason;
  MF_TRY(examine(flow, initial, end, &stiff, &reason));
  if (stiff)
    mf_warn("time.integrator is adams, but %s: steps are bound by stability, and errors may be far above "
            "time.rtol; bdf "
            "suits this flow",
            reason);
  return MF_OK;
}

int mf_integrator_choose(mf_integrator *integrator, const char **reason, mf_flow *flow,
                         const mf_measure *initial, const mf_horizon *horizon, mf_propagator **series)
{
  mf_propagator *chosen = NULL;
  if (series) *series = NULL;
  if (*integrator == MF_CHEBYSHEV) MF_TRY(mf_propagator_check(flow));
  if (*integrator == MF_SPLITTING) MF_TRY(mf_split_check(flow));
  if (*integrator > MF_CVODE) {
    *reason = "the case asks for it";
    return *integrator == MF_ADAMS ? doubt_adams(flow, initial, horizon->end) : MF_OK;
  }
  if (*integrator == MF_AUTO) MF_TRY(choose_series(flow, initial, horizon, &chosen));
  if (!chosen) {
    bool stiff;
    MF_TRY(examine(flow, initial, horizon->end, &stiff, reason));
    *integrator = stiff ? MF_BDF : MF_ADAMS;
    return MF_OK;
  }
  if (series)
    *series = chosen;
  else
    mf_propagator_free(chosen);
  *integrator = MF_CHEBYSHEV;
  *reason = "the flow is linear and reversible, and the series short";
  return MF_OK;
}
