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
  double most;         /* its largest absolute value: a bound that costs no look around */
} resolution;

static resolution resolution_of(mf_flow *flow, const double *error)
{
  const mf_grid *grid = flow->grid;
  if (!error) return (resolution){flow, NULL, 0};
  mf_halo(grid, error, 2);
  return (resolution){flow, error, fmax(mf_field_max(grid, error), -mf_field_min(grid, error))};
}

/* Largest error within two cells along each axis. */
static double error_around(const resolution *r, ptrdiff_t c)
{
  const mf_grid *grid = r->flow->grid;
  double most = 0;
  for (int a = 0; a < grid->dim; a++) {
    const ptrdiff_t k = c / grid->stride[a] % grid->n[a];
    const bool inside = k >= 2 && k < grid->n[a] - 2;
    for (int steps = -2; steps <= 2; steps++) {
      const ptrdiff_t there = inside ? steps * grid->stride[a] : mf_grid_distance(grid, a, k, steps);
      const double error = fabs(r->error[c + there]);
      if (error > most) most = error;
    }
  }
  return most;
}

/* e of u in a cell, from an error of y. */
static double error_from(const resolution *r, ptrdiff_t c, double error)
{
  const mf_flow *f = r->flow;
  const double round_off = 4 * DBL_EPSILON * (1 + fabs(f->full.state.excess[c])), trust = 10;
  return round_off + (r->error ? trust * error * f->inverse_target[c] : 0);
}

static double error_of_ratio(const resolution *r, ptrdiff_t c)
{
  return error_from(r, c, r->error ? error_around(r, c) : 0);
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

/* A tenth: errors are seen on a logarithmic scale.  A cell that passes with the largest error of all passes with its own,
 * and its variation with it, whose error is hidden only where that of u is. */
static void hide_range(const void *self, ptrdiff_t begin, ptrdiff_t end)
{
  const resolution *r = self;
  mf_state_store *full = &r->flow->full;
  const double small = 0.1;
  for (ptrdiff_t c = begin; c < end; c++) {
    double weight;
    const double w = full->state.excess[c], u = w > -1 ? 1 + w : 0;
    if (error_from(r, c, r->most) <= small * u) continue;
    const double e = error_of_ratio(r, c);
    const double variation = error_of_variation(r->flow, c, e, &weight);
    if (!(e <= small * u) && !(variation <= small * weight)) r->flow->total_xi[c] = NAN;
    if (!(e <= small * u)) full->log_ratio[c] = NAN;
    if (!(e <= small * fmax(1, u))) full->excess[c] = NAN;
  }
}

void mf_flow_hide_unresolved(mf_flow *flow, const double *error)
{
  if (mf_coordinate_relative(&flow->coordinate) || !flow->full.log_ratio || !flow->full.excess) return;
  const resolution r = resolution_of(flow, error);
  mf_share(flow->grid->cells, MF_PIECE / 4, hide_range, &r);
}

/* ---- the inclusive divergence ---- */

/* Cells without mass are exactly that: at the start, and for ever where nothing moves mass. */
static bool vacuum_stays(const mf_flow *flow, double since)
{
  return flow->vacuum && (since == 0 || !(mf_flow_traits(flow) & MF_GEOMETRY_TRANSPORT));
}

/* In cells whose u is less than its round-off the integrand is anything between -log of that and -MF_LOG_VACUUM. */
static bool is_known(const mf_state *s, ptrdiff_t c)
{
  return s->excess[c] > -1 && s->log_ratio[c] != MF_LOG_VACUUM;
}

/* Sums: of the integrand; of a bound of its error, by the largest error of all; of the cells that are not known. */
enum { VALUE, DOUBT, UNKNOWN, SUMS };

static void sum_inclusive(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sums)
{
  const resolution *r = self;
  const mf_state *s = &r->flow->full.state;
  double value = 0, doubt = 0, unknown = 0;
  for (ptrdiff_t c = begin; c < end; c++) {
    const double w = s->excess[c], pi = s->target->density[c];
    const bool known = is_known(s, c);
    value += pi * (known ? mf_entropy_value(0, w, s->log_ratio[c]) : -log(DBL_EPSILON));
    doubt += pi * (known ? error_from(r, c, r->most) / (1 + w) : -MF_LOG_VACUUM);
    unknown += !known;
  }
  sums[VALUE] = value;
  sums[DOUBT] = doubt;
  sums[UNKNOWN] = unknown;
}

/* The error itself, log(1 + e/u) with the e of the neighbourhood. */
static void sum_doubt(const void *self, ptrdiff_t begin, ptrdiff_t end, double *sum)
{
  const resolution *r = self;
  const mf_state *s = &r->flow->full.state;
  double doubt = 0;
  for (ptrdiff_t c = begin; c < end; c++)
    doubt += s->target->density[c] *
             (is_known(s, c) ? log1p(error_of_ratio(r, c) / (1 + s->excess[c])) : -MF_LOG_VACUUM);
  *sum = doubt;
}

double mf_flow_inclusive_kl(mf_flow *flow, const double *error, double since)
{
  const double visible = 0.01;
  double sums[SUMS];
  if (mf_coordinate_relative(&flow->coordinate) || !flow->full.log_ratio || !flow->full.excess)
    return mf_energy_entropy_of(&flow->full.state, 0);
  const resolution r = resolution_of(flow, error);
  mf_field_sums(flow->grid, SUMS, sum_inclusive, &r, sums);
  if (sums[UNKNOWN] > 0 && vacuum_stays(flow, since)) return INFINITY;
  if (!(sums[DOUBT] <= visible * sums[VALUE])) mf_field_sums(flow->grid, 1, sum_doubt, &r, &sums[DOUBT]);
  return sums[DOUBT] <= visible * sums[VALUE] ? flow->grid->volume * sums[VALUE] : NAN;
}
