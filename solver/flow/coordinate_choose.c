/* SPDX-License-Identifier: BSD-3-Clause */
/* Which coordinate suits a flow. */
#include "grids/base.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/stage.h"
#include "solver/flow/coordinate.h"

#include <float.h>
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

/* Least log u of the initial measure where there is some, or MF_LOG_FLOOR if that is less. */
static double lowest_log(const mf_flow_facts *f, const mf_measure *initial)
{
  double low = MF_LOG_FLOOR;
  for (ptrdiff_t c = 0; c < initial->grid->cells; c++) {
    const double l = initial->log_density[c] - f->target->log_density[c];
    if (isfinite(l)) low = fmin(low, l);
  }
  return mf_grid_min(initial->grid, low);
}

/* With p < 1 the floor is a start that is as good as any below; where mass moves, vacuum may start from what round-off cannot
 * tell from it either, but tails keep their own. */
static mf_coordinate log_coordinate(const mf_flow_facts *f, const mf_measure *initial, const char *reason)
{
  const bool singular = f->lowest_exponent < 1, fills = f->transport && f->lowest_exponent <= 1;
  return (mf_coordinate){.kind = MF_LOG,
                         .floor = singular ? MF_LOG_FLOOR : -INFINITY,
                         .vacuum = singular ? MF_LOG_FLOOR
                                   : fills  ? lowest_log(f, initial)
                                            : -INFINITY,
                         .reason = reason};
}

static mf_coordinate plain_coordinate(mf_coordinate_kind kind, const char *reason)
{
  return (mf_coordinate){.kind = kind, .floor = -INFINITY, .vacuum = -INFINITY, .reason = reason};
}

static mf_coordinate power_coordinate(const mf_flow_facts *f, const char *reason)
{
  return (mf_coordinate){.kind = MF_POWER,
                         .exponent = 1 - f->lowest_exponent,
                         .floor = -INFINITY,
                         .vacuum = -INFINITY,
                         .reason = reason};
}

static mf_coordinate automatic(const mf_flow_facts *f, const mf_measure *initial)
{
  enum { SAFE_POWER = 300 }; /* e^300, whose square is still a number */
  const double p = f->lowest_exponent;
  if (!f->target) return plain_coordinate(MF_DENSITY, "there is no target");
  if (f->entropies && f->transport && p < 1)
    return log_coordinate(f, initial, "diffusion of phi_p with p < 1 is singular in vacuum");
  if (!f->entropies || !f->reaction)
    return plain_coordinate(MF_DEVIATION, "round-off stays relative to rho - pi");
  const bool linear = !f->transport && f->entropies == 1 && p != 1;
  if (linear && highest_power(f, initial, 1 - p) < SAFE_POWER)
    return power_coordinate(f, "(u^q - 1)/q with q = 1 - p makes the reaction linear");
  if (has_vacuum(initial) && (p > 1 || !f->transport))
    return plain_coordinate(MF_DEVIATION, "the initial measure has vacuum, where log u is infinite");
  return log_coordinate(f, initial, "log u keeps tails and equilibrium exact under reaction");
}

/* Least log u of the initial measure where the target is within e^-7 of its peak. */
static double lowest_seen(const mf_flow_facts *f, const mf_measure *initial)
{
  const mf_grid *grid = initial->grid;
  const double seen = 7;
  double peak = -INFINITY, low = INFINITY;
  for (ptrdiff_t c = 0; c < grid->cells; c++) peak = fmax(peak, f->target->log_density[c]);
  peak = -mf_grid_min(grid, -peak);
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    if (f->target->log_density[c] > peak - seen)
      low = fmin(low, initial->log_density[c] - f->target->log_density[c]);
  return mf_grid_min(grid, low);
}

/* What an absolute unknown makes of a start whose u it does not resolve.  Diffusion with p < 1 feeds on u^(p-1), which is
 * lost; reaction of KL type remembers log u for a time 1/beta, in which round-off and errors of CVODE count (KL(pi|mu) after a
 * start in a box: 2 per cent at rtol 1e-6). */
static int check_absolute(const mf_flow_facts *f, const mf_measure *initial, const char *request)
{
  const double unresolved = log(4 * DBL_EPSILON);
  if (!f->target || !f->entropies || !f->transport) return MF_OK;
  if (f->lowest_exponent < 1 && has_vacuum(initial))
    return mf_fail(
        MF_ECASE,
        "the %s coordinate does not hold diffusion of phi_p with p < 1, which is singular where the "
        "initial measure has no mass: use `coordinate: log`",
        request);
  if (f->reaction && f->lowest_exponent <= 1 && lowest_seen(f, initial) < unresolved)
    mf_warn("the %s coordinate does not resolve mu/pi where the initial measure has next to no mass, which "
            "reaction "
            "remembers: KL(pi|mu) may be off by per cents unless time.rtol is small; `coordinate: log` suits "
            "this flow",
            request);
  return MF_OK;
}

static int requested(mf_coordinate *out, const mf_flow_facts *f, const char *request,
                     const mf_measure *initial)
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
  if (kind == MF_DENSITY || kind == MF_DEVIATION) MF_TRY(check_absolute(f, initial, request));
  *out = kind == MF_POWER ? power_coordinate(f, reason)
         : kind == MF_LOG ? log_coordinate(f, initial, reason)
                          : plain_coordinate((mf_coordinate_kind)kind, reason);
  return MF_OK;
}

int mf_coordinate_choose(mf_coordinate *out, const mf_flow_facts *facts, const char *request,
                         const mf_measure *initial)
{
  if (request) return requested(out, facts, request, initial);
  *out = automatic(facts, initial);
  return MF_OK;
}
