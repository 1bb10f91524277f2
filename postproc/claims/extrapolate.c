/* SPDX-License-Identifier: BSD-3-Clause */
/* Values on a sequence of grids: observed orders, Richardson's extrapolation. */
#include "postproc/claims/extrapolate.h"

#include <math.h>

static const mf_limit unknown = {NAN, NAN, NAN};

mf_limit mf_limit_of_errors(const double *e, int n)
{
  mf_limit limit = unknown;
  limit.order = log2(e[n - 2] / e[n - 1]);
  return limit;
}

/* The last value, and what the rest of the sequence would add. */
mf_limit mf_limit_of_values(const double *q, int n)
{
  mf_limit limit = unknown;
  if (n < 3) return limit;
  const double last = q[n - 1] - q[n - 2], before = q[n - 2] - q[n - 3];
  limit.order = log2(before / last);
  const double factor = exp2(limit.order) - 1;
  if (!isfinite(limit.order) || factor <= 0) return limit;
  limit.extrapolated = q[n - 1] + last / factor;
  limit.uncertainty = fabs(last / factor);
  return limit;
}
