/* SPDX-License-Identifier: BSD-3-Clause */
/* What an absolute unknown, rho or rho - pi, can tell of u = rho/pi and its functions.
 *
 * u is known to e = (spread of the error of y)/pi + round-off of 1 + w, so where e is no small part of u, log u says nothing
 * and neither does a first variation that depends on it.  In far tails pi is smaller than any error.  CVODE estimates the
 * error of each cell in its last step; that of a global trajectory was measured against the log coordinate: ten times the
 * largest estimate within two cells covers it (Ornstein-Uhlenbeck from far away: no cell in error by a tenth of u is missed,
 * and few others are given up). */
#include "grids/base.h"
#include "grids/field.h"
#include "grids/halo.h"
#include "grids/threads.h"
#include "operators/entropy.h"
#include "solver/flow/flow_parts.h"

#include <float.h>
#include <math.h>

typedef struct {
  mf_flow *flow;
  const double *error; /* of y, or NULL */
} resolution;

/* Largest error within two cells along each axis. */
static double error_around(const resolution *r, ptrdiff_t c)
{
  const mf_grid *grid = r->flow->grid;
  double most = 0;
  for (int a = 0; a < grid->dim; a++) {
    const ptrdiff_t k = c / grid->stride[a] % grid->n[a];
    for (int steps = -2; steps <= 2; steps++)
      most = fmax(most, fabs(r->error[c + mf_grid_distance(grid, a, k, steps)]));
  }
  return most;
}

/* e of u in a cell. */
static double error_of_ratio(const resolution *r, ptrdiff_t c)
{
  const mf_flow *f = r->flow;
  const double round_off = 4 * DBL_EPSILON * (1 + fabs(f->full.state.excess[c])), trust = 10;
  return round_off + (r->error ? trust * error_around(r, c) * f->inverse_target[c] : 0);
}

/* Error of the first variation for an error e of u; `weight`: the size of an entropic variation. */
static double error_of_variation(const mf_flow *f, ptrdiff_t c, double e, double *weight)
{
  const double l = f->full.state.log_ratio[c];
  double sum = 0;
  *weight = 0;
  for (int k = 0; k < f->force.entropies; k++) {
    const mf_entropy *entropy = &f->entropy[k];
    if (entropy->flat) continue;
    sum += entropy->weight * mf_entropy_pressure_slope(entropy->exponent, l) * exp(-l) * e;
    *weight += entropy->weight;
  }
  return sum;
}

/* A tenth: errors are seen on a logarithmic scale. */
static void hide_range(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const resolution *r = self;
  mf_state_store *full = &r->flow->full;
  const double small = 0.1;
  for (ptrdiff_t c = begin; c < end; c++) {
    double weight;
    const double w = full->state.excess[c], u = fmax(0, 1 + w), e = error_of_ratio(r, c);
    const double variation = error_of_variation(r->flow, c, e, &weight);
    if (!(e <= small * u) && !(variation <= small * weight)) r->flow->total_xi[c] = NAN;
    if (!(e <= small * u)) full->log_ratio[c] = NAN;
    if (!(e <= small * fmax(1, u))) full->excess[c] = NAN;
  }
}

void mf_flow_hide_unresolved(mf_flow *flow, const double *error)
{
  if (mf_coordinate_relative(&flow->coordinate) || !flow->full.log_ratio || !flow->full.excess) return;
  if (error) mf_halo(flow->grid, error, 2);
  mf_share(flow->grid->cells, MF_PIECE / 4, hide_range, &(resolution){flow, error});
}

/* ---- the inclusive divergence ---- */

/* Cells without mass are exactly that: at the start, and for ever where nothing moves mass. */
static bool vacuum_stays(const mf_flow *flow, double time)
{
  bool moves = false;
  for (int i = 0; i < flow->geometries; i++)
    moves = moves || flow->geometry[i]->type->traits & MF_GEOMETRY_TRANSPORT;
  return flow->vacuum && (time == 0 || !moves);
}

/* In cells whose u is less than its round-off the integrand is anything between -log of that and -MF_LOG_VACUUM. */
static void sum_inclusive(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const resolution *r = self;
  const mf_state *s = &r->flow->full.state;
  const double least = -log(DBL_EPSILON);
  sums[0] = sums[1] = 0;
  for (ptrdiff_t c = begin; c < end; c++) {
    const double w = s->excess[c], l = s->log_ratio[c], pi = s->target->density[c], u = 1 + w;
    const bool known = u > 0 && l != MF_LOG_VACUUM;
    sums[0] += pi * (known ? mf_entropy_value(0, w, l) : least);
    sums[1] += pi * (known ? log1p(error_of_ratio(r, c) / u) : -MF_LOG_VACUUM);
  }
}

double mf_flow_inclusive_kl(mf_flow *flow, const double *error, double time)
{
  const mf_state *s = &flow->full.state;
  const double value = mf_energy_entropy_of(s, 0), visible = 0.01;
  const bool relative =
      mf_coordinate_relative(&flow->coordinate) || !flow->full.log_ratio || !flow->full.excess;
  if (relative || (isinf(value) && vacuum_stays(flow, time))) return value;
  double sums[2];
  if (error) mf_halo(flow->grid, error, 2);
  mf_field_sums(flow->grid, 2, sum_inclusive, &(resolution){flow, error}, sums);
  return sums[1] <= visible * sums[0] ? flow->grid->volume * sums[0] : NAN;
}
