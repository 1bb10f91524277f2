/* SPDX-License-Identifier: BSD-3-Clause */
/* dy/dt of a flow: the force of its energies goes to each geometry.  And the mass that it conserves. */
#include "grids/elementwise.h"
#include "grids/field.h"
#include "grids/team.h"
#include "solver/flow/flow_parts.h"

#include <math.h>
#include <string.h>

mf_force mf_flow_force(const mf_flow *flow, const mf_state *s, double *xi)
{
  mf_force f = flow->force;
  if (!flow->has_xi) return f;
  memset(xi, 0, (size_t)flow->grid->cells * sizeof *xi);
  for (int i = 0; i < flow->energies; i++)
    if (flow->energy[i]->type->add_variation) flow->energy[i]->type->add_variation(flow->energy[i], s, xi);
  f.xi = xi;
  return f;
}

/* What is finite in this process alone is agreed on: else the others would go on without it. */
bool mf_flow_sum_rates(const mf_flow *flow, const mf_state *s, const mf_force *f, double *rate)
{
  bool fresh = true, checked = true, finite = true;
  for (int i = 0; i < flow->geometries; i++) {
    const mf_geometry *g = flow->geometry[i];
    if (!(g->coefficient > 0)) continue;
    if (g->type->fused_rate && g->type->fused_rate(g, s, f, fresh, rate, &finite)) {
      fresh = false;
      continue;
    }
    if (fresh) memset(rate, 0, (size_t)flow->grid->cells * sizeof *rate);
    g->type->rate(g, s, f, rate);
    fresh = checked = false;
  }
  if (fresh) memset(rate, 0, (size_t)flow->grid->cells * sizeof *rate);
  return checked ? mf_team_all(flow->grid->team, finite) : isfinite(mf_field_sum_abs(flow->grid, rate));
}

/* Turns d log rho/dt into dy/dt; false if one is not finite. */
static bool scale_by_slope(const mf_flow *flow, const mf_state *s, double *rate)
{
  if (flow->coordinate.exponent == 0) return true;
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
    rate[c] *= mf_coordinate_slope(&flow->coordinate, s->log_ratio[c]);
  return isfinite(mf_field_sum_abs(flow->grid, rate));
}

int mf_flow_rate(mf_flow *flow, const double *y, double *ydot)
{
  mf_state_store_set(&flow->now, &flow->coordinate, y, flow->needs);
  const mf_force f = mf_flow_force(flow, &flow->now.state, flow->xi);
  if (mf_flow_sum_rates(flow, &flow->now.state, &f, ydot) && scale_by_slope(flow, &flow->now.state, ydot))
    return MF_OK;
  return mf_fail(MF_RETRY, "the rate of the flow is not finite");
}

double mf_flow_weights(mf_flow *flow, const double *y, double rtol, double floor, double unit,
                       double *weights)
{
  mf_state_store_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  return mf_coordinate_weights(&flow->coordinate, &flow->now, flow->force.entropies > 0, rtol, floor, unit,
                               weights);
}

const double *mf_flow_slope(const mf_flow *flow)
{
  return flow->coordinate.kind == MF_LOG ? flow->now.density : NULL;
}

/* ---- mass ---- */

void mf_flow_project(mf_flow *flow, const double *y, double *corr, double *error)
{
  mf_state_store_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  mf_coordinate_project(&flow->coordinate, &flow->now, flow->mass_excess, corr, error);
}

/* One Newton step towards the conserved mass; the correction takes the place of a report's first variation. */
static void correct(mf_flow *flow, double *y)
{
  mf_flow_project(flow, y, flow->total_xi, NULL);
  mf_each(flow->grid->cells, mf_each_sum, 1, flow->total_xi, 1, y, y);
}

int mf_flow_start(mf_flow *flow, const mf_measure *initial, double *y)
{
  MF_TRY(mf_coordinate_start(&flow->coordinate, flow->target, initial, y));
  flow->vacuum = isinf(mf_field_min(flow->grid, initial->log_density));
  mf_state_store_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  flow->mass_excess = mf_coordinate_mass_excess(&flow->now);
  const double round_off = 1e-13 * initial->mass;
  if (!flow->target || fabs(flow->mass_excess) > round_off) return MF_OK;
  flow->mass_excess =
      0; /* equal masses: start from a deviation without mass, to the last bit that sums can see */
  if (!mf_flow_conserves_mass(flow)) return MF_OK;
  correct(flow, y);
  return MF_OK;
}

/* Where mass is not linear in y (log, power) the second of two Newton steps makes up for the first. */
void mf_flow_restore_mass(mf_flow *flow, double *y)
{
  if (!mf_flow_conserves_mass(flow)) return;
  for (int pass = 0; pass < 2; pass++) correct(flow, y);
}

void mf_flow_hold_mass(mf_flow *flow, const double *y)
{
  mf_state_store_set(&flow->now, &flow->coordinate, y, mf_coordinate_needs(&flow->coordinate));
  flow->mass_excess = mf_coordinate_mass_excess(&flow->now);
}
