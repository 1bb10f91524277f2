/* SPDX-License-Identifier: BSD-3-Clause */
/* What energies and geometries say at a point of a flow. */
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"
#include "operators/entropy.h"
#include "solver/flow/flow_parts.h"

#include <math.h>

typedef struct {
  const mf_force *force;
  const mf_state *state;
  double *xi;
} variation_operands;

static void fill_variation(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const variation_operands *j = self;
  for (ptrdiff_t c = begin; c < end; c++) j->xi[c] = mf_force_variation(j->force, j->state, c);
}

/* Reports on the state that flow->full holds. */
static int report_state(mf_flow *flow, mf_report *report)
{
  const mf_state *s = &flow->full.state;
  mf_force f = mf_flow_force(flow, s, flow->xi);
  mf_share(flow->grid->cells, MF_PIECE / 4, fill_variation, &(variation_operands){&f, s, flow->total_xi});
  f.total = flow->total_xi;
  *report =
      (mf_report){.state = s, .xi = flow->total_xi, .mass_excess = mf_coordinate_mass_excess(&flow->full)};
  for (int i = 0; i < flow->energies; i++) report->energy += mf_energy_value(flow->energy[i], s);
  for (int i = 0; i < flow->geometries; i++)
    if (flow->geometry[i]->coefficient > 0)
      report->dissipation += flow->geometry[i]->type->dissipation(flow->geometry[i], s, &f);
  if (!isnan(report->energy) && !isnan(report->dissipation)) return MF_OK;
  return mf_fail(MF_ENUMERIC, "energy %g or dissipation %g is not a number", report->energy,
                 report->dissipation);
}

int mf_flow_report(mf_flow *flow, const double *y, mf_report *report)
{
  mf_state_store_set(&flow->full, &flow->coordinate, y, MF_NEED_ALL);
  return report_state(flow, report);
}

int mf_flow_report_start(mf_flow *flow, const mf_measure *initial, const double *y, mf_report *report)
{
  if (!mf_coordinate_relative(&flow->coordinate)) return mf_flow_report(flow, y, report);
  const mf_coordinate exact = {.kind = MF_LOG};
  if (!flow->start_log) MF_TRY(mf_field_create(flow->grid, &flow->start_log));
  for (ptrdiff_t c = 0; c < flow->grid->cells; c++)
    flow->start_log[c] = mf_entropy_finite_log(initial->log_density[c] - flow->target->log_density[c]);
  mf_state_store_set(&flow->full, &exact, flow->start_log, MF_NEED_ALL);
  return report_state(flow, report);
}

double *mf_flow_lend(const mf_flow *flow, int k)
{
  return k ? flow->full.log_ratio : flow->full.excess;
}

typedef struct {
  const mf_coordinate *coordinate;
  const mf_state *state;
  const double *xi, *ydot;
} power_operands;

MF_INLINE double power_at(const void *self, ptrdiff_t c)
{
  const power_operands *o = self;
  return o->xi[c] * o->state->density[c] * o->ydot[c] /
         mf_coordinate_slope(o->coordinate, o->state->log_ratio[c]);
}

static void sum_power(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  *sum = mf_lanes_sum(self, begin, end, power_at);
}

double mf_flow_power(mf_flow *flow, const mf_report *report, const double *ydot)
{
  const mf_state *s = report->state;
  if (s->form == MF_ABSOLUTE) return flow->grid->volume * mf_field_dot(flow->grid, report->xi, ydot);
  double total;
  mf_field_sums(flow->grid, 1, sum_power, &(power_operands){&flow->coordinate, s, report->xi, ydot}, &total);
  return total * flow->grid->volume;
}
