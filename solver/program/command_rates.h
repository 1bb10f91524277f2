/* SPDX-License-Identifier: BSD-3-Clause */
/** @file command_rates.h  What mflow rates finds, for the files that find it and print it. */
#ifndef MF_SOLVER_PROGRAM_COMMAND_RATES_H
#define MF_SOLVER_PROGRAM_COMMAND_RATES_H

#include "postproc/claims/stated.h"
#include "postproc/rates/rates.h"
#include "solver/program/command.h"

/** One fit, or why there is no rate. */
typedef struct {
  const char *quantity;
  mf_rate fit;
  int status; /**< MF_ENUMERIC without a rate, also where the decay is algebraic */
  char reason[512];
} mf_report_rate;

typedef struct {
  const mf_options *options;
  char path[4096];
  mf_history *history;
  mf_stated *stated;
  mf_rate_options window;
  double theory; /**< of --theory, or NAN */
  double gap;    /**< of the case's grid, or NAN if nobody asks for it */
  mf_report_rate row[MF_QUANTITIES];
  int rows;
} mf_rates_report;

/** The multiple of the gap that a rate stands beside: the gap itself for what is linear in the deviation, such as L1 and
 *  MMD, twice that for what is quadratic, whichever is nearer; and how many standard errors are between, where the
 *  interval counts for two on either side. */
double mf_rate_gap_beside(const mf_rate *f, double gap);
double mf_rate_errors_between(const mf_rate *f, double other);

/** Print tables, or one JSON object, to stdout. */
int mf_rates_print(const mf_rates_report *r);
int mf_rates_print_json(const mf_rates_report *r);

#endif
