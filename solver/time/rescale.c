/* SPDX-License-Identifier: BSD-3-Clause */
/* The unknown that CVODE has of a flow that decays. */
#include "solver/time/rescale.h"

#include <math.h>
#include <stdbool.h>

mf_rescale mf_rescale_start(double unit, double rate)
{
  return (mf_rescale){.unit = unit,
                      .rate = rate,
                      .base = INFINITY,
                      .end = INFINITY,
                      .norm = NAN,
                      .time = -INFINITY,
                      .fall = -INFINITY};
}

double mf_rescale_unit(const mf_rescale *r, double t)
{
  return t > r->base ? r->unit * exp(-r->rate * (fmin(t, r->end) - r->base)) : r->unit;
}

double mf_rescale_rate(const mf_rescale *r, double t)
{
  return t >= r->base && t < r->end ? r->rate : 0;
}

void mf_rescale_weigh(mf_rescale *r, double t, double norm)
{
  if (t > r->time) r->fall = log(r->norm / norm) / (t - r->time);
  r->norm = norm;
  r->time = t;
}

void mf_rescale_step(mf_rescale *r, double t)
{
  const double enough = 0.5, most = 345; /* log 1e150 */
  double *const begins_or_ends = isinf(r->base) ? &r->base : &r->end;
  const bool now =
      isinf(r->base) ? r->fall >= enough * r->rate : isinf(r->end) && r->rate * (t - r->base) > most;
  r->jumps = r->rate > 0 && now;
  if (r->jumps > 0) *begins_or_ends = t;
}
