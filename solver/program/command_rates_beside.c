/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow rates: how far a rate is from what it stands beside. */
#include "solver/program/command_rates.h"

#include <math.h>

double mf_rate_gap_beside(const mf_rate *f, double gap)
{
  return f->rate > 1.5 * gap ? 2 * gap : gap;
}

double mf_rate_errors_between(const mf_rate *f, double other)
{
  return fabs(f->rate - other) / (0.25 * (f->hi - f->lo));
}
