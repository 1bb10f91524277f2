/** @file rates.h  The exponential rate at which a quantity decays, from samples of it.
 *
 *  Theory says q(t) ~ C e^{-r t}; a run gives q_i = q(t_i).  The rate r is minus the slope of the straight
 *  line through log q_i, by least squares over a window that starts after the transient and ends above the
 *  floor (round-off, a tolerance, a discretisation error) where the decay stops. */
#ifndef MF_POSTPROC_RATES_H
#define MF_POSTPROC_RATES_H

#include "grids/base.h"

#include <math.h>

enum { MF_RATE_POINTS = 8 /**< fewest samples that a rate is taken from */ };

/** What to fit; every NAN is chosen by the samples.  If both an end and a floor are given, only samples at
 *  or below the floor are left out; otherwise the window also ends where a floor that the samples reveal
 *  begins to show. */
typedef struct {
  double from, to; /**< window [T], closed */
  double floor;    /**< samples at or below it are never used */
} mf_rate_options;

#define MF_RATE_AUTOMATIC                                                                                    \
  {                                                                                                          \
    NAN, NAN, NAN                                                                                            \
  }

typedef struct {
  double rate;            /**< r [1/T], positive for decay */
  double standard_error;  /**< of the rate, from the residuals and their correlation [1/T]; an error that
                               builds up over the whole window is in the rate but in no residual */
  double r2;              /**< share of the variance of log q that the line explains, 0..1 */
  double half_difference; /**< |rate of the first half of the window - rate of the second| [1/T]: about four
                               standard errors if the decay is exponential, much more if it is not */
  double from, to;        /**< window used [T] */
  double floor;           /**< floor used: the given one, or the one found; 0 if there was none */
  double decades;         /**< of decay inside the window */
  int points;             /**< samples inside the window */
} mf_rate;

/** Fits a rate to n samples q[i] at strictly increasing times t[i].  `o` may be NULL: all automatic.
 *  Samples before the first positive finite one are skipped; the next one that is not positive and finite, or
 *  not above the floor, ends the window.  An automatic window is never shorter than a third of the time
 *  before its end, so that a decay that is not exponential shows in `half_difference`.  MF_ENUMERIC if fewer
 *  than MF_RATE_POINTS samples are left or, in an automatic window, nothing decays. */
int mf_rate_fit(const double *t, const double *q, int n, const mf_rate_options *o, mf_rate *out);

#endif
