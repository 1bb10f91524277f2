/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accuracy.h  How well the values of a history are known: round-off, and what time integration may have put wrong. */
#ifndef MF_POSTPROC_RATES_ACCURACY_H
#define MF_POSTPROC_RATES_ACCURACY_H

#include "io/language/expression.h"
#include "io/netcdf/history.h"

/** What there is to be known of a run besides its history. */
typedef struct {
  double rtol;      /**< of time integration; 0 if that is exact to round-off */
  double mmd_scale; /**< sqrt(sup |k|) of the column `mmd`, which is at most that times `l1` */
} mf_accuracy;

/** What a run's history file says of itself; files of other programs say nothing, and their columns are taken as they are. */
int mf_accuracy_read(const char *path, mf_accuracy *accuracy);

/** Bound of the error of log q that time integration has built up by each row, for any q that decays with the flow. */
void mf_accuracy_drift(const mf_history *h, const mf_accuracy *a, double *drift);

/** Round-off of every column of a row. */
void mf_accuracy_of_row(const mf_history *h, const mf_accuracy *a, int row, double *round_off);

/** Round-off of a formula in one row: what it changes by if its columns do.  `scope` has the row's values before and
 *  after; `round_off` is that of the columns, `value` the formula's value. */
int mf_accuracy_of_formula(mf_scope *scope, mf_expression *formula, const mf_history *h, int row,
                           const double *round_off, double value, double *out);

#endif
