/* SPDX-License-Identifier: BSD-3-Clause */
/** @file extrapolate.h  Values on a sequence of grids: observed order, extrapolated value, and an interval that is meant. */
#ifndef MF_POSTPROC_CLAIMS_EXTRAPOLATE_H
#define MF_POSTPROC_CLAIMS_EXTRAPOLATE_H

#include <stdbool.h>

/** A quantity on grids of cells h long [L], coarsest first, each about half as long as the one before. */
typedef struct {
  int count; /**< >= 2 */
  const double *h, *value;
  int probes; /**< further grids near the coarsest, whose cells lie elsewhere */
  const double *probe_h, *probe_value;
  double order;       /**< of the scheme, for smooth measures */
  double integration; /**< relative error that time integration may have left in the last value */
} mf_sequence;

/** What a sequence says of the limit h -> 0. */
typedef struct {
  double order; /**< observed: from the last two errors, or the last three values; NAN if they do not tell */
  double
      before; /**< the order of errors that the grids without the finest show; NAN for values and for two errors */
  double extrapolated; /**< the limit (NAN for errors), */
  double uncertainty;  /**< give or take this */
  bool asymptotic;     /**< errors fall as the scheme's do; if not, the interval is wide */
  const char *reason;  /**< why it is not asymptotic, or "" */
} mf_limit;

/** From errors: e ~ h^k, asymptotic if the last two orders differ by a half at most; two errors have no order before. */
mf_limit mf_limit_of_errors(const mf_sequence *s);

/** From values.  Two say nothing of the limit, three and two probes give an interval. */
mf_limit mf_limit_of_values(const mf_sequence *s);

#endif
