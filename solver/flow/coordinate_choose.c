/* SPDX-License-Identifier: BSD-3-Clause */
/* Which coordinate suits a flow. */
#include "grids/base.h"
#include "grids/field.h"
#include "solver/flow/coordinate.h"

#include <math.h>
#include <string.h>

static bool has_vacuum(const mf_measure *m)
{
  return isinf(mf_field_min(m->grid, m->log_density));
}

/* Largest q log u of the initial measure. */
static double highest_power(const mf_flow_facts *f, const mf_measure *initial, double q)
{
  double high = -INFINITY;
  for (ptrdiff_t c = 0; c < initial->grid->cells; c++)
    high = fmax(high, q * (initial->log_density[c] - f->target->log_density[c]));
  return -mf_grid_min(initial->grid, -high);
}

static mf_coordinate log_coordinate(const mf_flow_facts *f, const char *reason)
{
  return (mf_coordinate){MF_LOG, 0, f->lowest_exponent < 1 ? MF_LOG_FLOOR : -INFINITY, reason};
}

static mf_coordinate plain_coordinate(mf_coordinate_kind kind, const char *reason)
{
  return (mf_coordinate){kind, 0, -INFINITY, reason};
}

static mf_coordinate power_coordinate(const mf_flow_facts *f, const char *reason)
{
  return (mf_coordinate){MF_POWER, 1 - f->lowest_exponent, -INFINITY, reason};
}

static mf_coordinate automatic(const mf_flow_facts *f, const mf_measure *initial)
{
  enum { SAFE_POWER = 300 }; /* e^300, whose square is still a number */
  const double p = f->lowest_exponent;
  if (!f->target) return plain_coordinate(MF_DENSITY, "there is no target");
  if (f->entropies && f->transport && p < 1)
    return log_coordinate(f, "diffusion of phi_p with p < 1 is singular in vacuum");
  if (!f->entropies || !f->reaction)
    return plain_coordinate(MF_DEVIATION, "round-off stays relative to rho - pi");
  const bool linear = !f->transport && f->entropies == 1 && p != 1;
  if (linear && highest_power(f, initial, 1 - p) < SAFE_POWER)
    return power_coordinate(f, "(u^q - 1)/q with q = 1 - p makes the reaction linear");
  if (p >= 1 && has_vacuum(initial))
    return plain_coordinate(MF_DEVIATION, "the initial measure has vacuum, where log u is infinite");
  return log_coordinate(f, "log u keeps tails and equilibrium exact under reaction");
}

static int requested(mf_coordinate *out, const mf_flow_facts *f, const char *request)
{
  const char *reason = "the case asks for it";
  int kind = MF_DENSITY;
  while (mf_coordinate_names[kind] && strcmp(mf_coordinate_names[kind], request) != 0) kind++;
  if (!mf_coordinate_names[kind])
    return mf_fail(MF_ECASE, "there is no coordinate '%s'; choose from: auto, density, deviation, log, power",
                   request);
  if (kind != MF_DENSITY && !f->target) return mf_fail(MF_ECASE, "the %s coordinate needs a target", request);
  if (kind == MF_POWER && (f->entropies != 1 || f->lowest_exponent == 1))
    return mf_fail(MF_ECASE, "the power coordinate is for one energy phi_p with p other than 1");
  *out = kind == MF_POWER ? power_coordinate(f, reason)
         : kind == MF_LOG ? log_coordinate(f, reason)
                          : plain_coordinate((mf_coordinate_kind)kind, reason);
  return MF_OK;
}

int mf_coordinate_choose(mf_coordinate *out, const mf_flow_facts *facts, const char *request,
                         const mf_measure *initial)
{
  if (request) return requested(out, facts, request);
  *out = automatic(facts, initial);
  return MF_OK;
}
