/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stated.h  What a run's file says of its own case: parameters, gap, and the rates that its claims
 *  state.
 *
 *  Every file of a run carries the resolved case.  It is read back here, so that a fit made from the file
 *  alone can be compared with theory, and formulas may use the case's names. */
#ifndef MF_POSTPROC_CLAIMS_STATED_H
#define MF_POSTPROC_CLAIMS_STATED_H

#include "io/netcdf/history.h"
#include "postproc/rates/accuracy.h"

typedef struct mf_stated mf_stated;

/** A claim `rate` of the case. */
typedef struct {
  const char *name, *quantity; /**< as the case writes them; the claim's name may be NULL */
  double rate;                 /**< [1/T]; NAN if it cannot be worked out from the file */
  double tolerance;            /**< of the claim, NAN if it names none */
} mf_stated_rate;

/** Reads the case in the attributes of a netCDF file; a file without one states nothing. */
int mf_stated_open(mf_stated **out, const char *path);
void mf_stated_free(mf_stated *s);

/** Number of claims about rates, and one of them.  The grid's gap is computed if a rate is made of it. */
int mf_stated_rates(const mf_stated *s);
int mf_stated_rate_at(mf_stated *s, int index, mf_stated_rate *out);

/** Value of a formula in the case's parameters and gap, which is called `gap` beside the name that the case may give it.  `option` says in messages where the text is from.
 *  MF_ECASE. */
int mf_stated_number(mf_stated *s, const char *option, const char *text, double *value);

/** The gap of the case's grid: if the case names it, or computed because it is `wanted`; else NAN.  MF_ECASE if it is wanted and
 *  there is none. */
int mf_stated_gap(mf_stated *s, bool wanted, double *gap);

/** How well the run integrated: what its file says of it. */
mf_accuracy mf_stated_accuracy(const mf_stated *s);

/** Values of a formula in the columns of a history, t and the case's parameters: one a row, NAN where it
 *  has none; and their round-off, if that is not NULL. MF_ECASE for names that nobody knows. */
int mf_stated_series(mf_stated *s, const mf_history *h, const char *formula, double *values,
                     double *round_off);

#endif
