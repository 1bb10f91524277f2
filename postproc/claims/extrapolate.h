/* SPDX-License-Identifier: BSD-3-Clause */
/** @file extrapolate.h  Values on a sequence of grids: observed orders, extrapolated values. */
#ifndef MF_POSTPROC_CLAIMS_EXTRAPOLATE_H
#define MF_POSTPROC_CLAIMS_EXTRAPOLATE_H

/** What values or errors on grids, each with half the cell length of the one before, say of the limit h -> 0. */
typedef struct {
  double order;        /**< from the last two errors, or the last three values; NAN if they do not tell */
  double extrapolated; /**< Richardson's value for h -> 0; NAN for errors */
  double uncertainty;  /**< difference of value and extrapolation */
} mf_limit;

/** From `count` >= 2 errors, coarsest first: e ~ h^k. */
mf_limit mf_limit_of_errors(const double *error, int count);

/** From `count` >= 2 values: differences ~ h^k. */
mf_limit mf_limit_of_values(const double *value, int count);

#endif
