/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rates_parts.h  A fit from the inside: samples, least squares, exponentials, and the laws that are none. */
#ifndef MF_POSTPROC_RATES_RATES_PARTS_H
#define MF_POSTPROC_RATES_RATES_PARTS_H

#include "postproc/rates/rates.h"

#include <float.h>

enum {
  MF_FIT_TERMS = 3,                      /**< exponentials at most */
  MF_FIT_COLUMNS = 2 * MF_FIT_TERMS + 1, /**< their amplitudes, a constant, their rates */
  MF_FIT_ROOM = 2 * MF_FIT_TERMS + 3     /**< arrays of n that a fit of n samples writes on */
};

/** Samples in use: logarithms y over t, at increasing times, and a weight (of a residual, not its square), at
 *  most 1. */
typedef struct {
  const double *t, *y, *w;
  int n;
  bool constant; /**< they stand on a constant: a floor under them */
} mf_fit_samples;

/* ---- rates_samples.c ---- */

/** y = middle_y + slope (x - middle_x), by weighted least squares; x need not be time. */
typedef struct {
  double middle_x, middle_y, slope;
  double error; /**< standard error of the slope, for independent residuals; infinite for two points */
  double rss;   /**< weighted sum of squared residuals */
} mf_fit_straight;

mf_fit_straight mf_fit_line(const double *x, const double *y, const double *w, int n);

/** Cuts samples from the end that lie in a floor, or near one, and lets the others stand on a constant.
 *  Returns the floor's level, 0 if none was reached; `scatter` is how much it fluctuates. `work` has n. */
double mf_fit_cut_floor(mf_fit_samples *s, double *scatter, double *work);

/** Weights of samples with relative noise, and absolute noise as well: what they show of it, and `scatter`. */
void mf_fit_weigh(const mf_fit_samples *s, double scatter, double *w);

/* ---- rates_columns.c ---- */

/** Columns of length n: what they were is q r, with orthonormal q and an upper triangle r.  A column in the
 *  span of those before it is 0. */
typedef struct {
  double *q[MF_FIT_COLUMNS];
  double r[MF_FIT_COLUMNS][MF_FIT_COLUMNS];
  int count, n;
} mf_fit_columns;

/** Takes off v what lies along the columns; the coefficients. */
void mf_fit_project(const mf_fit_columns *c, double *v, double *along);

/** One column more; v is overwritten and stays in use. */
void mf_fit_add_column(mf_fit_columns *c, double *v);

/** Least squares |q r x - b|^2 + lambda |D x|^2 in the columns from `first` on, D their lengths; `along` has q' b
 *  of all columns. The result is x[0..count-first-1]. */
void mf_fit_solve(const mf_fit_columns *c, int first, const double *along, double lambda, double *x);

/* ---- rates_exponentials.c ---- */

/** What is fitted: q = a_0 [const] + sum_k a_k e^{-r_k t}. */
typedef struct {
  const mf_fit_samples *s;
  int terms;
  bool held;                                          /**< the slowest rate is given */
  bool bounded;                                       /**< its amplitude lies between bounds */
  double span, least_rate, smallest_gap, largest_gap; /**< gaps as logarithms */
  double *basis[MF_FIT_TERMS], *slope[MF_FIT_TERMS], *model, *residual, *constant; /**< n each */
} mf_fit;

/** Rate, gaps r_k - r_1 as logarithms, and amplitudes at the first sample over that sample. */
typedef struct {
  double rate, log_gap[MF_FIT_TERMS], amplitude[MF_FIT_TERMS], constant;
  double rss; /**< weighted sum of squared relative residuals */
} mf_fit_point;

/** `work` has MF_FIT_ROOM n. */
void mf_fit_begin(mf_fit *f, const mf_fit_samples *s, double *work);

/** Amplitudes, residuals and their sum of squares at the rates of p; the amplitude that a bound holds grows
 *  like e^{growth r}. */
void mf_fit_evaluate(const mf_fit *f, mf_fit_point *p, mf_fit_columns *c, double *growth);

/** Derivatives by the rates of all exponentials, as further columns: those from the returned number on. */
int mf_fit_add_slopes(const mf_fit *f, const mf_fit_point *p, double growth, mf_fit_columns *c);

/** From p to a minimum nearby. */
void mf_fit_minimise(const mf_fit *f, mf_fit_point *p);

/** The best minimum that is found for a number of exponentials. */
mf_fit_point mf_fit_search(mf_fit *f, int terms);

/* ---- rates_interval.c ---- */

/** What samples say of their slowest rate. */
typedef struct {
  int terms;                /**< the fewest exponentials that fit as well as three */
  double rate, gap;         /**< of the slowest [1/T], and of the next one less that */
  double error, gap_error;  /**< standard errors; infinite if undetermined */
  double lo, hi;            /**< all rates that fit as well, with one exponential more */
  double amplitude, second; /**< of the slowest and of the next one at the first sample, over that sample */
  double half;              /**< time from which on the slowest is at least half of all */
  double rms[MF_FIT_TERMS]; /**< relative residuals of one, two and three exponentials */
  double waves;             /**< changes of sign of the last, if neighbours are alike; else 0 */
} mf_fit_slowest;

void mf_fit_exponentials(const mf_fit_samples *s, double *work, mf_fit_slowest *out);

/** Student's t that 995 of 1000 stay below, for any number of degrees of freedom. */
double mf_fit_student(double freedom);

/* ---- rates_laws.c ---- */

/** A law that is no exponential: C (t + s)^{-k} or C e^{-(t/tau)^k}. */
typedef struct {
  double power, power_error, shift, log_amplitude;
  double rms; /**< of the residuals */
} mf_fit_other;

/** The best power law and the best stretched exponential.  `x` has n. */
mf_fit_other mf_fit_power_law(const mf_fit_samples *s, double *x);
mf_fit_other mf_fit_stretched(const mf_fit_samples *s, double *x);

#endif
