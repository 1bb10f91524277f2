/* SPDX-License-Identifier: BSD-3-Clause */
/** @file converge.h  A case on a sequence of grids: errors, observed orders, extrapolated values. */
#ifndef MF_POSTPROC_CLAIMS_CONVERGE_H
#define MF_POSTPROC_CLAIMS_CONVERGE_H

#include "postproc/claims/claim.h"

enum { MF_LEVELS = 6, MF_SERIES = 64 };

/** One quantity over the levels, coarsest first. */
typedef struct {
  char name[96];
  bool exact; /**< `value` is an error against a claim's exact solution, else the quantity at the end */
  double value[MF_LEVELS];
  double order;        /**< from the last two errors, or the last three values; NAN if they do not tell */
  double extrapolated; /**< Richardson's value for h -> 0 (0 for errors) */
  double uncertainty;  /**< difference of the last two extrapolations, or of value and extrapolation */
} mf_convergence_series;

typedef struct {
  int levels, count;
  double h[MF_LEVELS], rtol[MF_LEVELS];
  mf_convergence_series series[MF_SERIES];
} mf_convergence;

/** Runs the job on `levels` (2 to MF_LEVELS) grids, each with twice the cells per axis of the one before and a quarter of
 *  its tolerance; the last is the case's own.  Every claim that is `exact`, `density` or `log_ratio` gives an error,
 *  every physical column of the history a value at the end. */
int mf_converge(const mf_job *job, int levels, void (*tell)(const char *text),
                const volatile sig_atomic_t *stop, mf_convergence *out);

#endif
