/* SPDX-License-Identifier: BSD-3-Clause */
/* D/F of measures: a flow of the same parts, with entropies in the coordinate l = log(rho/pi), in which neither tails nor small
 * deviations lose digits. */
#include "solver/observe/constant_trial.h"

#include "grids/field.h"
#include "grids/halo.h"
#include "solver/observe/constant_entropic.h"

#include <math.h>

struct mf_trial {
  mf_flow *flow;
  const mf_measure *target;
  mf_measure *spread; /* the reference, if it is not the target */
  double *y;          /* mu - pi then */
  bool conserves;
};

static bool has_entropy(const mf_flow *flow)
{
  for (int i = 0; i < mf_flow_energies(flow); i++)
    if (mf_flow_energy(flow, i)->type->traits & MF_ENERGY_ENTROPIC) return true;
  return false;
}

static int spread_target(mf_trial *t)
{
  const mf_measure *pi = t->target;
  MF_TRY(mf_field_create(pi->grid, &t->y));
  MF_TRY(mf_measure_create(&t->spread, pi->grid));
  const double even = pi->mass / (pi->grid->volume * (double)pi->grid->cells);
  for (ptrdiff_t c = 0; c < pi->grid->cells; c++) t->y[c] = 0.5 * (pi->density[c] + even);
  MF_TRY(mf_measure_set_density(t->spread, t->y));
  return mf_measure_normalise(t->spread, pi->mass);
}

static int fill(mf_trial *t, const mf_flow *flow)
{
  t->target = mf_flow_target(flow);
  t->conserves = mf_flow_conserves_mass(flow);
  MF_TRY(mf_flow_create_subflow(&t->flow, flow, 0));
  if (has_entropy(flow)) return mf_flow_finish(t->flow, "log", t->target);
  MF_TRY(spread_target(t));
  return mf_flow_finish(t->flow, "deviation", t->target);
}

int mf_trial_create(mf_trial **out, const mf_flow *flow)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  const int status = fill(*out, flow);
  if (!status) return MF_OK;
  mf_trial_free(*out);
  *out = NULL;
  return status;
}

void mf_trial_free(mf_trial *t)
{
  if (!t) return;
  mf_flow_free(t->flow);
  mf_measure_free(t->spread);
  mf_field_free(t->y);
  mf_release(t);
}

const mf_measure *mf_trial_reference(const mf_trial *t)
{
  return t->spread ? t->spread : t->target;
}

double mf_trial_ratio(mf_trial *t, double *l, double *energy, double *dissipation)
{
  mf_report report;
  const mf_measure *nu = mf_trial_reference(t);
  if (t->conserves) mf_entropic_hold_mass(nu->grid, nu->density, l);
  if (!mf_all_finite(l, nu->grid->cells)) return INFINITY;
  for (ptrdiff_t c = 0; t->spread && c < nu->grid->cells; c++)
    t->y[c] = nu->density[c] * exp(l[c]) - t->target->density[c];
  if (mf_flow_report(t->flow, t->spread ? t->y : l, &report)) return INFINITY;
  const double value = report.dissipation / report.energy;
  if (energy) *energy = report.energy;
  if (dissipation) *dissipation = report.dissipation;
  return report.energy > 0 && isfinite(report.energy) && report.dissipation >= 0 && isfinite(value)
             ? value
             : INFINITY;
}
